"""What happens between people's acts: the outbox is worked off, the monitor's stream is copied."""
