"""Internal notes on the case page: one's own authority's, and a form for another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from shidian.apps.accounts.access import Permission, allows, rule
from shidian.apps.cases import domain
from shidian.apps.cases.errors import DomainError
from shidian.apps.cases.models import CaseNote
from shidian.apps.cases.views.loaders import case_by_reference
from shidian.apps.cases.views.roles import viewer_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from shidian.apps.accounts.models import Authority
    from shidian.apps.cases.models import Case
    from shidian.apps.cases.views.roles import Viewer

NOTES_MAX = 50
"""Newest notes on the page."""


def notes_part(case: Case, viewer: Viewer) -> dict[str, Any] | None:
    """Context of `cases/_notes.html`; None for whoever has no notes to read or write."""
    if not viewer.is_of_the_authorities:
        return None
    places = _places(case, viewer) if allows(viewer.person, Permission.NOTE_WRITE, case) else []
    notes = CaseNote.objects.visible_to(viewer.person).filter(case=case)
    shown = list(notes.select_related("author", "authority")[:NOTES_MAX])
    if not places and not shown:
        return None
    return {"case": case, "notes": shown, "places": places}


def _places(case: Case, viewer: Viewer) -> list[Authority]:
    """Authorities of the scheme for which the viewer may write."""
    held = viewer.roles.authorities()
    return [part.authority for part in case.scheme.parts.all() if part.authority_id in held]


@rule(Permission.NOTE_WRITE, obj=case_by_reference)
@require_POST
def write(request: HttpRequest, case: Case, **_url: object) -> HttpResponse:
    """Leave a note; a refused text stays in the message's form, not in the log."""
    viewer = viewer_of(request.user)  # type: ignore[arg-type]  # a Person: the rule saw to it
    named = request.POST.get("authority", "")
    places = _places(case, viewer)
    chosen = [one for one in places if str(one.pk) == named] or (places if not named else [])
    if len(chosen) != 1:
        raise Http404
    text = request.POST.get("text", "")
    try:
        domain.write_note(case=case, authority=chosen[0], text=text, by=viewer.person)
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The note is kept for your authority."))
    return redirect(reverse("cases:case", args=[case.reference]) + "#notes")
