"""A public site on which everything that is written is hostile, for the real browser."""

from __future__ import annotations

import os


def seed() -> None:
    """Run inside a process whose stores are the site's. As many texts as SHIDIAN_XSS_PAYLOADS."""
    from tests.sweeps.payloads import some
    from tests.sweeps.planting import plant

    plant(some(int(os.environ["SHIDIAN_XSS_PAYLOADS"])))
