"""How fast this machine is, so that milliseconds of two machines can be held side by side."""

from __future__ import annotations

import time

TURNS = 1_000_000
TRIES = 5


def yardstick_ms() -> float:
    """Milliseconds of a million turns of a plain Python loop, the shortest of five times."""
    return round(min(_one() for _ in range(TRIES)) * 1000, 1)


def _one() -> float:
    total, began = 0, time.perf_counter()
    for one in range(TURNS):
        total += one * one
    return time.perf_counter() - began
