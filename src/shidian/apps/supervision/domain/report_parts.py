"""What the verbs of reports share: the duties of a pilot, the lock, the step, the mail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases.calendars import calendar_of
from shidian.apps.cases.domain.perform import objecting
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.outbox import put
from shidian.apps.cases.words import localized
from shidian.apps.cases.zones import day_in
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.models import (
    Pilot,
    PilotState,
    Report,
    ReportStep,
    ReportStepKind,
    ReportVersion,
)
from shidian.apps.supervision.report_lines import NoFiguresError, draw
from shidian.apps.supervision.tiers import tier_of
from shidian.core.procedure.reporting import Run, duties_of
from shidian.core.procedure.types import Verb
from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from django.db.models import QuerySet

    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.models import Case
    from shidian.apps.supervision.models import ReportState
    from shidian.apps.supervision.report_lines import Drawn
    from shidian.core.procedure.types import NewEvent
    from shidian.core.procedure.working_calendar import WorkingCalendar
    from shidian.core.rulebook.model import ReportDuty, Rulebook


def pilot_duties(pilot: Pilot) -> dict[str, ReportDuty]:
    """The duties of a pilot by id, as its tier owes them."""
    return {one.id: one for one in duties_of(pilot.case.rulebook, tier_of(pilot.case))}


def duty_of(report: Report) -> ReportDuty:
    """The duty of a report. Raises SupervisionError where the rules have it no longer."""
    found = pilot_duties(report.pilot).get(report.duty)
    if found is None:
        raise SupervisionError(_("The rulebook asks for no such report."), field="duty")
    return found


def run_days(pilot: Pilot) -> Run:
    """The days of its run, which is over once its case is closed."""
    if pilot.closed_at is None:
        return Run(pilot.starts_on)
    closed_on = day_in(pilot.case.rulebook, pilot.closed_at)
    return Run(pilot.starts_on, max(pilot.starts_on, closed_on))


def reports_by_telemetry(case: Case) -> QuerySet[Pilot]:
    """The pilot of the case, where its reports are drawn from telemetry: its rules run."""
    return Pilot.objects.filter(case=case).exclude(state=PilotState.PENDING)


@objecting
def report_is_drawn(case: Case, verb: Verb, events: Iterable[NewEvent]) -> None:
    """Refuse a mere document in place of a report that is drawn from telemetry and signed.

    It would not count as the report of its period. Raises DomainError (`report-is-drawn`).
    """
    if verb is not Verb.FILE_REPORT or not reports_by_telemetry(case).exists():
        return
    digests = [f"sha256:{one.data['sha256']}" for one in events if "sha256" in one.data]
    if not ReportVersion.objects.filter(report__pilot__case=case, digest__in=digests).exists():
        raise DomainError("report-is-drawn", _DRAWN)


_DRAWN = Text(
    zh="本试点的报告由监测数据生成：请在试点页面的“报告”中草拟、签署并报送。",
    en="Reports of this pilot are drawn from telemetry: draft, sign and file it under Reports on"
    " the pilot's page.",
)


def counting_calendar(rulebook: Rulebook) -> WorkingCalendar | None:
    """The calendar by which days are counted; None where none is loaded."""
    try:
        return calendar_of(rulebook)
    except DomainError:
        return None


class NotDrawnError(SupervisionError):
    """The figures cannot be drawn here and now; `words` say why, in both languages."""

    def __init__(self, words: Text) -> None:
        super().__init__(localized(words))
        self.words = words


def drawn_for(pilot: Pilot, duty: ReportDuty, days: tuple[date, date]) -> Drawn:
    """The lines as of now. It may take seconds: never under a lock. Raises NotDrawnError."""
    try:
        return draw(pilot, duty, *days)
    except NoFiguresError as refusal:
        raise NotDrawnError(refusal.words) from refusal


def locked_pilot(pilot: Pilot) -> Pilot:
    """The pilot with its case, locked, as every verb begins."""
    return Pilot.objects.select_for_update(of=("self",)).select_related("case").get(pk=pilot.pk)


def locked_report(
    report: Report, by: Person | None, permission: Permission
) -> tuple[Report, ReportVersion | None]:
    """The report and its newest version, the pilot locked first; `by` None: the clock.

    Raises ForbiddenError.
    """
    pilot = locked_pilot(report.pilot)
    found = Report.objects.select_for_update(of=("self",)).get(pk=report.pk)
    found.pilot = pilot
    require(by, permission, pilot)
    return found, found.versions.last()


def require(by: Person | None, permission: Permission, pilot: Pilot) -> None:
    """Raise ForbiddenError unless `by` may; None is the system itself."""
    if by is not None and not allows(by, permission, pilot.case):
        raise ForbiddenError


def step(
    report: Report, kind: ReportStepKind, at: datetime, *, by: Person | None, **more: Any
) -> ReportStep:
    """Write one step."""
    return ReportStep.objects.create(report=report, kind=kind, at=at, by=by, **more)


def move(report: Report, state: ReportState, due: date | None) -> None:
    """Into another state; `due`: until when a revised one is filed."""
    report.state, report.revised_by = state, due
    report.save(update_fields=["state", "revised_by"])


def mail(report: Report, to: str, at: datetime) -> None:
    """Tell people of that kind that something happened on the case."""
    put(f"mail.{to}", {"report": report.number}, case=report.pilot.case, at=at)


def short(text: str, longest: int, field: str) -> str:
    """A text without space around it. Raises SupervisionError where it is longer."""
    if len(text) > longest:
        raise SupervisionError(
            _("This is longer than %(n)d characters.") % {"n": longest}, field=field
        )
    return text.strip()
