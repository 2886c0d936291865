"""How grave an alert's level is."""

from __future__ import annotations

GRAVITY = {"info": 1, "warning": 2, "breach": 3, "critical": 4}
"""By level; more is graver."""
