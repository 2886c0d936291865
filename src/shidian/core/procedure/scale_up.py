"""Staged scale-up: whether a step of the rulebook is open, each condition with its figure.

Pure: what was counted and measured is handed in; who decides, and when, is not asked here.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from shidian.core.rulebook.comparing import bound_of, holds
from shidian.core.rulebook.model import Text
from shidian.core.rulebook.proportion import measure, share_of
from shidian.core.rulebook.reading import numbers
from shidian.core.rulebook.reading.chapters.scaling import asked_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date

    from shidian.core.rulebook.model import Rulebook, ScaleCriterion, ScaleStep

_NOTHING = Text(zh="尚无数值", en="no value yet")
_TIME = Text(zh="最短运行时间", en="Minimum time")
_WHOLE = 100


@dataclass(frozen=True, slots=True)
class Found:
    """What is known of a pilot. `values`: indicator → newest final value, in major units.

    `alerts`: criterion → how many alerts count against it. `since`: the day from which the minimum
    time runs; `until`: its last day, None where the calendar does not reach so far.
    """

    since: date
    until: date | None
    today: date
    plan: Mapping[str, str]
    values: Mapping[str, Fraction]
    alerts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a step: what is asked, what was found, whether that meets it."""

    name: Text
    asked: Text
    found: Text
    met: bool

    def as_fact(self) -> dict[str, object]:
        """As it is kept with a proposal."""
        return {
            "name": self.name.model_dump(),
            "asked": self.asked.model_dump(),
            "found": self.found.model_dump(),
            "met": self.met,
        }


def next_step(rulebook: Rulebook, taken: Collection[str]) -> ScaleStep | None:
    """The first step that was not taken; None where all were."""
    return next((one for one in rulebook.scale_up if one.id not in taken), None)


def conditions(rulebook: Rulebook, step: ScaleStep, found: Found) -> tuple[Condition, ...]:
    """The minimum time, then the criteria, in the order of the rulebook."""
    return (_time(step, found), *(_judged(rulebook, one, found) for one in step.criteria))


def raised(rulebook: Rulebook, step: ScaleStep, plan: Mapping[str, str]) -> dict[str, str]:
    """The values that the step raises, as they shall be: never beyond a parameter's maximum.

    What is not agreed, or is at its maximum already, is not among them.
    """
    found = {}
    for parameter in rulebook.plan:
        agreed, per_cent = plan.get(parameter.id), step.raises.get(parameter.id)
        if agreed is None or per_cent is None:
            continue
        value = share_of(parameter, agreed, Fraction(per_cent, _WHOLE))
        most = parameter.maximum
        if most is not None and measure(parameter, value) > measure(parameter, most):
            value = most
        if measure(parameter, value) > measure(parameter, agreed):
            found[parameter.id] = value
    return found


def _time(step: ScaleStep, found: Found) -> Condition:
    asked = numbers.period(step.minimum)
    until = found.until
    days = (found.today - found.since).days
    since = numbers.day(found.since)
    ran = Text(zh=f"自{since.zh}起{days}日", en=f"{days} days since {since.en}")
    if until is not None:
        over = numbers.day(until)
        ran = Text(zh=f"{ran.zh}（至{over.zh}期满）", en=f"{ran.en} (over on {over.en})")
    return Condition(_TIME, asked, ran, until is not None and found.today > until)


def _judged(rulebook: Rulebook, one: ScaleCriterion, found: Found) -> Condition:
    asked = asked_of(rulebook, one)
    if one.indicator is None or one.holds is None:
        count = found.alerts.get(one.id, 0)
        return Condition(one.name, asked, numbers.both(str(count)), count <= (one.at_most or 0))
    value = found.values.get(one.indicator)
    if value is None:
        return Condition(one.name, asked, _NOTHING, met=False)
    bound = bound_of(rulebook, one.holds, found.plan)
    shown = numbers.both(numbers.number(value))
    met = bound is not None and holds(one.holds.comparison, value, bound)
    return Condition(one.name, asked, shown, met)
