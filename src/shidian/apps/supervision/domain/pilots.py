"""Starting and closing a pilot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from shidian.apps.cases.calendars import trading_days_of
from shidian.apps.cases.models import Case
from shidian.apps.cases.outbox import put
from shidian.apps.cases.rulebooks import loaded_rulebook
from shidian.apps.supervision.domain.automatic import by_rule
from shidian.apps.supervision.domain.control import post_control
from shidian.apps.supervision.domain.instants import to_us
from shidian.apps.supervision.domain.keys import revoke_all_keys
from shidian.apps.supervision.models import AT_WORK, Pilot, PilotState, PlanVersion
from shidian.apps.supervision.term import term_of
from shidian.apps.supervision.tiers import tier_of
from shidian.core.monitor.openings import counts_trading_days, openings
from shidian.core.procedure.calendars import CalendarMissingError
from shidian.core.rulebook.executable import not_executable
from shidian.core.rulebook.model import Text
from shidian.core.rulebook.problems import Problem
from shidian.core.rulebook.retention import kept_until

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from shidian.apps.accounts.models import Person
    from shidian.core.rulebook.model import Rulebook


@transaction.atomic
def start_pilot(
    *,
    case: Case,
    plan: Mapping[str, str],
    at: datetime | None = None,
    by: Person | None = None,
) -> Pilot:
    """Begin the run of an admitted case. Called again for the same case, it returns the pilot.

    1. The pilot gets its public id, `P-<year>-<number>`, and its term from the rulebook's clock.
    2. What the rulebook says and this release cannot run is listed; if there is anything, the pilot
       stays `pending` and nothing is activated.
    3. Otherwise the plan's first version and an activation record for the journal are written, and
       the public snapshot is asked for.

    `by` is None where the system acts on `pilot.admitted`.
    """
    case = Case.objects.select_for_update().get(pk=case.pk)
    existing = Pilot.objects.filter(case=case).first()
    if existing is not None:
        return existing
    moment = at or timezone.now()
    loaded = loaded_rulebook(case.rulebook_version_id)
    starts_on, ends_on = term_of(case, moment)
    problems = _in_the_way(loaded.rulebook, ends_on)
    pilot = Pilot.objects.create(
        case=case,
        public_id=_next_public_id(starts_on.year),
        state=PilotState.PENDING if problems else PilotState.RUNNING,
        starts_on=starts_on,
        ends_on=ends_on,
        start_us=to_us(moment),
        rules_digest=loaded.rules_digest,
        problems=_listed(problems),
        automatic={} if by else {"started": by_rule("pilot.admitted", loaded.digest)},
        created_at=moment,
    )
    outbox_id = None if problems else _activate(pilot, plan, moment)
    PlanVersion.objects.create(
        pilot=pilot,
        number=1,
        values=dict(plan),
        effective_us=to_us(moment),
        reason="",
        made_at=moment,
        made_by=by,
        outbox_id=outbox_id,
    )
    ask_for_snapshot(pilot, at=moment)
    return pilot


def _activate(pilot: Pilot, plan: Mapping[str, str], moment: datetime) -> int:
    """The activation names the rulebook by its digest; the worker puts in the document itself.

    The tier is told with it, the stage where limits ask for it, and when calendar windows open:
    replay must see what the monitor saw.
    """
    loaded = loaded_rulebook(pilot.case.rulebook_version_id)
    record: dict[str, object] = {
        "start_us": pilot.start_us,
        "effective_us": to_us(moment),
        "rules_digest": pilot.rules_digest,
        "rulebook_digest": loaded.digest,
        "plan": dict(plan),
    }
    start_us, rulebook = pilot.start_us or to_us(moment), loaded.rulebook
    days = trading_days_of(rulebook) if counts_trading_days(rulebook) else ()
    if calendars := openings(rulebook, start_us, days):
        record["calendars"] = calendars
    if tier := tier_of(pilot.case):
        record["tier"] = tier
    if _asks_for_stage(loaded.rulebook):
        record["stage"] = pilot.case.stage
    return post_control(pilot, "activation", record, at=moment)


def _asks_for_stage(rulebook: Rulebook) -> bool:
    return any(limit.stages for limit in rulebook.limits)


@transaction.atomic
def enter_stage(*, pilot: Pilot, stage: str, at: datetime | None = None) -> None:
    """Tell the journal that the case is in another stage, where limits differ by it.

    The agreed plan stays. Nothing is told of a pilot that does not run.
    """
    moment = at or timezone.now()
    locked = Pilot.objects.select_for_update().select_related("case").get(pk=pilot.pk)
    rulebook = loaded_rulebook(locked.case.rulebook_version_id).rulebook
    if locked.state not in AT_WORK or not _asks_for_stage(rulebook):
        return
    newest = PlanVersion.objects.filter(pilot=locked).latest("number")
    record = {"effective_us": to_us(moment), "plan": dict(newest.values), "stage": stage}
    post_control(locked, "plan", record, at=moment)
    ask_for_snapshot(locked, at=moment)


def _next_public_id(year: int) -> str:
    prefix = f"P-{year}-"
    last = (
        Pilot.objects.filter(public_id__startswith=prefix)
        .order_by("-public_id")
        .values_list("public_id", flat=True)
        .first()
    )
    number = int(last.removeprefix(prefix)) + 1 if last else 1
    return f"{prefix}{number:04d}"


@transaction.atomic
def migrate_pilot(*, pilot: Pilot, at: datetime | None = None) -> Pilot:
    """Go on under the rulebook version that the case was moved to. Idempotent.

    The agreed plan stays. Where this release can run the new version's rules, an activation tells
    the journal, and they are in force from its entry; where it cannot, the old rules stay in force
    and the pilot lists what is in the way. A term clock of another length moves the last day.
    """
    moment = at or timezone.now()
    locked = Pilot.objects.select_for_update().select_related("case").get(pk=pilot.pk)
    loaded = loaded_rulebook(locked.case.rulebook_version_id)
    unchanged = locked.rules_digest == loaded.rules_digest
    if locked.state == PilotState.CLOSED or unchanged:
        return locked
    _, locked.ends_on = term_of(locked.case, locked.created_at)
    problems = _in_the_way(loaded.rulebook, locked.ends_on)
    locked.problems = _listed(problems)
    if not problems:
        _activate_anew(locked, loaded.rules_digest, moment)
    locked.automatic = {**locked.automatic, "migrated": by_rule("pilot.migrated", loaded.digest)}
    locked.save(update_fields=["state", "rules_digest", "problems", "ends_on", "automatic"])
    ask_for_snapshot(locked, at=moment)
    return locked


def _activate_anew(pilot: Pilot, rules_digest: str, moment: datetime) -> None:
    """Put the newest plan in force under the new rules; a pilot that could not run, now runs."""
    newest = PlanVersion.objects.filter(pilot=pilot).latest("number")
    pilot.rules_digest = rules_digest
    if pilot.state == PilotState.PENDING:
        pilot.state = PilotState.RUNNING
    outbox_id = _activate(pilot, newest.values, moment)
    PlanVersion.objects.create(
        pilot=pilot,
        number=newest.number + 1,
        values=dict(newest.values),
        effective_us=to_us(moment),
        reason="",
        made_at=moment,
        made_by=None,
        outbox_id=outbox_id,
    )


@transaction.atomic
def renew_calendar(*, calendar: str, at: datetime | None = None) -> None:
    """Activate anew what counts trading days by that calendar: its days are known further, or

    better. Rules and plan stay. A pilot that waited for the calendar begins to run.
    """
    moment = at or timezone.now()
    for pilot in Pilot.objects.select_for_update().exclude(state=PilotState.CLOSED):
        rulebook = loaded_rulebook(pilot.case.rulebook_version_id).rulebook
        by = rulebook.calendars
        if by is None or by.market != calendar or not counts_trading_days(rulebook):
            continue
        pilot.problems = _listed(problems := _in_the_way(rulebook, pilot.ends_on))
        if not problems:
            _activate_anew(pilot, pilot.rules_digest, moment)
        pilot.save(update_fields=["state", "problems"])


def _in_the_way(rulebook: Rulebook, ends_on: date) -> tuple[Problem, ...]:
    """What keeps the rules from running: what this release cannot do, and days not known yet."""
    found = not_executable(rulebook)
    if not counts_trading_days(rulebook) or rulebook.calendars is None:
        return found
    known = trading_days_of(rulebook)
    if known and known[-1].year >= ends_on.year:
        return found
    missing = CalendarMissingError(rulebook.calendars.market, ends_on.year).text
    load = Text(zh="请导入该年日历", en="load that year")
    return (*found, Problem("/calendars/market", rulebook.rulebook, 0, missing, load))


def _listed(problems: Sequence[Problem]) -> list[dict[str, object]]:
    return [
        {
            "path": item.path,
            "message": item.message.model_dump(),
            "expected": item.expected.model_dump(),
        }
        for item in problems
    ]


@transaction.atomic
def close_pilot(
    *, pilot: Pilot, outcome: str, at: datetime | None = None, by: Person | None = None
) -> Pilot:
    """End the run: its keys are revoked, and nothing more is taken from it. Idempotent.

    `outcome` is that of the case. Where rules were activated, a control record tells the journal of
    the closing and until when the rulebook has the telemetry kept.
    """
    moment = at or timezone.now()
    locked = Pilot.objects.select_for_update().get(pk=pilot.pk)
    if locked.state == PilotState.CLOSED:
        return locked
    locked.state = PilotState.CLOSED
    locked.closed_at = moment
    if by is None:
        digest = loaded_rulebook(locked.case.rulebook_version_id).digest
        locked.automatic = {**locked.automatic, "closed": by_rule("pilot.closed", digest)}
    locked.save(update_fields=["state", "closed_at", "automatic"])
    revoke_all_keys(pilot=locked, at=moment, by=by)
    if PlanVersion.objects.filter(pilot=locked, outbox_id__isnull=False).exists():
        _tell_closing(locked, outcome, moment)
    ask_for_snapshot(locked, at=moment)
    return locked


def _tell_closing(pilot: Pilot, outcome: str, moment: datetime) -> None:
    record: dict[str, object] = {"effective_us": to_us(moment), "outcome": outcome}
    rulebook = loaded_rulebook(pilot.case.rulebook_version_id).rulebook
    if until := kept_until(rulebook, outcome, moment):
        record["keep_until_us"] = to_us(until)
    post_control(pilot, "closing", record, at=moment)


def ask_for_snapshot(pilot: Pilot, *, at: datetime) -> None:
    """The public page of the pilot is stale; the worker publishes it anew."""
    put("snapshot.pilot", {"pilot": pilot.public_id}, case=pilot.case, at=at)
