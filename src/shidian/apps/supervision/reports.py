"""Reports as people find them: which they may see, what is owed and until when, what waits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.db.models import Count, F, Q

from shidian.apps.accounts.models import Person, StaffRole
from shidian.apps.accounts.roles import roles_of
from shidian.apps.cases.models import Case
from shidian.apps.cases.querysets import of_one_of
from shidian.apps.cases.rules import watched_parts
from shidian.apps.cases.zones import day_in
from shidian.apps.supervision.domain.report_parts import counting_calendar, run_days
from shidian.apps.supervision.models import Pilot, PilotState, Report, ReportState
from shidian.apps.supervision.tiers import tiers_of
from shidian.core.procedure.reporting import duties_of, owed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from django.contrib.auth.models import AnonymousUser
    from django.db.models import QuerySet

    from shidian.core.procedure.reporting import Owed
    from shidian.core.rulebook.model import ReportDuty


def visible_reports(person: Person | AnonymousUser) -> QuerySet[Report]:
    """Reports that `person` may see, with what a list shows; as `rules` permits one by one.

    The lead's drafters and signers: all of their pilots. Officers of a scheme's authorities and
    auditors: those that were filed at least once. Nobody: about a case that they do not see.
    """
    if not isinstance(person, Person):
        return Report.objects.none()
    roles = roles_of(person)
    seen = Report.objects.filter(of_one_of(Case.objects.visible_to(person), "pilot__case"))
    counted = seen.annotate(filed=Count("versions"))
    mine = Q(pk__in=())
    if roles.is_auditor:
        mine |= Q(filed__gt=0)
    elif roles.is_officer:
        mine |= Q(filed__gt=0, pilot__case__scheme__in=watched_parts(person).values("scheme"))
    led = roles.institutions(StaffRole.DRAFTER, StaffRole.SIGNER)
    if led:
        mine |= Q(pilot__case__lead__in=led)
    return (
        counted.filter(mine)
        .select_related(
            "pilot__case__lead", "pilot__case__scheme", "pilot__case__rulebook_version", "draft_by"
        )
        .defer("draft", "pilot__case__rulebook_version__document")
    )


def reporting_pilots(person: Person | AnonymousUser) -> QuerySet[Pilot]:
    """Pilots whose reports `person` reads, with their cases: watched ones and the lead's own."""
    if not isinstance(person, Person):
        return Pilot.objects.none()
    roles = roles_of(person)
    seen = Pilot.objects.filter(of_one_of(Case.objects.visible_to(person)))
    if not roles.is_auditor:
        mine = Q(pk__in=())
        if roles.is_officer:
            mine |= Q(case__scheme__in=watched_parts(person).values("scheme"))
        if led := roles.institutions(StaffRole.DRAFTER, StaffRole.SIGNER):
            mine |= Q(case__lead__in=led)
        seen = seen.filter(mine)
    return seen.select_related("case__lead", "case__scheme", "case__rulebook_version").defer(
        "case__rulebook_version__document"
    )


@dataclass(frozen=True, slots=True)
class DueLine:
    """A report that is owed, with what there is of it; `report` None: nobody has begun it."""

    pilot: Pilot
    duty: ReportDuty
    first: date
    last: date
    due: date | None
    over: bool
    report: Report | None
    late: bool
    """Due, and not with the authorities: neither filed nor accepted."""


def due_lines(pilots: Iterable[Pilot], at: datetime) -> list[DueLine]:
    """What these pilots owe of periodic and final reports, newest period last. Two queries."""
    listed = [one for one in pilots if one.state != PilotState.PENDING]
    tiers = tiers_of([one.case for one in listed])
    begun = {
        (one.pilot_id, one.duty, one.first): one
        for one in Report.objects.filter(
            pilot__in=[pilot.pk for pilot in listed], kind__in=("periodic", "final")
        ).defer("draft")
    }
    lines: list[DueLine] = []
    for pilot in listed:
        rulebook = pilot.case.rulebook
        today, calendar = day_in(rulebook, at), counting_calendar(rulebook)
        for duty in duties_of(rulebook, tiers.get(pilot.case_id)):
            for one in owed(duty, run_days(pilot), today, calendar):
                report = begun.get((pilot.pk, duty.id, one.first))
                lines.append(_line(pilot, one, report, today))
    return lines


def as_seen(lines: Iterable[DueLine], reports: QuerySet[Report]) -> list[DueLine]:
    """The lines as whoever sees these reports knows them: another's draft is not begun to them."""
    seen = set(reports.filter(kind__in=("periodic", "final")).values_list("pk", flat=True))
    return [
        one if one.report is None or one.report.pk in seen else replace(one, report=None)
        for one in lines
    ]


def _line(pilot: Pilot, one: Owed, report: Report | None, today: date) -> DueLine:
    return DueLine(
        pilot, one.duty, one.first, one.last, one.due, one.over, report, _late(one, report, today)
    )


def _late(one: Owed, report: Report | None, today: date) -> bool:
    if report is None or report.state == ReportState.DRAFT:
        return one.is_late(today)
    return is_late(report, today)


def is_late(report: Report, today: date) -> bool:
    """Whether it is not with the authorities though its day, or the day to revise it, is over."""
    if report.state == ReportState.RETURNED:
        return report.revised_by is not None and report.revised_by < today
    due = report.due_on
    return report.state == ReportState.DRAFT and due is not None and due < today


def waiting(reports: QuerySet[Report]) -> QuerySet[Report]:
    """Those that wait to be judged, who waits longest first."""
    return reports.filter(state=ReportState.FILED).order_by(
        F("due_on").asc(nulls_last=True), "pilot__public_id", "pk"
    )


def duty_titles(pilots: Sequence[Pilot]) -> dict[tuple[int, str], ReportDuty]:
    """(pilot, duty) → the duty."""
    return {(one.pk, duty.id): duty for one in pilots for duty in one.case.rulebook.reports}
