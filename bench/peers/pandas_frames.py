"""The same indicators in pandas, a project at a time; the quantile is counted as in Polars."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from bench.answers import Answer, Bounds

_HOUR, _DAY, _WEEK = 60, 1_440, 10_080


def answer(files: str, bounds: Bounds) -> Answer:
    """Every rule's (instants met, runs)."""
    found: dict[str, list[int]] = {}
    for folder in sorted(Path(files).parent.parent.iterdir()):
        raw = pd.concat([pd.read_parquet(file) for file in sorted(folder.glob("*.parquet"))])
        for rule, (met, runs) in _project(raw, bounds).items():
            total = found.setdefault(rule, [0, 0])
            total[0] += met
            total[1] += runs
    return {rule: (met, runs) for rule, (met, runs) in found.items()}


def _project(raw: Any, bounds: Bounds) -> dict[str, tuple[int, int]]:
    last = raw.groupby("feed")["time_us"].max().min()
    until = int((last - 300_000_000) // 60_000_000)
    raw["tile"] = raw["time_us"] // 60_000_000
    best = raw[raw["rev"] > 0].groupby(["feed", "seqno"])["rev"].max().rename("best")
    events = raw.join(best, on=["feed", "seqno"])
    events = events[(events["op"] != 2) & (events["rev"] == events["best"].fillna(0))]
    first = int(raw["tile"].min())
    tiles = pd.RangeIndex(first, until)
    done = events[events["type"] == "trade.done"].rename(
        columns=lambda name: name.removeprefix("trade.done/")
    )
    done = done.astype({"amount": "int64", "latency": "int64", "investor": "int64"})
    done["loss"] = done["loss"].fillna(0).astype("int64")
    done["slow"] = _bucket(done["latency"]) > int(bounds["a-latency"])
    by_tile = done.groupby("tile")

    def dense(series: Any) -> Any:
        return series.reindex(tiles, fill_value=0).astype("int64")

    def rolled(series: Any, window: int) -> Any:
        # rolling() adds in floats: sums of whole numbers are differences of running ones.
        total = series.cumsum()
        return total - total.shift(window, fill_value=0)

    trades = rolled(dense(by_tile.size()), _HOUR)
    failed = rolled(dense(events[events["type"] == "trade.failed"].groupby("tile").size()), _HOUR)
    slow = rolled(dense(by_tile["slow"].sum()), _HOUR)
    amount, loss = dense(by_tile["amount"].sum()), dense(by_tile["loss"].sum())
    largest = by_tile["amount"].max().reindex(tiles).rolling(_DAY, min_periods=1).max()
    day, day_loss = rolled(amount, _DAY), rolled(loss, _DAY)
    columns = {
        "l-trades": _reached(trades, bounds["l-trades"]),
        "l-day": _reached(day, bounds["l-day"]),
        "l-whole": _reached(amount.cumsum(), bounds["l-whole"]),
        "l-loss": _reached(rolled(loss, _WEEK), bounds["l-loss"]),
        "l-investors": _reached(dense(_entering(done, None)).cumsum(), bounds["l-investors"]),
        "l-daily": _reached(dense(_entering(done, _DAY)).cumsum(), bounds["l-daily"]),
        "a-failed": _share(failed, trades, bounds["a-failed"]),
        "a-loss": _share(day_loss, day, bounds["a-loss"]),
        "a-largest": largest > int(bounds["a-largest"]),
        "a-latency": slow > trades - (trades * 99 + 99) // 100,
    }
    found = {
        rule: (int(met.sum()), int((met & ~met.shift(1, fill_value=False)).sum()))
        for rule, met in columns.items()
    }
    for rule, window in (("l-each", None), ("l-week", _WEEK)):
        found[rule] = _each(done, until, bounds[rule].numerator, window)
    return found


def _bucket(latency: Any) -> Any:
    bits = sum((latency >= (1 << power)).astype("int64") for power in range(6, 62))
    width = np.left_shift(np.int64(1), np.asarray(bits))
    return latency // width * width + width - 1


def _reached(series: Any, bound: Any) -> Any:
    return series * bound.denominator >= bound.numerator


def _share(series: Any, over: Any, bound: Any) -> Any:
    return (over > 0) & (series * bound.denominator > over * bound.numerator)


def _entering(done: Any, window: int | None) -> Any:
    seen = done[["investor", "tile"]].drop_duplicates().sort_values(["investor", "tile"])
    if window is None:
        return seen.groupby("investor")["tile"].min().value_counts()
    following = seen.groupby("investor")["tile"].shift(-1)
    leaves = np.fmin(following, seen["tile"] + window).astype("int64")
    return seen["tile"].value_counts().sub(leaves.value_counts(), fill_value=0)


def _each(done: Any, until: int, bound: int, window: int | None) -> tuple[int, int]:
    rows = pd.DataFrame(
        {"investor": done["investor"], "t": done["tile"] + 1, "change": done["amount"]}
    )
    if window is not None:
        rows = pd.concat([rows, rows.assign(t=rows["t"] + window, change=-rows["change"])])
    steps = rows.groupby(["investor", "t"], as_index=False)["change"].sum()
    of = steps.groupby("investor")
    met = of["change"].cumsum() >= bound
    following = of["t"].shift(-1).fillna(2**62)
    before = met.groupby(steps["investor"]).shift(1, fill_value=False)
    kept = met & (steps["t"] <= until)
    lasts = np.minimum(following[kept], until + 1) - steps["t"][kept]
    return int(lasts.sum()), int((kept & ~before).sum())
