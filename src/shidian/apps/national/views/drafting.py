"""Beginning and revising a dispatch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from shidian.apps.accounts.access import Permission, rule
from shidian.apps.cases.errors import DomainError
from shidian.apps.cases.views.acts import attempt
from shidian.apps.cases.words import localized
from shidian.apps.cases.zones import day_in
from shidian.apps.national.bodies import rules_of
from shidian.apps.national.domain import dispatching as verbs
from shidian.apps.national.periods import last_period
from shidian.apps.national.views.forms import DraftForm, headings
from shidian.apps.national.views.loaders import dispatch_by_reference, scheme_by_slug
from shidian.apps.supervision.views.asker import asker

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from shidian.apps.cases.models import Scheme
    from shidian.apps.national.models import Dispatch
    from shidian.core.rulebook.model import DispatchRule


@rule(Permission.DISPATCH_BEGIN, obj=scheme_by_slug)
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, scheme: Scheme, *, kind_of: str, **_url: object) -> HttpResponse:
    """Begin what the scheme's newest rules have under that id."""
    try:
        version, named = verbs.rule_of(scheme, kind_of)
    except DomainError:
        raise Http404 from None
    person = asker(request)
    initial: dict[str, Any] = {"subject": localized(named.name), "text": headings(named)}
    if named.every_months is not None:
        period = last_period(named.every_months, day_in(rules_of(version), timezone.now()))
        initial |= {"first": period.first, "last": period.last}
    form = DraftForm(
        request.POST or None,
        kind=named.kind.value,
        scheme=scheme,
        person=person,
        chosen=(),
        initial=initial,
    )
    made: list[Dispatch] = []
    if (
        request.method == "POST"
        and form.is_valid()
        and attempt(
            form,
            lambda: made.append(
                verbs.begin_dispatch(scheme=scheme, rule=named.id, by=person, **form.given)
            ),
        )
    ):
        messages.success(request, _("The draft was saved."))
        return redirect("national:dispatch", dispatch=made[0].reference)
    return _page(request, form, scheme, named)


@rule(Permission.DISPATCH_DRAFT, obj=dispatch_by_reference)
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, found: Dispatch, **_url: object) -> HttpResponse:
    """Save another text of the draft; its figures are drawn anew."""
    if not found.is_draft:
        messages.error(request, _("It was sent or withdrawn meanwhile."))
        return redirect("national:dispatch", dispatch=found.reference)
    try:
        _version, named = verbs.rule_of(found.scheme, found.rule)
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return redirect("national:dispatch", dispatch=found.reference)
    person = asker(request)
    chosen = list(found.cases.values_list("pk", flat=True))
    form = DraftForm(
        request.POST or None,
        kind=found.kind,
        scheme=found.scheme,
        person=person,
        chosen=chosen,
        initial={
            "subject": found.subject,
            "text": found.text,
            "first": found.first,
            "last": found.last,
            "cases": chosen,
            "edition": found.edition,
        },
    )
    if (
        request.method == "POST"
        and form.is_valid()
        and attempt(
            form,
            lambda: verbs.revise_dispatch(
                dispatch=found,
                edition=form.cleaned_data["edition"] or 0,
                by=person,
                **form.given,
            ),
        )
    ):
        messages.success(request, _("The draft was saved."))
        return redirect("national:dispatch", dispatch=found.reference)
    return _page(request, form, found.scheme, named, found)


def _page(
    request: HttpRequest,
    form: DraftForm,
    scheme: Scheme,
    named: DispatchRule,
    found: Dispatch | None = None,
) -> HttpResponse:
    context = {
        "form": form,
        "scheme": scheme,
        "rule": named,
        "receiver": scheme.parts.select_related("authority")
        .get(local_id=named.authority)
        .authority,
        "dispatch": found,
        "crumbs": [
            (_("Dispatches"), reverse("national:dispatches")),
            *(
                [(found.reference, reverse("national:dispatch", args=[found.reference]))]
                if found
                else []
            ),
            (_("Draft"), None),
        ],
    }
    return render(request, "national/draft.html", context, status=422 if form.errors else 200)
