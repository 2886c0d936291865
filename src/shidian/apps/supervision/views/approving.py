"""Approving and countersigning an order: its text with a fresh challenge, one factor answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from shidian.apps.accounts.access import Permission, rule
from shidian.apps.accounts.demonstration import code_now
from shidian.apps.accounts.domain.proving import NotProvenError, factors_of, passkey_question
from shidian.apps.cases.errors import ForbiddenError
from shidian.apps.supervision.domain import orders as verbs
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.domain.orders.approving import (
    CodeAnswer,
    PasskeyAnswer,
    challenge_bytes,
)
from shidian.apps.supervision.models import OrderChallenge, OrderState
from shidian.apps.supervision.order_words import effects_of, restriction_lines
from shidian.apps.supervision.views.asker import asker
from shidian.apps.supervision.views.loaders import case_of_order, order_for
from shidian.apps.supervision.views.order_forms import CodeForm

if TYPE_CHECKING:
    from shidian.apps.cases.models import Case
    from shidian.apps.supervision.domain.orders.approving import Answer
    from shidian.apps.supervision.models import Order

CREDENTIAL_CHARS_MAX = 16_000


@rule(Permission.ORDER_APPROVE, obj=case_of_order)
def approve(request: HttpRequest, case: Case, order: str) -> HttpResponse:
    """Shows the order once more with what it does; a code or a passkey approves it."""
    found = order_for(request.user, case, order)
    by_code = "code" in request.POST
    form = CodeForm(request.POST if by_code else None)
    problem = None
    if request.method == "POST" and not (by_code and not form.is_valid()):
        problem = _answered(request, found, form)
        if problem is None:
            return redirect("supervision:order", found.public_id)
        if by_code:
            form.add_error("code", problem)
    return _page(request, found, form, problem)


def _answered(request: HttpRequest, order: Order, form: CodeForm) -> str | None:
    """Approve it by what was sent; the problem in words where it is refused."""
    person = asker(request)
    challenge = OrderChallenge.objects.filter(
        order=order, officer=person, nonce=request.POST.get("nonce", "")
    ).first()
    answer = _answer(request, form)
    if challenge is None or answer is None:
        return _("This page is too old, or was used already. Look again.")
    countersigning = order.state != OrderState.PROPOSED
    verb = verbs.countersign_order if countersigning else verbs.approve_order
    try:
        approved = verb(challenge=challenge, answer=answer, by=person)
    except (NotProvenError, SupervisionError) as refusal:
        return str(refusal)
    except ForbiddenError:
        raise Http404 from None
    messages.success(request, _said(approved, countersigning=countersigning))
    return None


def _answer(request: HttpRequest, form: CodeForm) -> Answer | None:
    if "code" in request.POST:
        return CodeAnswer(form.cleaned_data["code"])
    text = request.POST.get("credential", "")
    if not text or len(text) > CREDENTIAL_CHARS_MAX:
        return None
    try:
        return PasskeyAnswer(json.loads(text))
    except (ValueError, RecursionError):
        return None


def _said(order: Order, *, countersigning: bool) -> str:
    if countersigning:
        return _("Countersigned. The order stands.")
    if order.state == OrderState.ISSUED:
        return _("Approved and issued. The order is on its way to the institution.")
    return _("Approved. Another officer must approve it before it is issued.")


def _page(request: HttpRequest, order: Order, form: CodeForm, problem: str | None) -> HttpResponse:
    person = asker(request)
    factors = factors_of(person)
    context: dict[str, Any] = {
        "order": order,
        "pilot": order.pilot,
        "form": form,
        "problem": "" if form.errors else problem,
        "factors": factors,
        "plan_lines": restriction_lines(order),
        "effects": effects_of(order),
        "countersigning": order.state != OrderState.PROPOSED,
        "last": order.approvals.count() + 1 >= order.required_approvals,
        "demo_code": code_now(person),
    }
    try:
        challenge = verbs.begin_approval(order=order, by=person)
    except SupervisionError as refusal:
        context["refused"] = str(refusal)
    else:
        context["challenge"] = challenge
        if "webauthn" in factors:
            question = passkey_question(person, challenge_bytes(challenge))
            context["js_data"] = {"request_options": question}
    status = 422 if form.errors or problem else 200
    return render(request, "supervision/order_approve.html", context, status=status)
