"""One page per act: GET shows the form and its effect, POST does it; a refusal is a form error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from shidian.apps.accounts.access import Permission, rule
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.history import state_of
from shidian.apps.cases.views import (  # noqa: F401 - each adds its forms to the table
    consult_forms,
    objection_forms,
    paper_forms,
)
from shidian.apps.cases.views.act_forms import FORMS
from shidian.apps.cases.views.buttons import allowed_verbs, way_of
from shidian.apps.cases.views.effects import EFFECTS
from shidian.apps.cases.views.loaders import case_by_reference
from shidian.apps.cases.views.roles import viewer_of
from shidian.apps.cases.views.sending import SENDERS
from shidian.apps.cases.words import localized
from shidian.core.procedure.types import Verb
from shidian.core.procedure.verbs import VERBS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from django import forms
    from django.http import HttpRequest, HttpResponse

    from shidian.apps.cases.models import Case
    from shidian.apps.cases.views.form_base import ActForm

    Send = Callable[[Mapping[str, Any]], object]


@rule(Permission.CASE_READ, obj=case_by_reference)
@require_http_methods(["GET", "POST"])
def act(request: HttpRequest, case: Case, verb: str, **_url: object) -> HttpResponse:
    """The generic act page. An act that is not open to the person now is a 404."""
    try:
        wanted = Verb(verb.replace("-", "_"))
        form_class = FORMS[wanted]
    except (ValueError, KeyError):
        raise Http404 from None
    state = state_of(case)
    if wanted not in allowed_verbs(case, state, viewer_of(request.user)):  # type: ignore[arg-type]
        raise Http404
    if instead := way_of(case, wanted):
        return redirect(instead)
    form = form_class(case, state, request.POST or None, request.FILES or None)
    form.narrow(request.user)
    return act_page(
        request,
        case,
        wanted,
        form,
        send=lambda payload: SENDERS[wanted](
            case=case, by=request.user, expected_seq=form.cleaned_data["seq"], **payload
        ),
    )


def act_page(
    request: HttpRequest,
    case: Case,
    verb: Verb,
    form: ActForm,
    *,
    send: Send,
    template: str = "",
    **extra: Any,
) -> HttpResponse:
    """Show the form with its effect; on a valid POST send it and go back to the case."""
    sent = request.method == "POST" and form.is_valid() and not form.only_shows
    if sent and attempt(form, lambda: send(form.payload())):
        messages.success(request, done_words(verb))
        return redirect("cases:case", reference=case.reference)
    context = {
        "case": case,
        "form": form,
        "verb": verb,
        "label": VERBS[verb].label,
        "effect": EFFECTS[verb],
        "act_rule": case.rulebook.acts.get(verb.value),
        "crumbs": act_crumbs(case, VERBS[verb].label),
        **extra,
    }
    return render(request, template or form.template, context, status=422 if form.errors else 200)


def attempt(form: forms.Form, send: Callable[[], object]) -> bool:
    """Send; a refusal becomes an error of the field at fault, or of the form. A ban is a 404."""
    try:
        send()
    except ForbiddenError:
        raise Http404 from None
    except DomainError as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
        return False
    return True


def act_crumbs(case: Case, label: Any) -> list[tuple[Any, str | None]]:
    """Desk › case › this act."""
    return [
        (_("My desk"), reverse("cases:desk")),
        (case.title, reverse("cases:case", args=[case.reference])),
        (label, None),
    ]


def done_words(verb: Verb) -> str:
    """What the next page says."""
    return _("Done: %(act)s.") % {"act": localized(VERBS[verb].label)}
