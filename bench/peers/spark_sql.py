"""The same indicators in Spark SQL, on the same cluster.

Sums and distinct values are differences of running totals, since Spark adds a sliding frame up anew
for every row; the quantile's and the maximum's rules are counted: events of the window that lie
above the bound.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bench.answers import Answer, Bounds

_RAW = """
SELECT element_at(split(input_file_name(), '/'), -2) AS project, feed, seqno, rev, op, type,
    time_us, time_us DIV 60000000 AS tile, `trade.done/amount` AS amount,
    `trade.done/loss` AS loss, `trade.done/latency` AS latency, `trade.done/investor` AS investor
FROM parquet.`{files}`
"""

_EVENTS = """
SELECT raw.project, raw.type = 'trade.done' AS done, raw.tile, raw.amount, raw.loss, raw.latency,
    raw.investor
FROM raw LEFT JOIN (
    SELECT feed, seqno, max(rev) AS best FROM raw WHERE rev > 0 GROUP BY feed, seqno
) again ON raw.feed = again.feed AND raw.seqno = again.seqno
WHERE raw.op <> 2 AND raw.rev = coalesce(again.best, 0)
"""

_MARKS = """
SELECT project, min(first) AS first, (min(last) - 300000000) DIV 60000000 AS until FROM (
    SELECT project, feed, min(tile) AS first, max(time_us) AS last FROM raw GROUP BY project, feed
) GROUP BY project
"""

_DROPPED = "greatest(length(bin(latency)) - 6, 0)"
_BUCKET = f"""shiftleft(shiftright(latency, {_DROPPED}), {_DROPPED})
    + shiftleft(1L, {_DROPPED}) - 1"""

_TILES = """
SELECT project, tile, count_if(done) AS n, count_if(NOT done) AS failed,
    count_if(done AND {bucket} > {latency}) AS slow, count_if(amount > {largest}) AS large,
    sum(amount) AS amount, sum(loss) AS loss
FROM ev GROUP BY project, tile
"""

_SEEN = """
SELECT project, investor, tile,
    lag(tile) OVER (PARTITION BY project, investor ORDER BY tile) IS NULL AS new,
    least(coalesce(lead(tile) OVER (PARTITION BY project, investor ORDER BY tile), tile + 1440),
        tile + 1440) AS leaves
FROM (SELECT DISTINCT project, investor, tile FROM ev WHERE done)
"""

_ENTERING = """
SELECT project, tile, sum(everyone) AS everyone, sum(daily) AS daily FROM (
    SELECT project, tile, CAST(new AS INT) AS everyone, 1 AS daily FROM seen
    UNION ALL SELECT project, leaves, 0, -1 FROM seen
) GROUP BY project, tile
"""

_TOTALS = """
SELECT project, tile,
    sum(n) OVER w AS n, sum(failed) OVER w AS failed, sum(slow) OVER w AS slow,
    sum(large) OVER w AS large, sum(amount) OVER w AS amount, sum(loss) OVER w AS loss,
    sum(everyone) OVER w AS everyone, sum(daily) OVER w AS daily
FROM (
    SELECT g.project, g.tile, coalesce(n, 0) AS n, coalesce(failed, 0) AS failed,
        coalesce(slow, 0) AS slow, coalesce(large, 0) AS large, coalesce(amount, 0) AS amount,
        coalesce(loss, 0) AS loss, coalesce(everyone, 0) AS everyone, coalesce(daily, 0) AS daily
    FROM (SELECT project, explode(sequence(first, until - 1)) AS tile FROM mark) g
    LEFT JOIN tiles ON tiles.project = g.project AND tiles.tile = g.tile
    LEFT JOIN entering ON entering.project = g.project AND entering.tile = g.tile
) WINDOW w AS (PARTITION BY project ORDER BY tile)
"""

_VALUES = """
SELECT project, tile, amount AS whole, everyone AS investors, daily,
    n - lag(n, 60, 0L) OVER w AS trades, failed - lag(failed, 60, 0L) OVER w AS failed,
    slow - lag(slow, 60, 0L) OVER w AS slow, large - lag(large, 1440, 0L) OVER w AS large,
    amount - lag(amount, 1440, 0L) OVER w AS day,
    loss - lag(loss, 1440, 0L) OVER w AS day_loss, loss - lag(loss, 10080, 0L) OVER w AS loss
FROM totals WINDOW w AS (PARTITION BY project ORDER BY tile)
"""

_MET = """
SELECT {counted} FROM (
    SELECT {conditions}, {before} FROM (SELECT project, tile, {met} FROM value)
    WINDOW w AS (PARTITION BY project ORDER BY tile)
)
"""

_EACH = """
WITH steps AS (
    SELECT project, investor, tile + 1 AS t, amount AS change FROM ev WHERE done
    {leaving}
), changes AS (
    SELECT project, investor, t, sum(change) AS change FROM steps GROUP BY project, investor, t
), running AS (
    SELECT project, investor, t, sum(change) OVER g >= {bound} AS met, lead(t) OVER g AS following
    FROM changes WINDOW g AS (PARTITION BY project, investor ORDER BY t)
), runs AS (
    SELECT project, t, met, coalesce(following, 4611686018427387904) AS following,
        coalesce(lag(met) OVER (PARTITION BY project, investor ORDER BY t), false) AS before
    FROM running
)
SELECT sum(least(following, until + 1) - t) FILTER (WHERE met),
    count(*) FILTER (WHERE met AND NOT before)
FROM runs JOIN mark ON runs.project = mark.project WHERE t <= until
"""


def answer(spark: Any, files: str, bounds: Bounds) -> Answer:
    """Every rule's (instants met, runs)."""
    largest, latency = int(bounds["a-largest"]), int(bounds["a-latency"])
    tiles = _TILES.format(bucket=_BUCKET, latency=latency, largest=largest)
    views = {
        "raw": _RAW.format(files=files),
        "ev": _EVENTS,
        "mark": _MARKS,
        "tiles": tiles,
        "seen": _SEEN,
        "entering": _ENTERING,
        "totals": _TOTALS,
        "value": _VALUES,
    }
    for name, text in views.items():
        found = spark.sql(text)
        # What is read more than once.
        (found.cache() if name in ("ev", "mark") else found).createOrReplaceTempView(name)
    answers = _met(spark, bounds)
    leaving = """UNION ALL SELECT project, investor, tile + 10081, -amount FROM ev WHERE done"""
    for rule, gone in (("l-each", ""), ("l-week", leaving)):
        row = spark.sql(_EACH.format(leaving=gone, bound=bounds[rule].numerator)).first()
        answers[rule] = (int(row[0] or 0), int(row[1] or 0))
    spark.catalog.clearCache()
    return answers


def _met(spark: Any, bounds: Bounds) -> Answer:
    """Of all rules of whole projects, in one pass."""
    rules = {f"r{place}": rule for place, rule in enumerate(conditions(bounds))}
    texts = conditions(bounds)
    row = spark.sql(
        _MET.format(
            counted=", ".join(f"count_if({r}), count_if({r} AND NOT b{r})" for r in rules),
            conditions=", ".join(rules),
            before=", ".join(f"coalesce(lag({r}) OVER w, false) AS b{r}" for r in rules),
            met=", ".join(f"coalesce({texts[rule]}, false) AS {r}" for r, rule in rules.items()),
        )
    ).first()
    numbers = [int(number) for number in row]
    return {
        rule: (numbers[2 * place], numbers[2 * place + 1])
        for place, rule in enumerate(rules.values())
    }


def conditions(bounds: Bounds) -> dict[str, str]:
    """Rule → condition in integers; a bound may be a fraction p/q."""

    def beyond(rule: str, value: str, sign: str, over: str = "1") -> str:
        bound = bounds[rule]
        return f"{value} * {bound.denominator} {sign} {bound.numerator} * {over}"

    return {
        "l-trades": beyond("l-trades", "trades", ">="),
        "l-day": beyond("l-day", "day", ">="),
        "l-whole": beyond("l-whole", "whole", ">="),
        "l-loss": beyond("l-loss", "loss", ">="),
        "l-investors": beyond("l-investors", "investors", ">="),
        "l-daily": beyond("l-daily", "daily", ">="),
        "a-failed": f"trades > 0 AND {beyond('a-failed', 'failed', '>', 'trades')}",
        "a-loss": f"day > 0 AND {beyond('a-loss', 'day_loss', '>', 'day')}",
        "a-largest": "large > 0",
        "a-latency": "slow > trades - (trades * 99 + 99) DIV 100",
    }
