"""For programs: Atom feeds of what is published, a map of the site, the page that names both."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.contrib.syndication.views import Feed
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _

from shidian.apps.notices.models import SnapshotKind
from shidian.apps.notices.public import public
from shidian.apps.portal import snapshots
from shidian.apps.portal.addresses import address
from shidian.apps.portal.head_data import as_data

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest

    from shidian.apps.portal.snapshots import Published

    _Feed = Feed[Any, str]
else:
    _Feed = Feed

ENTRIES_MAX = 50
PAGES_MAX = 50_000
"""A sitemap holds no more (sitemaps.org protocol 0.90)."""
FED = {
    "all": (
        SnapshotKind.CALL,
        SnapshotKind.NOTICE,
        SnapshotKind.PILOT,
        SnapshotKind.RULEBOOK,
        SnapshotKind.LESSON,
    ),
    "calls": (SnapshotKind.CALL,),
    "notices": (SnapshotKind.NOTICE,),
    "pilots": (SnapshotKind.PILOT,),
    "rulebooks": (SnapshotKind.RULEBOOK,),
}
LANGUAGES = {"zh": "zh-hans", "en": "en"}
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_WITH_ACCOUNT = ("account", "cases", "lab", "review", "supervision")
_LISTS = (
    *("home", "about", "check", "record", "open-data", "statistics", "institutions", "news"),
    *("call-list", "notice-list", "pilot-list", "rulebook-list", "library"),
)


def xml_text(text: str) -> str:
    """The text with a mark in place of what no XML 1.0 document can hold (its section 2.2), such as
    a control character: one in one title would take the whole feed away."""
    return _NOT_XML.sub("\ufffd", text)


class PublishedFeed(_Feed):
    """The newest published texts of one or all kinds. An entry's id names its text."""

    feed_type = Atom1Feed

    def get_object(self, request: HttpRequest, kind: str) -> str:
        """The kind."""
        del request
        return kind

    def title(self, kind: str) -> str:
        """Of the feed."""
        return {
            "all": _("Everything new on the public site"),
            "calls": _("Calls for projects"),
            "notices": _("Public notices"),
            "pilots": _("Pilots"),
            "rulebooks": _("Rulebooks"),
        }[kind]

    def link(self, kind: str) -> str:
        """The page that a reader opens."""
        pages = {"calls": "call-list", "notices": "notice-list", "pilots": "pilot-list"}
        return reverse(pages.get(kind, "rulebook-list" if kind == "rulebooks" else "home"))

    def items(self, kind: str) -> list[Published]:
        """Newest first."""
        return snapshots.newest(FED[kind], ENTRIES_MAX)

    def item_title(self, item: Any) -> str:
        """As the page's own."""
        return xml_text(str(item.body.get("title") or item.thing.key))

    def item_description(self, item: Any) -> str:
        """Who answers for it, or what it is."""
        body = item.body
        parts = [body.get("lead"), body.get("scheme_title"), body.get("summary"), body.get("guide")]
        return xml_text(" · ".join(str(part) for part in parts if part))

    def item_link(self, item: Any) -> str:
        """Its page."""
        return address(item.thing)

    def item_guid(self, item: Any) -> str:
        """`tag:` would name an owner and a year; the digest of the text names the text."""
        return f"urn:sha256:{item.digest.removeprefix('sha256:')}"

    def item_updateddate(self, item: Any) -> datetime:
        """When this version was published."""
        published_at: datetime = item.published_at
        return published_at


@public
def feed(request: HttpRequest, language: str, kind: str) -> HttpResponse:
    """Atom: the newest of `kind` in the language that the address names."""
    if language not in LANGUAGES or kind not in FED:
        raise Http404
    with translation.override(LANGUAGES[language]):
        return PublishedFeed()(request, kind=kind)


@public
def sitemap(request: HttpRequest) -> HttpResponse:
    """Every page that the public site has, with when its text was published."""
    pages: list[tuple[str, datetime | None]] = [(reverse(name), None) for name in _LISTS]
    pages += [(address(thing), at) for thing, at in snapshots.all_things(PAGES_MAX - len(pages))]
    listed = [(request.build_absolute_uri(path), at) for path, at in pages if path]
    content = {"pages": listed}
    return render(request, "portal/sitemap.xml", content, content_type="application/xml")


@public
def robots(request: HttpRequest) -> HttpResponse:
    """The public site may be read by anyone; what needs an account is nothing to a robot."""
    lines = ["User-agent: *"]
    lines += [f"Disallow: /{part}/" for part in _WITH_ACCOUNT]
    lines += [f"Sitemap: {request.build_absolute_uri(reverse('sitemap'))}", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@public
def open_data(request: HttpRequest) -> HttpResponse:
    """What programs may read here, and how."""
    kinds = [kind for kind in FED if kind != "all"]
    content = {"kinds": kinds, "languages": LANGUAGES, "data": as_data(_catalogue(request))}
    return render(request, "portal/open_data.html", content)


def _catalogue(request: HttpRequest) -> dict[str, Any]:
    """The same for programs that look for data sets: schema.org, which search engines read."""
    files = (
        (reverse("open-api:openapi-json"), "application/json"),
        (f"{reverse('statistics')}?format=csv", "text/csv"),
        (f"{reverse('statistics')}?format=json", "application/json"),
        (f"{reverse('pilot-list')}?format=csv", "text/csv"),
        (f"{reverse('notice-list')}?format=csv", "text/csv"),
        (reverse("feed", args=["zh", "all"]), "application/atom+xml"),
    )
    return {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "name": str(_("Open data")),
        "description": str(
            _(
                "Everything that this site shows can be read by programs, without an"
                " account and at no charge."
            )
        ),
        "url": request.build_absolute_uri(reverse("open-data")),
        "isAccessibleForFree": True,
        "inLanguage": ["zh-CN", "en"],
        "distribution": [
            {
                "@type": "DataDownload",
                "contentUrl": request.build_absolute_uri(path),
                "encodingFormat": media,
            }
            for path, media in files
        ],
    }
