"""In which languages and widths pages are looked at.

Two looks show both languages and both widths; SHIDIAN_LOOKS=2 takes all four, by hand.
"""

from __future__ import annotations

import os

Look = tuple[str, int]
"""A language, and how wide the window is in pixels."""

EVERY_LOOK: tuple[Look, ...] = (("zh-hans", 1440), ("en", 360), ("zh-hans", 360), ("en", 1440))
TURNS = int(os.environ.get("SHIDIAN_LOOKS", "1"))
LOOKS = EVERY_LOOK[: 2 * TURNS]
