"""Where one is signed in, and how to end it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.sessions.models import Session
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from shidian.apps.accounts.access import rule
from shidian.apps.accounts.domain import end_sessions

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse


def living(request: HttpRequest) -> QuerySet[UserSession]:
    """The person's sessions that still open a page, newest first."""
    alive = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    own: QuerySet[UserSession] = UserSession.objects.filter(user=request.user)
    return own.filter(session_key__in=alive).order_by("-created_at")


@rule("signed-in")
def session_list(request: HttpRequest) -> HttpResponse:
    """Every session, with the one that is looking marked."""
    here = request.session.session_key
    sessions = [
        {"session": session, "here": session.session_key == here} for session in living(request)
    ]
    return render(request, "accounts/sessions.html", {"sessions": sessions})


@rule("signed-in")
@require_POST
def end_session(request: HttpRequest) -> HttpResponse:
    """End one session, or all but this one: whoever sits there must sign in again."""
    others = living(request).exclude(session_key=request.session.session_key)
    wanted = request.POST.get("session", "")
    if wanted != "others":
        others = others.filter(pk=int(wanted)) if wanted.isdecimal() else others.none()
    if count := end_sessions(list(others)):
        messages.success(request, _("Sessions ended: %(count)d.") % {"count": count})
    return redirect("accounts:sessions")
