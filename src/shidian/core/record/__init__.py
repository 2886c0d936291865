"""The public record: an append-only Merkle log of public acts that strangers can verify."""
