"""Forms of reviews: declaration, score sheet, assessment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shidian.apps.accounts.models import Assessor, Institution, Person
from shidian.apps.accounts.roles import held_on
from shidian.apps.cases.views.form_base import ActForm
from shidian.apps.cases.views.open_matters import to_enter
from shidian.apps.cases.words import localized as in_language
from shidian.core.procedure.types import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shidian.core.rulebook.model import Criterion

REASON_MAX = 4000


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


class StepBackForm(forms.Form):
    """A conflict found after having declared none."""

    reason = forms.CharField(
        label=gettext_lazy("What interest?"),
        help_text=gettext_lazy("The case officers read it. Nobody else does."),
        widget=forms.Textarea(attrs={"rows": 4, "class": "short", "data-required": "true"}),
        max_length=REASON_MAX,
        error_messages={"required": gettext_lazy("Say what your interest is.")},
    )


class ScoreFields:
    """A score and a reason for every criterion, added to a form."""

    fields: dict[str, forms.Field]
    cleaned_data: dict[str, Any]
    criteria: list[Criterion]

    def add_scores(
        self,
        criteria: list[Criterion],
        score_max: int,
        *,
        final: bool,
        draft: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """`final`: whether all of it must be there."""
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
        bound: Any = self
        return [
            {
                "criterion": one,
                "score": bound[f"score-{one.id}"],
                "reason": bound[f"reason-{one.id}"],
            }
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


class SheetForm(ScoreFields, forms.Form):
    """The expert's own sheet. `final`: whether all of it must be there."""

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
        self.add_scores(criteria, score_max, final=final, draft=draft)


class PaperForm(ScoreFields, ActForm):
    """A sheet on paper: whose it is, its scan, and what stands on it."""

    expert = forms.ChoiceField(label=gettext_lazy("Expert"), widget=forms.RadioSelect)
    scan = forms.FileField(
        label=gettext_lazy("Scan of the signed sheet"),
        help_text=gettext_lazy("PDF, PNG or JPEG, 20 MiB at most."),
    )
    declared = forms.BooleanField(
        label=gettext_lazy("The sheet says that the expert has no interest in this case"),
        help_text=gettext_lazy("Needed where the expert has not declared it here."),
        required=False,
    )

    def build(self) -> None:
        waiting = [int(one) for one in to_enter(self.state)]
        people = Person.objects.in_bulk(waiting)
        field = self.fields["expert"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [(str(pk), str(people[pk])) for pk in waiting]
        criteria = [one for one in self.case.rulebook.criteria if one.stage == self.stage.id]
        panel = self.stage.panel
        self.add_scores(criteria, panel.score_max if panel else 100, final=True)

    def payload(self) -> dict[str, Any]:
        """`expert`: the person's id."""
        return {
            "expert": int(self.cleaned_data["expert"]),
            "scan": self.cleaned_data["scan"],
            "declared": self.cleaned_data["declared"],
            "scores": self.scores(),
            "reasons": self.reasons(),
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
