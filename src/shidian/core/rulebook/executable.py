"""What this release cannot run, though the language can say it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.model import AlertRule, Clock, Indicator, Rulebook, StageKind, Take
from shidian.core.rulebook.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_TAKES = frozenset({Take.COUNT, Take.SUM, Take.DISTINCT})


def not_executable(rulebook: Rulebook) -> tuple[Problem, ...]:
    """Every value that blocks activation on a pilot. The problems are not placed in a file."""
    of_clocks = (
        found
        for clock in rulebook.clocks
        for found in _clock(clock, rulebook, f"/clocks/{clock.id}")
    )
    return (*not_measurable(rulebook), *_problems(rulebook, of_clocks))


def not_measurable(rulebook: Rulebook) -> tuple[Problem, ...]:
    """Those of them that the monitor cannot run. It runs rules whatever the clocks say."""
    return _problems(rulebook, _monitoring(rulebook))


def _problems(rulebook: Rulebook, found: Iterable[tuple[str, str, str]]) -> tuple[Problem, ...]:
    return tuple(
        Problem(path, rulebook.rulebook, 0, f"not executable yet: {what}", instead)
        for path, what, instead in found
    )


def _monitoring(rulebook: Rulebook) -> Iterator[tuple[str, str, str]]:
    for indicator in rulebook.indicators:
        yield from _indicator(indicator, f"/indicators/{indicator.id}")
    for alert in rulebook.alerts:
        yield from _alert(alert, f"/alerts/{alert.id}")
    for limit in rulebook.limits:
        if limit.on_breach == "start-transition-plan":
            yield (f"/limits/{limit.id}/on_breach", "start-transition-plan", "write notify")


def _clock(clock: Clock, rulebook: Rulebook, path: str) -> Iterator[tuple[str, str, str]]:
    """Silence has no effect yet; an expiry has one where a notice's window is waited for."""
    if clock.on_silence != "nothing":
        yield (
            f"{path}/on_silence",
            f"on_silence: {clock.on_silence}",
            "nothing runs: a person acts",
        )
    of_a_notice = any(
        stage.kind is StageKind.NOTICE and stage.clock == clock.id for stage in rulebook.stages
    )
    if clock.on_expiry != "nothing" and not of_a_notice:
        yield (
            f"{path}/on_expiry",
            f"on_expiry: {clock.on_expiry}",
            "it runs for the clock of a notice stage alone",
        )


def _indicator(indicator: Indicator, path: str) -> Iterator[tuple[str, str, str]]:
    if indicator.take not in _TAKES:
        yield (f"{path}/take", f"take: {indicator.take}", "sum, count and distinct run")
    if indicator.where is not None:
        yield (f"{path}/where", "where", "send a stream of its own for what is filtered")
    if indicator.by:
        yield (f"{path}/by", "by", "indicators run per project")
    if indicator.ratio_to is not None:
        yield (f"{path}/ratio_to", "ratio_to", "watch the two numbers apart")
    if indicator.window in ("month", "trading-day"):
        yield (f"{path}/window", f"window: {indicator.window}", "durations and since-start run")


def _alert(alert: AlertRule, path: str) -> Iterator[tuple[str, str, str]]:
    if alert.clear is not None:
        yield (f"{path}/clear", "clear", "an episode ends when its condition does")
    if alert.clear_for:
        yield (f"{path}/clear_for", "clear_for", "leave it out")
    if alert.keep_firing_for:
        yield (f"{path}/keep_firing_for", "keep_firing_for", "leave it out")
    if alert.k_of_n is not None:
        yield (f"{path}/k_of_n", "k_of_n", "use for:")
    if alert.no_data != "hold":
        yield (f"{path}/no_data", f"no_data: {alert.no_data}", "hold runs")
    if alert.on_breach == "start-transition-plan":
        yield (f"{path}/on_breach", "start-transition-plan", "write notify")
