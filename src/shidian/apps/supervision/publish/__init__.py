"""Builders of what is published: fixed, redacted bodies that the public site renders as they are."""
