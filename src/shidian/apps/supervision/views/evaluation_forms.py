"""The form of an outcome analysis: all that is chosen before the plan is sealed."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from shidian.core.evaluation.grade import NAMES, Grade
from shidian.core.evaluation.plan import (
    TEXT_CHARS_MAX,
    Better,
    Clusters,
    Margins,
    Measure,
    Plan,
    Window,
)
from shidian.core.evaluation.words import EvaluationError, Words

if TYPE_CHECKING:
    from datetime import date

MEASURES = (
    (Measure.PROPORTION, gettext_lazy("A share: who had it, of how many")),
    (Measure.MEAN, gettext_lazy("A mean of values")),
    (Measure.RATE, gettext_lazy("A rate: events over time or volume")),
)
BETTER = ((Better.HIGHER, gettext_lazy("Higher")), (Better.LOWER, gettext_lazy("Lower")))
CLUSTERS = (
    (Clusters.NONE, gettext_lazy("Each row stands for itself")),
    (Clusters.ROBUST_ERRORS, gettext_lazy("Clustered errors")),
    (Clusters.CHANGES, gettext_lazy("Each cluster's change counts once")),
)


def _short(label: Any, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=TEXT_CHARS_MAX, **more)


def _number(label: Any, **more: Any) -> forms.FloatField:
    return forms.FloatField(label=label, widget=forms.TextInput(attrs={"class": "narrow"}), **more)


def _whole(label: Any, **more: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, min_value=1, widget=forms.NumberInput(attrs={"class": "narrow"}), **more
    )


def day_field(label: Any, **more: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}), **more)


def _grades() -> list[tuple[str, str]]:
    english = (get_language() or "").startswith("en")
    return [(one.value, words.en if english else words.zh) for one, words in NAMES.items()]


class SealForm(forms.Form):
    """All that could be chosen after the data, chosen before."""

    plan_id = forms.SlugField(
        label=gettext_lazy("Name of the plan"),
        help_text=gettext_lazy("Small letters, digits, hyphens. The same name amends a plan."),
        max_length=64,
    )
    question_zh = _short(gettext_lazy("Question, in Chinese"))
    question_en = _short(gettext_lazy("Question, in English"))
    outcome_zh = _short(gettext_lazy("Outcome, in Chinese"))
    outcome_en = _short(gettext_lazy("Outcome, in English"))
    measure = forms.ChoiceField(label=gettext_lazy("What is measured"), choices=MEASURES)
    unit_zh = _short(gettext_lazy("Unit of a mean or rate, in Chinese"), required=False)
    unit_en = _short(gettext_lazy("Unit of a mean or rate, in English"), required=False)
    better = forms.ChoiceField(label=gettext_lazy("What is better"), choices=BETTER)
    grade = forms.ChoiceField(
        label=gettext_lazy("How it is compared"),
        help_text=gettext_lazy("It decides in what words the outcome may be told."),
        choices=_grades,
    )
    comparison_zh = _short(gettext_lazy("With what it is compared, in Chinese"))
    comparison_en = _short(gettext_lazy("With what it is compared, in English"))
    success = _number(
        gettext_lazy("Margin of success"),
        help_text=gettext_lazy("A share or a difference of shares as a number: 0.02 is 2 points."),
    )
    harm = _number(gettext_lazy("Margin of harm"))
    starts_on = day_field(gettext_lazy("Outcomes count from"))
    ends_on = day_field(
        gettext_lazy("Outcomes count until"), help_text=gettext_lazy("This day included.")
    )
    before_from = day_field(gettext_lazy("Time before: from"), required=False)
    before_until = day_field(gettext_lazy("Time before: until"), required=False)
    target = _whole(gettext_lazy("People planned for the last look (for a rate: events)"))
    looks = _whole(gettext_lazy("Looks in all"), initial=1)
    lot = forms.CharField(
        label=gettext_lazy("Lot, pilot to control"),
        help_text=gettext_lazy("Only where people are drawn by lot: 1:1"),
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"class": "narrow"}),
    )
    clusters = forms.ChoiceField(label=gettext_lazy("Clusters"), choices=CLUSTERS)
    subgroups = forms.CharField(
        label=gettext_lazy("Subgroups looked at for harm"),
        help_text=gettext_lazy("One a line; none is added later."),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"class": "short"}),
    )
    reason = forms.CharField(
        label=gettext_lazy("Why a sealed plan is amended"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"class": "short"}),
    )

    def plan(self, zone: str) -> Plan | None:
        """What was written; None where it is no plan, which the form then says."""
        try:
            return _plan(self.cleaned_data, ZoneInfo(zone))
        except EvaluationError as error:
            english = (get_language() or "").startswith("en")
            names = {"window": "ends_on", "baseline": "before_from", "margins": "harm"}
            where = names.get(error.where, error.where)
            self.add_error(
                where if where in self.fields else None, error.text.en if english else error.text.zh
            )
        except ValueError:
            self.add_error(None, _("Write each text in both languages."))
        return None


def _plan(said: dict[str, Any], zone: ZoneInfo) -> Plan:
    has_unit = bool(said["unit_zh"] or said["unit_en"])
    return Plan(
        plan_id=said["plan_id"],
        question=Words(said["question_zh"], said["question_en"]),
        outcome=Words(said["outcome_zh"], said["outcome_en"]),
        unit=Words(said["unit_zh"], said["unit_en"]) if has_unit else None,
        comparison=Words(said["comparison_zh"], said["comparison_en"]),
        measure=Measure(said["measure"]),
        better=Better(said["better"]),
        grade=Grade(said["grade"]),
        margins=Margins(success=said["success"], harm=said["harm"]),
        window=_window(said["starts_on"], said["ends_on"], zone),
        target=said["target"],
        looks=said["looks"],
        lot=_lot(said["lot"]),
        baseline=_window(said["before_from"], said["before_until"], zone)
        if said["before_from"] and said["before_until"]
        else None,
        clusters=Clusters(said["clusters"]),
        subgroups=tuple(line.strip() for line in said["subgroups"].splitlines() if line.strip()),
    )


def _window(first: date, last: date, zone: ZoneInfo) -> Window:
    after = last + timedelta(days=1)
    return Window(
        datetime.combine(first, time(), tzinfo=zone), datetime.combine(after, time(), tzinfo=zone)
    )


def _lot(text: str) -> tuple[int, int] | None:
    if not text.strip():
        return None
    pilot, colon, control = text.replace("：", ":").partition(":")
    if not (colon and pilot.strip().isdecimal() and control.strip().isdecimal()):
        raise EvaluationError("lot", "请写成 1:1", "write it as 1:1")
    return int(pilot), int(control)
