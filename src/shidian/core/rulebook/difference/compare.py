"""Regimes side by side: what each says of the same questions, with how far that is founded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shidian.core.rulebook.difference.rows import ROWS
from shidian.core.rulebook.model import Basis
from shidian.core.rulebook.provenance import verified_share

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shidian.core.rulebook.loaded import Loaded
    from shidian.core.rulebook.model import Status, Text

_WEAKEST_FIRST = (Basis.ASSUMED, Basis.REPORTED, Basis.VERIFIED)


@dataclass(frozen=True, slots=True)
class Column:
    """One rulebook. `verified_per_cent`: share of its values that are verified, rounded down."""

    rulebook: str
    version: str
    status: Status
    title: Text
    verified_per_cent: int


@dataclass(frozen=True, slots=True)
class Cell:
    """What one rulebook says. `text` None: it does not say. `basis`: of the weakest value in it.

    `path` is where it says so, the first place where there are several.
    """

    text: Text | None
    basis: Basis | None = None
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One question, with a cell for each column."""

    key: str
    label: Text
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rulebooks as columns, questions as rows."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


def compare(loadeds: Sequence[Loaded]) -> Table:
    """The table of these rulebooks, in the order given."""
    return Table(
        columns=tuple(_column(loaded) for loaded in loadeds),
        rows=tuple(
            Row(key, label, tuple(_cell(loaded, answer(loaded.rulebook)) for loaded in loadeds))
            for key, label, answer in ROWS
        ),
    )


def _column(loaded: Loaded) -> Column:
    share = verified_share(loaded)
    return Column(
        rulebook=loaded.rulebook.rulebook,
        version=loaded.rulebook.version,
        status=loaded.rulebook.status,
        title=loaded.rulebook.title,
        verified_per_cent=share.verified * 100 // share.total if share.total else 0,
    )


def _cell(loaded: Loaded, answer: tuple[Text, tuple[str, ...]] | None) -> Cell:
    if answer is None:
        return Cell(None)
    text, paths = answer
    return Cell(text, _weakest(loaded, paths), paths[0] if paths else None)


def _weakest(loaded: Loaded, paths: Iterable[str]) -> Basis | None:
    found = {
        one.because.basis
        for path in paths
        for where, one in loaded.provenance.items()
        if one.because is not None and (where == path or where.startswith(f"{path}/"))
    }
    return next((basis for basis in _WEAKEST_FIRST if basis in found), None)
