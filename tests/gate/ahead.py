"""A command of `shidian` whose clock is ahead: `python -m tests.gate.ahead SECONDS gate …`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

import time_machine


def main(seconds: str, *words: str) -> None:
    """Until it is told to stop."""
    from shidian.cli.main import main as shidian

    time_machine.travel(datetime.now(UTC) + timedelta(seconds=float(seconds)), tick=True).start()
    shidian(list(words))


if __name__ == "__main__":
    main(*sys.argv[1:])
