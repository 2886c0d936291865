"""What is done with a dispatch: sent, withdrawn, received, answered, sent back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from shidian.apps.accounts.access import Permission, rule
from shidian.apps.cases.errors import DomainError
from shidian.apps.cases.views.acts import attempt
from shidian.apps.national.domain import answering, dispatching
from shidian.apps.national.views.dispatches import render_page
from shidian.apps.national.views.effects import SEND
from shidian.apps.national.views.forms import AnswerForm, ReasonForm, SendForm
from shidian.apps.national.views.loaders import dispatch_by_reference
from shidian.apps.supervision.views.asker import asker

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from shidian.apps.national.models import Dispatch


@rule(Permission.DISPATCH_SEND, obj=dispatch_by_reference)
@require_http_methods(["GET", "POST"])
def send(request: HttpRequest, found: Dispatch, **_url: object) -> HttpResponse:
    """Approve and send: the effect first, then the act."""
    form = SendForm(request.POST or None, initial={"edition": found.edition})
    if (
        request.method == "POST"
        and form.is_valid()
        and attempt(
            form,
            lambda: dispatching.send_dispatch(
                dispatch=found, edition=form.cleaned_data["edition"], by=asker(request)
            ),
        )
    ):
        messages.success(request, _("It was sent."))
        return _back(found)
    context = {
        "form": form,
        "dispatch": found,
        "effect": SEND,
        "crumbs": [
            (_("Dispatches"), reverse("national:dispatches")),
            (found.reference, reverse("national:dispatch", args=[found.reference])),
            (_("Send"), None),
        ],
    }
    return render(request, "national/send.html", context, status=422 if form.errors else 200)


@rule(Permission.DISPATCH_SEND, obj=dispatch_by_reference)
@require_POST
def withdraw(request: HttpRequest, found: Dispatch, **_url: object) -> HttpResponse:
    """Take it back, with the reason."""
    form = ReasonForm(request.POST, auto_id="withdraw_%s")
    if form.is_valid() and attempt(
        form,
        lambda: dispatching.withdraw_dispatch(
            dispatch=found, reason=form.cleaned_data["text"], by=asker(request)
        ),
    ):
        messages.success(request, _("It was withdrawn."))
        return _back(found)
    return render_page(request, found, ("withdraw", form))


@rule(Permission.DISPATCH_ANSWER, obj=dispatch_by_reference)
@require_POST
def receive(request: HttpRequest, found: Dispatch, **_url: object) -> HttpResponse:
    """Confirm receipt."""
    try:
        answering.confirm_receipt(dispatch=found, by=asker(request))
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Receipt is confirmed."))
    return _back(found)


@rule(Permission.DISPATCH_ANSWER, obj=dispatch_by_reference)
@require_POST
def answer(request: HttpRequest, found: Dispatch, **_url: object) -> HttpResponse:
    """Answer it."""
    form = AnswerForm(request.POST, kind=found.kind)
    if form.is_valid() and attempt(
        form,
        lambda: answering.answer_dispatch(dispatch=found, by=asker(request), **form.cleaned_data),
    ):
        messages.success(request, _("The answer was sent."))
        return _back(found)
    return render_page(request, found, ("answer", form))


@rule(Permission.DISPATCH_ANSWER, obj=dispatch_by_reference)
@require_POST
def send_back(request: HttpRequest, found: Dispatch, **_url: object) -> HttpResponse:
    """Send it back to be put right, with the reason."""
    form = ReasonForm(request.POST, auto_id="return_%s")
    if form.is_valid() and attempt(
        form,
        lambda: answering.send_back(
            dispatch=found,
            version=form.cleaned_data["version"] or 0,
            reason=form.cleaned_data["text"],
            by=asker(request),
        ),
    ):
        messages.success(request, _("It was sent back."))
        return _back(found)
    return render_page(request, found, ("return", form))


def _back(found: Dispatch) -> HttpResponse:
    return redirect("national:dispatch", dispatch=found.reference)
