"""What the board says of its pilots, read in one statement of many parts, for any number of them.

Each part is a query of its own, and all are joined by UNION ALL: a row says which part it is of,
whose it is (a pilot's key, for duties and tiers its case's) and, as a JSON array, what was found.
The parts are cut to schemes, not to a list of pilots, which would be some thousand parameters: a
row may be of a pilot that the reader must not see. So figures are looked up by the pilots that were
let through, one by one, and never gone through. Orders and alarms are cut to the reader here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from django.db.models import Count, Exists, F, OuterRef, Q, Sum, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, JSONArray
from django.utils import timezone

from shidian.apps.cases.models import Case, CaseEvent, Task
from shidian.apps.notices.complaint_words import ComplaintState
from shidian.apps.supervision import board_duties
from shidian.apps.supervision.board_duties import moment_of, of_pilots
from shidian.apps.supervision.domain.alerts import UNSEEN
from shidian.apps.supervision.incident_queries import OPEN_STATES, late_at
from shidian.apps.supervision.models import (
    AlertEpisode,
    Complaint,
    CurrentReading,
    EpisodeState,
    GroupedReading,
    Incident,
    IndicatorReading,
    Order,
    OrderAlarm,
    Pilot,
    SourceReading,
)
from shidian.apps.supervision.orders import (
    ALARMS_SHOWN,
    in_view,
    visible_orders,
    waiting_alarms,
)
from shidian.apps.supervision.series import Change
from shidian.core.procedure.alerts import LEVELS
from shidian.core.procedure.types import EventKind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import date, datetime

    from django.contrib.auth.models import AnonymousUser
    from django.db.models import QuerySet

    from shidian.apps.accounts.models import Person

Rows: TypeAlias = "QuerySet[Any, Any]"
Reader: TypeAlias = "Person | AnonymousUser"
Said: TypeAlias = "list[Any]"
"""What a row found, in the order in which its part names it."""
_WITH_INSTITUTION = (ComplaintState.FORWARDED.value, ComplaintState.ACKNOWLEDGED.value)


@dataclass(slots=True)
class Alerts:
    """A pilot's episodes in numbers, by rank from 1. Those that are muted are open too."""

    open: dict[int, int] = field(default_factory=dict)
    muted: dict[int, int] = field(default_factory=dict)
    unseen: int = 0

    @property
    def heard_rank(self) -> int:
        """The highest rank that has an open episode which no mute hides; 0 for none."""
        heard = (rank for rank, n in self.open.items() if n > self.muted.get(rank, 0))
        return max(heard, default=0)

    @property
    def counts(self) -> list[tuple[str, int]]:
        """Level and number of open episodes, gravest first; muted ones count."""
        return [(LEVELS[rank - 1], self.open[rank]) for rank in sorted(self.open, reverse=True)]

    @property
    def muted_count(self) -> int:
        """How many of the open ones are muted."""
        return sum(self.muted.values())


@dataclass(frozen=True, slots=True)
class Quality:
    """How a pilot's sources deliver. `late_per_cent`: of all events that ever came, 0 to 100."""

    late_per_cent: float
    missing: int
    silent: int


@dataclass(slots=True)
class Figures:
    """Each by pilot's key; `duties_late`, `drilled` and `tiers` by the case's."""

    alerts: dict[int, Alerts] = field(default_factory=dict)
    quality: dict[int, Quality] = field(default_factory=dict)
    complaints: dict[int, tuple[int, int]] = field(default_factory=dict)
    """How many are open, and for how many of these the institution is late."""
    incidents: dict[int, tuple[int, int]] = field(default_factory=dict)
    """How many are under way, and of how many of these something is overdue."""
    duties_late: dict[int, int] = field(default_factory=dict)
    """Tasks whose last day is over, whoever owes them."""
    reports: dict[int, dict[str, tuple[int, int]]] = field(default_factory=dict)
    """By duty how many reports past their day were filed, and how many revised ones are late."""
    drilled: dict[int, date] = field(default_factory=dict)
    """When the exit plan passed a drill last."""
    editions: list[tuple[str, int, str]] = field(default_factory=list)
    """(calendar, key of its newest edition, version)."""
    tiers: dict[int, tuple[int, str]] = field(default_factory=dict)
    """Number of the event that admitted it, and the risk tier; none where it was not graded."""
    values: dict[int, dict[str, list[Change]]] = field(default_factory=dict)
    """By indicator the newest value, in a list of one."""
    grouped: dict[int, dict[str, GroupedReading]] = field(default_factory=dict)
    """By limit how its groups stand."""
    to_decide: int = 0
    """How many orders wait for officers."""
    alarms: list[OrderAlarm] = field(default_factory=list)
    """As `open_alarms` gives them, with what the page shows of each and no more."""


def figures_of(person: Reader, schemes: Collection[int], now: datetime) -> Figures:
    """What is known now of the pilots of these schemes that are not closed. One query."""
    first, *others = (
        part(schemes, now)
        for part in (
            *(_alerts, _quality, _complaints, _incidents, _late),
            *(_tiers, _current, _final, _grouped),
            *(board_duties.reports, board_duties.drills, board_duties.editions),
        )
    )
    rows = first.union(*others, _to_decide(person), _alarms(person), all=True)
    found = Figures()
    for name, whose, said in rows:
        _TAKEN[name](found, whose, said)
    found.alarms.sort(key=lambda alarm: alarm.pk)
    return found


def muted_now(now: datetime) -> Q:
    """Episodes that a mute hides from what is open now."""
    return Q(muted_until__gt=now, muted_rank__gte=F("rank"))


def _alerts(schemes: Collection[int], now: datetime) -> Rows:
    is_open = Q(state=EpisodeState.OPEN)
    return (
        AlertEpisode.objects.filter(UNSEEN | is_open, of_pilots(schemes))
        .order_by()
        .values("pilot", "rank", part=Value("alerts"))
        .annotate(
            said=JSONArray(
                "rank",
                Count("pk", filter=is_open),
                Count("pk", filter=is_open & muted_now(now)),
                Count("pk", filter=UNSEEN),
            )
        )
        .values_list("part", "pilot", "said")
    )


def _take_alerts(found: Figures, pilot: int, said: Said) -> None:
    rank, n, muted, unseen = said
    alerts = found.alerts.setdefault(pilot, Alerts())
    if n:
        alerts.open[rank] = n
    if muted:
        alerts.muted[rank] = muted
    alerts.unseen += unseen


def _quality(schemes: Collection[int], _now: datetime) -> Rows:
    return (
        SourceReading.objects.filter(of_pilots(schemes))
        .order_by()
        .values("pilot", part=Value("quality"))
        .annotate(
            said=JSONArray(
                Coalesce(Sum("events"), 0),
                Coalesce(Sum("late"), 0),
                Coalesce(Sum("missing"), 0),
                Count("pk", filter=Q(silent=True)),
            )
        )
        .values_list("part", "pilot", "said")
    )


def _take_quality(found: Figures, pilot: int, said: Said) -> None:
    came, late, missing, silent = said
    share = 100 * int(late) / int(came) if came else 0.0
    found.quality[pilot] = Quality(share, int(missing), silent)


def _complaints(schemes: Collection[int], now: datetime) -> Rows:
    today = timezone.localdate(now)
    late = Q(state__in=_WITH_INSTITUTION, answer_by__lt=today) | Q(
        state=ComplaintState.FORWARDED.value, acknowledge_by__lt=today
    )
    return (
        Complaint.objects.filter(of_pilots(schemes))
        .exclude(state=ComplaintState.CLOSED.value)
        .order_by()
        .values("pilot", part=Value("complaints"))
        .annotate(said=JSONArray(Count("pk"), Count("pk", filter=late)))
        .values_list("part", "pilot", "said")
    )


def _take_complaints(found: Figures, pilot: int, said: Said) -> None:
    n, late = said
    found.complaints[pilot] = (n, late)


def _incidents(schemes: Collection[int], now: datetime) -> Rows:
    return (
        Incident.objects.filter(of_pilots(schemes), state__in=OPEN_STATES)
        .order_by()
        .values("pilot", part=Value("incidents"))
        .annotate(said=JSONArray(Count("pk"), Count("pk", filter=late_at(now))))
        .values_list("part", "pilot", "said")
    )


def _take_incidents(found: Figures, pilot: int, said: Said) -> None:
    n, late = said
    found.incidents[pilot] = (n, late)


def _late(schemes: Collection[int], now: datetime) -> Rows:
    return (
        Task.objects.open()
        .filter(of_pilots(schemes, "case__pilot__"), due__lt=timezone.localdate(now))
        .filter(case__pilot__isnull=False)
        .order_by()
        .values("case", part=Value("late"))
        .annotate(said=JSONArray(Count("pk")))
        .values_list("part", "case", "said")
    )


def _take_late(found: Figures, case: int, said: Said) -> None:
    (found.duties_late[case],) = said


def _tiers(schemes: Collection[int], _now: datetime) -> Rows:
    admitted = CaseEvent.objects.filter(
        of_pilots(schemes, "case__pilot__"),
        kind=EventKind.CASE_ADMITTED.value,
        case__pilot__isnull=False,
        data__tier__isnull=False,
    )
    said = JSONArray("seq", KeyTextTransform("tier", "data"))
    return admitted.order_by().values_list(Value("tiers"), "case", said)


def _take_tiers(found: Figures, case: int, said: Said) -> None:
    seq, tier = said
    if tier:
        found.tiers[case] = max(found.tiers.get(case, (0, "")), (seq, tier))


def _current(schemes: Collection[int], _now: datetime) -> Rows:
    said = JSONArray("indicator", "instant_us", "value", "scale")
    rows = CurrentReading.objects.filter(of_pilots(schemes))
    return rows.order_by().values_list(Value("values"), "pilot", said)


def _final(schemes: Collection[int], _now: datetime) -> Rows:
    """Of pilots of which no current value was copied yet, the final ones."""
    said = JSONArray("indicator", "instant_us", "value", "scale")
    copied = CurrentReading.objects.filter(pilot=OuterRef("pilot"))
    rows = IndicatorReading.objects.filter(~Exists(copied), of_pilots(schemes))
    return rows.order_by().values_list(Value("values"), "pilot", said)


def _take_values(found: Figures, pilot: int, said: Said) -> None:
    indicator, at_us, value, scale = said
    known = found.values.setdefault(pilot, {})
    if indicator not in known or known[indicator][0].at_us <= at_us:
        known[indicator] = [Change(at_us, value, scale)]


_GROUPED = ("rule", "entry", "instant_us", "final", "groups", "rungs", "nearest")


def _grouped(schemes: Collection[int], _now: datetime) -> Rows:
    rows = GroupedReading.objects.filter(of_pilots(schemes))
    return rows.order_by().values_list(Value("grouped"), "pilot", JSONArray(*_GROUPED))


def _take_grouped(found: Figures, pilot: int, said: Said) -> None:
    values = dict(zip(_GROUPED, said, strict=True))
    # SQLite keeps JSON as text, and text within JSON is a string.
    for name in ("rungs", "nearest"):
        if isinstance(values[name], str):
            values[name] = json.loads(values[name])
    values["final"] = bool(values["final"])
    found.grouped.setdefault(pilot, {})[values["rule"]] = GroupedReading(pilot_id=pilot, **values)


def _to_decide(person: Reader) -> Rows:
    rows = in_view(visible_orders(person), "to-decide")
    return rows.order_by().values_list(Value("to-decide"), "pilot", JSONArray("pk"))


def _take_to_decide(found: Figures, _pilot: int, _said: Said) -> None:
    found.to_decide += 1


_ALARM = ("pk", "kind", "raised_at", "order__kind", "order__public_id")
_ITS_CASE = ("order__pilot__case__title_zh", "order__pilot__case__title_en")


def _alarms(person: Reader) -> Rows:
    """The oldest, one more than are shown. A compound statement sorts and cuts no part of it."""
    oldest = waiting_alarms(person).order_by("pk").values("pk")[: ALARMS_SHOWN + 1]
    rows = OrderAlarm.objects.filter(pk__in=oldest).order_by()
    return rows.values_list(Value("alarm"), "order__pilot", JSONArray(*_ALARM, *_ITS_CASE))


def _take_alarm(found: Figures, pilot: int, said: Said) -> None:
    pk, kind, raised, order_kind, public_id, title_zh, title_en = said
    case = Case(title_zh=title_zh, title_en=title_en)
    order = Order(kind=order_kind, public_id=public_id, pilot=Pilot(pk=pilot, case=case))
    found.alarms.append(OrderAlarm(pk=pk, kind=kind, raised_at=moment_of(raised), order=order))


_TAKEN: dict[str, Callable[[Figures, int, Said], None]] = {
    "alerts": _take_alerts,
    "quality": _take_quality,
    "complaints": _take_complaints,
    "incidents": _take_incidents,
    "late": _take_late,
    "tiers": _take_tiers,
    "values": _take_values,
    "grouped": _take_grouped,
    "to-decide": _take_to_decide,
    "alarm": _take_alarm,
    "reports": board_duties.take_reports,
    "drill": board_duties.take_drill,
    "edition": board_duties.take_edition,
}
