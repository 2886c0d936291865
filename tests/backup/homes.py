"""A home with something in every store, made without any process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian import keyring
from shidian.config import Settings
from shidian.core.journal import Journal
from shidian.core.record.notary import Notary
from tests.browser import build_home
from tests.core.journal.samples import PROJECT, SOURCE, START_US, activate, transfer
from tests.core.record.logs import NOW_S, ORIGIN, items

if TYPE_CHECKING:
    from pathlib import Path

NOW_US = START_US + 40 * 86_400_000_000
LEAVES = 300
"""More than a tile: full ones and a partial one."""


def config(home: Path, **changed: str) -> Settings:
    """Settings over a home, none of them from the environment."""
    return Settings(home=home, record_origin=ORIGIN, database_url="", **changed)


def furnished(home: Path) -> Settings:
    """App database, journal with sealed segments and an open tail, record, uploads and keys."""
    found = config(build_home(home))
    found.journal.parent.mkdir(exist_ok=True)
    write(found, 1, 40, seal=True)
    write(found, 41, 50)
    with Notary(found.record, ORIGIN, clock=lambda: NOW_S) as notary:
        notary.append(items(LEAVES))
    (found.uploads / "ab").mkdir(parents=True)
    (found.uploads / "ab" / "scan.pdf").write_bytes(b"%PDF-1.7 scan")
    keyring.ensure_keys(found.keys)
    return found


def write(found: Settings, first: int, last: int, *, seal: bool = False) -> None:
    """Events into the journal."""
    journal = Journal(found.journal, clock=lambda: NOW_US)
    try:
        if first == 1:
            activate(journal)
        journal.append_batch(PROJECT, SOURCE, [transfer(n, "1.50") for n in range(first, last + 1)])
        if seal:
            journal.seal()
    finally:
        journal.close()
