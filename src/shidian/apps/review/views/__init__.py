"""Pages of reviews: the expert's sheet, the officer's panel acts, the assessor's form."""
