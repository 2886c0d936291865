"""Limits that are not measured all the time: of what, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.analysis.finding import Finding, error, unknown
from shidian.core.rulebook.analysis.words import STREAM, say
from shidian.core.rulebook.model import Indicator, Limit, Rulebook, Take

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_AVERAGED = frozenset({Take.COUNT, Take.SUM, Take.DISTINCT})


def measured(
    rulebook: Rulebook, limit: Limit, indicators: Mapping[str, Indicator]
) -> Iterator[Finding]:
    """What cannot be looked at when the limit says, or is never looked at."""
    path, indicator = f"/limits/{limit.id}", indicators.get(limit.indicator)
    if limit.admissions is not None:
        yield from _admissions(rulebook, limit, path)
    if limit.measured == "at-admission":
        yield from _lasting(limit, path)
        if indicator is not None and indicator.by:
            yield error(
                f"{path}/measured",
                say(
                    "新增属于整个试点，指标却分组计算",
                    "what is admitted belongs to no group of the indicator",
                ),
                say(
                    "请选用不分组的指标，或写 measured: continuous",
                    "name an indicator without by, or write measured: continuous",
                ),
            )
    if limit.measured == "monthly-average" and indicator is not None:
        adds = indicator.take in _AVERAGED and indicator.ratio_to is None
        if not adds:
            yield error(
                f"{path}/measured",
                say(
                    "该指标可能整日无值，无法求月均",
                    "the indicator may have no value on a day, and no average",
                ),
                say(
                    "月均仅适用于 count、sum、distinct",
                    "an average is taken of count, sum and distinct",
                ),
            )


def _admissions(rulebook: Rulebook, limit: Limit, path: str) -> Iterator[Finding]:
    streams = {stream.id: stream for stream in rulebook.streams}
    if limit.admissions not in streams:
        yield unknown(f"{path}/admissions", STREAM, str(limit.admissions), streams)
    if limit.measured != "at-admission":
        yield error(
            f"{path}/admissions",
            say("本限额并非仅在新增时衡量", "the limit is not measured at admissions"),
            say(
                "请删去，或写 measured: at-admission",
                "leave it out, or write measured: at-admission",
            ),
        )


def _lasting(limit: Limit, path: str) -> Iterator[Finding]:
    if limit.for_us:
        yield error(
            f"{path}/for",
            say(
                "仅在新增时衡量的限额不能持续一段时间",
                "measured only when something is admitted, it lasts no time",
            ),
            say(
                "请删去 for，或写 measured: continuous",
                "leave for out, or write measured: continuous",
            ),
        )
