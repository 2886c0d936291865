"""The twelve indicators in plain DuckDB SQL: window functions over a grid of minutes.

What an analyst writes who knows SQL well: revisions by anti-join, a dense grid, frames of rows,
`count(DISTINCT …) OVER`, `quantile_disc(…) OVER`; per investor, running sums of what enters and
leaves a window. Each rule's answer: at how many instants it was met, and in how many unbroken runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb

if TYPE_CHECKING:
    from bench.answers import Answer, Bounds

_EVENTS = """
CREATE TEMP TABLE ev AS
WITH raw AS (
    SELECT (parse_path(filename))[-2] AS project, feed, seqno, rev, op, type, time_us,
        time_us // 60000000 AS tile, "trade.done/amount" AS amount, "trade.done/loss" AS loss,
        "trade.done/latency" AS latency, "trade.done/investor" AS investor
    FROM read_parquet($files, filename := true)
), again AS (SELECT feed, seqno, max(rev) AS rev FROM raw WHERE rev > 0 GROUP BY ALL)
SELECT raw.* EXCLUDE (rev, op) FROM raw LEFT JOIN again USING (feed, seqno)
WHERE op <> 2 AND raw.rev = coalesce(again.rev, 0)
"""

_MARKS = """
CREATE TEMP TABLE mark AS
SELECT project, min(first) AS first, (min(last) - 300000000) // 60000000 AS until FROM (
    SELECT (parse_path(filename))[-2] AS project, feed, min(time_us) // 60000000 AS first,
        max(time_us) AS last
    FROM read_parquet($files, filename := true) GROUP BY ALL
) GROUP BY ALL
"""

_TILES = """
CREATE TEMP TABLE tile AS
SELECT project, tile, count(*) FILTER (type = 'trade.done') AS n,
    count(*) FILTER (type = 'trade.failed') AS failed, sum(amount)::BIGINT AS amount,
    sum(loss)::BIGINT AS loss, max(amount) AS largest
FROM ev GROUP BY ALL
"""

_GRID = """
CREATE TEMP TABLE grid AS
SELECT g.project, t AS tile, coalesce(n, 0) AS n, coalesce(failed, 0) AS failed,
    coalesce(amount, 0) AS amount, coalesce(loss, 0) AS loss, largest
FROM (SELECT project, unnest(range(first, until)) AS t FROM mark) g
LEFT JOIN tile ON tile.project = g.project AND tile.tile = g.t
"""

_SUMS = """
CREATE TEMP TABLE sums AS
SELECT project, tile,
    sum(n) OVER hour AS trades, sum(failed) OVER hour AS failed,
    sum(amount) OVER day AS day, sum(loss) OVER day AS day_loss, max(largest) OVER day AS largest,
    sum(loss) OVER week AS loss, sum(amount) OVER whole AS whole
FROM grid WINDOW
    hour AS (PARTITION BY project ORDER BY tile ROWS 59 PRECEDING),
    day AS (PARTITION BY project ORDER BY tile ROWS 1439 PRECEDING),
    week AS (PARTITION BY project ORDER BY tile ROWS 10079 PRECEDING),
    whole AS (PARTITION BY project ORDER BY tile ROWS UNBOUNDED PRECEDING)
"""

_OVER_EVENTS = """
CREATE TEMP TABLE {name} AS
SELECT project, tile, any_value(value) AS value FROM (
    SELECT project, tile, {take} OVER (
        PARTITION BY project ORDER BY tile RANGE BETWEEN {back} PRECEDING AND CURRENT ROW) AS value
    FROM (
        SELECT project, tile, {column} AS column_ FROM ev WHERE type = 'trade.done'
        UNION ALL SELECT project, tile, NULL FROM grid)
) JOIN mark USING (project) WHERE tile < until GROUP BY ALL
"""

_BUCKET = """CASE WHEN latency < 64 THEN latency ELSE
    latency // (1 << (floor(log2(latency))::INT - 5)) * (1 << (floor(log2(latency))::INT - 5))
    + (1 << (floor(log2(latency))::INT - 5)) - 1 END"""

_MET = """
SELECT count(*) FILTER (met), count(*) FILTER (met AND NOT before) FROM (
    SELECT met, coalesce(lag(met) OVER (PARTITION BY project ORDER BY tile), false) AS before
    FROM (SELECT project, tile, coalesce({condition}, false) AS met FROM {source})
)
"""

_EACH = """
WITH steps AS (
    SELECT project, investor, tile + 1 AS t, amount AS change FROM ev WHERE type = 'trade.done'
    {leaving}
), changes AS (SELECT project, investor, t, sum(change) AS change FROM steps GROUP BY ALL),
running AS (
    SELECT project, investor, t, sum(change) OVER g >= {bound} AS met, lead(t) OVER g AS following
    FROM changes WINDOW g AS (PARTITION BY project, investor ORDER BY t)
), runs AS (
    SELECT project, t, met, coalesce(following, 4611686018427387904) AS following,
        coalesce(lag(met) OVER (PARTITION BY project, investor ORDER BY t), false) AS before
    FROM running
)
SELECT sum(least(following, until + 1) - t) FILTER (met), count(*) FILTER (met AND NOT before)
FROM runs JOIN mark USING (project) WHERE t <= until
"""


def answer(files: str, bounds: Bounds, threads: int) -> Answer:
    """Every rule's (instants met, runs)."""
    with duckdb.connect(config={"threads": threads}) as db:
        for statement in (_EVENTS, _MARKS):
            db.execute(statement, {"files": files})
        for statement in (_TILES, _GRID, _SUMS):
            db.execute(statement)
        every = "count(DISTINCT column_)"
        over = [
            ("investors", every, "investor", "UNBOUNDED"),
            ("daily", every, "investor", "1439"),
            ("latency", "quantile_disc(column_, 0.99)", _BUCKET, "59"),
        ]
        for name, take, column, back in over:
            db.execute(_OVER_EVENTS.format(name=name, take=take, column=column, back=back))
        found: dict[str, tuple[Any, ...]] = {}
        for rule, (source, condition) in conditions(bounds).items():
            row = db.execute(_MET.format(source=source, condition=condition)).fetchone()
            found[rule] = row or (0, 0)
        leaving = """UNION ALL SELECT project, investor, tile + 10081, -amount FROM ev
            WHERE type = 'trade.done'"""
        for rule, gone in (("l-each", ""), ("l-week", leaving)):
            bound = bounds[rule].numerator
            row = db.execute(_EACH.format(leaving=gone, bound=bound)).fetchone()
            found[rule] = row or (0, 0)
    return {rule: (int(met or 0), int(runs or 0)) for rule, (met, runs) in found.items()}


def conditions(bounds: Bounds) -> dict[str, tuple[str, str]]:
    """Rule → (table, condition) in integers; a bound may be a fraction p/q."""

    def beyond(rule: str, value: str, sign: str, over: str = "1") -> str:
        bound = bounds[rule]
        return f"{value} * {bound.denominator} {sign} {bound.numerator} * {over}"

    return {
        "l-trades": ("sums", beyond("l-trades", "trades", ">=")),
        "l-day": ("sums", beyond("l-day", "day", ">=")),
        "l-whole": ("sums", beyond("l-whole", "whole", ">=")),
        "l-loss": ("sums", beyond("l-loss", "loss", ">=")),
        "l-investors": ("investors", beyond("l-investors", "value", ">=")),
        "l-daily": ("daily", beyond("l-daily", "value", ">=")),
        "a-failed": ("sums", f"trades > 0 AND {beyond('a-failed', 'failed', '>', 'trades')}"),
        "a-loss": ("sums", f"day > 0 AND {beyond('a-loss', 'day_loss', '>', 'day')}"),
        "a-largest": ("sums", beyond("a-largest", "largest", ">")),
        "a-latency": ("latency", beyond("a-latency", "value", ">")),
    }


def group_by(files: str, threads: int) -> int:
    """The floor: one GROUP BY of project and tile over the same files; how many groups."""
    with duckdb.connect(config={"threads": threads}) as db:
        row = db.execute(
            "SELECT count(*) FROM (SELECT (parse_path(filename))[-2] AS project,"
            ' time_us // 60000000 AS minute, count(*), sum("trade.done/amount"),'
            ' max("trade.done/amount") FROM read_parquet($files, filename := true) GROUP BY 1, 2)',
            {"files": files},
        ).fetchone()
    return int(row[0]) if row else 0
