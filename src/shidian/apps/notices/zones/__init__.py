"""The exchange between the internal and the public zone, on each side: what goes, what comes."""
