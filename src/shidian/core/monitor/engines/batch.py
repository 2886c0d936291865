"""Replay of a project's whole history in columns: the evaluator's stream and final view."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from shidian.core.monitor.engines.blocks import Blocks, stretches
from shidian.core.monitor.engines.bounds import band, merged, rungs_between
from shidian.core.monitor.engines.clock import phases
from shidian.core.monitor.engines.knowledge import Known
from shidian.core.monitor.engines.pair import (
    LONG_AGO,
    Interest,
    Side,
    Steps,
    chosen_steps,
    effects,
    interest,
    tail_of,
    together,
)
from shidian.core.monitor.rule_state import Moment, RuleState
from shidian.core.rulebook.model import Comparison, Take

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from shidian.core.journal.entry import Entry
    from shidian.core.monitor.differences import Draft
    from shidian.core.monitor.engines.bounds import Band
    from shidian.core.monitor.engines.clock import Phase, Step, Ticks
    from shidian.core.monitor.engines.parts import Part
    from shidian.core.monitor.engines.source import Source
    from shidian.core.monitor.events import Ints
    from shidian.core.monitor.items import Episode
    from shidian.core.monitor.program import Measure, Rule
    from shidian.core.monitor.timeline import Timeline
    from shidian.core.rulebook.loaded import Loaded

TILES_MAX = 20_000_000
"""Tiles between a project's first event and its last that dense windows are made over."""

_DENSE = frozenset({Take.COUNT, Take.SUM, Take.MIN, Take.MAX, Take.DISTINCT, Take.QUANTILE})
_PEAKED = frozenset({Take.COUNT, Take.SUM, Take.MAX})
_UPWARD = (Comparison.GT, Comparison.GE)


class Unsupported(Exception):  # noqa: N818 - a state of affairs
    """The evaluator must replay this project; the message says why."""


@dataclass(frozen=True, slots=True)
class Told:
    """A draft with all that places it in the stream, and what was known when it was made."""

    entry: int
    rule: str
    group: str
    place: int
    draft: Draft
    timeline: Timeline
    known: Known


@dataclass(frozen=True, slots=True)
class Found:
    """What a project's rules stated, in the order of the stream; final episodes by rule, group."""

    told: list[Told]
    final: dict[tuple[str, str], list[Episode]]
    watermark_us: int | None


class ProjectBatch:
    """A project's contributions and bounds by content: kept, they serve other thresholds.

    `source` gives what counts. It is asked again where rules need what no rules before them did.
    """

    def __init__(self, name: str, entries: Sequence[Entry], ticks: Ticks, source: Source) -> None:
        self.name = name
        self._entries = entries
        self._ticks = ticks
        self._source = source
        self._marks: list[tuple[int, int, int]] | None = None
        self._parts: dict[object, Part] = {}
        self._sides: dict[object, Side] = {}
        # Of measures without `by` that groups are divided by.
        self._bands: dict[object, Band] = {}
        self._last_us = 0

    @property
    def nbytes(self) -> int:
        """Memory held between evaluations, about."""
        columns = {id(a): a.nbytes for part in self._parts.values() for a in part.columns()}
        return sum(columns.values()) + sum(side.nbytes for side in self._sides.values())

    def evaluate(self, override: Loaded | None = None) -> Found:
        """All phases, rule by rule. Raises Unsupported; NotExecutable, RulebookErrors.

        And what `read` raises.
        """
        try:
            return self._evaluated(override)
        finally:
            self._source.forget()
            self._bands.clear()
            for part in self._parts.values():
                part.settled.forget()
            for side in self._sides.values():
                if side.blocks is not None:
                    side.blocks.forget()

    def _evaluated(self, override: Loaded | None) -> Found:
        found = phases(self._entries, self._ticks, self._source.newest(), override)
        self._settle(found)
        for phase in found:
            for segment in phase.timeline.segments:
                for rule in segment.program.rules:
                    check_rule(rule)
        told: list[Told] = []
        final: dict[tuple[str, str], list[Episode]] = {}
        for rule_id in sorted({rule for phase in found for rule in phase.timeline.rule_ids()}):
            state = RuleState(self.name, rule_id)
            for group in self._groups(found, rule_id):
                told.extend(_Walk(self, state, rule_id, group, found).run())
            final |= {(rule_id, group): episodes for group, episodes in state.final()}
        told.sort(key=lambda one: (one.entry, one.rule, one.group, one.place))
        last_us = self._marks[-1][1] if self._marks else None
        return Found(told, final, last_us)

    def side(self, measure: Measure, text: str) -> Side:
        """A group's contributions to a measure and their bounds."""
        if not measure.by:
            text = ""
        key = (_content(measure), text)
        if key not in self._sides:
            part = self._part(measure)
            group = part.group_named(text)
            args = (part, group, measure.quantile)
            last = self._last_us // measure.tile_us + 1
            if measure.by:
                self._sides[key] = Side(measure, part, group, band=band(*args, last))
            else:
                first = self._source.first_us // measure.tile_us
                made = Blocks(*args, first, max(last, first + 1))
                self._sides[key] = Side(measure, part, group, blocks=made)
        return self._sides[key]

    def conditions(self, rule: Rule, sides: Mapping[Measure, Side]) -> tuple[Ints, Ints, Ints]:
        """Points from which other conditions of a rule hold for certain, or may hold, and these."""
        number = sides[rule.measure]
        over = rule.measure.ratio_to
        under = None if over is None else sides[over]
        if number.blocks is not None:
            return stretches(rule, number.blocks, None if under is None else under.blocks)
        upper, lower = number.band, None
        assert upper is not None  # noqa: S101 - of blocks and a band a side has one
        if under is not None:
            upper, lower = merged(upper, self._band(under))
        return upper.points, *rungs_between(rule, upper, lower)

    def _band(self, side: Side) -> Band:
        """A side's bounds at points where they may change, also where it has blocks."""
        if side.band is not None:
            return side.band
        key = _content(side.measure)
        if key not in self._bands:
            last = self._last_us // side.measure.tile_us + 1
            self._bands[key] = band(side.part, side.group, side.measure.quantile, last)
        return self._bands[key]

    def _settle(self, found: Sequence[Phase]) -> None:
        """Take the watermark's way, and how far ahead is looked; what rests on others is forgotten.

        A mark is an entry, the watermark after it, and the last instant that is looked at then.
        """
        segments = [segment for phase in found for segment in phase.timeline.segments]
        reach_us = max((segment.program.reach_us for segment in segments), default=0)
        marks = [
            (step.entry, step.watermark_us, max(step.watermark_us, step.newest_us + reach_us))
            for phase in found
            for step in phase.steps
        ]
        if marks == self._marks:
            return
        self._marks = marks
        self._parts.clear()
        self._sides.clear()
        self._bands.clear()
        self._last_us = max((open_us for _, _, open_us in marks), default=0)

    def _part(self, measure: Measure) -> Part:
        key = _content(measure)
        if key not in self._parts:
            part = self._source.part(measure, self._marks or ())
            self._check_size(part)
            self._parts[key] = part
        return self._parts[key]

    def _check_size(self, part: Part) -> None:
        """Raises Unsupported where sums could leave int64, or a grid would be out of proportion."""
        if part.magnitude >= 2.0**61:
            raise Unsupported("values add up to where exact sums are promised no longer")
        if (self._last_us - self._source.first_us) // part.tile_us > TILES_MAX:
            raise Unsupported("too many tiles")

    def _groups(self, found: Sequence[Phase], rule_id: str) -> list[str]:
        """Groups that any part of the log may let meet a rung, by name."""
        names: set[str] = set()
        rules = {
            rule
            for phase in found
            for segment in phase.timeline.segments
            if (rule := segment.program.rule(rule_id)) is not None
        }
        for rule in rules:
            names.update(self._hot(rule))
        return sorted(names)

    def _hot(self, rule: Rule) -> Iterator[str]:
        measure = rule.measure
        if not measure.by:
            yield ""
            return
        part = self._part(measure)
        if measure.take in _PEAKED and measure.ratio_to is None:
            bound = min(level.bound for level in rule.levels)
            for place in part.reaching(-(-bound.numerator // bound.denominator)):
                yield part.names.name(place)
            return
        for place in range(len(part.names)):
            yield part.names.name(place)


class _Sides(dict["Measure", Side]):
    """Measures of a group, made when first asked for: an explanation may ask for others'."""

    def __init__(self, project: ProjectBatch, group: str) -> None:
        super().__init__()
        self._project, self._group = project, group

    def __missing__(self, measure: Measure) -> Side:
        self[measure] = self._project.side(measure, self._group)
        return self[measure]


class _Walk:
    """One rule and group through all phases."""

    def __init__(
        self,
        project: ProjectBatch,
        state: RuleState,
        rule_id: str,
        group: str,
        found: Sequence[Phase],
    ) -> None:
        self._project, self._state = project, state
        self._rule_id, self._group = rule_id, group
        self._phases = found
        self._told_us = LONG_AGO
        self._was_hot = False
        self._reach_us: int | None = None

    def run(self) -> Iterator[Told]:
        """What is told, in the order of entries."""
        before_us = LONG_AGO
        for phase in self._phases:
            if phase.steps:
                yield from self._phase(phase, before_us)
                before_us = phase.steps[-1].watermark_us

    def _phase(self, phase: Phase, before_us: int) -> Iterator[Told]:
        sides = _Sides(self._project, self._group)
        near, self._reach_us = self._interest(phase, sides)
        if near.cold and not self._was_hot:
            return
        due: dict[int, int] = {}
        if not near.cold:
            steps = _columns(phase, before_us)
            places, late = chosen_steps(steps, near, effects(list(sides.values())), self._reach_us)
            due = dict(zip(places.tolist(), late.tolist(), strict=True))
        # Other rules: all is looked at anew.
        if phase.steps[0].anew:
            due[0] = LONG_AGO
        self._was_hot = True
        for place in sorted(due):
            yield from self._restate(phase, phase.steps[place], sides, near, due[place])

    def _interest(self, phase: Phase, sides: dict[Measure, Side]) -> tuple[Interest, int | None]:
        found: list[Interest] = []
        asked: list[tuple[Rule, int, tuple[Ints, Ints, Ints]]] = []
        boundaries: list[int] = []
        tail_us, reach_us = 0, None
        for segment in phase.timeline.segments:
            boundaries.append(segment.start_us)
            rule = segment.program.rule(self._rule_id)
            # Under rules with other dimensions there is no such group.
            if rule is None or bool(rule.measure.by) != bool(self._group):
                continue
            measure = rule.measure
            asked.append((rule, segment.start_us, self._project.conditions(rule, sides)))
            found.append(interest(*asked[-1]))
            tail_us = max(tail_us, tail_of(rule))
            if rule.may_be_early:
                reach_us = max(reach_us or 0, measure.tile_us + measure.step_us)
        if not all(one.cold for one in found):
            found = [
                interest(*one, held=True) if known.cold and one[0].no_data == "hold" else known
                for known, one in zip(found, asked, strict=True)
            ]
        return together(found, boundaries, tail_us), reach_us

    def _restate(
        self,
        phase: Phase,
        step: Step,
        sides: dict[Measure, Side],
        near: Interest,
        late_us: int,
    ) -> Iterator[Told]:
        known = Known(step, self._group, sides)
        from_us = LONG_AGO if self._told_us == LONG_AGO else min(self._told_us + 1, late_us)
        until_us, ahead = step.watermark_us, True
        if len(phase.timeline.segments) == 1:
            # Elsewhere an instant says what the one before it says. (Under other rules what was
            # held may end.)
            from_us, until_us = near.near.after(from_us), near.near.before(step.watermark_us)
            open_us = near.near.after(step.watermark_us + 1)
            ahead = open_us <= step.newest_us + (self._reach_us or 0)
        rows = known.rows(phase.timeline, self._rule_id, from_us, until_us, ahead=ahead)
        moment = Moment(step.entry, step.watermark_us, step.newest_us)
        self._told_us = step.watermark_us
        drafts = self._state.restate_group(self._group, rows, moment)
        for place, draft in enumerate(drafts):
            yield Told(step.entry, self._rule_id, self._group, place, draft, phase.timeline, known)


def _columns(phase: Phase, before_us: int) -> Steps:
    marks = np.array([step.watermark_us for step in phase.steps], np.int64)
    return Steps(
        entry=np.array([step.entry for step in phase.steps], np.int64),
        watermark_us=marks,
        before_us=np.append(before_us, marks[:-1]),
        newest_us=np.array([step.newest_us for step in phase.steps], np.int64),
    )


def _content(measure: Measure) -> object:
    """What of a measure its tiles and windows depend on."""
    return (
        *(measure.stream, measure.take, measure.field, measure.where, measure.by),
        *(measure.tile_us, measure.window_us, measure.quantile),
    )


def check_rule(rule: Rule) -> None:
    """Raises Unsupported."""
    for measure in (rule.measure, rule.measure.ratio_to):
        if measure is None:
            continue
        if measure.take not in _DENSE:
            raise Unsupported(f"{measure.id}: {measure.take}")
        if measure.sampling is not None:
            raise Unsupported(f"{measure.id}: not measured all the time")
        if measure.opens_us is not None:
            raise Unsupported(f"{measure.id}: a calendar window")
    if rule.measure.by:
        # A group that has nothing must meet nothing: only then can those far below be left out.
        upward = all(level.comparison in _UPWARD and level.bound > 0 for level in rule.levels)
        if not upward or rule.no_data == "fire":
            raise Unsupported(f"{rule.id}: a group without events may meet it")
