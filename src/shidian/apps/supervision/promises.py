"""A pilot's promises in figures: what was agreed, where it stands, whether it is kept so far.

`promises_of` judges them by the monitor's final values, at the moment it is asked. Nothing of it is
kept: what arrives late, or is corrected, is in the next answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from shidian.apps.supervision.domain.instants import day_begins_us, from_us, to_us
from shidian.apps.supervision.measured_parts import parts_of
from shidian.apps.supervision.queries import receipts
from shidian.core.procedure.promises import (
    Judged,
    Measured,
    Standing,
    Stretch,
    at_least,
    by_a_day,
    throughout,
)
from shidian.core.rulebook.comparing import bound_of
from shidian.core.rulebook.model import Text
from shidian.core.rulebook.reading import words
from shidian.core.rulebook.reading.chapters.running import amount, indicator_title

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from shidian.apps.supervision.measured_parts import Part
    from shidian.apps.supervision.models import Pilot, PlanVersion
    from shidian.core.rulebook.model import PromiseRule, Rulebook

_CHIPS = {
    Standing.NO_VALUE: "plain",
    Standing.KEPT: "done",
    Standing.BROKEN: "breach",
    Standing.MET: "info",
    Standing.UNMET: "todo",
}


@dataclass(frozen=True, slots=True)
class PilotPromise:
    """A promise of a pilot as it stands. `bound`, in major units: as agreed now, or when it fell

    due. `present`: the newest final value; once a promise for a day is due, the one that held then.
    `due_us`: when it is settled: the end of its day, or of the run.
    """

    rule: PromiseRule
    bound: Fraction
    present: Measured | None
    judged: Judged
    due_us: int
    rulebook: Rulebook = field(repr=False)

    @property
    def indicator(self) -> Text:
        """What is measured."""
        return indicator_title(self.rulebook, self.rule.indicator)

    @property
    def asked(self) -> Text:
        """What was promised, in words: `at or below 20 orders`."""
        bound, how = self._amount(self.bound), words.COMPARISON[self.rule.holds.comparison]
        return Text(zh=f"{how.zh}{bound.zh}", en=f"{how.en} {bound.en}")

    @property
    def kept(self) -> Text:
        """When it must be kept, in words."""
        return words.KEPT[self.rule.kept]

    @property
    def found(self) -> Text | None:
        """The present value in words."""
        return None if self.present is None else self._amount(self.present.value)

    @property
    def found_at(self) -> datetime | None:
        """Since when that value holds."""
        return None if self.present is None else from_us(self.present.at_us)

    @property
    def worst(self) -> Text | None:
        """The value nearest to breaking it, or farthest beyond, in words."""
        return None if self.judged.worst is None else self._amount(self.judged.worst.value)

    @property
    def worst_at(self) -> datetime | None:
        """When that was measured first."""
        return None if self.judged.worst is None else from_us(self.judged.worst.at_us)

    @property
    def due(self) -> date:
        """The last day that counts for it."""
        return timezone.localdate(from_us(self.due_us - 1))

    @property
    def standing(self) -> Standing:
        """How it stands."""
        return self.judged.standing

    @property
    def word(self) -> str:
        """How it stands, in words."""
        if self.standing is Standing.KEPT and not self.judged.settled:
            return _("kept so far")
        return {
            Standing.NO_VALUE: _("no value yet"),
            Standing.KEPT: _("kept"),
            Standing.BROKEN: _("not kept"),
            Standing.MET: _("reached now; not due yet"),
            Standing.UNMET: _("not reached yet; not due yet"),
        }[self.standing]

    @property
    def chip(self) -> str:
        """Kind of the chip that its standing wears."""
        return _CHIPS[self.standing]

    def _amount(self, value: Fraction) -> Text:
        return amount(self.rulebook, self.rule.indicator, value)


@dataclass(frozen=True, slots=True)
class _Term:
    """A version of the plan that is, or was, in force from an instant on."""

    since_us: int
    plan: Mapping[str, str]


def promises_of(
    pilot: Pilot, at: datetime | None = None, versions: Iterable[PlanVersion] | None = None
) -> list[PilotPromise]:
    """The promises of a pilot as they stand at `at`, in the order of the rulebook.

    Those that were not agreed are left out. `versions`: those of its plan that are in force, in
    their order, where they are known already. At most six queries, three where they are.
    """
    rulebook = pilot.case.rulebook
    if not rulebook.promises:
        return []
    now_us = to_us(at or timezone.now())
    found = _in_force(pilot) if versions is None else list(versions)
    terms = [_Term(one.effective_us, one.values) for one in found if one.effective_us <= now_us]
    if not terms:  # nothing counts yet: what was agreed is shown
        terms = [_Term(pilot.start_us or 0, _first_plan(pilot))]
    made = [
        (rule, _due_us(pilot, rule, terms[-1].plan))
        for rule in rulebook.promises
        if bound_of(rulebook, rule.holds, terms[-1].plan) is not None
    ]
    cuts = {one.since_us for one in terms} | {due for _, due in made if due <= now_us}
    names = {rule.indicator for rule, _ in made}
    parts = parts_of(pilot, names, sorted(cuts), now_us) if made else {}
    return [
        _judged(rulebook, rule, terms, parts[rule.indicator], (due, due <= now_us))
        for rule, due in made
    ]


def _in_force(pilot: Pilot) -> list[PlanVersion]:
    versions = list(pilot.plan_versions.order_by("number"))
    entries = receipts(one.outbox_id for one in versions)
    return [one for one in versions if one.outbox_id in entries]


def _first_plan(pilot: Pilot) -> dict[str, str]:
    first = pilot.plan_versions.order_by("number").values_list("values", flat=True).first()
    return dict(first or {})


def _due_us(pilot: Pilot, rule: PromiseRule, plan: Mapping[str, str]) -> int:
    """When the promise is settled: the run's end, or the end of its day where that comes before."""
    rulebook = pilot.case.rulebook
    end = day_begins_us(pilot.ends_on, rulebook.zone, after=1)
    if pilot.closed_at is not None:
        end = min(end, to_us(pilot.closed_at))
    day = _day(rulebook, rule, plan)
    return end if day is None else min(end, day_begins_us(day, rulebook.zone, after=1))


def _day(rulebook: Rulebook, rule: PromiseRule, plan: Mapping[str, str]) -> date | None:
    """The day that was agreed; None: the run's last one."""
    default = next((one.default for one in rulebook.plan if one.id == rule.day), None)
    text = plan.get(rule.day or "") or default
    return None if text is None else date.fromisoformat(text)


def _judged(
    rulebook: Rulebook,
    rule: PromiseRule,
    terms: Sequence[_Term],
    parts: Sequence[Part],
    due: tuple[int, bool],
) -> PilotPromise:
    """`due`: when, and whether that has come."""
    due_us, is_due = due
    comparison = rule.holds.comparison
    counted = [part for part in parts if part.since_us < due_us]
    term = [one for one in terms if one.since_us < due_us][-1:] or terms[:1]
    bound = bound_of(rulebook, rule.holds, term[0].plan) or Fraction(0)
    if rule.kept == "throughout":
        present = parts[-1].last
        stretches = _stretches(rulebook, rule, terms, counted)
        judged = throughout(comparison, stretches, has_ended=is_due)
    else:
        present = counted[-1].last if counted else None
        judged = by_a_day(comparison, bound, present, is_due=is_due)
    return PilotPromise(rule, bound, present, judged, due_us, rulebook)


def _stretches(
    rulebook: Rulebook, rule: PromiseRule, terms: Sequence[_Term], parts: Sequence[Part]
) -> Iterable[Stretch]:
    """The parts under the bounds that were agreed then."""
    for part in parts:
        term = next((one for one in reversed(terms) if one.since_us <= part.since_us), terms[0])
        bound = bound_of(rulebook, rule.holds, term.plan)
        if bound is not None:
            extreme = part.low if at_least(rule.holds.comparison) else part.high
            values = (part.held, extreme)
            yield Stretch(bound, tuple(one for one in values if one is not None))
