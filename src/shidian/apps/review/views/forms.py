"""Forms of reviews: declaration, score sheet, panel, assessment."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shidian.apps.accounts.models import Assessor, Expert, Institution, Staff
from shidian.apps.accounts.roles import held_on
from shidian.apps.cases.views.act_forms import ActForm
from shidian.apps.cases.words import localized as in_language
from shidian.core.procedure.types import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shidian.core.rulebook.model import Criterion

    _ExpertsField = forms.ModelMultipleChoiceField[Expert]
else:
    _ExpertsField = forms.ModelMultipleChoiceField

REASON_MAX = 4000
ROUND_DAYS = 14


class DeclareForm(forms.Form):
    """Interests, before anything of the case is shown."""

    conflict = forms.ChoiceField(
        label=gettext_lazy("Have you an interest in this case or one of its parties?"),
        help_text=gettext_lazy(
            "Such as employment, shares, advice, family ties or competition within three years."
        ),
        choices=[
            ("no", gettext_lazy("No, I have none")),
            ("yes", gettext_lazy("Yes, and I step back from this case")),
        ],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=gettext_lazy("What interest?"),
        help_text=gettext_lazy("Needed where you have one."),
        widget=forms.Textarea(attrs={"rows": 3, "class": "short"}),
        max_length=REASON_MAX,
        required=False,
    )

    def clean(self) -> dict[str, Any] | None:
        """A conflict needs words."""
        cleaned = super().clean() or {}
        if cleaned.get("conflict") == "yes" and not cleaned.get("reason"):
            self.add_error("reason", _("Say what your interest is."))
        return cleaned


class SheetForm(forms.Form):
    """A score and a reason for every criterion. `final`: whether all of it must be there."""

    def __init__(
        self,
        criteria: list[Criterion],
        score_max: int,
        *args: Any,
        final: bool = False,
        draft: Mapping[str, Mapping[str, Any]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.criteria = criteria
        known = draft or {"scores": {}, "reasons": {}}
        for one in criteria:
            name = in_language(one.name)
            self.fields[f"score-{one.id}"] = forms.IntegerField(
                label=_("Score, 0 to %(max)d") % {"max": score_max},
                min_value=0,
                max_value=score_max,
                required=final,
                initial=known["scores"].get(one.id),
                widget=forms.NumberInput(attrs={"data-required": "true"}),
                error_messages={
                    "required": _("Give a score: %(name)s.") % {"name": name},
                },
            )
            self.fields[f"reason-{one.id}"] = forms.CharField(
                label=_("Reason"),
                required=final,
                max_length=REASON_MAX,
                initial=known["reasons"].get(one.id, ""),
                widget=forms.Textarea(attrs={"rows": 3, "class": "short", "data-required": "true"}),
                error_messages={
                    "required": _("Give the reason for your score: %(name)s.") % {"name": name},
                },
            )

    def rows(self) -> list[dict[str, Any]]:
        """Criterion with its two fields, for the template."""
        return [
            {"criterion": one, "score": self[f"score-{one.id}"], "reason": self[f"reason-{one.id}"]}
            for one in self.criteria
        ]

    def scores(self) -> dict[str, int]:
        return {
            one.id: self.cleaned_data[f"score-{one.id}"]
            for one in self.criteria
            if self.cleaned_data.get(f"score-{one.id}") is not None
        }

    def reasons(self) -> dict[str, str]:
        return {
            one.id: self.cleaned_data[f"reason-{one.id}"]
            for one in self.criteria
            if self.cleaned_data.get(f"reason-{one.id}")
        }


class ExpertChoice(_ExpertsField):
    """Experts by name, employer and disciplines."""

    def label_from_instance(self, obj: Any) -> str:
        return _(", ").join(filter(None, [str(obj.person), obj.employer]))


class InviteForm(ActForm):
    """Which experts; those on staff of a party are not offered."""

    experts = ExpertChoice(
        Expert.objects.none(),
        label=gettext_lazy("Experts"),
        widget=forms.CheckboxSelectMultiple,
    )

    def build(self) -> None:
        parties = [self.case.lead_id, *self.case.parties.values_list("institution_id", flat=True)]
        staff = Staff.objects.filter(held_on(timezone.localdate()), institution__in=parties)
        denied = self.case.access.filter(effect="deny").values("person")
        field = self.fields["experts"]
        if isinstance(field, forms.ModelMultipleChoiceField):
            field.queryset = (
                Expert.objects.filter(active=True)
                .exclude(person__in=staff.values("person"))
                .exclude(person__in=denied)
                .exclude(person__in=self._seated())
                .select_related("person")
                .order_by("pk")
            )
            field.help_text = self._rule_words()

    def _seated(self) -> list[int]:
        current = self.state.round
        return [int(one) for one in current.experts] if current and not current.closed else []

    def _rule_words(self) -> str:
        panel = self.stage.panel
        if panel is None:
            return ""
        words = _("The rulebook asks for at least %(min)d experts.") % {"min": panel.min}
        if panel.odd:
            words += _(" Their number must be odd.")
        return words

    def payload(self) -> dict[str, Any]:
        return {"experts": list(self.cleaned_data["experts"])}


class PanelForm(InviteForm):
    """A round with its dates."""

    starts = forms.DateField(
        label=gettext_lazy("First day of the round"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    ends = forms.DateField(
        label=gettext_lazy("Last day of the round"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason for another round"),
        widget=forms.Textarea(attrs={"rows": 3, "class": "short", "data-required": "true"}),
        required=False,
    )

    def build(self) -> None:
        super().build()
        today = timezone.localdate()
        self.initial.setdefault("starts", today)
        self.initial.setdefault("ends", today + timedelta(days=ROUND_DAYS))
        if self.state.rounds == 0:
            del self.fields["reason"]

    def clean(self) -> dict[str, Any] | None:
        """The last day is not before the first."""
        cleaned = super().clean() or {}
        starts, ends = cleaned.get("starts"), cleaned.get("ends")
        if starts and ends and ends < starts:
            self.add_error("ends", _("The last day cannot be before the first."))
        return cleaned

    def payload(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        return {
            "experts": list(cleaned["experts"]),
            "starts": cleaned["starts"],
            "ends": cleaned["ends"],
            "reason": cleaned.get("reason", ""),
        }


FINDINGS = [
    (Finding.PASS, gettext_lazy("In order")),
    (Finding.CONDITION, gettext_lazy("In order under a condition")),
    (Finding.FAIL, gettext_lazy("Not in order")),
]


class AssessmentForm(ActForm):
    """A finding with its words on every area of the stage."""

    def build(self) -> None:
        for area in self.stage.areas:
            self.fields[f"finding-{area.id}"] = forms.ChoiceField(
                label=in_language(area.name), choices=FINDINGS, widget=forms.RadioSelect
            )
            self.fields[f"text-{area.id}"] = forms.CharField(
                label=_("Grounds: %(area)s") % {"area": in_language(area.name)},
                widget=forms.Textarea(attrs={"rows": 2, "class": "short"}),
                max_length=REASON_MAX,
            )

    def rows(self) -> list[dict[str, Any]]:
        """Area with its two fields."""
        return [
            {"area": area, "finding": self[f"finding-{area.id}"], "text": self[f"text-{area.id}"]}
            for area in self.stage.areas
        ]

    def payload(self) -> dict[str, Any]:
        return {
            "findings": {
                area.id: {
                    "finding": self.cleaned_data[f"finding-{area.id}"],
                    "text": self.cleaned_data[f"text-{area.id}"],
                }
                for area in self.stage.areas
            }
        }


class CommissionForm(forms.Form):
    """Which body assesses."""

    body = forms.ModelChoiceField(
        Institution.objects.none(),
        label=gettext_lazy("Assessor body"),
        widget=forms.RadioSelect,
        empty_label=None,
    )

    def __init__(self, parties: list[int], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["body"]
        if isinstance(field, forms.ModelChoiceField):
            bodies = Assessor.objects.filter(held_on(timezone.localdate())).values("institution")
            field.queryset = Institution.objects.filter(pk__in=bodies).exclude(pk__in=parties)
