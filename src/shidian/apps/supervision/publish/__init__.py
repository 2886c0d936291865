"""Builders of what is published: fixed, redacted bodies, which the public site renders as is."""
