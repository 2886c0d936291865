"""Reports and exit drills on the board: how many are overdue, derived and not stored.

What was filed and drilled comes with the board's one statement (`board_figures`), as do the newest
calendars. What is owed follows from rules and dates alone and is remembered, so that a push costs a
look-up a pilot.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from django.db.models import Count, Max, Q, Value
from django.db.models.functions import JSONArray
from django.utils import timezone

from shidian.apps.cases.calendars import calendar_among
from shidian.apps.cases.models import CalendarVersion
from shidian.apps.cases.rulebooks import rulebook_of
from shidian.apps.supervision.models import ExitDrill, PilotState, Report, ReportKind, ReportState
from shidian.core.procedure.reporting import Run, duties_of, past_due
from shidian.core.procedure.thresholds import period_end

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.db.models import QuerySet

    from shidian.apps.cases.calendars import Editions
    from shidian.apps.supervision.board_figures import Figures, Said
    from shidian.apps.supervision.models import Pilot

Rows: TypeAlias = "QuerySet[Any, Any]"
_KNOWN_MAX = 16_384
_OF_A_PERIOD = (ReportKind.PERIODIC.value, ReportKind.FINAL.value)


def of_pilots(schemes: Collection[int], prefix: str = "pilot__") -> Q:
    """Rows of pilots of these schemes that are not closed; `prefix`: the way to the pilot."""
    return Q(**{f"{prefix}case__scheme__in": list(schemes)}) & ~Q(
        **{f"{prefix}state": PilotState.CLOSED}
    )


def reports(schemes: Collection[int], now: datetime) -> Rows:
    """By pilot and duty: how many past ones are with the authorities; how many returned ones late.

    A draft is the institution's own: it is owed like one that nobody has begun.
    """
    today = timezone.localdate(now)
    overdue = Q(state=ReportState.RETURNED, revised_by__lt=today)
    past = Q(due_on__lt=today) | Q(due_on=None)
    of_a_period = Q(kind__in=_OF_A_PERIOD)
    return (
        Report.objects.filter(of_pilots(schemes))
        .exclude(state=ReportState.DRAFT)
        .order_by()
        .values("pilot", "duty", part=Value("reports"))
        .annotate(
            said=JSONArray(
                "duty",
                Count("pk", filter=of_a_period & past & ~overdue),
                Count("pk", filter=overdue & ~(of_a_period & past)),
            )
        )
        .values_list("part", "pilot", "said")
    )


def take_reports(found: Figures, pilot: int, said: Said) -> None:
    duty, settled, late = said
    found.reports.setdefault(pilot, {})[duty] = (settled, late)


def drills(schemes: Collection[int], _now: datetime) -> Rows:
    """By case, when its exit plan passed a drill last."""
    return (
        ExitDrill.objects.filter(of_pilots(schemes, "case__pilot__"), passed=True)
        .filter(case__pilot__isnull=False)
        .order_by()
        .values("case", part=Value("drill"))
        .annotate(said=JSONArray(Max("run_at")))
        .values_list("part", "case", "said")
    )


def take_drill(found: Figures, case: int, said: Said) -> None:
    (at,) = said
    found.drilled[case] = timezone.localdate(moment_of(at))


def editions(_schemes: Collection[int], _now: datetime) -> Rows:
    """The newest edition of each calendar."""
    newest = CalendarVersion.objects.order_by().values("calendar").annotate(newest=Max("pk"))
    rows = CalendarVersion.objects.filter(pk__in=newest.values("newest")).order_by()
    return rows.values_list(Value("edition"), "pk", JSONArray("calendar", "version"))


def take_edition(found: Figures, edition: int, said: Said) -> None:
    calendar, version = said
    found.editions.append((calendar, edition, version))


def moment_of(said: str) -> datetime:
    """SQLite keeps moments in UTC and does not say so."""
    at = datetime.fromisoformat(said)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def reports_late(pilot: Pilot, figures: Figures, today: date) -> int:
    """How many of its reports are not with the authorities though their last day is over."""
    filed = figures.reports.get(pilot.pk, {})
    late = sum(late for _settled, late in filed.values())
    if pilot.state == PilotState.PENDING:
        return late
    _event, tier = figures.tiers.get(pilot.case_id, (0, None))
    rules = pilot.case.rulebook_version_id, pilot.case.rulebook_version.digest
    past = _past(rules, tuple(sorted(figures.editions)), tier, pilot.starts_on, today)
    return late + sum(max(0, n - filed.get(duty, (0, 0))[0]) for duty, n in past)


def drill_late(pilot: Pilot, figures: Figures, today: date) -> bool:
    """Whether its exit plan has passed no drill that is still good."""
    rules = pilot.case.rulebook_version_id, pilot.case.rulebook_version.digest
    passed = figures.drilled.get(pilot.case_id)
    if passed is None:
        return _is_owed(rules)
    until = _good_until(rules, tuple(sorted(figures.editions)), passed)
    return until is not None and until < today


Rules: TypeAlias = "tuple[int, str]"
"""Key and digest of a rulebook version."""


@lru_cache(maxsize=_KNOWN_MAX)
def _past(
    rules: Rules, known: Editions, tier: str | None, started: date, today: date
) -> tuple[tuple[str, int], ...]:
    """(duty, how many of its reports have their last day behind them)."""
    rulebook = rulebook_of(*rules)
    calendar = calendar_among(rulebook, known)
    run = Run(started)
    return tuple(
        (duty.id, past_due(duty, run, today, calendar)) for duty in duties_of(rulebook, tier)
    )


@lru_cache(maxsize=_KNOWN_MAX)
def _good_until(rules: Rules, known: Editions, passed: date) -> date | None:
    """The last day on which a drill is good; None where it is for good, or no calendar counts."""
    rulebook = rulebook_of(*rules)
    drill = rulebook.exit.drill if rulebook.exit is not None else None
    calendar = calendar_among(rulebook, known)
    if drill is None or drill.every is None or calendar is None:
        return None
    return period_end(calendar, passed, drill.every, passed)[0]


def _is_owed(rules: Rules) -> bool:
    rulebook = rulebook_of(*rules)
    drill = rulebook.exit.drill if rulebook.exit is not None else None
    return drill is not None and drill.before_entry
