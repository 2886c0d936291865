"""Forms of reports: what is begun, what is worked on, what is judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from shidian.apps.cases.words import localized
from shidian.apps.supervision.domain.report_drafts import (
    SUBJECT_CHARS_MAX,
    TEXT_CHARS_MAX,
    VALUE_CHARS_MAX,
    WHY_CHARS_MAX,
)
from shidian.apps.supervision.domain.report_judging import REASON_CHARS_MAX
from shidian.apps.supervision.report_words import line_title

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shidian.apps.supervision.models import Report
    from shidian.core.rulebook.model import ReportDuty


class OccasionForm(forms.Form):
    """An event, or a change that is planned."""

    duty = forms.ChoiceField(label=_("Report"))
    first = forms.DateField(
        label=_("Day"),
        help_text=_("Of the event; of an advance notice, the day of the planned change."),
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    time = forms.TimeField(
        label=_("Time"),
        help_text=_("Of an event, where known: a period in hours runs from it."),
        widget=forms.TimeInput(attrs={"type": "time"}),
        required=False,
    )
    subject = forms.CharField(label=_("What it is about"), max_length=SUBJECT_CHARS_MAX)

    def __init__(self, duties: Sequence[ReportDuty], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(one.id, localized(one.title)) for one in duties]
        self.fields["duty"].choices = choices  # type: ignore[attr-defined]


class LaterField(forms.CharField):
    """A text that is needed before the report is signed, and not before the draft is saved."""

    def validate(self, value: Any) -> None:
        """Empty is all right for now."""
        del value


class DraftForm(forms.Form):
    """The whole draft: a text for each content, a figure and a reason for each line."""

    use_required_attribute = False
    seq = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, report: Report, duty: ReportDuty, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("seq", report.draft_seq)
        self.keys = [line["key"] for line in report.draft["lines"]]
        texts = report.draft["texts"]
        for number, heading in enumerate(duty.contents):
            self.fields[f"text-{number}"] = LaterField(
                label=localized(heading),
                max_length=TEXT_CHARS_MAX,
                initial=texts[number] if number < len(texts) else "",
                widget=forms.Textarea(attrs={"rows": 5}),
            )
        for number, line in enumerate(report.draft["lines"]):
            self._line(number, line)

    def _line(self, number: int, line: Mapping[str, Any]) -> None:
        title = line_title(line)
        self.fields[f"stated-{number}"] = forms.CharField(
            label=title,
            required=False,
            max_length=VALUE_CHARS_MAX,
            initial=line["stated"],
            widget=forms.TextInput(
                attrs={"inputmode": "decimal", "class": "narrow", "aria-label": title}
            ),
        )
        why = _("%(line)s: why it differs") % {"line": title}
        self.fields[f"why-{number}"] = forms.CharField(
            label=why,
            required=False,
            max_length=WHY_CHARS_MAX,
            initial=line["why"],
            widget=forms.TextInput(attrs={"aria-label": why}),
        )

    def entered(self) -> dict[str, Any]:
        """What `save_draft` takes, once it is valid."""
        given = self.cleaned_data
        texts = [given[name] for name in self.fields if name.startswith("text-")]
        return {
            "seq": given["seq"],
            "stated": {key: given[f"stated-{n}"] for n, key in enumerate(self.keys)},
            "why": {key: given[f"why-{n}"] for n, key in enumerate(self.keys)},
            "texts": texts,
        }


class JudgeForm(forms.Form):
    """A note or reasons, for the version that was looked at."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    text = forms.CharField(
        required=False, max_length=REASON_CHARS_MAX, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, *args: Any, label: Any = "", hint: Any = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label, self.fields["text"].help_text = label, hint
