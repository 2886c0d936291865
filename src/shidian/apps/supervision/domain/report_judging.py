"""A report in the authorities' hands: accepted, returned, asked for anew, held against telemetry.

An authority judges the version that it looked at. What late telemetry changes of a filed report is
told line by line; the report itself stays as it was signed.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shidian.apps.accounts.access import Permission
from shidian.apps.cases.zones import day_in
from shidian.apps.supervision.domain.automatic import by_rule
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.domain.report_parts import (
    counting_calendar,
    drawn_for,
    duty_of,
    locked_report,
    mail,
    move,
    pilot_duties,
    require,
    short,
    step,
)
from shidian.apps.supervision.models import Report, ReportState, ReportStepKind
from shidian.core.procedure.reporting import must_be_revised, revised_by

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from shidian.apps.accounts.models import Person
    from shidian.apps.supervision.models import ReportVersion
    from shidian.apps.supervision.report_lines import Line
    from shidian.core.rulebook.model import ReportDuty

REASON_CHARS_MAX = 5_000
REVISION_RULE = "reports.revised.changed_over"


@transaction.atomic
def accept_report(
    *, report: Report, version: int, by: Person, note: str = "", at: datetime | None = None
) -> Report:
    """Accept the version that was looked at. Raises ForbiddenError, SupervisionError."""
    found, judged = _locked_to_judge(report, version, by, ReportState.FILED)
    moment = at or timezone.now()
    note = short(note, REASON_CHARS_MAX, "text")
    move(found, ReportState.ACCEPTED, None)
    step(found, ReportStepKind.ACCEPTED, moment, by=by, version=judged, text=note)
    mail(found, "applicant", moment)
    return found


@transaction.atomic
def return_report(
    *, report: Report, version: int, reason: str, by: Person, at: datetime | None = None
) -> Report:
    """Send it back with reasons; a revised one is due as the rulebook says.

    Raises ForbiddenError, SupervisionError: no reason, or it is another version by now.
    """
    found, judged = _locked_to_judge(report, version, by, ReportState.FILED)
    return _ask(found, judged, ReportStepKind.RETURNED, reason, by, at)


@transaction.atomic
def ask_for_revision(
    *, report: Report, version: int, reason: str, by: Person, at: datetime | None = None
) -> Report:
    """Ask for a revised report after it was accepted. Raises as `return_report`."""
    found, judged = _locked_to_judge(report, version, by, ReportState.ACCEPTED)
    return _ask(found, judged, ReportStepKind.ASKED, reason, by, at)


def check_report(
    *, report: Report, by: Person | None = None, at: datetime | None = None
) -> list[dict[str, Any]]:
    """Hold the last version against telemetry as it is now; returns what has changed since.

    1. The figures are drawn anew, before anything is locked.
    2. A change that was not told yet becomes a step that names each line.
    3. Where the rulebook asks for a revised report upon such a change, that is asked for, naming
       the rule, and a day is set. Officers are told by mail, and then the institution.

    `by` None: the clock. Raises ForbiddenError; SupervisionError where nothing was filed, or no
    figures can be computed.
    """
    require(by, Permission.REPORT_READ, report.pilot)
    moment = at or timezone.now()
    newest = report.versions.last()
    if newest is None:
        raise SupervisionError(_("Nothing was filed yet."))
    lines = newest.content["lines"]
    if not lines:
        return []
    duty = duty_of(report)
    drawn = drawn_for(report.pilot, duty, (report.first, report.last))
    changes = changed_lines(lines, drawn.lines)
    with transaction.atomic():
        found, locked_newest = locked_report(report, by, Permission.REPORT_READ)
        if locked_newest is not None and locked_newest.pk == newest.pk:
            told = found.steps.filter(kind=ReportStepKind.CHANGED, version=newest).last()
            before = _values(told.changes) if told is not None else set()
            if _values(changes) != before and (changes or before):
                _tell_changes(found, newest, duty, changes, moment)
            found.checked_at, found.checked_entry = moment, drawn.through
            found.save(update_fields=["checked_at", "checked_entry"])
    return changes


def changed_lines(filed: Sequence[Line], now: Sequence[Line]) -> list[dict[str, Any]]:
    """The lines of which telemetry says another figure now than when the report was drawn.

    A line that was not there, since nothing of its kind had ever come, and rests on no event now
    says nothing new: the first complaint of a later month leaves the months before as they were.
    """
    before = {line["key"]: line["value"] for line in filed}
    told = ("key", "title", "unit", "kind", "take", "source", "evidence")
    return [
        {name: line[name] for name in told}
        | {"filed": before.get(line["key"], ""), "now": line["value"]}
        for line in now
        if before.get(line["key"], "") != line["value"] and not _is_empty_and_new(line, before)
    ]


def _is_empty_and_new(line: Line, before: Mapping[str, str]) -> bool:
    is_empty = line["source"] == "journal" and not line["evidence"]["first_entry"]
    return is_empty and line["key"] not in before


def differing_lines(lines: Sequence[Line]) -> list[Line]:
    """Lines of which the institution states another figure than telemetry has."""
    return [line for line in lines if line["stated"] != line["value"]]


def _tell_changes(
    found: Report,
    newest: ReportVersion,
    duty: ReportDuty,
    changes: list[dict[str, Any]],
    moment: datetime,
) -> None:
    asks = any(_asks(duty, one) for one in changes)
    due: date | None = None
    if asks:
        rulebook = found.pilot.case.rulebook
        due = revised_by(duty, day_in(rulebook, moment), counting_calendar(rulebook))
        move(found, ReportState.RETURNED, due)
        mail(found, "applicant", moment)
    step(
        found,
        ReportStepKind.CHANGED,
        moment,
        by=None,
        version=newest,
        changes=changes,
        due_on=due,
        automatic=by_rule(REVISION_RULE if asks else "reports.check", found.pilot.rules_digest),
    )
    mail(found, "officer", moment)


def _asks(duty: ReportDuty, change: Mapping[str, Any]) -> bool:
    """Whether the rulebook asks for a revised report upon this change."""
    before, after = Decimal(change["filed"] or 0), Decimal(change["now"] or 0)
    digits = max(0, *(-int(one.as_tuple().exponent) for one in (before, after)))
    return must_be_revised(duty, *(int(one.scaleb(digits)) for one in (before, after)))


def _values(changes: Sequence[Mapping[str, Any]]) -> set[tuple[str, str]]:
    return {(one["key"], one["now"]) for one in changes}


def _ask(  # noqa: PLR0917 - what a step is made of
    found: Report,
    version: ReportVersion,
    kind: ReportStepKind,
    reason: str,
    by: Person,
    at: datetime | None,
) -> Report:
    moment = at or timezone.now()
    reason = short(reason, REASON_CHARS_MAX, "text")
    if not reason:
        raise SupervisionError(_("Give the reason."), field="text")
    rulebook = found.pilot.case.rulebook
    duty = pilot_duties(found.pilot).get(found.duty)
    due = None
    if duty is not None:
        due = revised_by(duty, day_in(rulebook, moment), counting_calendar(rulebook))
    move(found, ReportState.RETURNED, due)
    step(found, kind, moment, by=by, version=version, text=reason, due_on=due)
    mail(found, "applicant", moment)
    return found


def _locked_to_judge(
    report: Report, version: int, by: Person, state: ReportState
) -> tuple[Report, ReportVersion]:
    found, newest = locked_report(report, by, Permission.REPORT_JUDGE)
    if found.state != state or newest is None or newest.number != version:
        raise SupervisionError(
            _("This was not done: the report is meanwhile %(state)s. Look at it again.")
            % {"state": found.get_state_display()}
        )
    return found, newest
