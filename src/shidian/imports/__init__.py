"""Tables of other systems (CSV, Excel) into events of a stream, as a map file says."""
