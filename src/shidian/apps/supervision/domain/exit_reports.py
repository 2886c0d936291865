"""The end of a pilot: what the firm settles after it, the exit report, its lessons made public."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases.errors import ForbiddenError
from shidian.apps.cases.models import Case, CaseEvent
from shidian.apps.cases.outbox import put
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.domain.exits import drill_rules, due_days
from shidian.apps.supervision.evaluations import evaluation_of, too_strong
from shidian.apps.supervision.models import ExitReport, ExitStep
from shidian.core.exit.drill import Step, yuan
from shidian.core.procedure.types import EventKind
from shidian.core.rulebook.model import StageKind
from shidian.core.rulebook.retention import kept_until

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from shidian.apps.accounts.models import Person

REPORTS_MAX = 100
ENDING = (StageKind.EVALUATION, StageKind.CLOSED)


@dataclass(frozen=True, slots=True)
class ReportText:
    """What an officer writes. Lessons: one a line. English may be left out."""

    summary_zh: str
    lessons_zh: str
    summary_en: str = ""
    lessons_en: str = ""
    clauses: tuple[str, ...] = ()
    clauses_zh: str = ""
    clauses_en: str = ""

    def texts(self) -> tuple[str, ...]:
        """All of them, for whoever judges their words."""
        return (
            *(self.summary_zh, self.summary_en, self.lessons_zh, self.lessons_en),
            *(self.clauses_zh, self.clauses_en),
        )


@dataclass(frozen=True, slots=True)
class Clock:
    """One step of the exit: by when, and what was stated of it, newest. `late`: past, not done.

    `due` None: the calendar does not know the days yet.
    """

    step: Step
    due: date | None
    stated: ExitStep | None
    late: bool


@transaction.atomic
def write_exit_report(
    *, case: Case, text: ReportText, by: Person, at: datetime | None = None
) -> ExitReport:
    """Keep a version of the exit report; the public page is asked for anew where it may be shown.

    Its words say no more than the strongest comparison that was made allows. A new version has to
    be agreed to anew. Raises ForbiddenError; SupervisionError: no pilot that is ending, nothing
    learnt, words that are too strong, clauses that the rulebook does not test.
    """
    locked = Case.objects.select_for_update(of=("self",)).get(pk=case.pk)
    if not allows(by, Permission.EXIT_REPORT, locked):
        raise ForbiddenError
    if locked.stage_rule.kind not in ENDING or not locked.number:
        raise SupervisionError(
            _("An exit report is written once a pilot is evaluated or has ended.")
        )
    _require_words(locked, text)
    highest = ExitReport.objects.filter(case=locked).aggregate(high=Max("number"))["high"] or 0
    if highest >= REPORTS_MAX:
        raise SupervisionError(_("This case has as many exit reports as it can have."))
    moment = at or timezone.now()
    made = ExitReport.objects.create(
        case=locked,
        number=highest + 1,
        summary_zh=text.summary_zh.strip(),
        summary_en=text.summary_en.strip(),
        lessons_zh=text.lessons_zh.strip(),
        lessons_en=text.lessons_en.strip(),
        clauses=list(text.clauses),
        clauses_zh=text.clauses_zh.strip(),
        clauses_en=text.clauses_en.strip(),
        written_by=by,
        written_at=moment,
    )
    _ask_for_page(locked, moment)
    return made


@transaction.atomic
def agree_exit_report(*, report: ExitReport, by: Person, at: datetime | None = None) -> ExitReport:
    """Agree for the lead institution that the newest version is published. Idempotent.

    Raises ForbiddenError; SupervisionError: replaced by a newer version, or nothing to agree to.
    """
    moment = at or timezone.now()
    locked = ExitReport.objects.select_for_update(of=("self",)).select_related("case")
    found = locked.get(pk=report.pk)
    if not allows(by, Permission.EXIT_AGREE, found.case):
        raise ForbiddenError
    if found.case.rulebook.public_register.exit_report != "by-agreement":
        raise SupervisionError(_("The rulebook asks for no agreement."))
    if ExitReport.objects.filter(case=found.case, number__gt=found.number).exists():
        raise SupervisionError(_("A newer version was written. Look at that one."))
    if found.agreed_at is None:
        found.agreed_by, found.agreed_at = by, moment
        found.save(update_fields=["agreed_by", "agreed_at"])
        _ask_for_page(found.case, moment)
    return found


@transaction.atomic
def state_exit_step(
    *,
    case: Case,
    step: Step,
    count: int,
    owed: int,
    settled: int,
    done_on: date,
    by: Person,
    note: str = "",
    at: datetime | None = None,
) -> ExitStep:
    """State for the lead institution that a step of the exit is done. Amounts in fen.

    Raises ForbiddenError; SupervisionError: not closed, a day to come or before the closing, sums
    that differ, with how much is missing.
    """
    locked = Case.objects.select_for_update(of=("self",)).get(pk=case.pk)
    if not allows(by, Permission.EXIT_AGREE, locked):
        raise ForbiddenError
    moment = at or timezone.now()
    closed_on = closed_day(locked)
    if closed_on is None:
        raise SupervisionError(_("The case is not closed yet: its exit has not begun."))
    if not closed_on <= done_on <= timezone.localdate(moment):
        raise SupervisionError(_("Give a day from the closing until today."), field="done_on")
    if owed != settled:
        raise SupervisionError(
            _("Settled are %(settled)s yuan of %(owed)s owed: %(off)s off. It is done to the fen.")
            % {"settled": yuan(settled), "owed": yuan(owed), "off": yuan(settled - owed)},
            field="settled",
        )
    return ExitStep.objects.create(
        case=locked,
        step=step.value,
        count=count,
        owed=owed,
        settled=settled,
        done_on=done_on,
        note=note.strip(),
        stated_by=by,
        stated_at=moment,
    )


def exit_clocks(case: Case, today: date | None = None) -> list[Clock]:
    """By when each step of the exit is to be done, counted from the closing. Empty before it, and
    where the rulebook sets no periods."""
    closed_on = closed_day(case)
    if closed_on is None or drill_rules(case) is None or not case.number:
        return []
    now = today or timezone.localdate()
    stated = {one.step: one for one in ExitStep.objects.filter(case=case)}
    return [
        Clock(
            step,
            due,
            stated.get(step.value),
            late=step.value not in stated and due is not None and due < now,
        )
        for step, due in due_days(case, closed_on).items()
    ]


def closed_day(case: Case) -> date | None:
    """The day on which the case was closed; None while it is open."""
    closed_at = _closed_at(case)
    return timezone.localdate(closed_at) if closed_at else None


def kept_through(case: Case) -> date | None:
    """The last day on which the file of a closed case must be kept, by the rulebook's retention.

    None while the case is open, and where the rulebook names no years for its outcome.
    """
    closed_at = _closed_at(case)
    until = kept_until(case.rulebook, case.outcome, closed_at) if closed_at else None
    return until.date() - timedelta(days=1) if until else None


def _closed_at(case: Case) -> datetime | None:
    if case.stage_rule.kind is not StageKind.CLOSED:
        return None
    closed = CaseEvent.objects.filter(case=case, kind=EventKind.CASE_CLOSED.value)
    return closed.order_by("-seq").values_list("at", flat=True).first()


def is_published(report: ExitReport) -> bool:
    """Whether the public may read it: the pilot has ended, the rulebook or both sides say so."""
    if report.case.stage_rule.kind is not StageKind.CLOSED:
        return False
    match report.case.rulebook.public_register.exit_report:
        case "always":
            return True
        case "by-agreement":
            return report.agreed_at is not None
        case _:
            return False


def _require_words(case: Case, text: ReportText) -> None:
    if not text.summary_zh.strip():
        raise SupervisionError(_("Say how the pilot ended."), field="summary_zh")
    if not text.lessons_zh.strip():
        raise SupervisionError(_("Say what was learnt."), field="lessons_zh")
    known = {one.id for one in case.rulebook.clauses}
    if unknown := [one for one in text.clauses if one not in known]:
        raise SupervisionError(
            _("The rulebook tests no such clause: %(clauses)s") % {"clauses": ", ".join(unknown)},
            field="clauses",
        )
    _require_modest(text.texts(), case)


def _require_modest(texts: Sequence[str], case: Case) -> None:
    grade = evaluation_of(case).grade
    words = [word for one in texts for word in too_strong(grade, one)]
    if words:
        raise SupervisionError(
            _("The evidence does not carry these words: %(words)s. Say what was seen.")
            % {"words": ", ".join(dict.fromkeys(words))}
        )


def _ask_for_page(case: Case, moment: datetime) -> None:
    put("snapshot.case", {"case": case.reference, "stage": case.stage}, case=case, at=moment)
