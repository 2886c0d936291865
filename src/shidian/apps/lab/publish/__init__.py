"""What the public sees of the lab: drafts out for comment, clauses and what moved them."""
