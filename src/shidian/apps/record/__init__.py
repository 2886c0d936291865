"""The public record: what of the outbox becomes a leaf, its way to the notary, and the audit."""
