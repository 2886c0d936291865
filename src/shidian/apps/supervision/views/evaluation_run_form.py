"""The figures that an outcome analysis is run on: one look, drawn from telemetry or typed."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shidian.apps.cases.words import localized
from shidian.apps.supervision.domain.instants import day_begins_us, to_us
from shidian.apps.supervision.evaluation_lines import GROUPS, group_of, parts_of, role_of
from shidian.apps.supervision.report_lines import Asked
from shidian.apps.supervision.views.evaluation_forms import day_field
from shidian.core.evaluation.analysis import Data, Events, Sample, Share
from shidian.core.evaluation.before_after import Row
from shidian.core.evaluation.grade import Grade
from shidian.core.evaluation.harm import Subgroup
from shidian.core.evaluation.plan import Measure
from shidian.core.monitor.period import Span
from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from shidian.apps.supervision.report_lines import Line
    from shidian.core.evaluation.analysis import Group
    from shidian.core.evaluation.plan import Plan, Window
    from shidian.core.rulebook.model import Indicator

VALUES_MAX = 100_000
DAYS_MAX = 400
"""Of a mean, so many days are drawn at most."""


class RunForm(forms.Form):
    """The figures of one look, in the shape that the plan takes: drawn from telemetry, or typed.

    `indicators`: those of the pilot's rulebook; none where there is no pilot to draw from.
    """

    first_on = day_field(gettext_lazy("First outcome on"))
    last_on = day_field(gettext_lazy("Last outcome on"))
    source = forms.CharField(
        label=gettext_lazy("Where the figures come from"),
        help_text=gettext_lazy(
            "Of what is typed: the document, its number and date. What is drawn from telemetry"
            " names its query, entries and digest by itself."
        ),
        max_length=2000,
        widget=forms.Textarea(attrs={"class": "short"}),
    )

    def __init__(
        self, plan: Plan, zone: str, indicators: Sequence[Indicator], *args: Any, **more: Any
    ) -> None:
        super().__init__(*args, **more)
        self._plan, self._zone = plan, ZoneInfo(zone)
        self._indicators = [(one.id, localized(one.title)) for one in indicators]
        shape = {
            Measure.PROPORTION: _("Who had it, of how many: 850/1000"),
            Measure.MEAN: _("The values, separated by spaces or lines"),
            Measure.RATE: _("Events over time or volume: 20/3000"),
        }[plan.measure]
        if plan.grade is Grade.CONTROLLED_BEFORE_AFTER:
            hint = _("One row a line: value, pilot or control, before or after, cluster if any.")
            self.fields["rows"] = self._area(_("Rows"), hint)
        else:
            self._add_group("pilot", shape)
            if plan.grade is not Grade.DESCRIPTION:
                self._add_group("reference", shape)
        if plan.baseline is not None:
            self.fields["before_first"] = day_field(_("First outcome of the time before"))
            self.fields["before_last"] = day_field(_("Last outcome of the time before"))
        if plan.subgroups:
            hint = _("One a line: name, harmed, total, harmed in the control, total there.")
            self.fields["subgroups"] = self._area(_("Subgroups"), hint)

    def _add_group(self, name: str, shape: str) -> None:
        """A group's figures: a choice of indicators for each part, or a field to type them."""
        if not self._indicators:
            self.fields[name] = self._area(localized(GROUPS[name]), shape)
            return
        for part in parts_of(self._plan.measure):
            self.fields[f"{name}_{part}"] = forms.ChoiceField(
                label=_("%(what)s, from telemetry")
                % {"what": localized(role_of(name, self._plan.measure, part))},
                required=False,
                choices=[("", _("typed below")), *self._indicators],
            )
        self.fields[name] = self._area(localized(GROUPS[name]), shape)
        self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        """Each group is drawn whole or typed, over a time that has an end."""
        said = super().clean() or {}
        for first, last in (("first_on", "last_on"), ("before_first", "before_last")):
            begins, ends = said.get(first), said.get(last)
            if begins is not None and ends is not None and ends < begins:
                self.add_error(last, _("This lies before the beginning."))
        for name in GROUPS:
            if name not in self.fields:
                continue
            chosen = [bool(said.get(f"{name}_{part}")) for part in parts_of(self._plan.measure)]
            if any(chosen) and not all(chosen):
                self.add_error(name, _("Choose an indicator for each part, or none."))
            elif not any(chosen) and not said.get(name):
                self.add_error(name, _("Write the figures, or choose where to draw them from."))
        return said

    def asked(self) -> list[Asked]:
        """The figures to be drawn from telemetry, of the days that the form names.

        A time before is that of what is compared.
        """
        said, asked = self.cleaned_data, []
        for name in GROUPS:
            parts = {part: said.get(f"{name}_{part}") for part in parts_of(self._plan.measure)}
            if name not in self.fields or not all(parts.values()):
                continue
            before = name == "reference" and self._plan.baseline is not None
            first = said["before_first"] if before else said["first_on"]
            last = said["before_last"] if before else said["last_on"]
            window = (self._plan.baseline if before else None) or self._plan.window
            for part, indicator in parts.items():
                role = role_of(name, self._plan.measure, part)
                key = f"{name}.{part}"
                asked += [
                    Asked(f"{key}{suffix}", words, str(indicator), span)
                    for suffix, words, span in self._spans(role, first, last, window)
                ]
        return asked

    def _spans(
        self, role: Text, first: date, last: date, window: Window
    ) -> list[tuple[str, Text, Span]]:
        """The whole time or, of a mean, each day: never more than the window of the plan."""
        low, high = to_us(window.start), to_us(window.end)
        if self._plan.measure is not Measure.MEAN:
            return [("", role, self._span(first, last, low, high))]
        days = [first + timedelta(n) for n in range(min((last - first).days + 1, DAYS_MAX))]
        return [
            (
                f"-{one.isoformat()}",
                Text(zh=f"{role.zh} {one.isoformat()}", en=f"{role.en} {one.isoformat()}"),
                self._span(one, one, low, high),
            )
            for one in days
        ]

    def _span(self, first: date, last: date, low: int, high: int) -> Span:
        zone = str(self._zone)
        begins, ends = day_begins_us(first, zone), day_begins_us(last, zone, after=1)
        return Span(max(begins, low), min(ends, high))

    def figures(self, drawn: Sequence[Line] = ()) -> Data | None:
        """The figures; None where they cannot be read, which the form then says."""
        said = self.cleaned_data
        try:
            return Data(
                first_at=self._noon(said["first_on"]),
                last_at=self._noon(said["last_on"]),
                pilot=self._group("pilot", drawn),
                reference=self._group("reference", drawn),
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

    def _group(self, name: str, drawn: Sequence[Line]) -> Group | None:
        lines = [one for one in drawn if one["key"].startswith(f"{name}.")]
        if lines:
            try:
                return group_of(self._plan.measure, name, lines)
            except ValueError:
                raise _UnreadableError(name, lines[0]["value"] or _("no value")) from None
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
