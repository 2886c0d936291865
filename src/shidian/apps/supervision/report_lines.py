"""The lines of a report: figures drawn from the journal and from the case, each with its evidence.

A line is plain data, as it is signed and kept:

    {key, source, title: {zh, en}, unit, kind, value, scale, at_us, groups, query,
     evidence: {first_entry, last_entry, entries, feeds, digest, through, rows}, stated, why}

`value` is what telemetry says, as decimal text, empty where there is none; `stated` what the
institution says, and `why` its reason where that is another. `source` `journal`: computed by
`core.monitor.period` from the entries named. `source` `case`: counted from alerts, orders and
complaints, each named in `rows`; alerts and orders stand in the journal as well. Evaluations have
the same lines, and two sources more (`evaluation_lines`).
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import Sum

from shidian.apps.supervision.domain.instants import day_begins_us, from_us, to_us
from shidian.apps.supervision.journals import journal_of
from shidian.apps.supervision.models import (
    AlertItem,
    Complaint,
    ControlReceipt,
    Order,
    OrderKind,
    Pilot,
    SourceReading,
    StepKind,
)
from shidian.config import settings
from shidian.core.journal.entry import EventsRemovedError
from shidian.core.journal.reader import JournalDamagedError, JournalReader
from shidian.core.journal.sealed import SegmentDamagedError
from shidian.core.monitor.events import SumOverflow
from shidian.core.monitor.items import Change
from shidian.core.monitor.period import FigureKind, PeriodFigure, PeriodRun, Span
from shidian.core.monitor.period_reading import digest_between, run_of
from shidian.core.monitor.program import SEVERITIES, NotExecutable, severity_of
from shidian.core.rulebook.model import Text
from shidian_kit.wire import canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date, datetime

    from shidian.core.rulebook.model import ReportDuty, Rulebook

    Line = dict[str, Any]

T = TypeVar("T")

EVENTS_MAX = 10_000_000
"""Events of a pilot of which a page computes figures: about half a minute's work."""
_WAIT_S = 20.0
_one_at_a_time = threading.Lock()


class NoFiguresError(Exception):
    """Figures cannot be computed here and now; `words` say why and what to do."""

    def __init__(self, words: Text) -> None:
        super().__init__(words.en)
        self.words = words


@dataclass(frozen=True, slots=True)
class Drawn:
    """Lines as of an entry of the journal. `settled`: an event came from after the period, so that

    the period's own are in, late ones apart.
    """

    lines: tuple[Line, ...]
    through: int
    settled: bool


def span_of(rulebook: Rulebook, first: date, last: date) -> Span:
    """Days, both included, in the rulebook's zone → µs UTC."""
    zone = rulebook.zone
    return Span(day_begins_us(first, zone), day_begins_us(last, zone, after=1))


def draw(pilot: Pilot, duty: ReportDuty, first: date, last: date) -> Drawn:
    """All lines of a report of that duty, as of now. Raises NoFiguresError."""
    rulebook = pilot.case.rulebook
    span = span_of(rulebook, first, last)
    wanted = duty.indicators or tuple(one.id for one in rulebook.indicators)

    def work(reader: JournalReader) -> Drawn:
        run = run_of(reader, pilot.public_id)
        order = {name: place for place, name in enumerate(wanted)}
        figures = sorted(
            run.figures(span, set(wanted)), key=lambda one: (order[one.indicator], one.kind)
        )
        lines = [_of_journal(rulebook, one, run) for one in figures]
        lines += _of_case(pilot, span, run.last_entry)
        settled = run.newest_us is not None and run.newest_us >= span.to_us
        return Drawn(tuple(lines), run.last_entry, settled)

    return in_journal(pilot, work)


@dataclass(frozen=True, slots=True)
class Asked:
    """A figure of an indicator that somebody names: under which key, and what it stands for.

    `at_us`: the instant whose value it is; None: what `kind` says of the period.
    """

    key: str
    role: Text
    indicator: str
    span: Span
    kind: FigureKind = FigureKind.TOTAL
    at_us: int | None = None


def draw_asked(pilot: Pilot, asked: Sequence[Asked]) -> Drawn:
    """These figures as of now, each with its evidence. Raises NoFiguresError."""
    rulebook = pilot.case.rulebook

    def work(reader: JournalReader) -> Drawn:
        run = run_of(reader, pilot.public_id)
        lines = []
        for one in asked:
            found = run.figure(one.indicator, one.kind, one.span)
            line = _of_journal(rulebook, found, run) | {"key": one.key, "role": _both(one.role)}
            if one.at_us is not None:
                line |= {"kind": "at", "at_us": str(one.at_us)}
            lines.append(line)
        return Drawn(tuple(lines), run.last_entry, settled=True)

    return in_journal(pilot, work)


@dataclass(frozen=True, slots=True)
class Followed:
    """A line computed once more: as of the entry that it names, from its own entries alone, and

    with all that has come since.
    """

    then: str
    alone: str
    digest: str
    now: str
    now_through: int


def follow(pilot: Pilot, line: Line) -> Followed:
    """Compute a line of the journal again from what it names. Raises NoFiguresError."""
    query, evidence = line["query"], line["evidence"]
    span = Span(int(query["from_us"]), int(query["to_us"]))
    kind, indicator = FigureKind(query["figure"]), str(query["indicator"]["id"])
    through = int(evidence["through"])
    bounds = int(evidence["first_entry"]), int(evidence["last_entry"])

    def asked(run: PeriodRun) -> str:
        return run.figure(indicator, kind, span).text

    def work(reader: JournalReader) -> Followed:
        name = pilot.public_id
        now = run_of(reader, name)
        return Followed(
            then=asked(run_of(reader, name, through=through)),
            alone=asked(run_of(reader, name, through=through, only=bounds)),
            digest=digest_between(reader, name, *bounds),
            now=asked(now),
            now_through=now.last_entry,
        )

    return in_journal(pilot, work)


def counted_again(pilot: Pilot, line: Line) -> tuple[str, str]:
    """A line of the case counted again as of the entry that it names: (value, digest)."""
    query, through = line["query"], int(line["evidence"]["through"])
    span = Span(int(query["from_us"]), int(query["to_us"]))
    again = next(one for one in _of_case(pilot, span, through) if one["key"] == line["key"])
    return again["value"], again["evidence"]["digest"]


def in_journal(pilot: Pilot, work: Callable[[JournalReader], T]) -> T:
    """Do it over the pilot's journal, one at a time. Raises NoFiguresError."""
    events = SourceReading.objects.filter(pilot=pilot).aggregate(n=Sum("events"))["n"] or 0
    if events > EVENTS_MAX:
        raise NoFiguresError(_TOO_MANY)
    if not _one_at_a_time.acquire(timeout=_WAIT_S):
        raise NoFiguresError(_BUSY)
    try:
        with JournalReader(settings().journal_at(journal_of(pilot))) as reader:
            reader.hold()
            return work(reader)
    except FileNotFoundError:
        raise NoFiguresError(_NOT_HERE) from None
    except EventsRemovedError:
        raise NoFiguresError(_REMOVED) from None
    except (SumOverflow, NotExecutable, LookupError) as error:
        raise NoFiguresError(
            Text(zh=f"无法计算：{error}", en=f"It cannot be computed: {error}")
        ) from error
    except (JournalDamagedError, SegmentDamagedError, OSError) as error:
        raise NoFiguresError(
            Text(zh=f"监测日志无法读取：{error}", en=f"The journal cannot be read: {error}")
        ) from error
    finally:
        _one_at_a_time.release()


def _of_journal(rulebook: Rulebook, one: PeriodFigure, run: PeriodRun) -> Line:
    indicator = next(found for found in rulebook.indicators if found.id == one.indicator)
    evidence = one.evidence
    return {
        "key": f"{one.indicator}.{one.kind.value}",
        "source": "journal",
        "title": _both(indicator.title),
        "unit": None if indicator.unit is None else _both(indicator.unit),
        "kind": one.kind.value,
        "take": indicator.take.value if indicator.ratio_to is None else "ratio",
        "value": one.text,
        "scale": one.scale,
        # Nothing happened at no time in particular.
        "at_us": str(one.at_us) if one.at_us is not None and one.value else None,
        "groups": one.groups,
        "query": one.query,
        "evidence": {
            "first_entry": evidence.first_entry,
            "last_entry": evidence.last_entry,
            "entries": evidence.entries,
            "feeds": [list(feed) for feed in evidence.feeds],
            "digest": evidence.digest,
            "through": run.last_entry,
            "rows": [],
        },
        "stated": one.text,
        "why": "",
    }


_LEVELS = {
    "info": Text(zh="提示级告警", en="Alerts: notice"),
    "warning": Text(zh="预警级告警", en="Alerts: warning"),
    "breach": Text(zh="超限级告警", en="Alerts: breach"),
    "critical": Text(zh="严重级告警", en="Alerts: critical"),
}
_EPISODES = Text(zh="起", en="episodes")
_ORDERS = {
    OrderKind.REMIND: Text(zh="提示指令", en="Orders: reminder"),
    OrderKind.WARN: Text(zh="预警指令", en="Orders: warning"),
    OrderKind.RESTRICT: Text(zh="限制指令", en="Orders: restriction"),
    OrderKind.SUSPEND: Text(zh="暂停指令", en="Orders: suspension"),
    OrderKind.RESUME: Text(zh="恢复指令", en="Orders: resumption"),
    OrderKind.TERMINATE: Text(zh="终止指令", en="Orders: termination"),
}
_PIECES = Text(zh="件", en="orders")
_COMPLAINTS = Text(zh="机构收到的投诉", en="Complaints that reached the institution")
_CASES = Text(zh="件", en="complaints")


def _of_case(pilot: Pilot, span: Span, through: int) -> list[Line]:
    """Alerts that began, orders issued, complaints that reached the institution, in the period."""
    lines = []
    alerts = _alerts(pilot, span, through)
    for severity in SEVERITIES:
        rows = [(row, entries) for row, level, entries in alerts if level == severity.value]
        lines.append(_counted(f"alerts.{severity.value}", _LEVELS[severity.value], _EPISODES, rows))
    orders = _orders(pilot, span)
    for kind, title in _ORDERS.items():
        rows = [(row, entries) for row, of, entries in orders if of == kind]
        lines.append(_counted(f"orders.{kind.value}", title, _PIECES, rows))
    complaints = [(row, ()) for row in _complaints(pilot, span)]
    lines.append(_counted("complaints.received", _COMPLAINTS, _CASES, complaints))
    for line in lines:
        line["evidence"]["through"] = through
        line["query"] = {
            "project": pilot.public_id,
            "case": line["key"],
            "from_us": str(span.from_us),
            "to_us": str(span.to_us),
        }
    return lines


def _counted(key: str, title: Text, unit: Text, rows: Sequence[tuple[str, Sequence[int]]]) -> Line:
    entries = [entry for _, found in rows for entry in found]
    names = [row for row, _ in rows]
    return {
        "key": key,
        "source": "case",
        "title": _both(title),
        "unit": _both(unit),
        "kind": "total",
        "take": "count",
        "value": str(len(rows)),
        "scale": 0,
        "at_us": None,
        "groups": None,
        "query": {},
        "evidence": {
            "first_entry": min(entries, default=0),
            "last_entry": max(entries, default=0),
            "entries": len(set(entries)),
            "feeds": [],
            "digest": f"sha256:{sha256(canonical.dumps(names)).hexdigest()}",
            "rows": names,
        },
        "stated": str(len(rows)),
        "why": "",
    }


def _alerts(pilot: Pilot, span: Span, through: int) -> list[tuple[str, str, list[int]]]:
    """(episode, highest level, its entries) of episodes begun in the period, as of an entry.

    The last word on each counts; what was only said early, or taken back, does not.
    """
    items = AlertItem.objects.filter(pilot=pilot, entry__lte=through).order_by("seq")
    last: dict[str, tuple[str, list[Any]]] = {}
    entries: dict[str, list[int]] = {}
    for episode, change, path, entry in items.values_list("episode", "change", "path", "entry"):
        entries.setdefault(episode, []).append(entry)
        last[episode] = (change, path)
    found = []
    for episode, (change, path) in last.items():
        steps = [step for step in path if not step["early"]]
        if change == Change.WITHDRAWN or not steps:
            continue
        if span.from_us <= int(steps[0]["at_us"]) < span.to_us:
            level = severity_of(max(int(step["rung"]) for step in steps)).value
            found.append((episode, level, entries[episode]))
    return found


def _orders(pilot: Pilot, span: Span) -> list[tuple[str, str, list[int]]]:
    """(name, kind, its entry) of orders issued in the period."""
    rows = Order.objects.filter(
        pilot=pilot,
        issued_at__gte=from_us(span.from_us),
        issued_at__lt=from_us(span.to_us),
    ).order_by("public_id")
    found = list(rows.values_list("public_id", "kind", "control_outbox_id"))
    entries = dict(
        ControlReceipt.objects.filter(outbox_id__in=[outbox for _, _, outbox in found]).values_list(
            "outbox_id", "entry"
        )
    )
    return [
        (name, kind, [entries[outbox]] if outbox in entries else []) for name, kind, outbox in found
    ]


def _complaints(pilot: Pilot, span: Span) -> list[str]:
    """Complaints that reached the institution in the period: it is told of no others."""
    forwarded: dict[str, datetime] = {}
    steps = Complaint.objects.filter(pilot=pilot, steps__kind=StepKind.FORWARDED).order_by(
        "reference", "steps__at"
    )
    for reference, at in steps.values_list("reference", "steps__at"):
        forwarded.setdefault(reference, at)
    return [
        reference for reference, at in forwarded.items() if span.from_us <= to_us(at) < span.to_us
    ]


def _both(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


_BUSY = Text(
    zh="正在为另一页面读取监测日志，请稍后再试。",
    en="The journal is being read for another page: try again in a moment.",
)
_NOT_HERE = Text(
    zh="监测日志不在这台服务器上，无法从监测数据取数。",
    en="The journal is not on this machine: no figures can be drawn from telemetry.",
)
_REMOVED = Text(
    zh="保存期限已满，监测数据已删除，无法重新计算。",
    en="The telemetry was removed, its time being over: nothing can be computed again.",
)
_TOO_MANY = Text(
    zh="监测数据过多，网页上无法等待：请在保存日志的机器上用 shidian replay 重算。",
    en="There are too many events for a page to wait: use shidian replay where the journal is.",
)
