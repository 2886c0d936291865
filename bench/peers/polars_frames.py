"""The same indicators in Polars: rolling sums over a dense grid, distinct counts by what enters and
leaves. Its quantiles interpolate otherwise, so the quantile's rule is counted: more than a
hundredth of the events of the hour lie above the bound.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from bench.answers import Answer, Bounds

_KEYS = ["feed", "seqno"]
_HOUR, _DAY, _WEEK = 60, 1_440, 10_080


def answer(files: str, bounds: Bounds) -> Answer:
    """Every rule's (instants met, runs)."""
    raw = (
        pl.scan_parquet(files, include_file_paths="path")
        .select(
            pl.col("path").str.extract(r"([^/]+)/[^/]+$").alias("project"),
            *("feed", "seqno", "rev", "op", "time_us"),
            (pl.col("time_us") // 60_000_000).alias("tile"),
            (pl.col("type").cast(pl.String) == "trade.done").alias("done"),
            pl.col("trade.done/amount").alias("amount"),
            pl.col("trade.done/loss").alias("loss"),
            pl.col("trade.done/latency").alias("latency"),
            pl.col("trade.done/investor").alias("investor"),
        )
        .collect()
    )
    again = raw.filter(pl.col("rev") > 0).group_by(_KEYS).agg(pl.col("rev").max().alias("best"))
    events = (
        raw.join(again, on=_KEYS, how="left")
        .filter((pl.col("op") != 2) & (pl.col("rev") == pl.col("best").fill_null(0)))
        .drop("best", "rev", "op")
    )
    marks = (
        raw.group_by("project", "feed")
        .agg(pl.col("tile").min().alias("first"), pl.col("time_us").max().alias("last"))
        .group_by("project")
        .agg(
            pl.col("first").min(),
            ((pl.col("last").min() - 300_000_000) // 60_000_000).alias("until"),
        )
    )
    del raw
    grid = _grid(events, marks, bounds)
    found = {}
    for rule, condition in _conditions(bounds).items():
        met = grid.select("project", condition.fill_null(value=False).alias("met"))
        before = pl.col("met").shift(1).over("project").fill_null(value=False)
        row = met.select(pl.col("met").sum(), (pl.col("met") & ~before).sum().alias("runs")).row(0)
        found[rule] = (int(row[0]), int(row[1]))
    for rule, window in (("l-each", None), ("l-week", _WEEK)):
        found[rule] = _each(events, marks, bounds[rule].numerator, window)
    return found


def _grid(events: pl.DataFrame, marks: pl.DataFrame, bounds: Bounds) -> pl.DataFrame:
    done = pl.col("done")
    slow = done & (_bucket() > int(bounds["a-latency"]))
    tiles = events.group_by("project", "tile").agg(
        done.sum().cast(pl.Int64).alias("n"),
        (~done).sum().cast(pl.Int64).alias("failed"),
        slow.sum().cast(pl.Int64).alias("slow"),
        pl.col("amount").sum(),
        pl.col("loss").sum(),
        pl.col("amount").max().alias("largest"),
    )
    grid = (
        marks.select("project", pl.int_ranges("first", "until").alias("tile"))
        .explode("tile")
        .join(tiles, on=["project", "tile"], how="left")
        .with_columns(pl.col("n", "failed", "slow", "amount", "loss").fill_null(0))
        .sort("project", "tile")
    )
    for name, window in (("everyone", None), ("daily", _DAY)):
        changes = _entering(events.filter("done"), window).rename({"change": name})
        grid = grid.join(changes, on=["project", "tile"], how="left").with_columns(
            pl.col(name).fill_null(0)
        )
    grid = grid.sort("project", "tile")

    def rolled(name: str, window: int) -> pl.Expr:
        return pl.col(name).rolling_sum(window, min_samples=1).over("project")

    return grid.select(
        "project",
        rolled("n", _HOUR).alias("trades"),
        rolled("failed", _HOUR).alias("failed"),
        rolled("slow", _HOUR).alias("slow"),
        rolled("amount", _DAY).alias("day"),
        rolled("loss", _DAY).alias("day_loss"),
        rolled("loss", _WEEK).alias("loss"),
        pl.col("largest").rolling_max(_DAY, min_samples=1).over("project"),
        pl.col("amount").cum_sum().over("project").alias("whole"),
        pl.col("everyone").cum_sum().over("project").alias("investors"),
        pl.col("daily").cum_sum().over("project"),
    )


def _bucket() -> pl.Expr:
    """Upwards to six significant binary digits; exact, since logarithms are only asked for bits."""
    bits = pl.lit(0, pl.Int64)
    for power in range(6, 62):
        bits = bits + (pl.col("latency") >= (1 << power)).cast(pl.Int64)
    width = pl.lit(2, pl.Int64).pow(bits).cast(pl.Int64)
    return pl.col("latency") // width * width + width - 1


def _entering(events: pl.DataFrame, window: int | None) -> pl.DataFrame:
    """+1 where an investor enters the window, −1 where one leaves, by project and tile."""
    seen = events.select("project", "investor", "tile").unique().sort("project", "investor", "tile")
    if window is None:
        firsts = seen.group_by("project", "investor").agg(pl.col("tile").min())
        return firsts.group_by("project", "tile").agg(pl.len().cast(pl.Int64).alias("change"))
    following = pl.col("tile").shift(-1).over("project", "investor")
    leaves = pl.min_horizontal(following, pl.col("tile") + window)
    return (
        pl.concat(
            [
                seen.select("project", "tile", pl.lit(1, pl.Int64).alias("change")),
                seen.select("project", leaves.alias("tile"), pl.lit(-1, pl.Int64).alias("change")),
            ]
        )
        .group_by("project", "tile")
        .agg(pl.col("change").sum())
    )


def _each(
    events: pl.DataFrame, marks: pl.DataFrame, bound: int, window: int | None
) -> tuple[int, int]:
    rows = events.filter("done").select(
        "project", "investor", (pl.col("tile") + 1).alias("t"), pl.col("amount").alias("change")
    )
    if window is not None:
        leaving = rows.with_columns(pl.col("t") + window, -pl.col("change"))
        rows = pl.concat([rows, leaving])
    group = ["project", "investor"]
    runs = (
        rows.group_by(*group, "t")
        .agg(pl.col("change").sum())
        .sort(*group, "t")
        .with_columns(
            (pl.col("change").cum_sum().over(group) >= bound).alias("met"),
            pl.col("t").shift(-1).over(group).fill_null(2**62).alias("following"),
        )
        .with_columns(pl.col("met").shift(1).over(group).fill_null(value=False).alias("before"))
        .filter("met")
        .join(marks, on="project")
        .filter(pl.col("t") <= pl.col("until"))
    )
    lasts = pl.min_horizontal("following", pl.col("until") + 1) - pl.col("t")
    row = runs.select(lasts.sum().alias("met"), (~pl.col("before")).sum().alias("runs")).row(0)
    return int(row[0]), int(row[1])


def _conditions(bounds: Bounds) -> dict[str, pl.Expr]:
    def reached(rule: str, name: str) -> pl.Expr:
        return pl.col(name) * bounds[rule].denominator >= bounds[rule].numerator

    def share(rule: str, name: str, over: str) -> pl.Expr:
        bound = bounds[rule]
        beyond = pl.col(name) * bound.denominator > pl.col(over) * bound.numerator
        return (pl.col(over) > 0) & beyond

    return {
        "l-trades": reached("l-trades", "trades"),
        "l-day": reached("l-day", "day"),
        "l-whole": reached("l-whole", "whole"),
        "l-loss": reached("l-loss", "loss"),
        "l-investors": reached("l-investors", "investors"),
        "l-daily": reached("l-daily", "daily"),
        "a-failed": share("a-failed", "failed", "trades"),
        "a-loss": share("a-loss", "day_loss", "day"),
        "a-largest": pl.col("largest") > int(bounds["a-largest"]),
        "a-latency": pl.col("slow") > pl.col("trades") - (pl.col("trades") * 99 + 99) // 100,
    }
