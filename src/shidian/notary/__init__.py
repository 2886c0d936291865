"""The notary: the one process that writes the record and holds its key, behind a unix socket."""
