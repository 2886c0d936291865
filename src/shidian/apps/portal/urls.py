"""The public site's addresses. No namespace: `home` is the site's home."""

from __future__ import annotations

from django.urls import path

from shidian.apps.portal.views import calls, clauses, home, notices, pilots, rulebooks, timelines

urlpatterns = [
    path("", home.home, name="home"),
    path("about/", home.about, name="about"),
    path("calls/", calls.call_list, name="call-list"),
    path("calls/<slug:key>/", calls.call, name="call"),
    path("public-notices/", notices.notice_list, name="notice-list"),
    path("public-notices/<slug:key>/", notices.notice, name="notice"),
    path("public-notices/<slug:key>/received/", notices.received, name="comment-received"),
    path("public-notices/<slug:key>/rules/", notices.draft_text, name="notice-rules"),
    path("pilots/", pilots.pilot_list, name="pilot-list"),
    path("pilots/<slug:key>/", pilots.pilot, name="pilot"),
    path("pilots/<slug:key>/data.csv", pilots.pilot_series, name="pilot-series"),
    path("timeline/<slug:key>/", timelines.case, name="case-timeline"),
    path("rulebooks/", rulebooks.rulebook_list, name="rulebook-list"),
    path("rulebooks/compare/", rulebooks.rulebook_compare, name="rulebook-compare"),
    path("rulebooks/difference/", rulebooks.rulebook_diff, name="rulebook-diff"),
    path("rulebooks/schema.json", rulebooks.rulebook_schema, name="rulebook-schema"),
    path("rulebooks/<slug:scheme>/", rulebooks.rulebook, name="rulebook"),
    path("rulebooks/<slug:scheme>/<str:version>/", rulebooks.rulebook, name="rulebook-version"),
    path(
        "rulebooks/<slug:scheme>/<str:version>/text.pdf",
        rulebooks.rulebook_pdf,
        name="rulebook-pdf",
    ),
    path(
        "rulebooks/<slug:scheme>/<str:version>/document.json",
        rulebooks.rulebook_document,
        name="rulebook-document",
    ),
    path("schemes/<slug:key>/", rulebooks.scheme, name="scheme"),
    path("schemes/<slug:key>/clauses/", clauses.clauses, name="scheme-clauses"),
]
