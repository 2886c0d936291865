"""The public site's addresses. No namespace: `home` is the site's home."""

from __future__ import annotations

from django.urls import path, register_converter

from shidian.apps.portal import api
from shidian.apps.portal.views import (
    calls,
    clauses,
    complaints,
    feeds,
    finding,
    home,
    library,
    news,
    notices,
    pilots,
    record,
    rulebooks,
    sharing,
    statistics,
    timelines,
    tips,
)


class LeafConverter:
    """The index of a leaf: a decimal number that a database can hold."""

    regex = "(?:0|[1-9][0-9]{0,17})"

    def to_python(self, value: str) -> int:
        """From the address."""
        return int(value)

    def to_url(self, value: int) -> str:
        """Into the address."""
        return str(value)


register_converter(LeafConverter, "leaf")

urlpatterns = [
    path("", home.home, name="home"),
    path("about/", home.about, name="about"),
    path("search/", finding.find, name="search"),
    path("similar/", finding.similar, name="similar"),
    path("check/", finding.check, name="check"),
    path("feeds/<str:language>/<str:kind>.atom", feeds.feed, name="feed"),
    path("share/<str:language>/<str:kind>/<slug:key>.png", sharing.share_card, name="share-card"),
    path("sitemap.xml", feeds.sitemap, name="sitemap"),
    path("robots.txt", feeds.robots, name="robots"),
    path("news/", news.news, name="news"),
    path("calendar/<str:language>.ics", news.calendar, name="public-calendar"),
    path("institutions/", statistics.institutions, name="institutions"),
    path("statistics/", statistics.statistics, name="statistics"),
    path("data/", feeds.open_data, name="open-data"),
    path("api/v1/", api.urls),
    path("calls/", calls.call_list, name="call-list"),
    path("calls/<slug:key>/", calls.call, name="call"),
    path("calls/<slug:key>/check/", calls.self_check, name="call-check"),
    path("public-notices/", notices.notice_list, name="notice-list"),
    path("public-notices/<slug:key>/", notices.notice, name="notice"),
    path("public-notices/<slug:key>/received/", notices.received, name="comment-received"),
    path("public-notices/<slug:key>/rules/", notices.draft_text, name="notice-rules"),
    path("pilots/", pilots.pilot_list, name="pilot-list"),
    path("pilots/<slug:key>/", pilots.pilot, name="pilot"),
    path("pilots/<slug:key>/complain/", complaints.complain, name="complain"),
    path("complaints/", complaints.status, name="complaint-status"),
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
    path("library/", library.library, name="library"),
    path("library/<slug:key>/", library.lesson, name="lesson"),
    path("risk-tips/", tips.tip_list, name="risk-tips"),
    path("risk-tips/<slug:key>/", tips.tip, name="risk-tip"),
    path("schemes/<slug:key>/", rulebooks.scheme, name="scheme"),
    path("schemes/<slug:key>/clauses/", clauses.clauses, name="scheme-clauses"),
    path("record/", record.record, name="record"),
    path("record/verify/", record.verify, name="record-verify"),
    path("record/log/<path:path>", record.log_file, name="record-file"),
    path("record/leaves/<leaf:index>/", record.leaf, name="record-leaf"),
    path("record/leaves/<leaf:index>/leaf.json", record.leaf_json, name="record-leaf-json"),
    path("record/leaves/<leaf:index>/text.json", record.leaf_text, name="record-text"),
    path("record/leaves/<leaf:index>/salt.txt", record.leaf_salt, name="record-salt"),
    path("record/leaves/<leaf:index>/leaf.tlog-proof", record.leaf_proof, name="record-proof"),
]
