"""Which processes a zone has. What it installs and routes follows in `web.settings`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shidian.config import Settings

PROCESSES = ("notary", "web", "gate", "monitor", "worker")
_INGEST = ("gate", "monitor")
_PUBLIC = ("web", "worker")


class ElsewhereError(RuntimeError):
    """The zone has no such process."""


def processes_of(config: Settings) -> tuple[str, ...]:
    """Those of this zone, in the order in which they start.

    The internal one has a gate and a monitor of its own, unless they are in a zone apart.
    """
    match config.zone:
        case "public":
            return _PUBLIC
        case "ingest":
            return _INGEST
        case "internal" if config.ingest_apart:
            return tuple(name for name in PROCESSES if name not in _INGEST)
        case _:
            return PROCESSES


def refuse_elsewhere(config: Settings, process: str) -> None:
    """Raise ElsewhereError where the zone has no such process: it would make stores nobody owns."""
    here = processes_of(config)
    if process not in here:
        raise ElsewhereError(
            f"SHIDIAN_ZONE is {config.zone}, and `shidian {process}` does not run there;"
            f" what runs is: {', '.join(here)}"
        )
