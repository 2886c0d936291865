"""Publishing each kind of thing: builds both bodies and stores what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.notices.domain import publish_snapshot, withdraw_snapshot
from shidian.apps.notices.models import SnapshotKind
from shidian.apps.supervision.publish import (
    calls,
    cases,
    lessons,
    matrix,
    pilots,
    schemes,
    statistics,
)

if TYPE_CHECKING:
    from datetime import datetime

    from shidian.apps.cases.models import Call, Case, RulebookVersion, Scheme
    from shidian.apps.notices.figures import HomeFigures
    from shidian.apps.notices.models import Notice
    from shidian.apps.supervision.models import Pilot


def publish_call(call: Call) -> None:
    """The page of a call."""
    publish_snapshot(
        kind=SnapshotKind.CALL,
        key=call.slug,
        zh=dict(calls.call_body(call, "zh")),
        en=dict(calls.call_body(call, "en")),
    )


def publish_notice(notice: Notice) -> None:
    """The page of a notice, with the comments that are published by now."""
    publish_snapshot(
        kind=SnapshotKind.NOTICE,
        key=notice.slug,
        zh=dict(cases.notice_body(notice, "zh")),
        en=dict(cases.notice_body(notice, "en")),
    )


def publish_case(case: Case) -> None:
    """The public course of a case, its newest notice and its pilot; nothing before it is public."""
    if not cases.is_public(case):
        return
    publish_snapshot(
        kind=SnapshotKind.CASE,
        key=case.reference,
        zh=dict(cases.case_body(case, "zh")),
        en=dict(cases.case_body(case, "en")),
    )
    for notice in case.notices.all():
        publish_notice(notice)
    publish_lesson(case)


def publish_lesson(case: Case) -> None:
    """What the pilot leaves in the case library; taken off where it may be read no longer."""
    report = lessons.published_report(case)
    if report is None:
        withdraw_snapshot(kind=SnapshotKind.LESSON, key=case.reference)
        return
    publish_snapshot(
        kind=SnapshotKind.LESSON,
        key=case.reference,
        zh=dict(lessons.lesson_body(case, report, "zh")),
        en=dict(lessons.lesson_body(case, report, "en")),
    )


def publish_pilot(pilot: Pilot) -> None:
    """The fixed page of a pilot."""
    publish_snapshot(
        kind=SnapshotKind.PILOT,
        key=pilot.public_id,
        zh=dict(pilots.pilot_body(pilot, "zh")),
        en=dict(pilots.pilot_body(pilot, "en")),
    )


def publish_pilot_figures(pilot: Pilot, *, now: datetime | None = None) -> None:
    """The live part of a pilot's page."""
    publish_snapshot(
        kind=SnapshotKind.FIGURES,
        key=f"pilot:{pilot.public_id}",
        zh=dict(pilots.pilot_figures(pilot, "zh", now=now)),
        en=dict(pilots.pilot_figures(pilot, "en", now=now)),
    )


def publish_rulebook(version: RulebookVersion) -> None:
    """The page of a rulebook."""
    publish_snapshot(
        kind=SnapshotKind.RULEBOOK,
        key=f"{version.scheme.slug}/{version.version}",
        zh=dict(schemes.rulebook_body(version, "zh")),
        en=dict(schemes.rulebook_body(version, "en")),
    )


def publish_scheme(scheme: Scheme) -> None:
    """The page of a scheme, and those of its rulebooks."""
    publish_snapshot(
        kind=SnapshotKind.SCHEME,
        key=scheme.slug,
        zh=dict(schemes.scheme_body(scheme, "zh")),
        en=dict(schemes.scheme_body(scheme, "en")),
    )
    for version in scheme.rulebooks.defer("document"):
        publish_rulebook(version)


def publish_home(figures: HomeFigures | None = None) -> None:
    """The figures on the home page."""
    publish_snapshot(
        kind=SnapshotKind.FIGURES,
        key="home",
        zh=dict(figures or schemes.home_figures("zh")),
        en=dict(schemes.home_figures("en")),
    )


def publish_statistics() -> None:
    """The public statistics, and who answers for how many pilots."""
    publish_snapshot(
        kind=SnapshotKind.FIGURES,
        key="statistics",
        zh=dict(statistics.statistics_body("zh")),
        en=dict(statistics.statistics_body("en")),
    )
    publish_snapshot(
        kind=SnapshotKind.FIGURES,
        key="institutions",
        zh=dict(matrix.institutions_body("zh")),
        en=dict(matrix.institutions_body("en")),
    )


def publish_everything() -> None:
    """Every page anew, as after loading a history: what has not changed stays as it is."""
    from shidian.apps.cases.models import Call, Case, Scheme
    from shidian.apps.supervision.models import Pilot

    for scheme in Scheme.objects.all():
        publish_scheme(scheme)
    for call in Call.objects.select_related("scheme"):
        publish_call(call)
    for case in Case.objects.select_related("scheme", "lead"):
        publish_case(case)
    for pilot in Pilot.objects.select_related("case__scheme", "case__lead"):
        publish_pilot(pilot)
        publish_pilot_figures(pilot)
    publish_home()
    publish_statistics()
