"""What was published last; and the days that the public can put into its calendar."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shidian import ics
from shidian.apps.notices.models import SnapshotKind
from shidian.apps.notices.public import public
from shidian.apps.portal import snapshots
from shidian.apps.portal.addresses import address
from shidian.apps.portal.shared import shared
from shidian.apps.portal.views.feeds import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest

    from shidian.apps.notices.models import PublishedCard

SHOWN = 30
ENTRIES_MAX = 500
_KINDS = {
    SnapshotKind.CALL: gettext_lazy("Call for projects"),
    SnapshotKind.NOTICE: gettext_lazy("Public notice"),
    SnapshotKind.PILOT: gettext_lazy("Pilot"),
    SnapshotKind.RULEBOOK: gettext_lazy("Rulebook"),
    SnapshotKind.LESSON: gettext_lazy("Case library"),
}


@public
@shared
def news(request: HttpRequest) -> HttpResponse:
    """The newest text of each thing, whichever kind it is of."""
    page = Paginator(snapshots.newest_cards(_KINDS), SHOWN).get_page(request.GET.get("page"))
    lines = [_line(card) for card in page.object_list]
    return render(request, "portal/news.html", {"page": page, "news": lines})


def _line(card: PublishedCard) -> dict[str, Any]:
    body = card.body
    return {
        "kind": _KINDS[SnapshotKind(card.kind)],
        "title": body.get("title") or card.key,
        "lead": body.get("lead", ""),
        "address": address(snapshots.Named(card.kind, card.key)),
        "version": card.snapshot.version,
        "published_at": card.published_at,
    }


@public
def calendar(request: HttpRequest, language: str) -> HttpResponse:
    """Last days to apply and to comment, and the last days of pilots, in the address's language."""
    if language not in LANGUAGES:
        raise Http404
    with translation.override(LANGUAGES[language]):
        entries = [_entry(request, *one) for one in _days()]
        text = ics.calendar(_("Deadlines of the pilots"), "Public deadlines", entries)
    response = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="deadlines.ics"'
    return response


def _days() -> Iterator[tuple[snapshots.Named, date, str, str]]:
    """(thing, day, what ends on it, its name), of what has not ended."""
    today = timezone.localdate()
    for card in snapshots.ending(today, ENTRIES_MAX):
        named = snapshots.Named(card.kind, card.key)
        for what, on in _ends_of(card):
            if on >= today:
                yield named, on, _words()[what] % {"title": card.body["title"]}, what


def _ends_of(card: PublishedCard) -> list[tuple[str, date]]:
    if card.kind == SnapshotKind.PILOT:
        days = card.body.get("last_days", ())
        return [(one["kind"], date.fromisoformat(one["on"])) for one in days]
    return [(card.kind, card.closes_on)] if card.closes_on else []


def _words() -> dict[str, str]:
    return {
        "call": _("Applications close: %(title)s"),
        "notice": _("Comments close: %(title)s"),
        "term": _("The pilot's term ends: %(title)s"),
        "run-off": _("The pilot's run-off ends: %(title)s"),
    }


def _entry(
    request: HttpRequest, named: snapshots.Named, on: date, summary: str, what: str
) -> list[str]:
    # What a call and a notice have had for a name, calendars know them by.
    of = named.kind if what in SnapshotKind.values else f"{named.kind}-{what}"
    uid = f"{of}-{named.key}@{request.get_host()}"
    url = request.build_absolute_uri(address(named))
    return ics.whole_day(uid, summary, on, timezone.now(), url=url)
