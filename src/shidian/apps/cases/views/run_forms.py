"""Forms of acts on a pilot that runs or ran: reports, promises, evaluation, extension."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shidian.apps.accounts.models import Person
from shidian.apps.cases.actors import actor_as
from shidian.apps.cases.domain.reporting import REPORT_FILE
from shidian.apps.cases.files_of_steps import STEP_FILE
from shidian.apps.cases.form import AttachmentField
from shidian.apps.cases.uploads import accepted_types
from shidian.apps.cases.views.file_fields import dress_file
from shidian.apps.cases.views.form_base import (
    REASON_MAX,
    ActForm,
    ReasonForm,
    long_text,
    only_choice,
)
from shidian.apps.cases.words import localized as in_language
from shidian.core.procedure.evaluating import open_steps
from shidian.core.procedure.types import ActorKind, EvaluationGrade, Judgement
from shidian.core.rulebook.reading import duty_words

if TYPE_CHECKING:
    from datetime import date

    from shidian.apps.accounts.rules import Someone


EXTENSION_DAYS_MAX = 1100
GRADES = [
    (EvaluationGrade.GOOD, gettext_lazy("Good")),
    (EvaluationGrade.ADEQUATE, gettext_lazy("Adequate")),
    (EvaluationGrade.WEAK, gettext_lazy("Weak")),
]


class JudgePromiseForm(ActForm):
    promise = forms.ChoiceField(label=gettext_lazy("Promise"), widget=forms.RadioSelect)
    judgement = forms.ChoiceField(
        label=gettext_lazy("Judgement"),
        choices=[
            (Judgement.KEPT, gettext_lazy("Kept")),
            (Judgement.PARTLY, gettext_lazy("Partly kept")),
            (Judgement.BROKEN, gettext_lazy("Broken")),
        ],
        widget=forms.RadioSelect,
    )
    evidence = long_text(gettext_lazy("Evidence"))

    def build(self) -> None:
        waiting = [one for one in self.state.promises if one.id not in self.state.judgements]
        only_choice(self, "promise", [(one.id, one.text) for one in waiting or self.state.promises])


class FileEvaluationForm(ActForm):
    """Every dimension that the rulebook names: a grade with words. Some may be left for later."""

    def build(self) -> None:
        for area in self.stage.dimensions:
            known = self.state.evaluation.get(area.id)
            self.fields[f"grade-{area.id}"] = forms.ChoiceField(
                label=in_language(area.name),
                choices=GRADES,
                widget=forms.RadioSelect,
                required=False,
                initial=known.grade if known else None,
            )
            self.fields[f"text-{area.id}"] = forms.CharField(
                label=_("Grounds: %(area)s") % {"area": in_language(area.name)},
                widget=forms.Textarea(attrs={"rows": 2, "class": "short"}),
                max_length=REASON_MAX,
                required=False,
                initial=known.text if known else "",
            )

    def clean(self) -> dict[str, Any] | None:
        """A grade needs its grounds; at least one dimension is graded."""
        cleaned = super().clean() or {}
        graded = [area.id for area in self.stage.dimensions if cleaned.get(f"grade-{area.id}")]
        for area in graded:
            if not cleaned.get(f"text-{area}"):
                self.add_error(f"text-{area}", _("Give the grounds for this grade."))
        if not graded:
            self.add_error(None, _("Grade at least one dimension."))
        return cleaned

    def payload(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        return {
            "dimensions": {
                area.id: {"grade": cleaned[f"grade-{area.id}"], "text": cleaned[f"text-{area.id}"]}
                for area in self.stage.dimensions
                if cleaned.get(f"grade-{area.id}")
            }
        }


class CompleteStepForm(ActForm):
    """The next step of the evaluation; an officer enters it from paper where another does it."""

    field_order = ("seq", "step", "on", "text", "document")
    step = forms.ChoiceField(label=gettext_lazy("Step"), widget=forms.RadioSelect)
    on = forms.DateField(
        label=gettext_lazy("Day on which it was done"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    text = long_text(gettext_lazy("What was done, and what was found"))

    def build(self) -> None:
        (self.next,) = open_steps(self.stage, self.state)[:1]
        only_choice(self, "step", [(self.next.id, in_language(self.next.name))], keep=True)
        self.initial.setdefault("on", timezone.localdate())
        self.fields["document"] = AttachmentField(
            STEP_FILE,
            label=in_language(STEP_FILE.label),
            required=self.next.document,
            widget=forms.FileInput(attrs={"accept": ",".join(accepted_types(STEP_FILE))}),
        )
        dress_file(self.fields["document"], STEP_FILE)

    def narrow(self, person: Someone) -> None:
        """What is entered for another needs the paper."""
        by = ActorKind(str(self.next.by))
        own = by is not ActorKind.EXPERT and (
            isinstance(person, Person) and actor_as(person, self.case, by) is not None
        )
        if own:
            return
        field = self.fields["document"]
        field.required = True
        field.label = _("Scan of the paper")
        self.fields["step"].help_text = _(
            "By the rulebook this step is for this role: %(who)s. You enter what was done on paper."
        ) % {"who": in_language(duty_words.party(by.value))}


class ExtendForm(ReasonForm):
    until = forms.DateField(
        label=gettext_lazy("New last day of the pilot"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    field_order = ("until", "reason")

    def clean_until(self) -> date:
        """A slip of the hand, such as the year 20260, is no extension."""
        until: date = self.cleaned_data["until"]
        if until > timezone.localdate() + timedelta(days=EXTENSION_DAYS_MAX):
            raise forms.ValidationError(
                _("The day cannot lie more than %(days)s days ahead."),
                params={"days": EXTENSION_DAYS_MAX},
            )
        return until


class FileReportForm(ActForm):
    """Which report, and the document."""

    report = forms.ChoiceField(label=gettext_lazy("Which report is it?"), widget=forms.RadioSelect)

    def build(self) -> None:
        found = [(one.id, in_language(one.title)) for one in self.case.rulebook.reports]
        only_choice(self, "report", found)
        self.fields["file"] = AttachmentField(
            REPORT_FILE,
            label=in_language(REPORT_FILE.label),
            help_text=in_language(REPORT_FILE.guidance) if REPORT_FILE.guidance else "",
            widget=forms.FileInput(attrs={"accept": ",".join(accepted_types(REPORT_FILE))}),
        )
        dress_file(self.fields["file"], REPORT_FILE)
