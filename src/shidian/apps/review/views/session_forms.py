"""Forms of a panel's sessions: call, presenters, minutes, vote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.accounts.models import Person
from shidian.apps.cases.models import Case
from shidian.apps.cases.views.form_base import REASON_MAX, ActForm, only_choice
from shidian.apps.cases.views.open_matters import to_call
from shidian.apps.review.domain import When
from shidian.apps.review.domain.sessions import NAME_MAX, TEXT_MAX
from shidian.core.procedure.types import SessionKind
from shidian.core.procedure.voting import Choice

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from shidian.apps.accounts.rules import Someone
    from shidian.apps.review.models import Minutes, Presenters

    _CasesField = forms.ModelMultipleChoiceField[Case]
else:
    _CasesField = forms.ModelMultipleChoiceField

KINDS = {
    SessionKind.DEFENCE: gettext_lazy("Defence session"),
    SessionKind.MEETING: gettext_lazy("Review meeting"),
}
CHOICES = [
    ("", gettext_lazy("Not present")),
    (Choice.FOR.value, pgettext_lazy("vote", "For")),
    (Choice.AGAINST.value, gettext_lazy("Against")),
    (Choice.ABSTAIN.value, gettext_lazy("Abstains")),
]
AGENDA_MAX = 50


def _moment(label: Any) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label,
        required=False,
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local", "data-required": "true"}, format="%Y-%m-%dT%H:%M"
        ),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
    )


def _reason(label: Any, help_text: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=False,
        max_length=REASON_MAX,
        widget=forms.Textarea(attrs={"rows": 3, "class": "short"}),
    )


class CasesChoice(_CasesField):
    """Cases by title and reference."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.title} · {obj.reference}"


class CallForm(ActForm):
    """What is called, when and where; for a meeting which other cases are on the agenda."""

    kind = forms.ChoiceField(label=gettext_lazy("What is called?"), widget=forms.RadioSelect)
    starts_at = _moment(gettext_lazy("Begins"))
    ends_at = _moment(gettext_lazy("Ends"))
    place = forms.CharField(
        label=gettext_lazy("Place"),
        help_text=gettext_lazy("Building, floor, room. A place or an address online is needed."),
        max_length=200,
        required=False,
    )
    address = forms.URLField(
        label=gettext_lazy("Address online"), max_length=500, required=False, assume_scheme="https"
    )
    others = CasesChoice(
        Case.objects.none(),
        label=gettext_lazy("Other cases on the agenda of the meeting"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    off = forms.BooleanField(
        label=gettext_lazy("It is called off"),
        help_text=gettext_lazy("Then neither time nor place is needed, but a reason."),
        required=False,
    )
    reason = _reason(
        gettext_lazy("Reason for moving it or calling it off"),
        gettext_lazy("Needed where it was called before."),
    )

    def build(self) -> None:
        kinds = to_call(self.case, self.state)
        only_choice(self, "kind", [(one.value, str(KINDS[one])) for one in kinds], keep=True)
        current = self.state.round
        known = [one for one in kinds if current and (s := current.session(one)) and not s.off]
        if not known:
            del self.fields["off"]
            del self.fields["reason"]
        if SessionKind.MEETING not in kinds:
            del self.fields["others"]

    def narrow(self, person: Someone) -> None:
        """Other cases of the scheme whose panels can meet now, and that the officer handles."""
        field = self.fields.get("others")
        if not isinstance(field, CasesChoice):
            return
        stages = [one.id for one in self.case.rulebook.stages if one.panel and one.panel.meeting]
        found = (
            Case.objects.visible_to(person)
            .filter(scheme=self.case.scheme_id, stage__in=stages, panels__isnull=False)
            .filter(rulebook_version=self.case.rulebook_version_id)
            .exclude(pk=self.case.pk)
            .distinct()
            .order_by("reference")[:AGENDA_MAX]
        )
        able = [one.pk for one in found if allows(person, Permission.PANEL_FORM, one)]
        field.queryset = Case.objects.filter(pk__in=able).order_by("reference")
        if not able:
            del self.fields["others"]

    def clean_address(self) -> str:
        """A page over an encrypted connection, and nothing else that an address can be."""
        address: str = self.cleaned_data["address"]
        if address and not address.startswith("https://"):
            raise forms.ValidationError(_("The address begins with https://."))
        return address

    def clean(self) -> dict[str, Any] | None:
        """When, unless it is called off."""
        cleaned = super().clean() or {}
        if not cleaned.get("off"):
            for name in ("starts_at", "ends_at"):
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, _("Say when, day and time."))
        return cleaned

    def payload(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        kind = SessionKind(cleaned["kind"])
        told = {"kind": kind, "reason": cleaned.get("reason", "")}
        if cleaned.get("off"):
            return {**told, "off": True}
        starts_at: datetime = cleaned["starts_at"]
        when = When(starts_at, cleaned["ends_at"], cleaned["place"], cleaned["address"])
        others = list(cleaned.get("others") or ()) if kind is SessionKind.MEETING else []
        return {**told, "when": when, "others": others}


class PresentersForm(forms.Form):
    """Who presents: a line each."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    people = forms.CharField(
        label=gettext_lazy("Who presents"),
        help_text=gettext_lazy("One a line: name, comma, duty in the project."),
        widget=forms.Textarea(attrs={"rows": 6, "class": "short"}),
        max_length=4000,
    )

    def __init__(self, newest: Presenters | None, *args: Any, **kwargs: Any) -> None:
        listed = newest.people if newest else []
        text = "\n".join("，".join(filter(None, (one["name"], one["duty"]))) for one in listed)
        kwargs["initial"] = {"version": newest.version if newest else 0, "people": text}
        super().__init__(*args, **kwargs)

    def named(self) -> list[dict[str, str]]:
        """Name and duty of each."""
        found = []
        for line in self.cleaned_data["people"].splitlines():
            name, _comma, duty = line.replace("，", ",").partition(",")
            found.append({"name": name.strip()[:NAME_MAX], "duty": duty.strip()[:200]})
        return [one for one in found if one["name"]]


class MinutesForm(ActForm):
    """The text, and who was there. Carries the version that it follows."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    text = forms.CharField(
        label=gettext_lazy("Minutes"),
        widget=forms.Textarea(attrs={"rows": 14}),
        max_length=TEXT_MAX,
    )
    present = forms.MultipleChoiceField(
        label=gettext_lazy("Members of the panel who were present"),
        help_text=gettext_lazy("Who has a conflict, or has not declared, takes no part."),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    others = forms.CharField(
        label=gettext_lazy("Who else was present"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2, "class": "short"}),
    )
    reason = _reason(
        gettext_lazy("Reason for another version"),
        gettext_lazy("Needed from the second version on."),
    )
    newest: Minutes | None = None

    def build(self) -> None:
        field = self.fields["present"]
        if isinstance(field, forms.MultipleChoiceField):
            field.choices = members(self.state)

    def begin_from(self, newest: Minutes | None) -> None:
        """Show what the newest version says, to be gone on from."""
        self.newest = newest
        self.initial["version"] = newest.version if newest else 0
        if newest is None:
            del self.fields["reason"]
            return
        self.initial.update(
            {"text": newest.text, "present": newest.present, "others": newest.others}
        )

    def payload(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        return {
            "version": cleaned["version"] + 1,
            "text": cleaned["text"],
            "present": cleaned["present"],
            "others": cleaned["others"],
            "reason": cleaned.get("reason", ""),
        }


class VoteForm(ActForm):
    """Each member's vote with its reason, and who was in the chair."""

    chair = forms.ChoiceField(label=gettext_lazy("In the chair"), widget=forms.RadioSelect)
    reason = _reason(
        gettext_lazy("Reason for voting again"),
        gettext_lazy("The first vote stays in the file."),
    )

    def build(self) -> None:
        self.people = members(self.state)
        only_choice(self, "chair", self.people, keep=True)
        for key, name in self.people:
            self.fields[f"choice-{key}"] = forms.ChoiceField(
                label=name, choices=CHOICES, widget=forms.RadioSelect, required=False
            )
            self.fields[f"reason-{key}"] = forms.CharField(
                label=_("Reason of %(name)s") % {"name": name},
                help_text=_("Needed for a vote against and for abstaining."),
                required=False,
                max_length=REASON_MAX,
                widget=forms.Textarea(attrs={"rows": 2, "class": "short"}),
            )
        self.order_fields([*(name for name in self.fields if name not in ("chair", "reason"))])
        if self.state.round is None or self.state.round.vote is None:
            del self.fields["reason"]

    def clean(self) -> dict[str, Any] | None:
        """Against and abstaining has a reason; somebody was there."""
        cleaned = super().clean() or {}
        for key, _name in self.people:
            choice = cleaned.get(f"choice-{key}")
            if choice in (Choice.AGAINST, Choice.ABSTAIN) and not cleaned.get(f"reason-{key}"):
                self.add_error(f"reason-{key}", _("Give the reason for this vote."))
        if not any(cleaned.get(f"choice-{key}") for key, _name in self.people):
            self.add_error(None, _("Say who was present, and how each voted."))
        return cleaned

    def payload(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        ballots = {
            key: {"choice": choice, "reason": cleaned.get(f"reason-{key}", "")}
            for key, _name in self.people
            if (choice := cleaned.get(f"choice-{key}"))
        }
        reason = cleaned.get("reason", "")
        return {"chair": cleaned["chair"], "ballots": ballots, "reason": reason}


class AnswerForm(forms.Form):
    """Whether the sheet that was entered is one's own."""

    confirm = forms.ChoiceField(
        label=gettext_lazy("Is this what you wrote on your sheet?"),
        choices=[
            ("yes", gettext_lazy("Yes, it is")),
            ("no", gettext_lazy("No, it is not")),
        ],
        widget=forms.RadioSelect,
    )
    reason = _reason(gettext_lazy("What is different?"), gettext_lazy("Needed where it is not."))

    def clean(self) -> dict[str, Any] | None:
        """A dispute needs words."""
        cleaned = super().clean() or {}
        if cleaned.get("confirm") == "no" and not cleaned.get("reason"):
            self.add_error("reason", _("Say what is different."))
        return cleaned


def members(state: Any) -> list[tuple[str, str]]:
    """(person key, name) of those on the panel who declared no conflict, in the panel's order."""
    current = state.round
    keys: Sequence[str] = current.experts if current else ()
    able = [one for one in keys if current.conflicts.get(one) is False]
    people = Person.objects.in_bulk([int(one) for one in able])
    return [(one, str(people[int(one)])) for one in able]
