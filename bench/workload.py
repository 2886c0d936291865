"""The workload: a seeded history as a sealed journal, the same bytes of data for a seed and size.

64 projects, 90 days, two sources each; 200,000 investors at 20 million events. One event in a
hundred comes one to three entries late; one in a thousand is corrected or voided later. A quarter
of the projects have an incident of six hours: failures, losses and latency rise.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from shidian.core.journal.entry import ColumnType, encode_control, payload_sha256, typed_field
from shidian.core.journal.schema import open_writer
from shidian.core.journal.sealed import manifest, segment_schema, segments_folder, write_segment
from shidian.core.rulebook.load import load_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shidian.core.journal.sealed import Segment
    from shidian.core.rulebook.loaded import Loaded

PROJECTS = 64
DAYS = 90
START_US = 1_767_225_600_000_000
HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
INVESTORS = 200_000
LATE = 0.01
CORRECTED = 0.001
BATCH_ROWS = 3_500
FORMAT = 4
"""Grows when the same seed gives other data."""

_SEGMENTS = 3
_TYPED = [
    typed_field("trade.done", "amount", ColumnType.MONEY, 2),
    typed_field("trade.done", "loss", ColumnType.MONEY, 2),
    typed_field("trade.done", "latency", ColumnType.DURATION, 0),
    typed_field("trade.done", "investor", ColumnType.PSEUDONYM, 0),
    typed_field("trade.failed", "investor", ColumnType.PSEUDONYM, 0),
]


@dataclass(frozen=True, slots=True)
class Workload:
    """A journal on disk. `digest` is that of its data, whatever wrote the files."""

    journal: Path
    events: int
    digest: str

    @property
    def files(self) -> str:
        """A glob of its Parquet files."""
        return str(segments_folder(self.journal) / "*" / "*.parquet")


@dataclass(frozen=True, slots=True)
class _Batch:
    project: str
    source: str
    feed: int
    ready_us: int
    place: int
    first_seqno: int


def rules(changed: Mapping[str, str] | None = None) -> Loaded:
    """The workload's rulebook; `changed`: texts in place of others."""
    path = Path(__file__).with_name("workload.yaml")
    text = path.read_text(encoding="utf-8")
    for old, new in (changed or {}).items():
        text = text.replace(old, new)
    return load_text(text, name=path.name, resolve=lambda _: "")


def plan(events: int) -> dict[str, str]:
    """What each pilot agreed to, in proportion to its size: a few of them go beyond each.

    Never nothing: a cap of 0 warns of nothing, so that its mildest rung would be another one.
    """
    share = events / 20_000_000
    agreed = {
        "trades": 700 * share,
        "day": 90_000_000 * share,
        "whole": 2_300_000_000 * share,
        "loss": 11_000_000 * share,
        "investors": 3_122 * min(share, 1),
        "daily": 2_700 * min(share, 1),
        "each": 7_000_000 * max(share, 1),
        "week": 1_300_000 * max(share, 1),
    }
    return {name: str(max(round(cap), 1)) for name, cap in agreed.items()}


def workload(folder: Path, events: int, seed: int = 1) -> Workload:
    """The workload of that size, made in `folder` unless it is there. Raises ValueError."""
    if events < 10_000:
        raise ValueError("--events: 10000 or more, so that every project has some of each kind")
    home = folder / f"workload-{FORMAT}-{seed}-{events}-{rules().rules_digest[-8:]}"
    done = home / "workload.json"
    journal = home / "journal.sqlite3"
    if not done.exists():
        home.mkdir(parents=True, exist_ok=True)
        journal.unlink(missing_ok=True)
        digest = _write(journal, events, seed)
        done.write_text(json.dumps({"digest": digest}) + "\n", encoding="utf-8")
    digest = json.loads(done.read_text(encoding="utf-8"))["digest"]
    return Workload(journal, events, digest)


def _write(journal: Path, events: int, seed: int) -> str:
    numbers = _log(journal, events, seed)
    digest = hashlib.sha256()
    segments: list[Segment] = []
    for history in _histories(events, seed):
        rows = history.rows(numbers)
        for name in sorted(rows):
            digest.update(np.ascontiguousarray(rows[name]).tobytes())
        segments += _sealed(journal, history, rows)
    db = sqlite3.connect(journal)
    with db:
        manifest.add(db, segments)
        manifest.advance(db, max(numbers.values()), {})
    db.close()
    return f"sha256:{digest.hexdigest()}"


def _histories(events: int, seed: int) -> Iterator[_History]:
    """One at a time, drawn anew whenever asked for: together they may not fit into memory."""
    return (_History(number, events, seed) for number in range(PROJECTS))


def _log(journal: Path, events: int, seed: int) -> dict[tuple[int, int], int]:
    """Write the entries without their rows; (feed, place of the batch) → entry."""
    loaded = rules()
    db = open_writer(journal)
    rows: list[tuple[Any, ...]] = []

    def add(  # noqa: PLR0917 - a row
        kind: str, project: str, seq0: int, n: int, at: int, source: str, said: bytes
    ) -> int:
        number = len(rows) + 1
        sha256 = payload_sha256(said or f"{source}/{number}".encode())
        epoch = 1 if kind == "data" else 0
        rows.append((number, kind, project, seq0, n, at, source, epoch, sha256, said))
        return number

    batches: list[_Batch] = []
    sizes: dict[str, dict[tuple[int, int], int]] = {}
    for number, history in enumerate(_histories(events, seed), 1):
        batches += history.batches()
        sizes[history.project] = history.sizes()
        record = {
            "project": history.project,
            "start_us": START_US,
            "effective_us": START_US,
            "rules_digest": loaded.rules_digest,
            "document": loaded.document,
            "plan": plan(events),
        }
        add("activation", history.project, number, 1, START_US, "", encode_control(record))
    numbers: dict[tuple[int, int], int] = {}
    batches.sort(key=lambda batch: (batch.ready_us, batch.feed))
    tick_us = START_US + HOUR_US
    for batch in batches:
        while tick_us <= batch.ready_us:
            add("tick", "", 0, 0, tick_us, "", encode_control({}))
            tick_us += HOUR_US
        n = sizes[batch.project][batch.feed, batch.place]
        seq0, at = batch.first_seqno, batch.ready_us
        entry = add("data", batch.project, seq0, n, at, batch.source, b"")
        numbers[batch.feed, batch.place] = entry
    with db:
        db.execute("BEGIN")
        db.executemany("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        db.execute("COMMIT")
    db.close()
    return numbers


def _sealed(journal: Path, history: _History, rows: dict[str, Any]) -> list[Segment]:
    """A project's rows as a few segments by entry, as compaction leaves them."""
    entries = np.unique(rows["entry"])
    found = []
    feeds = {history.first_feed + at: (f"s{at}", 1) for at in (0, 1)}
    for part in np.array_split(entries, _SEGMENTS):
        if len(part) == 0:
            continue
        inside = (rows["entry"] >= part[0]) & (rows["entry"] <= part[-1])
        found.append(
            write_segment(segments_folder(journal), history.project, _table(rows, inside), feeds)
        )
    return found


def _table(rows: dict[str, Any], inside: Any) -> pa.Table:
    schema = segment_schema(_TYPED)
    done, failed = rows["done"][inside], ~rows["done"][inside]
    void = rows["op"][inside] == 2
    names = pa.array(["trade.done", "trade.failed"])
    arrays: dict[str, Any] = {
        name: rows[name][inside]
        for name in ("entry", "feed", "seqno", "rev", "op", "time_us", "behind_us")
    }
    arrays["tile"] = arrays["time_us"] // 1_000_000
    arrays["type"] = pa.DictionaryArray.from_arrays(failed.astype(np.int32), names)
    investor = rows["investor"][inside]
    for name in ("amount", "loss", "latency"):
        left_out = failed | void
        if name == "loss":
            left_out = left_out | (rows["loss"][inside] == 0)
        arrays[f"trade.done/{name}"] = pa.array(rows[name][inside], mask=left_out)
    arrays["trade.done/investor"] = pa.array(investor, mask=failed | void)
    arrays["trade.failed/investor"] = pa.array(investor, mask=done | void)
    return pa.table(
        [
            pa.array(arrays[f.name]) if not isinstance(arrays[f.name], pa.Array) else arrays[f.name]
            for f in schema
        ],
        schema=schema,
    )


class _History:
    """One project's events, drawn from the seed and its number alone."""

    def __init__(self, number: int, events: int, seed: int) -> None:
        self.project = f"P-{number:03}"
        self.events = events
        self.first_feed = 2 * number + 1
        self._rng = np.random.Generator(np.random.PCG64([seed, number]))
        total = events // PROJECTS + (number < events % PROJECTS)
        corrected = round(total * CORRECTED)
        self._n = total - corrected
        self._corrected = corrected
        self._investors = max(10, min(INVESTORS, events // 100) // PROJECTS)
        self._batch = max(20, min(BATCH_ROWS, self._n // 90))
        self._draw(number)

    def _draw(self, number: int) -> None:
        rng, n = self._rng, self._n
        self.time_us = self._times()
        self.source = rng.integers(0, 2, n)
        self.done = rng.random(n) >= 0.02
        weight = np.cumsum(rng.lognormal(0, 0.8, self._investors))
        self.investor = 1 + np.searchsorted(weight, rng.random(n) * weight[-1])
        self.amount = np.exp(rng.normal(13, 1, n)).astype(np.int64) + 1
        self.loss = np.where(rng.random(n) < 0.1, (self.amount * rng.random(n) * 0.2), 0).astype(
            np.int64
        )
        self.latency = np.exp(rng.normal(11, 0.6, n)).astype(np.int64)
        if number % 4 == 0:
            begins = START_US + int(rng.integers(20, 80)) * DAY_US + 3 * HOUR_US
            hit = (self.time_us >= begins) & (self.time_us < begins + 6 * HOUR_US)
            self.done &= ~(hit & (rng.random(n) < 0.3))
            self.loss[hit] = self.amount[hit] // 2
            self.latency[hit] *= 20
        self.seqno = np.zeros(n, np.int64)
        self.place = np.zeros(n, np.int64)
        self._arrive()

    def _times(self) -> Any:
        """Busy in trading hours of weekdays (in UTC), quiet otherwise."""
        hours = np.arange(DAYS * 24)
        busy = (hours % 24 >= 1) & (hours % 24 < 8) & ((hours // 24) % 7 < 5)
        weight = np.cumsum(np.where(busy, 6.0, 1.0))
        at = self._rng.random(self._n) * weight[-1]
        hour = np.searchsorted(weight, at, "right")
        inside = self._rng.integers(0, HOUR_US, self._n)
        return np.sort(START_US + hour * HOUR_US + inside)

    def _arrive(self) -> None:
        """Numbers and batches by source: most in order, some later."""
        rng, n = self._rng, self._n
        late = rng.random(n) < LATE
        later = np.where(late, rng.integers(1, 4, n), 0)
        again = rng.choice(n, self._corrected, replace=False)
        self.again = np.sort(again)
        self.again_place = np.zeros(len(again), np.int64)
        self.last_place = [0, 0]
        for source in (0, 1):
            mine = np.flatnonzero(self.source == source)
            self.seqno[mine] = np.arange(1, len(mine) + 1)
            place = np.arange(len(mine)) // self._batch
            last = int(place[-1])
            self.last_place[source] = last
            self.place[mine] = np.minimum(place + later[mine], last)
            revised = np.flatnonzero(self.source[self.again] == source)
            after = self.place[self.again[revised]] + rng.integers(1, 6, len(revised))
            self.again_place[revised] = np.minimum(after, last)
        self.void = rng.random(len(again)) < 0.2
        self.again_amount = np.exp(rng.normal(13, 1, len(again))).astype(np.int64) + 1

    def batches(self) -> list[_Batch]:
        """One entry each: ready when the newest event in it has happened, and a second later."""
        found = []
        for source in (0, 1):
            mine = self.source == source
            newest = np.zeros(self.last_place[source] + 1, np.int64)
            np.maximum.at(newest, self.place[mine], self.time_us[mine])
            ready = np.maximum.accumulate(newest) + 1_000_000
            lowest = np.full(len(newest), 2**62)
            np.minimum.at(lowest, self.place[mine], self.seqno[mine])
            feed = self.first_feed + source
            found += [
                _Batch(self.project, f"s{source}", feed, int(at), place, int(lowest[place]))
                for place, at in enumerate(ready)
            ]
        return found

    def sizes(self) -> dict[tuple[int, int], int]:
        """(feed, place) → rows of the batch."""
        rows = self._columns()
        pairs, counts = np.unique(
            np.stack((rows["feed"], rows["place"])), axis=1, return_counts=True
        )
        return {
            (int(feed), int(place)): int(count)
            for feed, place, count in zip(*pairs, counts, strict=True)
        }

    def rows(self, numbers: dict[tuple[int, int], int]) -> dict[str, Any]:
        """Columns of all rows, originals and revisions."""
        rows = self._columns()
        rows["entry"] = np.zeros(len(rows["feed"]), np.int64)
        rows["behind_us"] = np.zeros(len(rows["feed"]), np.int64)
        for source in (0, 1):
            feed = self.first_feed + source
            mine = np.flatnonzero(rows["feed"] == feed)
            entry = np.array([numbers[feed, at] for at in range(self.last_place[source] + 1)])
            rows["entry"][mine] = entry[rows["place"][mine]]
            newest = np.zeros(len(entry), np.int64)
            np.maximum.at(newest, rows["place"][mine], rows["time_us"][mine])
            high = np.append(0, np.maximum.accumulate(newest)[:-1])[rows["place"][mine]]
            rows["behind_us"][mine] = np.maximum(high - rows["time_us"][mine], 0)
        del rows["place"]
        order = np.lexsort((rows["rev"], rows["seqno"], rows["entry"], rows["time_us"]))
        return {name: column[order] for name, column in rows.items()}

    def _columns(self) -> dict[str, Any]:
        again = self.again
        op = np.where(self.void, 2, 1)

        def both(first: Any, second: Any) -> Any:
            return np.concatenate((first, second))

        n = self._n
        return {
            "feed": both(self.source, self.source[again]).astype(np.int32) + self.first_feed,
            "place": both(self.place, self.again_place),
            "seqno": both(self.seqno, self.seqno[again]),
            "rev": both(np.zeros(n), np.ones(len(again))).astype(np.int32),
            "op": both(np.zeros(n), op).astype(np.int8),
            "done": both(self.done, self.done[again]),
            "time_us": both(self.time_us, self.time_us[again]),
            "investor": both(self.investor, self.investor[again]),
            "amount": both(self.amount, self.again_amount),
            "loss": both(self.loss, self.loss[again]),
            "latency": both(self.latency, self.latency[again]),
        }
