"""Approving a change of the plan, and signing the plan for the institution."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from shidian.apps.accounts.access import Permission, rule
from shidian.apps.accounts.demonstration import code_now
from shidian.apps.accounts.domain.proving import NotProvenError, factors_of, passkey_question
from shidian.apps.cases.errors import ForbiddenError
from shidian.apps.supervision.domain import plan_signing as verbs
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.domain.orders.approving import CodeAnswer, PasskeyAnswer
from shidian.apps.supervision.domain.plan_tightening import begin_again, tighten_plan, told
from shidian.apps.supervision.models import PlanChallenge, PlanVersion
from shidian.apps.supervision.plans import change_lines, shown_changes, tightening_lines
from shidian.apps.supervision.queries import shown_values
from shidian.apps.supervision.views.asker import asker
from shidian.apps.supervision.views.loaders import case_of_pilot, change_for
from shidian.apps.supervision.views.order_forms import CodeForm

if TYPE_CHECKING:
    from collections.abc import Callable

    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.models import Case
    from shidian.apps.supervision.domain.orders.approving import Answer
    from shidian.apps.supervision.models import PlanChange

CREDENTIAL_CHARS_MAX = 16_000


@dataclass(frozen=True, slots=True)
class _Act:
    """What a person is asked to put their second factor to."""

    of: PlanChange | PlanVersion | PlanChallenge
    """A challenge: the tightening that it puts before an officer."""
    begin: Callable[[Person], PlanChallenge]
    finish: Callable[[PlanChallenge, Answer | None, Person], object]
    back: str
    said: str
    approving: bool
    needs_factor: bool


@rule(Permission.PLAN_APPROVE, obj=case_of_pilot)
def approve(request: HttpRequest, case: Case, public_id: str, number: int) -> HttpResponse:
    """Shows the change once more; a code or a passkey approves it."""
    found = change_for(request.user, case, number)
    (shown,) = shown_changes([found])

    def finish(challenge: PlanChallenge, answer: Answer | None, by: Person) -> None:
        if answer is None:
            raise NotProvenError(_("Confirm with your second factor."))
        verbs.approve_change(challenge=challenge, answer=answer, by=by)

    last = shown.missing <= 1
    return _answer_page(
        request,
        _Act(
            found,
            lambda by: verbs.begin_plan_approval(change=found, by=by),
            finish,
            reverse("supervision:plan-proposal", args=[public_id, number]),
            _("Approved. The institution signs next.")
            if last
            else _("Approved. Another officer must approve it as well."),
            approving=True,
            needs_factor=True,
        ),
    )


@rule(Permission.PLAN_SIGN, obj=case_of_pilot)
def sign(request: HttpRequest, case: Case, public_id: str, number: int) -> HttpResponse:
    """The institution signs a change that its officers have approved: it is in force by that."""
    back = reverse("supervision:plan-proposal", args=[public_id, number])
    return _signing(request, change_for(request.user, case, number), back)


@rule(Permission.PLAN_SIGN, obj=case_of_pilot)
def sign_version(request: HttpRequest, case: Case, public_id: str, number: int) -> HttpResponse:
    """The institution signs a version that an officer tightened; it is in force without."""
    found = PlanVersion.objects.filter(pilot__case=case, number=number).first()
    if found is None:
        raise Http404
    return _signing(request, found, reverse("supervision:plan", args=[public_id]))


@rule(Permission.PLAN_PROPOSE, obj=case_of_pilot)
def tighten(request: HttpRequest, case: Case, public_id: str, nonce: str) -> HttpResponse:
    """Shows what is tightened once more; the officer's own code or passkey puts it in force."""
    person = asker(request)
    found = PlanChallenge.objects.filter(pilot__case=case, person=person, nonce=nonce).first()
    if found is None:
        raise Http404

    def finish(challenge: PlanChallenge, answer: Answer | None, by: Person) -> None:
        if answer is None:
            raise NotProvenError(_("Confirm with your second factor."))
        tighten_plan(challenge=challenge, answer=answer, by=by)

    return _answer_page(
        request,
        _Act(
            found,
            lambda by: begin_again(challenge=found, by=by),
            finish,
            reverse("supervision:plan", args=[public_id]),
            _("The plan was changed. It is in force once the journal has it."),
            approving=False,
            needs_factor=True,
        ),
    )


def _signing(request: HttpRequest, of: PlanChange | PlanVersion, back: str) -> HttpResponse:
    said = (
        _("Signed. The plan was seen and is agreed.")
        if isinstance(of, PlanVersion)
        else _("Signed. The plan is in force once the journal has it.")
    )
    return _answer_page(
        request,
        _Act(
            of,
            lambda by: verbs.begin_plan_signature(of=of, by=by),
            lambda challenge, answer, by: verbs.sign_plan(
                challenge=challenge, answer=answer, by=by
            ),
            back,
            said,
            approving=False,
            needs_factor=False,
        ),
    )


def _answer_page(request: HttpRequest, act: _Act) -> HttpResponse:
    """The page of an act, and what is answered on it."""
    by_code = "code" in request.POST
    form = CodeForm(request.POST if by_code else None)
    form.fields["code"].help_text = _("Six digits from your authenticator app, entered for this.")
    problem = None
    if request.method == "POST" and not (by_code and not form.is_valid()):
        problem = _answered(request, act, form)
        if problem is None:
            messages.success(request, act.said)
            return redirect(act.back)
        if by_code:
            form.add_error("code", problem)
    return _page(request, act, form, problem)


def _answered(request: HttpRequest, act: _Act, form: CodeForm) -> str | None:
    """Do it by what was sent; the problem in words where it is refused."""
    person, of = asker(request), act.of
    mine = PlanChallenge.objects.filter(person=person, nonce=request.POST.get("nonce", ""))
    challenge = mine.filter(**_named(of)).first()
    answer = _answer(request, form)
    if challenge is None or isinstance(answer, str):
        return _("This page is too old, or was used already. Look again.")
    try:
        act.finish(challenge, answer, person)
    except (NotProvenError, SupervisionError) as refusal:
        return str(refusal)
    except ForbiddenError:
        raise Http404 from None
    return None


def _named(of: PlanChange | PlanVersion | PlanChallenge) -> dict[str, Any]:
    """How its challenges are found."""
    if isinstance(of, PlanChallenge):
        return {"pilot": of.pilot, "canonical": of.canonical}
    return {"version": of} if isinstance(of, PlanVersion) else {"change": of}


def _answer(request: HttpRequest, form: CodeForm) -> Answer | str | None:
    """What was answered; None for nothing, a text for what cannot be read."""
    if "code" in request.POST:
        return CodeAnswer(form.cleaned_data["code"])
    text = request.POST.get("credential", "")
    if not text:
        return None
    try:
        return PasskeyAnswer(json.loads(text[:CREDENTIAL_CHARS_MAX]))
    except (ValueError, RecursionError):
        return "unreadable"


def _page(request: HttpRequest, act: _Act, form: CodeForm, problem: str | None) -> HttpResponse:
    person, of = asker(request), act.of
    factors = factors_of(person)
    context: dict[str, Any] = {
        **_shown(of),
        "of": of,
        "approving": act.approving,
        "back": act.back,
        "form": form,
        "problem": "" if form.errors else problem,
        "factors": factors,
        "by_session": not factors and not act.needs_factor,
        "demo_code": code_now(person) if "totp" in factors else "",
    }
    try:
        challenge = act.begin(person)
    except SupervisionError as refusal:
        context["refused"] = str(refusal)
    else:
        context["challenge"] = challenge
        if "webauthn" in factors:
            question = passkey_question(person, verbs.plan_challenge_bytes(challenge))
            context["js_data"] = {"request_options": question}
    status = 422 if form.errors or problem else 200
    template = "tighten" if isinstance(of, PlanChallenge) else "sign"
    return render(request, f"supervision/plan_{template}.html", context, status=status)


def _shown(of: PlanChange | PlanVersion | PlanChallenge) -> dict[str, Any]:
    """What is shown of it before it is confirmed."""
    if isinstance(of, PlanVersion):
        values = shown_values(of.pilot.case.rulebook, of.values)
        return {"is_version": True, "pilot": of.pilot, "values": values}
    if isinstance(of, PlanChallenge):
        said = told(of)
        lines = tightening_lines(of, said.values)
        return {"pilot": of.pilot, "lines": lines, "reason": said.reason}
    return {"is_version": False, "pilot": of.pilot, "lines": change_lines(of)}
