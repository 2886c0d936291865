"""One's deadlines in a calendar program: make the secret address, revoke it, serve the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from shidian.apps.accounts.access import Permission, rule
from shidian.apps.cases import domain
from shidian.apps.cases.deadlines import calendar_text, deadlines_of, reader_of
from shidian.apps.cases.domain.desk import digest_of
from shidian.apps.cases.models import DeadlineFeed

if TYPE_CHECKING:
    from django.http import HttpRequest


@rule(Permission.DESK_READ)
@require_http_methods(["GET", "POST"])
def deadlines(request: HttpRequest) -> HttpResponse:
    """What the address is for; POST makes a new one, shown this once, or revokes it."""
    person: Any = request.user
    address = ""
    if request.method == "POST":
        if "revoke" in request.POST:
            domain.revoke_deadlines(person=person)
            return redirect("cases:deadlines")
        secret = domain.publish_deadlines(person=person)
        address = request.build_absolute_uri(reverse("cases:deadline-feed", args=[secret]))
    context = {
        "address": address,
        "feed": DeadlineFeed.objects.filter(person=person, revoked_at=None).first(),
        "tasks": deadlines_of(person),
        "crumbs": [(_("My desk"), reverse("cases:desk")), (_("Deadlines in your calendar"), None)],
    }
    return render(request, "cases/deadlines.html", context)


@rule("public")
@require_GET
def feed(request: HttpRequest, secret: str) -> HttpResponse:
    """The file for whoever knows the address, in the language of the person whose it is."""
    person = reader_of(digest_of(secret))
    if person is None:
        raise Http404
    with translation.override(person.language):
        text = calendar_text(
            _("Deadlines (Shidian)"),
            deadlines_of(person),
            request.get_host().partition(":")[0],
            timezone.now(),
        )
    response = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="deadlines.ics"'
    response["Referrer-Policy"] = "no-referrer"
    add_never_cache_headers(response)
    return response
