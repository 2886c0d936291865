"""A report in the institution's hands: begun, its figures drawn, completed by several people.

Figures are computed before anything is locked; a draft that somebody else has changed meanwhile is
never written over.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from shidian.apps.accounts.access import Permission
from shidian.apps.cases.zones import day_in
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.domain.report_parts import (
    NotDrawnError,
    counting_calendar,
    drawn_for,
    duty_of,
    locked_pilot,
    locked_report,
    pilot_duties,
    require,
    run_days,
    short,
    step,
)
from shidian.apps.supervision.models import (
    PilotState,
    Report,
    ReportKind,
    ReportState,
    ReportStepKind,
)
from shidian.core.procedure.reporting import due_day, owed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from shidian.apps.accounts.models import Person
    from shidian.apps.supervision.models import Pilot
    from shidian.apps.supervision.report_lines import Drawn, Line
    from shidian.core.rulebook.model import ReportDuty

TEXT_CHARS_MAX = 20_000
WHY_CHARS_MAX = 1_000
SUBJECT_CHARS_MAX = 300
VALUE_CHARS_MAX = 40
OF_A_PERIOD = (ReportKind.PERIODIC, ReportKind.FINAL)
IN_WORK = (ReportState.DRAFT, ReportState.RETURNED)


class DraftOvertakenError(SupervisionError):
    """Somebody else changed the draft meanwhile; `report` has it as it is now."""

    def __init__(self, report: Report) -> None:
        super().__init__(
            _(
                "%(who)s has changed this report meanwhile. Nothing of yours is saved yet:"
                " look below."
            )
            % {"who": report.draft_by}
        )
        self.report = report


def open_report(
    *,
    pilot: Pilot,
    duty: str,
    first: date,
    by: Person,
    subject: str = "",
    occurred_at: datetime | None = None,
    at: datetime | None = None,
) -> Report:
    """Begin a report; its figures are drawn from telemetry and the case.

    Of a periodic or final duty `first` names the period, which must be over; one that was begun
    before is returned as it is. Of an event `first` is its day and `occurred_at` its moment where
    known, of an advance notice the day of the planned change; `subject` says what. Where no figures
    can be drawn an event is begun without them, and the draft says why (`no_figures`). Raises
    ForbiddenError, SupervisionError.
    """
    moment = at or timezone.now()
    require(by, Permission.REPORT_DRAFT, pilot)
    rules = pilot_duties(pilot).get(duty)
    if rules is None:
        raise SupervisionError(_("The rulebook asks for no such report."), field="duty")
    if pilot.state == PilotState.PENDING:
        raise SupervisionError(_("The pilot does not run yet."))
    if rules.kind in OF_A_PERIOD:
        if (begun := _begun(pilot, duty, first)) is not None:
            return begun
        last, due_on, due_at = _period(pilot, rules, first, moment)
    else:
        last, due_on, due_at = _occasion(pilot, rules, first, occurred_at, subject)
    report = Report(
        duty=duty,
        kind=rules.kind,
        first=first,
        last=last,
        subject=subject.strip(),
        due_on=due_on,
        due_at=due_at,
        opened_at=moment,
        opened_by=by,
        draft={"through": 0, "drawn_at": None, "lines": [], "texts": [""] * len(rules.contents)},
        draft_at=moment,
        draft_by=by,
    )
    if rules.kind != "advance":
        try:
            _take(report, drawn_for(pilot, rules, (first, last)), moment)
        except NotDrawnError as refusal:
            if rules.kind != "event":
                raise
            report.draft["no_figures"] = {"zh": refusal.words.zh, "en": refusal.words.en}
    return _kept_once(report, pilot, by, moment)


@transaction.atomic
def _kept_once(report: Report, pilot: Pilot, by: Person, moment: datetime) -> Report:
    report.pilot = locked_pilot(pilot)
    require(by, Permission.REPORT_DRAFT, report.pilot)
    begun = _begun(report.pilot, report.duty, report.first)
    if report.kind in OF_A_PERIOD and begun is not None:
        return begun
    highest = Report.objects.filter(pilot=report.pilot).aggregate(high=Max("number"))["high"]
    report.number = int(highest or 0) + 1
    report.save(force_insert=True)
    step(report, ReportStepKind.OPENED, moment, by=by)
    return report


def _begun(pilot: Pilot, duty: str, first: date) -> Report | None:
    found = Report.objects.filter(pilot=pilot, duty=duty, first=first).first()
    if found is not None:
        found.pilot = pilot
    return found


def _period(
    pilot: Pilot, duty: ReportDuty, first: date, moment: datetime
) -> tuple[date, date | None, datetime | None]:
    """(last day, due day, no moment) of the period that begins on `first`."""
    today = day_in(pilot.case.rulebook, moment)
    calendar = counting_calendar(pilot.case.rulebook)
    for one in owed(duty, run_days(pilot), today, calendar):
        if one.first == first:
            if not one.over:
                raise SupervisionError(_("The period is not over yet."), field="first")
            return one.last, one.due, None
    raise SupervisionError(_("No report of this duty begins on that day."), field="first")


def _occasion(
    pilot: Pilot, duty: ReportDuty, day: date, occurred_at: datetime | None, subject: str
) -> tuple[date, date | None, datetime | None]:
    if not subject.strip():
        raise SupervisionError(_("Say what it is about."), field="subject")
    short(subject, SUBJECT_CHARS_MAX, "subject")
    if day < pilot.starts_on:
        raise SupervisionError(_("That day lies before the pilot."), field="first")
    due_on = due_day(duty, day, counting_calendar(pilot.case.rulebook))
    if duty.kind == "event" and duty.due_unit == "hour" and occurred_at is not None:
        due_at = occurred_at + timedelta(hours=duty.due)
        return day, day_in(pilot.case.rulebook, due_at), due_at
    return day, due_on, None


def draw_again(*, report: Report, seq: int, by: Person, at: datetime | None = None) -> Report:
    """Draw the figures anew; a line that was stated otherwise stays so, with its reason.

    Raises ForbiddenError, SupervisionError, DraftOvertakenError.
    """
    require(by, Permission.REPORT_DRAFT, report.pilot)
    duty = duty_of(report)
    if duty.kind == "advance":
        raise SupervisionError(_("An advance notice has no figures."))
    drawn = drawn_for(report.pilot, duty, (report.first, report.last))
    moment = at or timezone.now()
    with transaction.atomic():
        found = locked_draft(report, seq, by)
        _take(found, drawn, moment)
        return _keep(found, by, moment)


@transaction.atomic
def save_draft(
    *,
    report: Report,
    seq: int,
    stated: Mapping[str, str],
    why: Mapping[str, str],
    texts: Sequence[str],
    by: Person,
    at: datetime | None = None,
) -> Report:
    """Keep what was entered: per line what the institution states and why it differs, per content

    its text. `seq`: that of the draft which was worked on. Raises ForbiddenError, SupervisionError
    with the field at fault (`stated-<n>`, `why-<n>`, `text-<n>`), DraftOvertakenError.
    """
    found = locked_draft(report, seq, by)
    lines = [dict(line) for line in found.draft["lines"]]
    for number, line in enumerate(lines):
        key = line["key"]
        line["stated"] = number_of(stated.get(key, line["stated"]), line, f"stated-{number}")
        line["why"] = short(why.get(key, line["why"]), WHY_CHARS_MAX, f"why-{number}")
    count = len(duty_of(found).contents)
    given = [short(text, TEXT_CHARS_MAX, f"text-{n}") for n, text in enumerate(texts[:count])]
    given += [""] * (count - len(given))
    found.draft = found.draft | {"lines": lines, "texts": given}
    return _keep(found, by, at or timezone.now())


def number_of(text: str, line: Line, field: str) -> str:
    """What is stated, as decimal text with the line's digits; empty where nothing is stated.

    Raises SupervisionError.
    """
    cleaned = "".join(text.split()).replace(",", "").replace("\uff0c", "")
    if not cleaned:
        return ""
    wrong = SupervisionError(_("Write a number, such as 1234.50."), field=field)
    try:
        value = Decimal(cleaned[: VALUE_CHARS_MAX + 1])
    except InvalidOperation:
        raise wrong from None
    if len(cleaned) > VALUE_CHARS_MAX or not value.is_finite() or abs(value) >= 10**18:
        raise wrong
    scale = max(int(line["scale"]), 0)
    if value != round(value, scale):
        raise SupervisionError(
            _("At most %(n)d digits behind the point.") % {"n": scale}, field=field
        )
    return f"{value:.{scale}f}"


def _take(report: Report, drawn: Drawn, moment: datetime) -> None:
    before = {line["key"]: line for line in report.draft["lines"]}
    lines = []
    for line in drawn.lines:
        old = before.get(line["key"])
        if old is not None and old["stated"] != old["value"]:
            lines.append({**line, "stated": old["stated"], "why": old["why"]})
        else:
            lines.append(line)
    report.draft = report.draft | {
        "through": drawn.through,
        "settled": drawn.settled,
        "drawn_at": moment.isoformat(),
        "lines": lines,
        "no_figures": None,
    }


def locked_draft(
    report: Report, seq: int, by: Person, permission: Permission = Permission.REPORT_DRAFT
) -> Report:
    """The report under its lock, where it is in work and as it was looked at.

    Raises ForbiddenError, SupervisionError, DraftOvertakenError.
    """
    found, _newest = locked_report(report, by, permission)
    if found.state not in IN_WORK:
        raise SupervisionError(
            _("This report is %(state)s: it is not worked on now.")
            % {"state": found.get_state_display()}
        )
    if found.draft_seq != seq:
        raise DraftOvertakenError(found)
    return found


def _keep(found: Report, by: Person, moment: datetime) -> Report:
    found.draft_seq += 1
    found.draft_by, found.draft_at = by, moment
    found.save(update_fields=["draft", "draft_seq", "draft_by", "draft_at"])
    return found
