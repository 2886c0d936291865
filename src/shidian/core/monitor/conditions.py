"""Which rungs of a rule are met where: whole columns of values at a time, then group by group."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from shidian.core.monitor.exact import met
from shidian.core.monitor.machine import Mark

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from numpy.typing import NDArray

    from shidian.core.monitor.events import Ints
    from shidian.core.monitor.program import Measure, Rule
    from shidian.core.monitor.scope import Scope
    from shidian.core.monitor.timeline import Segment, Timeline
    from shidian.core.monitor.windows import Runs

    Row: TypeAlias = "tuple[int, int, bool, bool, Rule | None, int, int]"
    """Instant, rungs met, whether that is known, whether clear, rule, its segment's bounds."""


@dataclass(slots=True)
class Rows:
    """What is found of one group from `from_us` on: at final instants, and at open ones."""

    from_us: int
    settled: list[Row] = field(default_factory=list)
    ahead: list[Mark] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A rule's conditions in part of a segment, for groups `numbers` (runs own places in them)."""

    segment: Segment
    rule: Rule
    numbers: Ints
    runs: Runs
    rungs: Ints
    known: NDArray[np.bool_]
    clear: NDArray[np.bool_]

    def of(self, number: int) -> Iterator[Row]:
        """Rows of one group."""
        place = int(np.searchsorted(self.numbers, number))
        if place == len(self.numbers) or self.numbers[place] != number:
            return
        first, last = np.searchsorted(self.runs.owner, [place, place + 1])
        for n in range(int(first), int(last)):
            yield (
                int(self.runs.at[n]),
                int(self.rungs[n]),
                bool(self.known[n]),
                bool(self.clear[n]),
                self.rule,
                self.segment.start_us,
                self.segment.end_us,
            )


class Asked:
    """The groups of a rule to look at, by each measure that it has had, and from when on."""

    def __init__(
        self, timeline: Timeline, rule_id: str, scope: Scope, awake: Sequence[str]
    ) -> None:
        rules = [rule for s in timeline.segments if (rule := s.program.rule(rule_id)) is not None]
        self.measures = list({id(rule.measure): rule.measure for rule in rules}.values())
        self._scope = scope
        self.by_measure: dict[int, tuple[Ints, Ints]] = {}
        measures, found = self.measures, {}
        for measure in measures:
            numbers, lows = scope.groups(measure)
            found[id(measure)] = numbers, _from_where_there(timeline, rule_id, measure, lows)
        if len(measures) == 1 and not awake:
            self.by_measure = found
            return
        from_us = dict.fromkeys(awake, scope.start_us)
        for measure in measures:
            texts = scope.values.texts(measure)
            numbers, lows = found[id(measure)]
            for number, low_us in zip(numbers.tolist(), lows.tolist(), strict=True):
                text = texts[number]
                from_us[text] = min(from_us.get(text, low_us), low_us)
        for measure in measures:
            pairs = [(scope.values.number(measure, text), low) for text, low in from_us.items()]
            there = sorted((number, low) for number, low in pairs if number is not None)
            columns = np.array(there, np.int64).reshape(-1, 2)
            self.by_measure[id(measure)] = columns[:, 0], columns[:, 1]

    def low_us(self) -> int:
        """The first instant that any of them needs."""
        lows = [int(lows.min()) for _, lows in self.by_measure.values() if len(lows)]
        return min(lows, default=self._scope.start_us)

    def texts_among(self, measure: Measure, known: Collection[str]) -> Iterator[tuple[str, int]]:
        """Those of `known` groups that are to be looked at, with from when on."""
        numbers, lows = self.by_measure[id(measure)]
        values = self._scope.values
        if len(known) > len(numbers):
            texts = values.texts(measure)
            for number, low_us in zip(numbers.tolist(), lows.tolist(), strict=True):
                if texts[number] in known:
                    yield texts[number], low_us
            return
        for text in known:
            number = values.number(measure, text)
            place = -1 if number is None else int(np.searchsorted(numbers, number))
            if 0 <= place < len(numbers) and numbers[place] == number:
                yield text, int(lows[place])


def rows_of(  # noqa: PLR0917 - what is asked, of whom, and what is known of them
    timeline: Timeline,
    rule_id: str,
    scope: Scope,
    newest_us: int,
    awake: Sequence[str],
    known: Collection[str],
) -> dict[str, Rows]:
    """Per group that may have anything to say: those `known`, and where a rung is met now."""
    asked = Asked(timeline, rule_id, scope, awake)
    settled = list(_settled(timeline, rule_id, scope, asked))
    ahead = list(_ahead(timeline, rule_id, scope, asked, newest_us))
    found: dict[str, Rows] = {}
    for measure in asked.measures:
        for text, low_us in asked.texts_among(measure, known):
            found.setdefault(text, Rows(low_us))
    for _, piece in [*settled, *ahead]:
        if piece is None:
            continue
        texts = scope.values.texts(piece.rule.measure)
        numbers, lows = asked.by_measure[id(piece.rule.measure)]
        for place in np.unique(piece.runs.owner[piece.rungs != 0]).tolist():
            found.setdefault(texts[int(numbers[place])], Rows(int(lows[place])))
    for text, rows in found.items():
        _fill(text, rows, scope, settled, ahead)
    return found


def _opening_us(segment: Segment, measure: Measure) -> int:
    """The first instant of the measure from the segment's beginning on."""
    return -(-segment.start_us // measure.step_us) * measure.step_us


def _from_where_there(timeline: Timeline, rule_id: str, measure: Measure, lows: Ints) -> Ints:
    """Whether a group is there under rules is said where they begin, before their first instant:

    what may make it known by that instant may differ from their beginning on.
    """
    for segment in timeline.segments:
        rule = segment.program.rule(rule_id)
        if rule is not None and rule.measure is measure:
            before = (lows > segment.start_us) & (lows <= _opening_us(segment, measure))
            lows = np.where(before, segment.start_us, lows)
    return lows


def _fill(
    text: str,
    rows: Rows,
    scope: Scope,
    settled: Sequence[tuple[Segment, _Piece | None]],
    ahead: Sequence[tuple[Segment, _Piece | None]],
) -> None:
    for segment, piece in settled:
        number = None if piece is None else scope.values.number(piece.rule.measure, text)
        absent = number is None or piece is None
        if piece is not None and number is not None:
            measure = piece.rule.measure
            first = scope.values.firsts(measure, np.array([number], np.int64))
            absent = int(first[0]) * measure.tile_us >= _opening_us(segment, measure)
        if absent and rows.from_us <= segment.start_us:
            # What goes on ends where the rules changed, or the group is not there under them.
            end = (segment.start_us, segment.end_us)
            rows.settled.append((segment.start_us, 0, True, True, None, *end))
        if piece is not None and number is not None:
            rows.settled.extend(piece.of(number))
    for segment, piece in ahead:
        number = None if piece is None else scope.values.number(piece.rule.measure, text)
        if piece is not None and number is not None:
            rows.ahead.extend(
                Mark(at_us, rungs, clear, piece.rule, segment.start_us, segment.end_us)
                for at_us, rungs, _, clear, *_ in piece.of(number)
            )


def _settled(
    timeline: Timeline, rule_id: str, scope: Scope, asked: Asked
) -> Iterator[tuple[Segment, _Piece | None]]:
    """Parts of segments up to the watermark; None where the rule is not in force."""
    for segment, low_us, high_us in timeline.between(asked.low_us(), scope.watermark_us):
        rule = segment.program.rule(rule_id)
        yield (
            segment,
            None if rule is None else _piece(segment, rule, scope, asked, low_us, high_us),
        )


def _ahead(
    timeline: Timeline, rule_id: str, scope: Scope, asked: Asked, newest_us: int
) -> Iterator[tuple[Segment, _Piece | None]]:
    """Open instants, up to the first one that covers the newest event; no value meets nothing."""
    reach_us = newest_us + 1 + max((s.program.reach_us for s in timeline.segments), default=0)
    for segment, low_us, high_us in timeline.between(scope.watermark_us + 1, reach_us):
        rule = segment.program.rule(rule_id)
        if rule is None or not rule.may_be_early:
            continue
        tile_us, step_us = rule.measure.tile_us, rule.measure.step_us
        end_us = (newest_us // tile_us + 1) * tile_us
        last_us = min(high_us, -(-end_us // step_us) * step_us)
        if low_us <= last_us:
            yield segment, _piece(segment, rule, scope, asked, low_us, last_us, early=True)


def _piece(  # noqa: PLR0917 - a piece has two ends
    segment: Segment,
    rule: Rule,
    scope: Scope,
    asked: Asked,
    low_us: int,
    high_us: int,
    *,
    early: bool = False,
) -> _Piece:
    numbers, lows = asked.by_measure[id(rule.measure)]
    runs = scope.values.runs(rule.measure, numbers, np.maximum(lows, low_us), high_us)
    has_value = np.asarray(runs.over != 0, bool)
    rungs = np.zeros(len(runs.at), np.int64)
    for level in rule.levels:
        reached = met(level.comparison, runs.number, runs.over, level.bound) & has_value
        rungs |= reached.astype(np.int64) << level.rung
    clear = np.ones(len(runs.at), bool)
    if rule.clear is not None:
        bound = rule.clear
        clear = met(bound.comparison, runs.number, runs.over, bound.bound) & has_value
    known = has_value if rule.no_data == "hold" else np.ones(len(runs.at), bool)
    if rule.no_data == "fire" and not early:
        rungs[~has_value] = 1 << rule.levels[0].rung
    if rule.no_data == "clear":
        clear = clear | ~has_value
    return _Piece(segment, rule, numbers, runs, rungs, known, clear)
