"""Sweeps over everything that the public sees: hostile text stays text, restricted text stays in."""
