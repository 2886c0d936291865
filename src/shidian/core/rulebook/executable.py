"""What this release cannot run, though the language can say it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.model import (
    Clock,
    PlanParameter,
    Rulebook,
    StageKind,
    Text,
)
from shidian.core.rulebook.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Found = tuple[str, str, Text]
    """(path, what is written there, what runs instead)"""


def not_executable(rulebook: Rulebook) -> tuple[Problem, ...]:
    """Every value that blocks activation on a pilot. The problems are not placed in a file."""
    of_clocks = (found for clock in rulebook.clocks for found in _clock(clock, rulebook))
    return (*not_measurable(rulebook), *_problems(rulebook, of_clocks))


def not_measurable(rulebook: Rulebook) -> tuple[Problem, ...]:
    """Those of them that the monitor cannot run. It runs rules whatever the clocks say."""
    return _problems(rulebook, _monitoring(rulebook))


def _problems(rulebook: Rulebook, found: Iterable[Found]) -> tuple[Problem, ...]:
    return tuple(
        Problem(
            path,
            rulebook.rulebook,
            0,
            Text(zh=f"尚不能执行：{what}", en=f"not executable yet: {what}"),
            instead,
        )
        for path, what, instead in found
    )


def _monitoring(rulebook: Rulebook) -> Iterator[Found]:
    bounding = {
        operand.removeprefix("plan.")
        for operand in (limit.max for limit in rulebook.limits)
        if operand.startswith("plan.")
    } | {
        threshold.plan
        for alert in rulebook.alerts
        for threshold in alert.levels.values()
        if threshold.plan is not None
    }
    for parameter in rulebook.plan:
        yield from _parameter(parameter, bounds=parameter.id in bounding)


def _parameter(parameter: PlanParameter, *, bounds: bool) -> Iterator[Found]:
    path = f"/plan/{parameter.id}"
    if bounds and parameter.type == "duration":
        yield (
            f"{path}/type",
            "type: duration",
            Text(zh="限额可用整数、小数和金额", en="limits of int, decimal and money run"),
        )


def _clock(clock: Clock, rulebook: Rulebook) -> Iterator[Found]:
    """An expiry has an effect where a notice's window or a consulted authority is waited for."""
    of_a_notice = any(
        stage.kind is StageKind.NOTICE and stage.clock == clock.id for stage in rulebook.stages
    )
    of_a_consultation = clock.starts == "consultation.opened"
    if clock.on_expiry != "nothing" and not of_a_notice and not of_a_consultation:
        yield (
            f"/clocks/{clock.id}/on_expiry",
            f"on_expiry: {clock.on_expiry}",
            Text(
                zh="只对公示期和会商期限执行",
                en="it runs for the clocks of notices and consultations alone",
            ),
        )
