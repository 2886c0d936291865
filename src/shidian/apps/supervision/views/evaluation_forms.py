"""Forms of an outcome analysis: the plan that is sealed, and the figures that it is run on."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from shidian.core.evaluation.analysis import Data, Events, Sample, Share
from shidian.core.evaluation.before_after import Row
from shidian.core.evaluation.grade import NAMES, Grade
from shidian.core.evaluation.harm import Subgroup
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

    from shidian.core.evaluation.analysis import Group

VALUES_MAX = 100_000
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


def _day(label: Any, **more: Any) -> forms.DateField:
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
    starts_on = _day(gettext_lazy("Outcomes count from"))
    ends_on = _day(
        gettext_lazy("Outcomes count until"), help_text=gettext_lazy("This day included.")
    )
    before_from = _day(gettext_lazy("Time before: from"), required=False)
    before_until = _day(gettext_lazy("Time before: until"), required=False)
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


class RunForm(forms.Form):
    """The figures of one look, in the shape that the plan takes."""

    first_on = _day(gettext_lazy("First outcome on"))
    last_on = _day(gettext_lazy("Last outcome on"))
    source = forms.CharField(
        label=gettext_lazy("Where the figures come from"),
        help_text=gettext_lazy("The stream, the query, the period, the digest; or the document."),
        max_length=2000,
        widget=forms.Textarea(attrs={"class": "short"}),
    )

    def __init__(self, plan: Plan, zone: str, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._plan, self._zone = plan, ZoneInfo(zone)
        shape = {
            Measure.PROPORTION: _("Who had it, of how many: 850/1000"),
            Measure.MEAN: _("The values, separated by spaces or lines"),
            Measure.RATE: _("Events over time or volume: 20/3000"),
        }[plan.measure]
        if plan.grade is Grade.CONTROLLED_BEFORE_AFTER:
            hint = _("One row a line: value, pilot or control, before or after, cluster if any.")
            self.fields["rows"] = self._area(_("Rows"), hint)
        else:
            self.fields["pilot"] = self._area(_("The pilot"), shape)
            if plan.grade is not Grade.DESCRIPTION:
                self.fields["reference"] = self._area(_("What it is compared with"), shape)
        if plan.baseline is not None:
            self.fields["before_first"] = _day(_("First outcome of the time before"))
            self.fields["before_last"] = _day(_("Last outcome of the time before"))
        if plan.subgroups:
            hint = _("One a line: name, harmed, total, harmed in the control, total there.")
            self.fields["subgroups"] = self._area(_("Subgroups"), hint)

    def figures(self) -> Data | None:
        """The figures; None where they cannot be read, which the form then says."""
        said = self.cleaned_data
        try:
            return Data(
                first_at=self._noon(said["first_on"]),
                last_at=self._noon(said["last_on"]),
                pilot=self._group("pilot"),
                reference=self._group("reference"),
                rows=self._rows(),
                subgroups=self._subgroups(),
                baseline_first_at=self._noon(said.get("before_first")),
                baseline_last_at=self._noon(said.get("before_last")),
            )
        except _UnreadableError as problem:
            self.add_error(
                problem.field, _("This cannot be read: %(text)s") % {"text": problem.text[:80]}
            )
            return None

    @staticmethod
    def _area(label: str, hint: str) -> forms.CharField:
        widget = forms.Textarea(attrs={"class": "short"})
        return forms.CharField(label=label, help_text=hint, widget=widget, max_length=2_000_000)

    def _noon(self, day: date | None) -> Any:
        return None if day is None else datetime.combine(day, time(12), tzinfo=self._zone)

    def _group(self, name: str) -> Group | None:
        text = self.cleaned_data.get(name)
        if not text:
            return None
        try:
            if self._plan.measure is Measure.MEAN:
                values = text.replace(",", " ").split()
                return Sample(tuple(float(one) for one in values[:VALUES_MAX]))
            part, _slash, whole = text.partition("/")
            if self._plan.measure is Measure.PROPORTION:
                return Share(int(part), int(whole))
            return Events(int(part), float(whole))
        except ValueError:
            raise _UnreadableError(name, text) from None

    def _rows(self) -> tuple[Row, ...]:
        found = []
        for line in self.cleaned_data.get("rows", "").splitlines():
            if not line.strip():
                continue
            cells = [one.strip() for one in line.replace("\t", ",").split(",")]
            try:
                side, when = {"pilot": True, "control": False}, {"before": False, "after": True}
                found.append(
                    Row(
                        float(cells[0]),
                        side[cells[1]],
                        when[cells[2]],
                        cells[3] if len(cells) > 3 and cells[3] else None,  # noqa: PLR2004
                    )
                )
            except (ValueError, LookupError):
                raise _UnreadableError("rows", line) from None
        return tuple(found)

    def _subgroups(self) -> tuple[Subgroup, ...]:
        found = []
        for line in self.cleaned_data.get("subgroups", "").splitlines():
            if not line.strip():
                continue
            name, *counts = (one.strip() for one in line.replace("，", ",").split(","))
            try:
                found.append(Subgroup(name, *(int(one) for one in counts)))
            except (ValueError, TypeError):
                raise _UnreadableError("subgroups", line) from None
        return tuple(found)


class _UnreadableError(ValueError):
    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field, self.text = field, text
