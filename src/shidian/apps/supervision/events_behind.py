"""The events behind an alert: those that its frozen window counts, as they were known then."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from shidian.apps.supervision.report_lines import NoFiguresError, in_journal
from shidian.core.monitor.period_reading import run_of
from shidian.core.rulebook.model import FieldType, Take, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shidian.apps.supervision.models import AlertItem, Pilot
    from shidian.core.journal.reader import JournalReader
    from shidian.core.monitor.period import PeriodRun, Seen
    from shidian.core.monitor.program import Measure
    from shidian.core.rulebook.model import Rulebook, StreamField

SHOWN_MAX = 200
"""Events of a window that a page lists, the newest; how many there are it always says."""
_SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True)
class ShownEvent:
    """An event as a row: `values` in the order of the part's fields, empty where left out."""

    at_us: int
    values: tuple[str, ...]
    source: str
    name: str
    entry: int
    corrected: bool


@dataclass(frozen=True, slots=True)
class Part:
    """What one indicator counted. `start_us`: None where its window reaches to the first event."""

    indicator: Mapping[str, str]
    stream: Text
    where: str
    fields: tuple[str, ...]
    start_us: int | None
    end_us: int
    number: int
    frozen: int | None
    events: tuple[ShownEvent, ...]
    pseudonyms: bool

    @property
    def agrees(self) -> bool:
        """Whether as many events are there as the frozen explanation counted, where it did."""
        return self.frozen is None or self.number == self.frozen

    @property
    def more(self) -> int:
        """How many older ones are not listed."""
        return self.number - len(self.events)


def behind(pilot: Pilot, item: AlertItem) -> list[Part]:
    """The events that an item's explanation counts, newest first; of a quotient, of both sides.

    As of the item's entry: what came later changes nothing of it. Raises NoFiguresError: also where
    the item has no window, its rule being in force no more.
    """
    raw = item.explanation
    if not raw.get("rule") or raw.get("window") is None:
        raise NoFiguresError(_NO_WINDOW)

    def work(reader: JournalReader) -> list[Part]:
        run = run_of(reader, pilot.public_id, through=item.entry)
        measure = _measure(run, item.rule, int(raw["in_force"]["entry"]))
        parts = [_part(pilot.case.rulebook, run, measure, item.group, raw)]
        if measure.ratio_to is not None and raw.get("divided_by"):
            under = measure.ratio_to
            group = item.group if under.by else ""
            parts.append(_part(pilot.case.rulebook, run, under, group, raw["divided_by"]))
        return parts

    return in_journal(pilot, work)


def _measure(run: PeriodRun, rule: str, in_force: int) -> Measure:
    """What the rule measured under the rules in force from that entry. Raises LookupError."""
    for segment in run.timeline.segments:
        if segment.entry == in_force and (found := segment.program.rule(rule)) is not None:
            return found.measure
    raise LookupError(f"no rule {rule} in force from entry {in_force}")


def _part(
    rulebook: Rulebook, run: PeriodRun, measure: Measure, group: str, raw: Mapping[str, Any]
) -> Part:
    first_us, end_us = raw["window"]["from_us"], int(raw["window"]["to_us"])
    counted = run.counted(measure, group, first_us, end_us, SHOWN_MAX)
    stream = next((one for one in rulebook.streams if one.id == measure.stream), None)
    known = stream.fields if stream else {}
    fields = tuple(dict.fromkeys([*known, *(name for one in counted.newest for name in one.data)]))
    return Part(
        indicator=raw["indicator"]["title"],
        stream=stream.title if stream else Text(zh=measure.stream, en=measure.stream),
        where=measure.where.text if measure.where else "",
        fields=fields,
        start_us=None if first_us is None else int(first_us),
        end_us=end_us,
        number=counted.number,
        # A distinct count froze how many values there were, not how many events.
        frozen=None if measure.take is Take.DISTINCT else raw.get("events"),
        events=tuple(_row(one, known, fields) for one in reversed(counted.newest)),
        pseudonyms=any(one.type is FieldType.PSEUDONYM for one in known.values()),
    )


def _row(seen: Seen, known: Mapping[str, StreamField], fields: tuple[str, ...]) -> ShownEvent:
    return ShownEvent(
        at_us=seen.time_us,
        values=tuple(
            _said(seen.data[name], known.get(name)) if name in seen.data else "" for name in fields
        ),
        source=seen.source,
        name=f"{seen.epoch}/{seen.seqno}/{seen.rev}",
        entry=seen.entry,
        corrected=seen.rev > 0,
    )


def _said(value: str | bool | int, field: StreamField | None) -> str:
    """A value as people read it; of a pseudonym its number alone."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, str) or field is None:
        return str(value)
    match field.type:
        case FieldType.MONEY | FieldType.DECIMAL:
            return f"{Decimal(value).scaleb(-field.scale):,f}"
        case FieldType.DURATION:
            return _("%(n)s s") % {"n": f"{Decimal(value) / _SECOND_US:,f}"}
        case FieldType.PSEUDONYM:
            return _("No. %(n)s") % {"n": value}
        case _:
            return f"{value:,}"


_NO_WINDOW = Text(
    zh="此项告警的说明未记载统计窗口，无法列出其背后的事件。",
    en="The explanation of this item has no window: the events behind it cannot be listed.",
)
