"""What the public site shows of the lab: drafts put out for comment, clauses and what moved them."""
