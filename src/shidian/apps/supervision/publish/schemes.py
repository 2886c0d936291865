"""Bodies about a scheme and its rulebooks, with what is known of their history."""

from __future__ import annotations

from datetime import date
from statistics import median
from typing import TYPE_CHECKING

from django.db.models import Min
from django.utils import timezone

from shidian.apps.cases.calendars import calendar_of
from shidian.apps.cases.errors import DomainError
from shidian.apps.cases.models import Case, CaseEvent, RulebookVersion, Scheme
from shidian.apps.cases.rulebooks import loaded_rulebook
from shidian.apps.cases.zones import day_in
from shidian.apps.notices.models import PublishedCard, SnapshotKind
from shidian.apps.supervision.models import AT_WORK, Pilot
from shidian.apps.supervision.publish.cases import public_note
from shidian.apps.supervision.publish.language import Language, name, text, title
from shidian.apps.supervision.publish.words import EVENT
from shidian.core.procedure.calendars import CalendarMissingError, names_of
from shidian.core.procedure.types import EventKind
from shidian.core.rulebook.executable import not_executable
from shidian.core.rulebook.model import AuthorityRole, Status
from shidian.core.rulebook.provenance import verified_share
from shidian.core.rulebook.reading import NOT_OFFICIAL, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shidian.apps.notices.bodies import HistoryLine, RulebookBody, RulebookLine, SchemeBody
    from shidian.apps.notices.figures import DecisionLine, HomeFigures
    from shidian.core.rulebook.loaded import Loaded
    from shidian.core.rulebook.model import HistoryEvent, Rulebook

DECISIONS_MAX = 5
_DECISIONS = (
    EventKind.CASE_ADMITTED.value,
    EventKind.PILOT_STARTED.value,
    EventKind.PILOT_EXTENDED.value,
    EventKind.CASE_CLOSED.value,
    EventKind.OBJECTION_DECIDED.value,
)


def history_lines(rulebook: Rulebook, language: Language) -> list[HistoryLine]:
    """What is known to have happened under these rules, oldest first, with the source's grade."""
    return [
        _history_line(rulebook, event, language)
        for event in sorted(rulebook.history, key=lambda event: event.date)
    ]


def _history_line(rulebook: Rulebook, event: HistoryEvent, language: Language) -> HistoryLine:
    source = rulebook.sources[event.source]
    return {
        "date": event.date,
        "until": event.until or "",
        "working_days": _working_days(rulebook, event),
        "text": text(event.title, language),
        "source": text(source.title, language),
        "url": source.url or "",
        "grade": source.grade.value if source.grade else "",
    }


def _working_days(rulebook: Rulebook, event: HistoryEvent) -> int | None:
    """Working days of a window, its first day not counted; None where the calendar has gaps."""
    if event.until is None:
        return None
    try:
        first, last = date.fromisoformat(event.date), date.fromisoformat(event.until)
        return calendar_of(rulebook).count(first, last)
    except (DomainError, CalendarMissingError, ValueError):
        return None


def rulebook_body(version: RulebookVersion, language: Language) -> RulebookBody:
    """A published rulebook with what is known of its history and what cannot run of it."""
    loaded = loaded_rulebook(version.pk)
    return text_body(
        loaded,
        language,
        history=history_lines(loaded.rulebook, language),
        cannot_run=[
            f"{p.path}: {text(p.message, language)}" for p in not_executable(loaded.rulebook)
        ],
    )


def text_body(
    loaded: Loaded,
    language: Language,
    *,
    history: Sequence[HistoryLine] = (),
    cannot_run: Sequence[str] = (),
) -> RulebookBody:
    """Any rules as the portal reads them: the resolved document, and what it needs beside it.

    Chapters and articles are drafted by whoever shows it (`core.rulebook.reading`), from the
    document: a published rulebook reads the same wherever its document is.
    """
    rulebook = loaded.rulebook
    official = rulebook.status is Status.OFFICIAL
    names = names_of(rulebook)
    return {
        "id": rulebook.rulebook,
        "version": rulebook.version,
        "title": text(rulebook.title, language),
        "summary": text(rulebook.summary, language) if rulebook.summary else "",
        "status": rulebook.status.value,
        "status_label": text(words.STATUS[rulebook.status], language),
        "extends": rulebook.extends or "",
        "disclaimer": "" if official else text(rulebook.disclaimer or NOT_OFFICIAL, language),
        "digest": loaded.digest,
        "rules_digest": loaded.rules_digest,
        "share": share(loaded),
        "document": loaded.document,
        "calendars": {key: {"zh": one.zh, "en": one.en} for key, one in names.items()},
        "history": list(history),
        "cannot_run": list(cannot_run),
    }


def share(loaded: Loaded) -> dict[str, int]:
    """How many values have which basis, and the verified per cent, rounded down."""
    found = verified_share(loaded)
    return {
        "verified": found.verified,
        "reported": found.reported,
        "assumed": found.assumed,
        "total": found.total,
        "verified_per_cent": found.verified * 100 // found.total if found.total else 0,
    }


def scheme_body(scheme: Scheme, language: Language) -> SchemeBody:
    """A scheme: its authorities, its rulebooks newest first, its history."""
    versions = list(scheme.rulebooks.defer("document").order_by("-pk"))
    newest = versions[0].rulebook if versions else None
    return {
        "slug": scheme.slug,
        "title": title(scheme, language),
        "summary": text(newest.summary, language) if newest and newest.summary else "",
        "runs": any(version.status != Status.SKETCH.value for version in versions)
        and scheme.calls.exists(),
        "lead": _leads(newest, language) if newest else "",
        "authorities": [
            {
                "name": name(part.authority, language),
                "role": text(words.ROLE[AuthorityRole(part.role)], language),
            }
            for part in scheme.parts.select_related("authority")
        ],
        "rulebooks": [_rulebook_line(version, language) for version in versions],
        "history": history_lines(newest, language) if newest else [],
    }


def _leads(rulebook: Rulebook, language: Language) -> str:
    """The authorities that lead a regime, as its rulebook names them."""
    leads = [one for one in rulebook.authorities if one.role is AuthorityRole.LEAD]
    return ("、" if language == "zh" else ", ").join(text(one.name, language) for one in leads)


def _rulebook_line(version: RulebookVersion, language: Language) -> RulebookLine:
    loaded = loaded_rulebook(version.pk)
    rulebook = loaded.rulebook
    return {
        "id": rulebook.rulebook,
        "version": rulebook.version,
        "title": text(rulebook.title, language),
        "status": rulebook.status.value,
        "status_label": text(words.STATUS[rulebook.status], language),
        "share": share(loaded),
    }


def home_figures(language: Language) -> HomeFigures:
    """Counts over everything handled here, and what was decided last of what is public."""
    filed = CaseEvent.objects.filter(kind=EventKind.CASE_SUBMITTED.value)
    submitted = dict(filed.values_list("case").annotate(first=Min("at")))
    started = dict(
        CaseEvent.objects.filter(kind=EventKind.PILOT_STARTED.value)
        .values_list("case")
        .annotate(first=Min("at"))
    )
    days = [(started[case] - submitted[case]).days for case in started if case in submitted]
    closed = CaseEvent.objects.filter(kind=EventKind.CASE_CLOSED.value, case__in=submitted).values(
        "case"
    )
    return {
        "as_of": timezone.localtime().isoformat(timespec="seconds"),
        "applied": len(submitted),
        "admitted": CaseEvent.objects.filter(kind=EventKind.CASE_ADMITTED.value)
        .values("case")
        .distinct()
        .count(),
        "running": Pilot.objects.filter(state__in=AT_WORK).count(),
        "closed": Case.objects.filter(pk__in=closed).count(),
        "days_to_start": str(int(median(days))) if days else "",
        "decisions": _decisions(language),
    }


def _decisions(language: Language) -> list[DecisionLine]:
    """The newest public decisions about cases whose course is published."""
    published = PublishedCard.objects.filter(kind=SnapshotKind.CASE).values("key")
    rows = (
        CaseEvent.objects.filter(public=True, kind__in=_DECISIONS, case__reference__in=published)
        .select_related("case")
        .order_by("-at", "-pk")[:DECISIONS_MAX]
    )
    return [
        {
            "reference": event.case.reference,
            "title": title(event.case, language),
            "what": text(EVENT[event.kind], language),
            "note": public_note(event.case, event, language),
            "decided_on": day_in(event.case.rulebook, event.at).isoformat(),
        }
        for event in rows
    ]
