"""The form of each act on a case: what the verb needs to know, built from rulebook and state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shidian.apps.cases.views.form_base import (
    REASON_MAX,
    ActForm,
    ReasonForm,
    long_text,
    only_choice,
)
from shidian.apps.cases.views.run_forms import (
    CompleteStepForm,
    ExtendForm,
    FileEvaluationForm,
    FileReportForm,
    JudgePromiseForm,
)
from shidian.apps.cases.views.threshold_fields import (
    add_threshold_fields,
    check_thresholds,
    thresholds_in,
    waits_of,
)
from shidian.apps.cases.views.words import wanting_names
from shidian.apps.cases.words import localized as in_language
from shidian.core.procedure.criteria import judged_between
from shidian.core.procedure.moves import is_ahead, moves
from shidian.core.procedure.tiers import onward
from shidian.core.procedure.types import Finding, Verb
from shidian.core.rulebook.model import StageKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shidian.apps.cases.models import Case
    from shidian.core.rulebook.model import Criterion, Outcome, Stage


class MovingForm(ReasonForm):
    """A move whose target is known: its conditions are shown, and confirmed."""

    verb: Verb

    @property
    def targets(self) -> tuple[Stage, ...]:
        return moves(self.case.rulebook, self.stage, self.verb)

    def build(self) -> None:
        ahead = [one for one in self.targets if is_ahead(self.case.rulebook, self.stage, one)]
        self.waits = waits_of(self.case, self.state, ahead)
        add_threshold_fields(self, ahead)

    def target(self) -> Stage | None:
        """Where the case would go."""
        return next(iter(self.targets), None)

    def clean(self) -> dict[str, Any] | None:
        """Conditions are needed only when the case moves forwards."""
        cleaned = super().clean() or {}
        target = self.target()
        if target and is_ahead(self.case.rulebook, self.stage, target):
            check_thresholds(self, target)
        return cleaned

    def payload(self) -> dict[str, Any]:
        found = thresholds_in(self, self.target())
        return {"reason": self.cleaned_data["reason"]} | ({"thresholds": found} if found else {})


class BeginEvaluationForm(MovingForm):
    verb = Verb.BEGIN_EVALUATION


class RequestInformationForm(ActForm):
    question = long_text(
        gettext_lazy("What is missing or unclear?"),
        help_text=gettext_lazy(
            "Name the section and say what an answer must contain. The applicant reads this text."
        ),
    )
    about = forms.MultipleChoiceField(
        label=gettext_lazy("Sections and documents that are wanting"),
        help_text=gettext_lazy("The applicant sees them; statistics count what is often wanting."),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    due_working_days = forms.IntegerField(
        label=gettext_lazy("Working days to answer"), min_value=1, max_value=250, initial=10
    )

    def build(self) -> None:
        names = wanting_names(self.case.rulebook)
        field = self.fields["about"]
        if names and isinstance(field, forms.MultipleChoiceField):
            field.choices = [(key, in_language(name)) for key, name in names.items()]
        else:
            del self.fields["about"]


class AnswerInformationForm(ActForm):
    request = forms.ChoiceField(label=gettext_lazy("Which request do you answer?"))
    answer = long_text(gettext_lazy("Answer"))

    def build(self) -> None:
        found = [(one.id, f"{one.id}: {one.question}") for one in self.state.open_requests]
        only_choice(self, "request", found)


class AdvanceForm(MovingForm):
    """Moves on. Going ahead needs a finding on every mandatory criterion judged on that move."""

    verb = Verb.ADVANCE

    to = forms.ChoiceField(label=gettext_lazy("Next stage"), widget=forms.RadioSelect)

    def build(self) -> None:
        super().build()
        found = onward(self.case.rulebook, self.stage.id, self.verb, self.state.tier)
        order = {one.id: place for place, one in enumerate(found)}
        targets = sorted(self.targets, key=lambda one: order.get(one.id, len(order)))
        only_choice(self, "to", [(one.id, in_language(one.names.staff)) for one in targets])
        self.criteria = _mandatory(self.case, self.stage, self.targets)
        for criterion in self.criteria:
            self._ask(criterion)
        self.order_fields([name for name in self.fields if name != "reason"])

    def target(self) -> Stage | None:
        chosen = self.cleaned_data.get("to")
        return self.case.rulebook.stage(chosen) if chosen else None

    def _ask(self, criterion: Criterion) -> None:
        self.fields[f"met-{criterion.id}"] = forms.ChoiceField(
            label=in_language(criterion.question),
            help_text=in_language(criterion.name),
            choices=[("yes", _("Met")), ("no", _("Not met"))],
            widget=forms.RadioSelect(attrs={"data-required": "true"}),
            required=False,
        )
        self.fields[f"why-{criterion.id}"] = forms.CharField(
            label=_("Reason: %(criterion)s") % {"criterion": in_language(criterion.name)},
            widget=forms.Textarea(attrs={"rows": 2, "class": "short", "data-required": "true"}),
            max_length=REASON_MAX,
            required=False,
        )

    def clean(self) -> dict[str, Any] | None:
        """Findings are needed only when the case moves forwards."""
        cleaned = super().clean() or {}
        target = self.target()
        if target and is_ahead(self.case.rulebook, self.stage, target):
            for criterion in _mandatory(self.case, self.stage, [target]):
                if not cleaned.get(f"met-{criterion.id}"):
                    self.add_error(f"met-{criterion.id}", _("Choose whether this is met."))
                if not cleaned.get(f"why-{criterion.id}"):
                    self.add_error(f"why-{criterion.id}", _("Give the reason for this finding."))
        return cleaned

    def payload(self) -> dict[str, Any]:
        cleaned, target = self.cleaned_data, self.target()
        findings = {
            one.id: {"met": cleaned[f"met-{one.id}"] == "yes", "reason": cleaned[f"why-{one.id}"]}
            for one in _mandatory(self.case, self.stage, [target] if target else [])
            if cleaned.get(f"met-{one.id}")
        }
        return {"to": cleaned["to"], "findings": findings, **super().payload()}


class ClosingForm(ReasonForm):
    """Acts that end a case; the outcome is asked where the rulebook leaves a choice."""

    verb: Verb = Verb.CLOSE
    outcome = forms.ChoiceField(label=gettext_lazy("Outcome"), widget=forms.RadioSelect)
    field_order = ("outcome", "reason")

    def build(self) -> None:
        outcomes = _outcomes(self.case, self.stage, self.verb, self.state.admitted)
        only_choice(self, "outcome", [(one.id, in_language(one.name)) for one in outcomes])


class SignOffForm(ActForm):
    consent = forms.ChoiceField(
        label=gettext_lazy("Your authority's word"),
        choices=[("yes", gettext_lazy("Consent")), ("no", gettext_lazy("Refuse"))],
        widget=forms.RadioSelect,
    )
    reason = long_text(
        gettext_lazy("Reason"),
        help_text=gettext_lazy("Needed where your authority refuses."),
        required=False,
    )
    conditions = long_text(
        gettext_lazy("Conditions of admission"),
        help_text=gettext_lazy(
            "One a line; they are taken from findings in order under a condition, and from what"
            " another authority asked for. All that the consenting authorities name hold."
        ),
        required=False,
    )
    field_order = ("consent", "conditions", "reason")

    def build(self) -> None:
        if self.stage.kind is StageKind.ADMISSION:
            self.initial.setdefault("conditions", "\n".join(self._proposed()))
        else:
            del self.fields["conditions"]
        self.target = next(iter(moves(self.case.rulebook, self.stage, Verb.SIGN_OFF)), None)
        if self.target is not None:
            self.waits = waits_of(self.case, self.state, [self.target])
            add_threshold_fields(self, [self.target])

    def _proposed(self) -> list[str]:
        """What authorities that signed before asked for, and the findings under a condition."""
        asked = [
            text for one in self.state.signoffs.values() if one.consent for text in one.conditions
        ]
        names = {area.id: area.name for stage in self.case.rulebook.stages for area in stage.areas}
        found = [
            _(": ").join([in_language(names[area]) if area in names else area, one.text])
            for area, one in self.state.findings.items()
            if one.finding is Finding.CONDITION
        ]
        # Who signs later sees what was made of the findings, not the findings once more.
        return asked or [" ".join(one.split()) for one in found]

    def clean(self) -> dict[str, Any] | None:
        """A refusal without a reason is none."""
        cleaned = super().clean() or {}
        if cleaned.get("consent") == "yes" and self.target is not None:
            check_thresholds(self, self.target)
        if cleaned.get("consent") == "no" and not cleaned.get("reason"):
            self.add_error("reason", _("Give the reason for refusing."))
        return cleaned

    def payload(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        found = thresholds_in(self, self.target) if cleaned["consent"] == "yes" else {}
        return {
            "consent": cleaned["consent"] == "yes",
            "reason": cleaned["reason"],
            **({"thresholds": found} if found else {}),
            **({"conditions": self._conditions()} if cleaned["consent"] == "yes" else {}),
        }

    def _conditions(self) -> list[str]:
        lines = self.cleaned_data.get("conditions", "").splitlines()
        return list(dict.fromkeys(" ".join(one.split()) for one in lines if one.strip()))


def _closing(verb: Verb) -> type[ActForm]:
    return type(f"{verb.name.title()}Form", (ClosingForm,), {"verb": verb})


FORMS: dict[Verb, type[ActForm]] = {
    Verb.REQUEST_INFORMATION: RequestInformationForm,
    Verb.ANSWER_INFORMATION: AnswerInformationForm,
    Verb.ADVANCE: AdvanceForm,
    Verb.RETURN_TO_APPLICANT: ReasonForm,
    Verb.REJECT: _closing(Verb.REJECT),
    Verb.WITHDRAW: _closing(Verb.WITHDRAW),
    Verb.TERMINATE: _closing(Verb.TERMINATE),
    Verb.SIGN_OFF: SignOffForm,
    Verb.FILE_REPORT: FileReportForm,
    Verb.BEGIN_EVALUATION: BeginEvaluationForm,
    Verb.JUDGE_PROMISE: JudgePromiseForm,
    Verb.FILE_EVALUATION: FileEvaluationForm,
    Verb.COMPLETE_STEP: CompleteStepForm,
    Verb.EXTEND: ExtendForm,
    Verb.CLOSE: _closing(Verb.CLOSE),
}


def _mandatory(case: Case, stage: Stage, targets: Iterable[Stage]) -> list[Criterion]:
    """Those judged on a move ahead to one of the targets, each once."""
    found = {
        one.id: one
        for target in targets
        if is_ahead(case.rulebook, stage, target)
        for one in judged_between(case.rulebook, stage, target)
        if one.mandatory
    }
    return list(found.values())


def _outcomes(case: Case, stage: Stage, verb: Verb, admitted: bool) -> list[Outcome]:
    found: dict[str, Outcome] = {}
    for target in moves(case.rulebook, stage, verb):
        found.update({one.id: one for one in _fitting(target.outcomes, admitted)})
    default = found.get(_DEFAULT_OUTCOMES.get(verb, ""))
    return [default] if default else list(found.values())


_DEFAULT_OUTCOMES = {
    Verb.REJECT: "rejected",
    Verb.WITHDRAW: "withdrawn",
    Verb.TERMINATE: "terminated",
}
"""The outcomes that the procedure takes where the act names none."""


def _fitting(outcomes: Iterable[Outcome], admitted: bool) -> Iterable[Outcome]:
    return (one for one in outcomes if one.needs_pilot in (None, admitted))
