"""Live evaluation: entry by entry, what changes in what is known. The same code replays.

Everything here is a function of the entries given, in their order: no clock, no float, no hash
order. Projects do not see one another.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from shidian.core.journal.entry import RULE_KINDS, EntryKind, EventsRemovedError
from shidian.core.monitor.events import SumOverflow
from shidian.core.monitor.explain import explain
from shidian.core.monitor.items import Current, Episode, Item, Reading
from shidian.core.monitor.leases import Leases
from shidian.core.monitor.nearest import nearest
from shidian.core.monitor.past import Memory
from shidian.core.monitor.program import NotExecutable
from shidian.core.monitor.quality import QualityState
from shidian.core.monitor.readings import ReadingState
from shidian.core.monitor.rule_state import Moment, RuleState
from shidian.core.monitor.scope import BEGINNING, Scope
from shidian.core.monitor.timeline import Timeline
from shidian.core.monitor.values import Values
from shidian.core.monitor.watermark import Watermark
from shidian.core.rulebook.problems import RulebookErrors

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shidian.core.journal.entry import Entry
    from shidian.core.monitor.differences import Draft
    from shidian.core.monitor.explain import Answers
    from shidian.core.monitor.holdings import Touched
    from shidian.core.monitor.nearest import Grouped
    from shidian.core.monitor.past import Past
    from shidian.core.monitor.quality import SourceQuality
    from shidian.core.rulebook.loaded import Loaded

_EVALUATED = RULE_KINDS | {EntryKind.DATA, EntryKind.LEASE}


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a project is no longer evaluated, from this entry on. Other projects go on."""

    entry: int
    project: str
    message: str


@dataclass(slots=True)
class Output:
    """What one entry yields. `changed`: projects whose values or episodes moved."""

    items: list[Item] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    current: list[Current] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    quality: list[SourceQuality] = field(default_factory=list)


class Evaluator:
    """All projects of one journal.

    `project`: evaluate this one alone. `override`: a rulebook in place of those activated.
    `removed`: projects of which nothing is said, since their events were removed; one whose events
    turn out to be gone on the way is among them from there on.
    Memory: per project its events (see EventTable), one pair of numbers per non-empty tile and
    measure, and its episodes. With a `past` events go that no window needs (see `past`); nothing
    that is said depends on it. A checkpoint does not hold it.
    """

    past: Past | None = None

    def __init__(
        self,
        *,
        project: str | None = None,
        override: Loaded | None = None,
        removed: Iterable[str] = (),
    ) -> None:
        self.removed = set(removed)
        self._only = project
        self._override = override
        self._projects: dict[str, _Project] = {}
        self.faults: dict[str, Fault] = {}
        self._left: set[str] = set()

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "past": None}

    def apply(self, entry: Entry) -> list[Item]:
        """Items that this entry yields, in the order of the stream."""
        return self.step(entry).items

    def step(self, entry: Entry) -> Output:
        """Everything that this entry yields. Entries must come in order, each once."""
        output = Output()
        if entry.kind is EntryKind.TICK:
            # One that came with a project from another journal is a tick of that project alone.
            told = [entry.project] if entry.project else sorted(self._projects.keys() - self._left)
            for name in told:
                if name in self._projects:
                    self._step(self._projects[name], entry, output)
        elif entry.kind is EntryKind.DEPARTURE:
            self._left.add(entry.project)
        elif entry.removed:
            self.leave_out([entry.project])
        elif entry.kind in _EVALUATED and self._only in (None, entry.project):
            name = entry.project
            if name in self.removed:
                return output
            if name not in self._projects:
                self._projects[name] = _Project(name, Timeline(self._override))
            self._step(self._projects[name], entry, output)
        return output

    def arrive(self, entry: Entry, brought: Iterable[Entry]) -> Output:
        """Take in a project with what it brought; nothing of that is told again.

        Where it came from has told it. `brought`: its entries from there, its ticks among them.
        """
        for one in brought:
            self.step(one)
        came = Output()
        if entry.project in self._projects:
            came.changed.append(entry.project)
        if entry.project in self.faults:
            came.faults.append(self.faults[entry.project])
        return came

    def leave_out(self, removed: Iterable[str]) -> None:
        """Say nothing more of these projects, and keep nothing of them."""
        for name in removed:
            self.removed.add(name)
            self._projects.pop(name, None)

    def final(self) -> dict[tuple[str, str, str], list[Episode]]:
        """The final view as of the last entry: per (project, rule, group), early parts left out."""
        return {
            (name, state.rule_id, group): episodes
            for name, project in sorted(self._projects.items())
            for state in project.rules.values()
            for group, episodes in state.final()
        }

    def grouped(self, project: str, entry: int) -> list[Grouped]:
        """Limits with dimensions of a project as of its last entry, by rule (see `nearest`).

        `entry` is the number under which they are told. None of one that is halted or left out.
        """
        if project in self.faults or project not in self._projects:
            return []
        return self._projects[project].grouped(entry)

    @property
    def projects(self) -> list[str]:
        """Projects that are evaluated, by name."""
        return sorted(self._projects)

    def explanation(self, project: str, rule: str, group: str, at_us: int) -> dict[str, Any]:
        """What a rule's value at a final instant rests on, as known by now (see `explain`).

        Raises LookupError where there is no such project, the instant lies beyond the watermark or
        no step of the rule, or the rule is not in force then.
        """
        if project in self.removed:
            raise LookupError(f"{project}: its events were removed, their time being over")
        if project not in self._projects:
            raise LookupError(f"{project} has no entry in this journal")
        return self._projects[project].explanation(rule, group, at_us)

    def _step(self, project: _Project, entry: Entry, output: Output) -> None:
        if project.name in self.faults:
            return
        try:
            project.step(entry, output, self.past)
        except EventsRemovedError:
            self.leave_out([project.name])  # they went while they were asked for again
        except (SumOverflow, NotExecutable, RulebookErrors) as error:
            fault = Fault(entry.entry, project.name, f"{type(error).__name__}: {error}")
            self.faults[project.name] = fault
            output.faults.append(fault)


class _Project:
    """State of one project."""

    def __init__(self, name: str, timeline: Timeline) -> None:
        self.name = name
        self.watermark = Watermark()
        self.rules: dict[str, RuleState] = {}
        self._timeline = timeline
        self._values = Values()
        self._readings = ReadingState(name)
        self._quality = QualityState(name)
        self._leases = Leases()
        self._memory = Memory(name, self._values)

    def step(self, entry: Entry, output: Output, past: Past | None) -> None:
        self._memory.turn(past, entry.entry)
        self._take(entry, output)
        self._memory.forget(self.watermark.value_us)

    def _take(self, entry: Entry, output: Output) -> None:
        if entry.kind is EntryKind.LEASE:
            self._leases.take(entry)
            return
        touched: Touched = {}
        newest_us = self.watermark.newest_us
        changed_us = None
        if entry.kind is EntryKind.DATA:
            table = entry.table()
            times_us = table.column("time_us").to_numpy()
            if table.num_rows:
                self.watermark.saw(entry.source, int(times_us.max()), entry.ingest_us)
            self._memory.hold(lambda: self._values.oldest_us(table, entry.source, entry.epoch))
            unpermitted = self._leases.unpermitted(entry.source, times_us)
            touched = self._values.apply(table, entry.source, entry.epoch, unpermitted)
            lateness_us = newest.lateness_us if (newest := self._timeline.newest) else 0
            if found := self._quality.saw(entry, table, lateness_us):
                output.quality.append(found)
        elif entry.kind is EntryKind.TICK:
            if self._timeline.newest is not None:
                self.watermark.tick(entry.ingest_us, self._timeline.newest.idle_us)
                output.quality += self._quality.tick(entry, self._timeline.newest.idle_us)
        else:
            changed_us = self._change_rules(entry)
        further = self.watermark.newest_us != newest_us
        self._advance(entry.entry, touched, output, changed_us=changed_us, further=further)

    def _change_rules(self, entry: Entry) -> int:
        """Take in a record of rules or plan; the instant from which on they may be others."""
        changed_us = self._timeline.add(entry)
        measures = self._timeline.measures()
        known = all(map(self._values.knows, measures))
        for measure in measures:
            self._values.expect(measure)
        if known:
            self._memory.hold(lambda: changed_us)
        else:
            self._memory.hold_all()
        for measure in measures:
            self._values.watch(measure)
        for state in self.rules.values():
            state.end_rules(changed_us)
        return changed_us

    def grouped(self, entry: int) -> list[Grouped]:
        """See `Evaluator.grouped`."""
        watermark_us, newest_us = self.watermark.value_us, self.watermark.newest_us
        if watermark_us is None or newest_us is None:
            return []
        segment = self._timeline.at(watermark_us) or (self._timeline.segments or (None,))[0]
        moment = Moment(entry, watermark_us, newest_us)
        return [
            nearest(self.name, rule, self._values, moment)
            for rule in (segment.program.rules if segment else ())
            if rule.kind == "limit" and rule.measure.by
        ]

    def explanation(self, rule_id: str, group: str, at_us: int) -> dict[str, Any]:
        """See `Evaluator.explanation`."""
        watermark_us = self.watermark.value_us
        if watermark_us is None or at_us > watermark_us:
            raise LookupError(f"instant {at_us} is not final: the watermark is {watermark_us}")
        segment = self._timeline.at(at_us)
        rule = segment.program.rule(rule_id) if segment else None
        if segment is None or rule is None:
            raise LookupError(f"no limit or alert {rule_id} is in force at that instant")
        if self._memory.lacks(at_us):
            raise LookupError("the events before that instant are no longer in memory")
        if at_us % rule.measure.step_us:
            raise LookupError(f"that is no instant of {rule_id}: not on its step")
        return explain(segment, rule, self._values, group, at_us)

    def _advance(
        self,
        entry: int,
        touched: Touched,
        output: Output,
        *,
        changed_us: int | None,
        further: bool,
    ) -> None:
        program, newest_us = self._timeline.newest, self.watermark.newest_us
        if program is None or newest_us is None:
            return
        before_us = self.watermark.value_us
        moved = self.watermark.advance(program.lateness_us)
        watermark_us = self.watermark.value_us
        if watermark_us is None or not (moved or touched or further or changed_us is not None):
            return
        start_us = BEGINNING if before_us is None else before_us + 1
        if changed_us is not None:
            start_us = min(start_us, changed_us)
        scope = Scope(
            self._values,
            touched,
            self._values.due(watermark_us),
            start_us,
            watermark_us,
            everything=before_us is None
            or changed_us is not None
            or self._rules_change(start_us, newest_us),
        )
        moment = Moment(entry, watermark_us, newest_us)
        for rule_id in self._timeline.rule_ids():
            state = self.rules.setdefault(rule_id, RuleState(self.name, rule_id))
            drafts = state.restate(self._timeline, scope, moment)
            if drafts:  # what is explained may have begun long ago
                self._memory.hold(partial(min, [draft.at_us for _, draft in drafts]))
            output.items.extend(
                item_of(
                    self._timeline, self._values, Place(entry, self.name, rule_id, group), draft
                )
                for group, draft in drafts
            )
        self._readings.restate(self._timeline, scope, moment, output)
        output.changed.append(self.name)

    def _rules_change(self, start_us: int, newest_us: int) -> bool:
        """Whether the first instants of other rules are among those looked at, final or open."""
        segments = self._timeline.segments
        step_us = max((s.program.reach_us for s in segments), default=0)
        first_us, last_us = start_us - step_us, newest_us + 1 + step_us
        return any(first_us <= segment.start_us <= last_us for segment in segments)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an item stands: entry, project, rule and group."""

    entry: int
    project: str
    rule: str
    group: str


def item_of(timeline: Timeline, values: Answers | None, place: Place, draft: Draft) -> Item:
    """A draft as an item; its explanation comes from the values given, and is empty without."""
    segment = timeline.at(draft.at_us)
    rule = segment.program.rule(place.rule) if segment else None
    episode = draft.stated.episode
    said = {} if values is None else explain(segment, rule, values, place.group, draft.at_us)
    return Item(
        entry=place.entry,
        project=place.project,
        rule=place.rule,
        group=place.group,
        change=draft.change,
        early=draft.early,
        warming=rule is not None and rule.measure.warming(draft.at_us, timeline.start_us or 0),
        episode=draft.stated.id,
        at_us=draft.at_us,
        since_us=episode.since_us,
        start_us=episode.start_us,
        end_us=episode.end_us,
        path=episode.path,
        rules_digest=segment.program.rules_digest if segment else "",
        explanation=said,
    )
