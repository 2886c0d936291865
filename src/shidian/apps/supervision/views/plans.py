"""The plan of a pilot: its versions, headroom, changes; what officers do to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from shidian.apps.accounts.access import Permission, allows, rule
from shidian.apps.cases.errors import ForbiddenError
from shidian.apps.cases.history import state_of
from shidian.apps.supervision.admission import admission_of, proof_of_agreement
from shidian.apps.supervision.domain import plan_changes as verbs
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.domain.plan_steps import judged_step
from shidian.apps.supervision.domain.plan_tightening import begin_tightening
from shidian.apps.supervision.domain.plans import changed_values, direction_of_change
from shidian.apps.supervision.models import AT_WORK, ChangeState
from shidian.apps.supervision.plans import (
    change_lines,
    course_of_change,
    shown_changes,
    visible_changes,
)
from shidian.apps.supervision.promises import promises_of
from shidian.apps.supervision.queries import limits_with_use, plan_versions
from shidian.apps.supervision.views.asker import asker
from shidian.apps.supervision.views.loaders import case_of_pilot, change_for, pilot_of
from shidian.apps.supervision.views.order_forms import EndForm
from shidian.apps.supervision.views.plan_forms import PlanForm, StepForm
from shidian.core.rulebook.plan_change import Direction

if TYPE_CHECKING:
    from shidian.apps.cases.models import Case
    from shidian.apps.supervision.models import Pilot
    from shidian.apps.supervision.publish.language import Language

CHANGES_MAX = 50
"""Changes listed on the page of the plan, newest first."""


@rule(Permission.PLAN_READ, obj=case_of_pilot)
def page(request: HttpRequest, case: Case, public_id: str) -> HttpResponse:
    """The plan with its versions, how much of each limit is used, and its changes."""
    del public_id
    pilot, person = pilot_of(case), asker(request)
    changes = visible_changes(person, case).select_related("base", "authority")[:CHANGES_MAX]
    versions = plan_versions(pilot)
    context = {
        "pilot": pilot,
        "case": case,
        "versions": versions,
        "agreed": versions[0] if versions else None,
        "changes": shown_changes(changes),
        "uses": limits_with_use(pilot),
        "judged": judged_step(pilot),
        "measured": promises_of(
            pilot,
            versions=[one.version for one in reversed(versions) if one.entry is not None],
        ),
        "promises": state_of(case).promises,
        "admission": admission_of(case),
        "internal": allows(person, Permission.CASE_READ_INTERNAL, case),
        "may_change": _may_change(person, pilot),
        "may_sign": allows(person, Permission.PLAN_SIGN, case),
    }
    return render(request, "supervision/plan.html", context)


@rule(Permission.PLAN_READ, obj=case_of_pilot)
def proof(request: HttpRequest, case: Case, public_id: str) -> HttpResponse:
    """The file that proves what was agreed at admission (`wire.agreement`)."""
    del request
    data = proof_of_agreement(case)
    if data is None:
        raise Http404
    answer = HttpResponse(data, content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="{public_id}.agreement-proof"'
    return answer


def _may_change(person: object, pilot: Pilot) -> bool:
    return pilot.state in AT_WORK and allows(person, Permission.PLAN_PROPOSE, pilot.case)


@rule(Permission.PLAN_PROPOSE, obj=case_of_pilot)
def change(request: HttpRequest, case: Case, public_id: str) -> HttpResponse:
    """Values as they shall be: what only tightens is confirmed, the rest is a proposal."""
    del public_id
    pilot = pilot_of(case)
    language: Language = "en" if (get_language() or "").startswith("en") else "zh"
    form = PlanForm(pilot, language, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            return _changed(request, pilot, form)
        except SupervisionError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
    status = 422 if form.errors else 200
    context = {"pilot": pilot, "form": form}
    return render(request, "supervision/plan_change.html", context, status=status)


@rule(Permission.PLAN_PROPOSE, obj=case_of_pilot)
def step(request: HttpRequest, case: Case, public_id: str) -> HttpResponse:
    """Propose to take the next step of the rulebook's scale-up, whose values are not chosen."""
    del public_id
    pilot = pilot_of(case)
    judged = judged_step(pilot)
    if judged is None:
        raise Http404
    form = StepForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = verbs.propose_step(
                pilot=pilot,
                step=judged.step.id,
                reason=form.cleaned_data["reason"],
                reason_en=form.cleaned_data["reason_en"],
                basis=form.cleaned_data["basis"],
                by=asker(request),
            )
        except SupervisionError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(request, _("The step was proposed. Nothing is raised yet."))
            return redirect("supervision:plan-proposal", pilot.public_id, made.number)
    context = {"pilot": pilot, "judged": judged, "form": form}
    status = 422 if form.errors else 200
    return render(request, "supervision/plan_step.html", context, status=status)


def _changed(request: HttpRequest, pilot: Pilot, form: PlanForm) -> HttpResponse:
    """Ask for the factor that tightens, or propose. Raises SupervisionError."""
    person, values, texts = asker(request), form.values(), form.texts()
    changed = changed_values(pilot, values)
    if direction_of_change(pilot, changed) is Direction.LOOSENING:
        made = verbs.propose_change(
            pilot=pilot,
            values=values,
            reason=texts["reason"],
            reason_en=texts["reason_en"],
            basis=texts["basis"],
            by=person,
        )
        messages.success(
            request, _("This loosens the plan, so it was proposed. It binds nobody yet.")
        )
        return redirect("supervision:plan-proposal", pilot.public_id, made.number)
    asked = begin_tightening(pilot=pilot, values=values, reason=texts["reason"], by=person)
    return redirect("supervision:plan-tighten", pilot.public_id, asked.nonce)


@rule(Permission.PLAN_READ, obj=case_of_pilot)
def proposal(request: HttpRequest, case: Case, public_id: str, number: int) -> HttpResponse:
    """One change: what it does, who approved and signed it, since when it is in force."""
    del public_id
    found, person = change_for(request.user, case, number), asker(request)
    (shown,) = shown_changes([found])
    course = course_of_change(found)
    approves = allows(person, Permission.PLAN_APPROVE, case)
    own = any(one.officer_id == person.pk for one in course.approvals)
    context: dict[str, Any] = {
        "change": found,
        "shown": shown,
        "course": course,
        "lines": change_lines(found),
        "pilot": found.pilot,
        "case": case,
        "internal": allows(person, Permission.CASE_READ_INTERNAL, case),
        "may_approve": approves and not own and shown.missing > 0 and not course.stale,
        "approved_already": own,
        "may_sign": shown.waits_for_signature
        and not course.stale
        and allows(person, Permission.PLAN_SIGN, case),
        "may_end": found.state == ChangeState.PROPOSED
        and allows(person, Permission.PLAN_PROPOSE, case),
        "is_proposer": found.proposed_by_id == person.pk,
        "at": timezone.now(),
    }
    return render(request, "supervision/plan_proposal.html", context)


@rule(Permission.PLAN_PROPOSE, obj=case_of_pilot)
def end(request: HttpRequest, case: Case, public_id: str, number: int) -> HttpResponse:
    """Decline a proposal, or withdraw one's own."""
    found, person = change_for(request.user, case, number), asker(request)
    own = found.proposed_by_id == person.pk
    form = EndForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        verb = verbs.withdraw_change if own else verbs.decline_change
        try:
            verb(change=found, reason=form.cleaned_data["reason"], by=person)
        except SupervisionError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        except ForbiddenError:
            raise Http404 from None
        else:
            messages.success(request, _("The proposal has ended. The plan stays as it is."))
            return redirect("supervision:plan-proposal", public_id, number)
    context = {"change": found, "pilot": found.pilot, "form": form, "own": own}
    status = 422 if form.errors else 200
    return render(request, "supervision/plan_end.html", context, status=status)
