"""What may be told, asked and found about an incident, as forms."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shidian.apps.cases.uploads import accepted_types
from shidian.apps.cases.views.file_fields import dress_file
from shidian.apps.cases.words import localized
from shidian.apps.supervision.domain.incidents import (
    CALLER_CHARS_MAX,
    INCIDENT_FILE,
    INVESTORS_MAX,
    TEXT_CHARS_MAX,
    TITLE_CHARS_MAX,
)
from shidian.apps.supervision.incident_queries import Show, Wanted
from shidian.apps.supervision.models import Cause, MarketEffect
from shidian.core.procedure.incidents import Cause as CauseKind
from shidian.core.procedure.incidents import IncidentFacts
from shidian.core.procedure.incidents import MarketEffect as Effect
from shidian.core.procedure.losses import LossesError, parse_losses, written

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import QueryDict

    from shidian.apps.cases.models import Scheme
    from shidian.apps.supervision.models import Incident
    from shidian.core.rulebook.model import IncidentSeverity

ANOTHER = "another"
_MOMENT = "%Y-%m-%dT%H:%M"


def _long(label: Any, hint: Any = "", *, needed: bool = True) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        required=needed,
        max_length=TEXT_CHARS_MAX,
        widget=forms.Textarea(attrs={"class": "short"}),
    )


def _moment(label: Any, hint: Any = "", *, needed: bool = True) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label,
        help_text=hint,
        required=needed,
        input_formats=[_MOMENT, "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_MOMENT),
    )


class TextForm(forms.Form):
    """One text."""

    text = _long(_("Text"))

    def __init__(self, *args: Any, label: Any = "", hint: Any = "", **more: Any) -> None:
        super().__init__(*args, **more)
        if label:
            self.fields["text"].label, self.fields["text"].help_text = label, hint


class FactsForm(forms.Form):
    """The safe-harbour facts: what investors lost and were paid, the market, the cause."""

    investors = forms.IntegerField(
        label=_("Investors affected"),
        help_text=_("With or without a loss; 0 where none is."),
        min_value=0,
        max_value=INVESTORS_MAX,
    )
    losses = forms.CharField(
        label=_("Losses and what was paid"),
        help_text=_(
            "A line for each investor: pseudonym, loss, compensation paid so far, such as:"
            " inv-17, 120.50, 100. Empty where nobody lost anything."
        ),
        required=False,
        max_length=500_000,
        widget=forms.Textarea(attrs={"class": "short", "spellcheck": "false"}),
    )
    market = forms.ChoiceField(label=_("Effect on the market"), choices=MarketEffect.choices)
    market_text = _long(_("How you know that"), needed=False)
    cause = forms.ChoiceField(label=_("Kind of cause"), choices=Cause.choices)
    cause_text = _long(_("Cause"), needed=False)

    def clean_losses(self) -> Any:
        """The lines as losses."""
        try:
            return parse_losses(self.cleaned_data["losses"])
        except LossesError as error:
            said = _("Line %(n)d: %(why)s") % {"n": error.line, "why": localized(error.words)}
            raise forms.ValidationError(said) from None

    @property
    def facts(self) -> IncidentFacts:
        """As they were stated; of a valid form."""
        data = self.cleaned_data
        return IncidentFacts(
            investors=data["investors"],
            losses=data["losses"],
            market=Effect(data["market"]),
            market_text=data["market_text"].strip(),
            cause=CauseKind(data["cause"]),
            cause_text=data["cause_text"].strip(),
        )

    @staticmethod
    def initial_of(facts: IncidentFacts | None) -> dict[str, Any]:
        """What the fields show at first: the facts as they were stated last."""
        facts = facts or IncidentFacts()
        return {
            "investors": facts.investors,
            "losses": written(facts.losses),
            "market": facts.market.value,
            "market_text": facts.market_text,
            "cause": facts.cause.value,
            "cause_text": facts.cause_text,
        }


def _grades(grades: Iterable[IncidentSeverity]) -> list[tuple[str, str]]:
    return [
        (one.id, localized(one.name) + (f" · {localized(one.meaning)}" if one.meaning else ""))
        for one in grades
    ]


class ReportForm(FactsForm):
    """A first report. `meanwhile`: what came in since the page was shown, to choose from."""

    title = forms.CharField(label=_("What happened, in short"), max_length=TITLE_CHARS_MAX)
    severity = forms.ChoiceField(label=_("Grade"), widget=forms.RadioSelect)
    occurred_at = _moment(_("When it began"))
    known_at = _moment(
        _("When you learned of it"), _("From then the time for this report is counted.")
    )
    text = _long(_("What happened, and what you did about it"))
    seen = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    field_order = ("title", "severity", "occurred_at", "known_at", "text")

    def __init__(
        self,
        *args: Any,
        grades: Iterable[IncidentSeverity],
        meanwhile: Iterable[Incident] = (),
        **more: Any,
    ) -> None:
        super().__init__(*args, **more)
        self.fields["severity"].choices = _grades(grades)  # type: ignore[attr-defined]
        found = list(meanwhile)
        if found:
            same = [
                (
                    str(one.number),
                    _("the same as %(name)s: %(title)s")
                    % {"name": one.reference, "title": one.title},
                )
                for one in found
            ]
            self.fields["same_as"] = forms.ChoiceField(
                label=_("Reported meanwhile: is it the same?"),
                choices=[*same, (ANOTHER, _("no, another one"))],
                widget=forms.RadioSelect,
            )
            self.order_fields(["same_as", *self.field_order])


class PhoneForm(forms.Form):
    """What an officer notes of a telephone call."""

    caller = forms.CharField(
        label=_("Who telephoned"),
        help_text=_("Name and office at the institution."),
        max_length=CALLER_CHARS_MAX,
    )
    title = forms.CharField(label=_("What happened, in short"), max_length=TITLE_CHARS_MAX)
    severity = forms.ChoiceField(label=_("Grade"), widget=forms.RadioSelect)
    occurred_at = _moment(_("When it began"))
    known_at = _moment(_("When the institution learned of it"))
    text = _long(_("What was said on the telephone"))
    seen = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        grades: Iterable[IncidentSeverity],
        meanwhile: Iterable[Incident] = (),
        **more: Any,
    ) -> None:
        super().__init__(*args, **more)
        self.fields["severity"].choices = _grades(grades)  # type: ignore[attr-defined]
        self.meanwhile = list(meanwhile)


class ConfirmForm(FactsForm):
    """A telephone report in writing."""

    severity = forms.ChoiceField(label=_("Grade"), widget=forms.RadioSelect)
    text = _long(_("What else is to be said"), needed=False)
    field_order = ("severity", "text")

    def __init__(self, *args: Any, grades: Iterable[IncidentSeverity], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["severity"].choices = _grades(grades)  # type: ignore[attr-defined]


class UpdateForm(FactsForm):
    """What is new."""

    text = _long(_("What is new"))
    over_at = _moment(
        _("Since when it is over"), _("Leave it empty while it goes on."), needed=False
    )
    field_order = ("text", "over_at")


class ClosingForm(FactsForm):
    """The report that closes it."""

    text = _long(_("What was done, to the end"), needed=False)
    over_at = _moment(_("Since when it is over"))
    lessons = _long(_("What was learnt from it"))
    field_order = ("text", "over_at", "lessons")


class AskForm(TextForm):
    """A question, and until when its answer is expected."""

    answer_by = forms.DateField(
        label=_("Last day for the answer"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    @property
    def until(self) -> datetime | None:
        """When that day is over; None where none was named."""
        day = self.cleaned_data["answer_by"]
        if day is None:
            return None
        return timezone.make_aware(datetime.combine(day + timedelta(1), time()))


class AttachForm(forms.Form):
    """A file, and what it is."""

    text = _long(_("What it is"), needed=False)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        label, hint = INCIDENT_FILE.label, INCIDENT_FILE.guidance
        accepted = ",".join(accepted_types(INCIDENT_FILE))
        self.fields["file"] = forms.FileField(
            label=localized(label),
            help_text=localized(hint) if hint else "",
            widget=forms.FileInput(attrs={"accept": accepted}),
        )
        dress_file(self.fields["file"], INCIDENT_FILE)
        self.order_fields(["file", "text"])


class AnswerForm(TextForm):
    """An answer to one question."""

    question = forms.IntegerField(min_value=1, widget=forms.HiddenInput)


class GradeForm(TextForm):
    """Another grade, and why."""

    severity = forms.ChoiceField(label=_("Grade"), widget=forms.RadioSelect)
    field_order = ("severity", "text")

    def __init__(self, *args: Any, grades: Iterable[IncidentSeverity], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["severity"].choices = _grades(grades)  # type: ignore[attr-defined]


class MergeForm(TextForm):
    """Into which incident of the same pilot, and why."""

    into = forms.ChoiceField(label=_("It is the same as"))
    field_order = ("into", "text")

    def __init__(self, *args: Any, others: Iterable[Incident], **more: Any) -> None:
        super().__init__(*args, **more)
        names = [(str(one.number), f"{one.reference} {one.title}") for one in others]
        self.fields["into"].choices = names  # type: ignore[attr-defined]


class LinkForm(forms.Form):
    """To what of the same pilot."""

    link = forms.ChoiceField(label=_("Alert, order or complaint"))

    def __init__(self, *args: Any, choices: Iterable[tuple[str, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["link"].choices = list(choices)  # type: ignore[attr-defined]


class ListForm(forms.Form):
    """The filters of a list."""

    state = forms.ChoiceField(label=_("Show"), required=False)
    scheme = forms.ChoiceField(label=_("Scheme"), required=False)
    pilot = forms.CharField(label=_("Pilot"), required=False, max_length=32)
    severity = forms.ChoiceField(label=_("Grade"), required=False)
    cause = forms.ChoiceField(label=_("Kind of cause"), required=False)

    def __init__(
        self, data: QueryDict, *, schemes: Iterable[Scheme], grades: Iterable[tuple[str, str]]
    ) -> None:
        super().__init__(data)
        shows = [
            ("", _("under way")),
            (Show.LATE.value, _("overdue")),
            (Show.CLOSED.value, _("closed")),
            (Show.ALL.value, _("all")),
        ]
        every = ("", _("all"))
        names = [(one.slug, str(one)) for one in schemes]
        for name, choices in (
            ("state", shows),
            ("scheme", [every, *names]),
            ("severity", [every, *grades]),
            ("cause", [every, *Cause.choices]),
        ):
            self.fields[name].choices = choices  # type: ignore[attr-defined]
        if len(names) <= 1:
            del self.fields["scheme"]

    @property
    def wanted(self) -> Wanted:
        """What was asked for; of a valid form."""
        data = self.cleaned_data
        return Wanted(
            show=Show(data["state"] or Show.OPEN),
            scheme=data.get("scheme", ""),
            pilot=data["pilot"].strip().upper(),
            severity=data["severity"],
            cause=data["cause"],
        )
