"""Under what the simulated pilot systems are registered: written by the seed, read by them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from shidian.config import settings

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def folder() -> Path:
    """Where the simulated institutions keep keys, spools and memory."""
    return settings().home / "simulators"


@dataclass(frozen=True)
class Registration:
    """Under what a simulated system is registered; written by the seed."""

    project: str
    """Id in `demo.projects`."""
    public_id: str
    source: str

    @property
    def key_path(self) -> Path:
        return folder() / f"{self.project}.pem"


def save_registrations(registrations: Iterable[Registration]) -> None:
    """Tell the simulators under what they are registered."""
    folder().mkdir(parents=True, exist_ok=True)
    text = json.dumps([asdict(registration) for registration in registrations], indent=1)
    (folder() / "pilots.json").write_text(text)


def load_registrations() -> list[Registration]:
    """Raises FileNotFoundError before the seed has run."""
    return [Registration(**row) for row in json.loads((folder() / "pilots.json").read_text())]
