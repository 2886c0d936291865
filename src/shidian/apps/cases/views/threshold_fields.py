"""Conditions of entering a stage: time that must have passed, as a sum, and findings to confirm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _

from shidian.apps.cases.calendars import calendar_of
from shidian.apps.cases.words import localized
from shidian.core.procedure.clocks import ClockRun, clock_sum
from shidian.core.procedure.thresholds import found_by_an_officer, period_run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shidian.apps.cases.models import Case
    from shidian.core.procedure.types import CaseState, ClockSum
    from shidian.core.rulebook.model import Stage, Text

REASON_MAX = 4000


@dataclass(frozen=True, slots=True)
class Wait:
    """Time that must pass before a stage opens, as a sum that can be checked."""

    stage: Text
    name: Text
    sum: ClockSum

    @property
    def over(self) -> bool:
        """Whether the time has passed."""
        return self.sum.left is not None and self.sum.left < 0


def waits_of(case: Case, state: CaseState, targets: Iterable[Stage]) -> list[Wait]:
    """The minimum times of the stages a case may go to."""
    calendar, today = calendar_of(case.rulebook), timezone.localdate()
    found = []
    for target in targets:
        for threshold in target.thresholds:
            run: ClockRun | None = period_run(state, threshold)
            if run is not None:
                total = clock_sum(run, calendar, today)
                found.append(Wait(target.names.staff, threshold.name, total))
    return found


def add_threshold_fields(form: forms.Form, targets: Iterable[Stage]) -> None:
    """Ask, for each condition that an officer finds met, whether it is, and why."""
    for target in targets:
        for threshold in found_by_an_officer(target):
            name = localized(threshold.name)
            form.fields[f"threshold-{threshold.id}"] = forms.BooleanField(
                label=_("I find this condition met: %(name)s") % {"name": name}, required=False
            )
            form.fields[f"because-{threshold.id}"] = forms.CharField(
                label=_("Grounds: %(area)s") % {"area": name},
                widget=forms.Textarea(attrs={"rows": 2, "class": "short", "data-required": "true"}),
                max_length=REASON_MAX,
                required=False,
            )


def check_thresholds(form: forms.Form, target: Stage) -> None:
    """Where the case goes to `target`, each of its conditions is confirmed with grounds."""
    for threshold in found_by_an_officer(target):
        if not form.cleaned_data.get(f"threshold-{threshold.id}"):
            form.add_error(
                f"threshold-{threshold.id}",
                _("The case can move there only when this condition is found met."),
            )
        elif not form.cleaned_data.get(f"because-{threshold.id}"):
            form.add_error(f"because-{threshold.id}", _("Give the reason for this finding."))


def thresholds_in(form: forms.Form, target: Stage | None) -> dict[str, dict[str, Any]]:
    """What was found, as the procedure takes it; nothing where no condition is to be found."""
    found = found_by_an_officer(target) if target is not None else ()
    return {
        one.id: {"met": True, "reason": form.cleaned_data[f"because-{one.id}"]}
        for one in found
        if form.cleaned_data.get(f"threshold-{one.id}")
    }
