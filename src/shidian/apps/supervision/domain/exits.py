"""Exit plans and their drills: filed and run by the firm, signed by the notary, then on record."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version as installed_version
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases.calendars import calendar_of
from shidian.apps.cases.domain.perform import objecting
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.models import Case
from shidian.apps.cases.outbox import put
from shidian.apps.cases.rulebooks import loaded_rulebook
from shidian.apps.record.leaves import TOPIC
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.models import ExitDrill, ExitPlan
from shidian.core.exit.certificate import Subject, certificate_text, drilled, leaf_document
from shidian.core.exit.drill import Setting, Step
from shidian.core.exit.plan import ExitError, read_exit_plan
from shidian.core.procedure.calendars import CalendarMissingError
from shidian.core.procedure.thresholds import period_end
from shidian.core.procedure.types import EventKind
from shidian.core.record.leaf import time_text
from shidian.core.rulebook.model import StageKind, Text
from shidian_kit.wire.digest import sha256_tag

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from shidian.apps.accounts.models import Person
    from shidian.core.procedure.types import NewEvent, Verb
    from shidian.core.rulebook.model import DrillRules, Period

KIND = "exit.drilled"
DRILLS_A_DAY_MAX = 20
"""A drill costs a tenth of a second, and each one stays on record."""
_SPARE_DAYS = 60
"""Working days told to the drill beyond the last deadline, so that it says how late it would be."""
_SEED_BYTES = 16
YEARS_BACK_MAX = 2


@dataclass(frozen=True, slots=True)
class Due:
    """Where a case stands with its drills: the newest one, the last one passed, and by when.

    `by` None: none is due, or at once where `now`.
    """

    newest: ExitDrill | None
    passed: ExitDrill | None
    by: date | None
    now: bool


def drill_rules(case: Case) -> DrillRules | None:
    """What the rulebook of the case asks of its exit plan; None where it asks for no drill."""
    return case.rulebook.exit.drill if case.rulebook.exit is not None else None


@transaction.atomic
def file_exit_plan(
    *, case: Case, canonical: bytes, by: Person, at: datetime | None = None
) -> ExitPlan:
    """Keep a version of the exit plan; one that is the same as the newest is not kept again.

    A plan that will fail its drill is kept too. Raises ForbiddenError; SupervisionError for what
    cannot be read, a closed case, a rulebook that asks for none.
    """
    locked = _locked(case, by)
    try:
        plan = read_exit_plan(canonical)
    except ExitError as error:
        raise SupervisionError(str(error), field=error.where) from error
    newest = ExitPlan.objects.filter(case=locked).first()
    if newest is not None and newest.digest == plan.digest():
        return newest
    return ExitPlan.objects.create(
        case=locked,
        number=newest.number + 1 if newest else 1,
        canonical=plan.canonical().decode(),
        digest=plan.digest(),
        filed_by=by,
        filed_at=at or timezone.now(),
    )


@transaction.atomic
def run_drill(*, case: Case, by: Person, at: datetime | None = None) -> ExitDrill:
    """Drill the newest exit plan; kept whether it passes or not, with its certificate.

    The seed is drawn now: no plan is made for the positions. The notary signs the certificate, and
    it goes on record, when the worker comes by (`certify_drill`). Raises ForbiddenError;
    SupervisionError: no plan, closed, too many today, days that the calendar does not know.
    """
    moment = at or timezone.now()
    locked = _locked(case, by)
    rules = drill_rules(locked)
    plan = ExitPlan.objects.filter(case=locked).first()
    if plan is None or rules is None:
        raise SupervisionError(_("File the exit plan first."))
    today = ExitDrill.objects.filter(case=locked, run_at__gt=moment - timedelta(days=1))
    if today.count() >= DRILLS_A_DAY_MAX:
        raise SupervisionError(_("Enough drills for one day. Mend the plan, and come back."))
    highest = ExitDrill.objects.filter(case=locked).aggregate(high=Max("number"))["high"]
    subject = Subject(
        case=locked.reference,
        number=int(highest or 0) + 1,
        lead=locked.lead.name_zh,
        rules_digest=loaded_rulebook(locked.rulebook_version_id).rules_digest,
        software=installed_version("shidian"),
        seed=secrets.token_hex(_SEED_BYTES),
        positions=rules.positions,
    )
    setting = setting_of(locked, timezone.localdate(moment))
    began = time.perf_counter()
    outcome, content = drilled(read_exit_plan(plan.canonical), setting, subject)
    took_us = int((time.perf_counter() - began) * 1e6)
    text = certificate_text(content, began_at=time_text(moment), took_us=took_us)
    return ExitDrill.objects.create(
        case=locked,
        number=subject.number,
        plan=plan,
        passed=outcome.passed,
        certificate=text,
        digest=sha256_tag(text.encode()),
        run_by=by,
        run_at=moment,
    )


def setting_of(case: Case, drilled_on: date) -> Setting:
    """The rulebook's kinds, bodies and periods, and the working days of its calendar.

    The exit is made up as the positions are: where the calendar does not know the days ahead yet,
    it lies on the same day of an earlier year, which the certificate names. Raises SupervisionError
    where the rulebook asks for no drill, or the calendar knows no such year.
    """
    rules = drill_rules(case)
    if rules is None:
        raise SupervisionError(_("The rulebook asks for no exit drill."))
    calendar = calendar_of(case.rulebook)
    for years in range(YEARS_BACK_MAX + 1):
        exit_on = _years_before(drilled_on, years)
        due = due_days(case, exit_on)
        try:
            count = calendar.count(exit_on, max((*_known(due), exit_on))) + _SPARE_DAYS
            days = tuple(calendar.add(exit_on, n) for n in range(1, count + 1))
        except CalendarMissingError as missing:
            unknown = missing
            continue
        if None not in due.values():
            break
    else:
        raise SupervisionError(unknown.text.zh)
    return Setting(
        kinds=tuple(one.id for one in rules.kinds),
        told=tuple(one.id for one in rules.told),
        exit_on=exit_on,
        days=days,
        due={step: day for step, day in due.items() if day is not None},
    )


def due_days(case: Case, exit_on: date) -> dict[Step, date | None]:
    """By when each step that has a period is to be done, counted from an exit.

    None where the calendar does not know the days yet.
    """
    rules, calendar = drill_rules(case), calendar_of(case.rulebook)

    def end(start: date | None, period: Period) -> date | None:
        return None if start is None else period_end(calendar, start, period, exit_on)[0]

    found: dict[Step, date | None] = {}
    if rules is not None and rules.notices_within is not None:
        found[Step.NOTICES] = end(exit_on, rules.notices_within)
    if rules is not None and rules.run_off_within is not None:
        found[Step.RUN_OFF] = end(exit_on, rules.run_off_within)
    if case.rulebook.safeguards.refund is not None:
        found[Step.REFUNDS] = end(found.get(Step.RUN_OFF, exit_on), case.rulebook.safeguards.refund)
    return found


def _known(due: dict[Step, date | None]) -> list[date]:
    return [day for day in due.values() if day is not None]


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)


def drill_due(case: Case, at: datetime | None = None) -> Due | None:
    """When the next drill is due; None where the rulebook asks for none. Two queries."""
    rules = drill_rules(case)
    if rules is None:
        return None
    drills = ExitDrill.objects.filter(case=case)
    newest = drills.defer("certificate").first()
    passed = newest if newest is None or newest.passed else drills.filter(passed=True).first()
    if case.stage_rule.kind is StageKind.CLOSED:
        return Due(newest, passed, None, now=False)
    if passed is None:
        return Due(newest, None, None, now=rules.before_entry)
    if rules.every is None:
        return Due(newest, passed, None, now=False)
    today = timezone.localdate(at)
    since = timezone.localdate(passed.run_at)
    until, _missing = period_end(calendar_of(case.rulebook), since, rules.every, today)
    return Due(newest, passed, until, now=until is not None and until < today)


@objecting
def exit_is_drilled(case: Case, verb: Verb, events: Iterable[NewEvent]) -> None:
    """Refuse to start a pilot whose exit plan has passed no drill that is still good.

    Raises DomainError (`exit-not-drilled`).
    """
    del verb
    rules = drill_rules(case)
    if rules is None or not rules.before_entry:
        return
    starts = next((one for one in events if _starts_the_pilot(case, one)), None)
    if starts is None:
        return
    due = drill_due(case, starts.at)
    if due is None or not due.now:
        return
    failed = due.newest is not None and not due.newest.passed
    raise DomainError(
        "exit-not-drilled",
        Text(
            zh="退出方案尚未通过演练，试点不得启动：最近一次演练未通过，请申报机构修改方案后重新演练。"
            if failed
            else "退出方案没有有效的演练通过记录，试点不得启动：请申报机构先演练退出方案。",
            en="The exit plan has not passed a drill, so the pilot cannot start: the last one"
            " failed. The applicant mends the plan and drills it again."
            if failed
            else "No drill of the exit plan that is still good was passed, so the pilot cannot"
            " start: the applicant drills it first.",
        ),
    )


def _starts_the_pilot(case: Case, event: NewEvent) -> bool:
    """At once, or once the decision that is kept until then is told."""
    if event.kind is EventKind.DECISION_HELD:
        return case.rulebook.stage(str(event.data["to"])).kind is StageKind.RUNNING
    return event.kind is EventKind.PILOT_STARTED


@transaction.atomic
def certify_drill(
    *, drill: ExitDrill, signature: str, public_key: str, at: datetime | None = None
) -> bool:
    """Keep the notary's signature, and have the certificate put on record; whether it was new.

    The record holds a commitment: who may see the drill can show that it is on it.
    """
    moment = at or timezone.now()
    unsigned = ExitDrill.objects.filter(pk=drill.pk, signed_at=None)
    if not unsigned.update(signature=signature, public_key=public_key, signed_at=moment):
        return False
    drill.refresh_from_db()
    put(TOPIC, leaf_payload(drill), case=drill.case, at=moment)
    return True


def leaf_payload(drill: ExitDrill) -> dict[str, object]:
    """What a leaf's row says of a drill that is signed."""
    return leaf_document(
        case=drill.case.reference,
        number=drill.number,
        certificate_digest=drill.digest,
        at=time_text(drill.signed_at or drill.run_at),
    )


def _locked(case: Case, by: Person) -> Case:
    locked = Case.objects.select_for_update(of=("self",)).select_related("lead").get(pk=case.pk)
    if not allows(by, Permission.EXIT_PREPARE, locked):
        raise ForbiddenError
    if drill_rules(locked) is None:
        raise SupervisionError(_("The rulebook asks for no exit drill."))
    if locked.stage_rule.kind is StageKind.CLOSED:
        raise SupervisionError(_("The case is closed."))
    return locked
