"""URLs of review."""

from __future__ import annotations

from django.urls import path

from shidian.apps.review.views import availability, panels, sessions, sheet
from shidian.apps.review.views import conditions as _conditions  # noqa: F401 - the same
from shidian.apps.review.views import part as _part  # noqa: F401 - registers with the case page

app_name = "review"

urlpatterns = [
    path("availability/", availability.availability, name="availability"),
    path("<slug:reference>/", sheet.sheet, name="sheet"),
    path("<slug:reference>/conflict/", sheet.conflict, name="conflict"),
    path("<slug:reference>/extend-round/", panels.extend, name="extend-round"),
    path("<slug:reference>/paper/", panels.paper, name="enter-sheet"),
    path("<slug:reference>/scan/<int:number>/", panels.scan, name="scan"),
    path("<slug:reference>/answer/", sessions.answer, name="answer-sheet"),
    path("<slug:reference>/sessions/", sessions.sessions, name="sessions"),
    path("<slug:reference>/sessions/call/", sessions.call, name="call-session"),
    path("<slug:reference>/sessions/minutes/", sessions.minutes, name="minutes"),
    path("<slug:reference>/sessions/presenters/", sessions.presenters, name="presenters"),
    path("<slug:reference>/sessions/vote/", sessions.vote, name="vote"),
    path(
        "<slug:reference>/sessions/<int:number>.ics", sessions.invitation, name="session-invitation"
    ),
    path("<slug:reference>/open-round/", panels.open_round, name="open-round"),
    path("<slug:reference>/pool/", panels.pool, name="pool"),
    path("<slug:reference>/pool/<str:sha256>.json", panels.pool_document, name="pool-document"),
    path("<slug:reference>/invite/", panels.invite, name="invite-experts"),
    path("<slug:reference>/close-round/", panels.close, name="close-round"),
    path("<slug:reference>/commission/", panels.commission, name="commission"),
    path("<slug:reference>/assessment/", panels.assessment, name="assessment"),
]
