"""What the values of a project's measures rest on: its events, and tiles of them by group."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from shidian.core.monitor.content import Content, kind_of
from shidian.core.monitor.events import EventTable, Ints
from shidian.core.monitor.grouping import Agenda, Grouping, grouping_key
from shidian.core.monitor.ratio import Ratio
from shidian.core.monitor.windows import Window
from shidian.core.rulebook.model import Take

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa
    from numpy.typing import NDArray

    from shidian.core.monitor.grouping import GroupingKey
    from shidian.core.monitor.past import Batch
    from shidian.core.monitor.program import Measure

    Touched: TypeAlias = "dict[GroupingKey, tuple[Ints, Ints]]"
    """Per grouping the (group, tile) of every event that an entry retracted or inserted."""

    Due: TypeAlias = "dict[_AgendaKey, Ints]"
    """Groups whose windows' contents have changed by time alone."""

    _Span: TypeAlias = "tuple[int | None, tuple[int, ...] | None] | None"
    _ContentKey: TypeAlias = "tuple[GroupingKey, str, str | None, _Span]"
    _AgendaKey: TypeAlias = "tuple[GroupingKey, int | None, int]"


class Holdings:
    """The events of a project and, for each measure watched, its tiles by group.

    Memory: the events held (see EventTable); per measure one cell for each group and tile that
    holds anything, or for each different value in it; per group its name and a few numbers.

    What lies before `from_us` was forgotten: it is in none of the cells of measures whose windows
    are so many tiles long, and in the table only where it was corrected. Whoever asks for values at
    instants whose windows reach before it, or changes events there, recalls it first.
    """

    def __init__(self) -> None:
        self._events = EventTable()
        self._groupings: dict[GroupingKey, Grouping] = {}
        self._contents: dict[_ContentKey, Content] = {}
        self._agendas: dict[_AgendaKey, Agenda] = {}
        self._ratios: dict[Measure, Ratio] = {}
        self._lasting: set[_ContentKey] = set()
        self._window_us = self._distinct_us = self._step_us = 0
        self.from_us: int | None = None

    @property
    def events(self) -> EventTable:
        """All of them, as far as they were taken in."""
        return self._events

    def watch(self, measure: Measure) -> None:
        """Keep tiles for this measure, from all events there are. Raises SumOverflow.

        Of what is forgotten nothing is known to a measure that is new (see `knows`).
        """
        self._lasting.update(map(content_key, _lasting(measure)))
        self.expect(measure)
        if measure.ratio_to is not None:
            self.watch(measure.ratio_to)
        if measure.sampling is not None and measure.sampling.admissions is not None:
            self.watch(measure.sampling.admissions)
        key = grouping_key(measure)
        fresh = key not in self._groupings
        grouping = self._groupings.setdefault(key, Grouping(measure, self._events))
        found = grouping.select(self._events, self._events.live_rows())
        if fresh:
            grouping.change(found[1], found[2], 1)
        held_as = content_key(measure)
        if held_as not in self._contents:
            kind, field = held_as[1], held_as[2]
            self._contents[held_as] = Content(kind, field, measure)
            self._contents[held_as].change(self._events, measure.stream, found, 1)
        for part in parts_of(measure):
            if part.by and (agenda := agenda_key(part, measure.step_us)) not in self._agendas:
                self._agendas[agenda] = Agenda()
                rows = self._events.live_rows()
                seen = self._groupings[grouping_key(part)].select(self._events, rows)
                self._note(agenda, seen[1], seen[2])
        if measure.ratio_to is not None:  # not before both sides have their groups
            self._ratios.setdefault(measure, Ratio())
        self._sync()

    def apply(
        self, table: pa.Table, source: str, epoch: int, unpermitted: NDArray[np.bool_] | None = None
    ) -> Touched:
        """Take in an entry; what it touched. `unpermitted`: see EventTable. Raises SumOverflow."""
        changed = self._events.apply(table, source, epoch, unpermitted)
        touched: Touched = {}
        for key, grouping in self._groupings.items():
            gone = grouping.select(self._events, changed.retracted)
            come = grouping.select(self._events, changed.inserted)
            for found, sign in ((gone, -1), (come, 1)):
                if len(found[0]):
                    grouping.change(found[1], found[2], sign)
                    for held_as, content in self._contents.items():
                        if held_as[0] == key:
                            content.change(self._events, grouping.stream, found, sign)
            groups, tiles = (np.concatenate((gone[n], come[n])) for n in (1, 2))
            if len(groups):
                touched[key] = (groups, tiles)
            for agenda in self._agendas:
                if agenda[0] == key and len(groups):
                    self._note(agenda, groups, tiles)
        self._sync()
        return touched

    # --- what is not held ------------------------------------------------------------------

    def knows(self, measure: Measure) -> bool:
        """Whether all that `watch` would keep for it is kept already."""
        admissions = None if measure.sampling is None else measure.sampling.admissions
        parts = parts_of(measure)
        return (
            content_key(measure) in self._contents
            and self._lasting.issuperset(map(content_key, _lasting(measure)))
            and all(not p.by or agenda_key(p, measure.step_us) in self._agendas for p in parts)
            and all(self.knows(other) for other in (measure.ratio_to, admissions) if other)
        )

    def expect(self, measure: Measure) -> None:
        """Its window and step are among those that `reach_us` is told by from now on."""
        for part in parts_of(measure):
            self._window_us = max(self._window_us, part.window_us or 0)
            self._step_us = max(self._step_us, part.step_us)
            if part.take is Take.DISTINCT:
                self._distinct_us = max(self._distinct_us, part.window_us or 0)

    @property
    def reach_us(self) -> int:
        """What changes at an instant is told by events no further back than this from it.

        The longest window that ends, and once more that of a distinct count: whether a value is
        there anew at a tile is told by the tiles of one more window before it.
        """
        tile_us = max((key[3] for key in self._groupings), default=0)
        return self._window_us + self._distinct_us + 2 * (tile_us + self._step_us)

    def oldest_us(self, table: pa.Table, source: str, epoch: int) -> int:
        """No event that an entry's rows insert or retract lies before this."""
        return self._events.oldest_us(table, source, epoch)

    @property
    def rows(self) -> int:
        """Events held, in any revision."""
        return len(self._events)

    @property
    def forgets(self) -> bool:
        """Whether anything may go: not where a measure names rows of the table for ever."""
        return not any(key[1] == "row" for key in self._lasting)

    def aligned(self, at_us: int) -> int:
        """The last beginning of a tile, of tiles of every length, at or before an instant."""
        tile_us = math.lcm(*(key[3] for key in self._groupings))
        return at_us // tile_us * tile_us

    def forget(self, before_us: int) -> None:
        """Let go of what lies before an instant, the beginning of a tile of every length."""
        places = self._events.forget(before_us)
        for key, grouping in self._groupings.items():
            grouping.forget(before_us // key[3])
        for held_as, content in self._contents.items():
            if held_as not in self._lasting:
                content.forget(before_us // held_as[0][3], places)
        self.from_us = before_us

    def recall(self, low_us: int | None, batches: Iterable[Batch]) -> None:
        """Take in again what was forgotten, from an instant on (see `aligned`); None: all of it.

        `batches`: of the entries taken in so far, those with events in that stretch, in order.
        """
        assert self.from_us is not None  # noqa: S101 - else there is nothing to recall
        first_us = 0 if low_us is None else low_us
        for batch in batches:
            self._events.recall(batch, first_us, self.from_us)
        self._events.recalled(first_us)
        rows = self._events.live_between(first_us, self.from_us)
        for key, grouping in self._groupings.items():
            found = grouping.select(self._events, rows)
            grouping.recall(found[1], found[2], None if low_us is None else low_us // key[3])
            for held_as, content in self._contents.items():
                if held_as[0] == key and held_as not in self._lasting:
                    content.recall(self._events, grouping.stream, found)
        self.from_us = low_us

    def _sync(self) -> None:
        for measure, ratio in self._ratios.items():
            assert measure.ratio_to is not None  # noqa: S101 - by construction
            ratio.sync(*(self._groupings[grouping_key(part)] for part in parts_of(measure)))

    def _note(self, agenda: _AgendaKey, groups: Ints, tiles: Ints) -> None:
        (_, _, _, tile_us), length, step_us = agenda
        window = Window(None if length is None else length // tile_us)
        enters, leaves = window.moves(tiles)
        parts = [enters] if length is None else [enters, leaves]
        for at in parts:
            self._agendas[agenda].put(-(-at * tile_us // step_us) * step_us, groups)


def parts_of(measure: Measure) -> tuple[Measure, ...]:
    return (measure,) if measure.ratio_to is None else (measure, measure.ratio_to)


def _lasting(measure: Measure) -> Iterator[Measure]:
    """Of the measure and those that it rests on, whose tiles are asked for however old they are."""
    if measure.sampling is None:
        if measure.window_us is None:
            yield measure
        return
    yield from parts_of(measure)
    if measure.sampling.admissions is not None:
        yield measure.sampling.admissions


def content_key(measure: Measure) -> _ContentKey:
    kind = kind_of(measure)
    # A distinct count keeps when its values enter and leave, which is the window's.
    field = None if measure.take is Take.COUNT else measure.field
    window = (measure.window_us, measure.opens_us) if kind == "distinct" else None
    return grouping_key(measure), kind, field, window


def agenda_key(part: Measure, step_us: int) -> _AgendaKey:
    return grouping_key(part), part.window_us, step_us
