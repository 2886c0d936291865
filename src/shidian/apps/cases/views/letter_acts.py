"""One page per step of a letter: GET shows the form and its effect, POST does it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from shidian.apps.accounts.access import Permission, allows, rule
from shidian.apps.cases import letter_queries as names
from shidian.apps.cases.domain import letters, letters_out, serving
from shidian.apps.cases.letter_queries import open_acts, shown_version
from shidian.apps.cases.views.acts import act_crumbs, attempt
from shidian.apps.cases.views.letter_forms import (
    AcknowledgeStep,
    BindStep,
    ReasonStep,
    ReceiptStep,
    SendBackStep,
    ServeStep,
    StepForm,
)
from shidian.apps.cases.views.letter_words import DONE, EFFECTS, LABELS
from shidian.apps.cases.views.letters import letter_or_404
from shidian.apps.cases.views.loaders import case_by_reference

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from shidian.apps.cases.models import Case


@dataclass(frozen=True, slots=True)
class LetterAct:
    """A step: what is asked, and the verb that takes it."""

    form: type[StepForm]
    do: Callable[..., Any]


ACTS = {
    names.SIGN: LetterAct(StepForm, letters.sign_letter),
    names.SEND_BACK: LetterAct(SendBackStep, letters.send_back_letter),
    names.RELEASE: LetterAct(StepForm, letters_out.release_letter),
    names.TAKE_BACK: LetterAct(ReasonStep, letters_out.take_back_letter),
    names.WITHDRAW: LetterAct(ReasonStep, letters_out.withdraw_letter),
    names.BIND: LetterAct(BindStep, serving.bind_scan),
    names.SERVE: LetterAct(ServeStep, serving.serve_letter),
    names.RECEIPT: LetterAct(ReceiptStep, serving.record_receipt),
    names.ACKNOWLEDGE: LetterAct(AcknowledgeStep, serving.acknowledge_letter),
}


@rule(Permission.LETTER_READ, obj=case_by_reference)
@require_http_methods(["GET", "POST"])
def act(
    request: HttpRequest, case: Case, number: int, letter_act: str, **_url: object
) -> HttpResponse:
    """A step that is not open to the person now is a 404."""
    found = letter_or_404(request, case, number)
    state = found.state
    person: Any = request.user
    if letter_act not in ACTS or letter_act not in open_acts(person, found, state):
        raise Http404
    chosen = ACTS[letter_act]
    form = chosen.form(found, state, person, request.POST or None, request.FILES or None)
    if (
        request.method == "POST"
        and form.is_valid()
        and attempt(form, lambda: chosen.do(letter=found, by=person, **form.payload()))
    ):
        messages.success(request, DONE[letter_act])
        return redirect("cases:letter", reference=case.reference, number=number)
    internal = allows(person, Permission.CASE_READ_INTERNAL, case)
    context = {
        "case": case,
        "letter": found,
        "version": shown_version(found, state, internal=internal),
        "form": form,
        "label": LABELS[letter_act],
        "effect": EFFECTS[letter_act],
        "crumbs": act_crumbs(case, LABELS[letter_act]),
    }
    return render(request, "cases/letter_act.html", context, status=422 if form.errors else 200)
