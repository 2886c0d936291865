"""Steps of the scale-up: what they raise can rise, and what they ask can be told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.analysis.finding import Finding, error, unknown
from shidian.core.rulebook.analysis.plan import NUMBERS
from shidian.core.rulebook.analysis.words import INDICATOR, PARAMETER, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shidian.core.rulebook.model import Rulebook, ScaleCriterion, ScaleStep


def findings(rulebook: Rulebook) -> Iterator[Finding]:
    """What is wrong with the steps."""
    for step in rulebook.scale_up:
        yield from _raises(rulebook, step)
        for criterion in step.criteria:
            path = f"/scale_up/{step.id}/criteria/{criterion.id}"
            yield from _criterion(rulebook, criterion, path)


def _raises(rulebook: Rulebook, step: ScaleStep) -> Iterator[Finding]:
    parameters = {one.id: one for one in rulebook.plan}
    path = f"/scale_up/{step.id}/raises"
    if not step.raises:
        yield error(
            path,
            say("没有提高任何约定", "a step that raises nothing"),
            say(
                "例如 raises: {investors_max: 200}",
                "write for example raises: {investors_max: 200}",
            ),
        )
    for name in step.raises:
        if name not in parameters:
            yield unknown(f"{path}/{name}", PARAMETER, name, parameters)
        elif parameters[name].type not in NUMBERS or parameters[name].tighter == "higher":
            yield error(
                f"{path}/{name}",
                say(f"“{name}”提高不是扩大", f"raising '{name}' is no scale-up"),
                say("请写越低越严的数值参数", "name a number of which lower is stricter"),
            )


def _criterion(rulebook: Rulebook, one: ScaleCriterion, path: str) -> Iterator[Finding]:
    by_indicator = one.indicator is not None and one.holds is not None
    by_alerts = one.severity is not None and one.at_most is not None
    given = (one.indicator, one.holds, one.severity, one.at_most)
    if by_indicator == by_alerts or sum(value is not None for value in given) != 2:  # noqa: PLR2004
        yield error(
            path,
            say(
                "须写明指标及其要求，或告警等级及次数",
                "asks neither for an indicator nor for alerts, or for both",
            ),
            say(
                "请写 indicator 和 holds，或 severity 和 at_most",
                "write indicator and holds, or severity and at_most",
            ),
        )
        return
    if one.indicator is None:
        return
    indicators = {indicator.id: indicator for indicator in rulebook.indicators}
    if one.indicator not in indicators:
        yield unknown(f"{path}/indicator", INDICATOR, one.indicator, indicators)
    elif indicators[one.indicator].by:
        yield error(
            f"{path}/indicator",
            say("分组指标没有单一数值", "an indicator counted apart has no single value"),
            say("请写不分组的指标", "name an indicator without by"),
        )
