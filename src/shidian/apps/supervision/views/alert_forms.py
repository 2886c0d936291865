"""The queue's filters, and what may be done about one alert, as forms."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django import forms
from django.core.validators import RegexValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from shidian.apps.supervision.alert_queries import Show, Wanted
from shidian.apps.supervision.domain.alerts import NOTE_MAX_CHARS
from shidian.core.procedure.alerts import LEVELS, MUTE_DAYS_MAX, rank

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import QueryDict

    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.models import Scheme
    from shidian.apps.supervision.models import Complaint, Incident, Order

SHOWS = [
    (Show.TO_DO.value, _("to deal with")),
    (Show.UNSEEN.value, _("to acknowledge")),
    (Show.RAISED.value, _("raised to the signing officers")),
    (Show.OPEN.value, _("open, muted ones too")),
    (Show.MUTED.value, _("muted")),
    (Show.ENDED.value, _("ended")),
    (Show.WITHDRAWN.value, _("withdrawn")),
    (Show.FALSE_POSITIVE.value, _("false positives")),
    (Show.ALL.value, _("all of them")),
]
LEVEL_WORDS = {
    "info": pgettext_lazy("severity", "Notice"),
    "warning": pgettext_lazy("severity", "Warning"),
    "breach": pgettext_lazy("severity", "Breach"),
    "critical": pgettext_lazy("severity", "Critical"),
}


class QueueForm(forms.Form):
    """A value that is not among the choices is an error with the field's name, never ignored."""

    scheme = forms.ChoiceField(label=_("Scheme"), required=False)
    pilot = forms.CharField(
        label=_("Pilot"),
        required=False,
        max_length=32,
        validators=[RegexValidator(r"^[A-Za-z0-9-]+$", _("Write a pilot's number: P-2026-0001."))],
        widget=forms.TextInput(attrs={"placeholder": "P-2026-0001", "autocomplete": "off"}),
    )
    level = forms.ChoiceField(label=_("Severity"), required=False)
    state = forms.ChoiceField(label=_("Which"), required=False, choices=SHOWS)
    assigned = forms.ChoiceField(label=_("In charge"), required=False)
    days = forms.ChoiceField(label=_("Received"), required=False)
    rule = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(
        self, data: QueryDict, *, schemes: Iterable[Scheme], officers: Iterable[Person], me: Person
    ) -> None:
        super().__init__(data)
        self.me = me
        names = [(one.slug, str(one)) for one in schemes]
        self._choose("scheme", [("", _("all")), *names])
        levels = [(level, LEVEL_WORDS[level]) for level in reversed(LEVELS)]
        self._choose("level", [("", _("all")), *levels])
        people = [(str(one.pk), str(one)) for one in officers if one.pk != me.pk]
        whose = [("", _("all")), ("me", _("me")), ("nobody", _("nobody"))]
        self._choose("assigned", [*whose, *people])
        self._choose(
            "days",
            [
                ("", _("whenever")),
                ("1", _("in the last 24 hours")),
                ("7", _("in the last 7 days")),
                ("30", _("in the last 30 days")),
                ("90", _("in the last 90 days")),
            ],
        )
        if len(names) <= 1:
            del self.fields["scheme"]

    def _choose(self, name: str, choices: list[tuple[str, Any]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    @property
    def wanted(self) -> Wanted:
        """What was asked for; of a valid form."""
        data = self.cleaned_data
        assigned = data["assigned"]
        return Wanted(
            scheme=data.get("scheme", ""),
            pilot=data["pilot"].upper(),
            rule=data["rule"],
            rank=rank(data["level"]),
            show=Show(data["state"]),
            assigned=str(self.me.pk) if assigned == "me" else assigned,
            days=int(data["days"] or 0),
        )

    @property
    def query(self) -> str:
        """The filters as an address keeps them."""
        return urlencode({name: value for name, value in self.cleaned_data.items() if value})


class NoteForm(forms.Form):
    """Words of an officer. `needed`: nothing is done without any."""

    text = forms.CharField(
        max_length=NOTE_MAX_CHARS, widget=forms.Textarea(attrs={"class": "short"}), strip=True
    )

    def __init__(self, *args: Any, label: Any = "", hint: Any = "", needed: bool = True) -> None:
        super().__init__(*args)
        field = self.fields["text"]
        field.label, field.help_text, field.required = label or _("Note"), hint, needed


class MuteForm(NoteForm):
    """For how long, and why."""

    hours = forms.TypedChoiceField(label=_("For"), coerce=int)
    field_order = ("hours", "text")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        words = [(4, _("4 hours")), (24, _("1 day")), (72, _("3 days")), (168, _("7 days"))]
        longest = (24 * MUTE_DAYS_MAX, _("30 days"))
        self.fields["hours"].choices = [*words, longest]  # type: ignore[attr-defined]

    @property
    def until(self) -> Any:
        """When it ends."""
        return timezone.now() + timedelta(hours=self.cleaned_data["hours"])


class AssignForm(NoteForm):
    """To whom."""

    to = forms.ChoiceField(label=_("Officer"))
    field_order = ("to", "text")

    def __init__(self, *args: Any, officers: Iterable[Person], **more: Any) -> None:
        super().__init__(*args, **more)
        self.people = {str(one.pk): one for one in officers}
        names = [(key, str(one)) for key, one in self.people.items()]
        self.fields["to"].choices = [*names, ("nobody", _("nobody"))]  # type: ignore[attr-defined]

    @property
    def person(self) -> Person | None:
        """Who was chosen; None for nobody."""
        return self.people.get(self.cleaned_data["to"])


class LinkForm(forms.Form):
    """To what of the same pilot."""

    link = forms.ChoiceField(label=_("Order, complaint or incident"))

    def __init__(
        self,
        *args: Any,
        orders: Iterable[Order],
        complaints: Iterable[Complaint],
        incidents: Iterable[Incident],
    ) -> None:
        super().__init__(*args)
        self.fields["link"].choices = [  # type: ignore[attr-defined]
            *(
                (f"order:{one.public_id}", f"{one.get_kind_display()} {one.public_id}")
                for one in orders
            ),
            *(
                (f"complaint:{one.reference}", f"{one.get_category_display()} {one.reference}")
                for one in complaints
            ),
            *((f"incident:{one.reference}", f"{one.reference} {one.title}") for one in incidents),
        ]
