"""Whatever the worker reads of the monitor's store is the same over the line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec
import pytest

from shidian.core.monitor import line
from shidian.core.monitor.evaluator import Fault, Output
from shidian.core.monitor.items import Change, Current, Reading
from shidian.core.monitor.nearest import Grouped, GroupValue, Rung
from shidian.core.monitor.quality import SourceQuality
from shidian.core.monitor.store import MonitorStore
from tests.apps.supervision.things import item

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROJECT = "P-2026-0001"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[MonitorStore]:
    """One of everything."""
    with MonitorStore(tmp_path / "monitor.sqlite3") as made:
        output = Output(
            items=[item(PROJECT, 1), item(PROJECT, 2, Change.RESOLVED, end_us=9)],
            readings=[Reading(10, PROJECT, "loss", 60_000_000, None, 2)],
            current=[Current(10, PROJECT, "loss", 60_000_000, -(2**62), 2, final=False)],
            faults=[Fault(11, PROJECT, "和数溢出")],
            quality=[SourceQuality(12, PROJECT, "s", 1, 5, 1, 0, -(2**62), 2**61, silent=True)],
        )
        made.save(12, [output])
        rungs = (Rung(80, breach=False, groups=3), Rung(100, breach=True, groups=1))
        stated = Grouped(12, PROJECT, "cap", 5, True, 9, rungs, (GroupValue('{"a":"乙"}', 7, 2),))
        made.save_grouped(PROJECT, [stated])
        yield made


def over_the_line(store: MonitorStore, question: line.Question) -> object:
    sent = json.dumps(line.answered(store, question))
    return line.read(question.ask, json.loads(sent))


@pytest.mark.parametrize("ask", sorted(line.ANSWERS))
def test_every_answer_is_the_same_values(store: MonitorStore, ask: str) -> None:
    asked = {"items_after": (0, 10), "readings_after": (0, 10), "current": (PROJECT,)}
    direct = getattr(store, ask)(*asked.get(ask, ()))
    assert direct or ask == "version"

    question = line.Question(ask=ask, limit=10, project=PROJECT)
    assert over_the_line(store, question) == direct


def test_only_so_many_rows_after_a_number_are_told(store: MonitorStore) -> None:
    question = line.Question(ask="items_after", after=1, limit=1)
    assert [one.seq for one in over_the_line(store, question)] == [2]


@pytest.mark.parametrize(
    "raw",
    [
        b'{"ask": "snapshot"}',
        b'{"ask": "close"}',
        b'{"ask": "items_after", "limit": 1001}',
        b'{"ask": "items_after", "limit": 0}',
        b'{"ask": "current", "project": 5}',
        b'{"ask": "version", "more": 1}',
        b"{}",
    ],
)
def test_nothing_else_can_be_asked(raw: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(raw, type=line.Question)
