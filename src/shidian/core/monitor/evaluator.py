"""Live evaluation: entry by entry, what changes in what is known. The same code replays.

Everything here is a function of the entries given, in their order: no clock, no float, no hash
order. Projects do not see one another.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shidian.core.journal.entry import EntryKind
from shidian.core.monitor.events import SumOverflow
from shidian.core.monitor.explain import explain
from shidian.core.monitor.items import PROJECT_GROUP, Current, Episode, Item, Reading
from shidian.core.monitor.program import NotExecutable
from shidian.core.monitor.readings import ReadingState
from shidian.core.monitor.rule_state import RuleState
from shidian.core.monitor.timeline import Timeline
from shidian.core.monitor.values import Values
from shidian.core.monitor.watermark import Watermark
from shidian.core.rulebook.problems import RulebookErrors

if TYPE_CHECKING:
    from shidian.core.journal.entry import Entry
    from shidian.core.monitor.differences import Draft
    from shidian.core.monitor.events import Ints
    from shidian.core.monitor.program import Measure
    from shidian.core.rulebook.loaded import Loaded

_BEGINNING = -(2**61)


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


class Evaluator:
    """All projects of one journal.

    `project`: evaluate this one alone. `override`: a rulebook in place of those activated.
    Memory: per project its events (see EventTable), one pair of numbers per non-empty tile and
    measure, and its episodes.
    """

    def __init__(self, *, project: str | None = None, override: Loaded | None = None) -> None:
        self._only = project
        self._override = override
        self._projects: dict[str, _Project] = {}
        self.faults: dict[str, Fault] = {}

    def apply(self, entry: Entry) -> list[Item]:
        """Items that this entry yields, in the order of the stream."""
        return self.step(entry).items

    def step(self, entry: Entry) -> Output:
        """Everything that this entry yields. Entries must come in order, each once."""
        output = Output()
        if entry.kind is EntryKind.TICK:
            for name in sorted(self._projects):
                self._step(self._projects[name], entry, output)
        elif entry.kind is not EntryKind.KEY and self._only in (None, entry.project):
            name = entry.project
            if name not in self._projects:
                self._projects[name] = _Project(name, Timeline(self._override))
            self._step(self._projects[name], entry, output)
        return output

    def final(self) -> dict[tuple[str, str, str], list[Episode]]:
        """The final view as of the last entry: per (project, rule, group), early parts left out."""
        return {
            (name, state.rule_id, PROJECT_GROUP): state.final()
            for name, project in sorted(self._projects.items())
            for state in project.rules.values()
            if state.final()
        }

    def _step(self, project: _Project, entry: Entry, output: Output) -> None:
        if project.name in self.faults:
            return
        try:
            project.step(entry, output)
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

    def step(self, entry: Entry, output: Output) -> None:
        touched: dict[str, Ints] = {}
        newest_us = self.watermark.newest_us
        anew = False
        if entry.kind is EntryKind.DATA:
            table = entry.table()
            if table.num_rows:
                latest_us = int(table.column("time_us").to_numpy().max())
                self.watermark.saw(entry.source, latest_us, entry.ingest_us)
            touched = self._values.apply(table, entry.source, entry.epoch)
        elif entry.kind is EntryKind.TICK:
            if self._timeline.newest is not None:
                self.watermark.tick(entry.ingest_us, self._timeline.newest.idle_us)
        else:
            self._timeline.add(entry)
            for measure in self._timeline.measures():
                self._values.watch(measure)
            anew = True
        further = self.watermark.newest_us != newest_us
        self._advance(entry.entry, touched, output, anew=anew, further=further)

    def _advance(
        self, entry: int, touched: dict[str, Ints], output: Output, *, anew: bool, further: bool
    ) -> None:
        program, newest_us = self._timeline.newest, self.watermark.newest_us
        if program is None or newest_us is None:
            return
        before_us = self.watermark.value_us
        moved = self.watermark.advance(program.lateness_us)
        watermark_us = self.watermark.value_us
        if watermark_us is None or not (moved or touched or anew or further):
            return
        start_us = _BEGINNING if before_us is None or anew else before_us + 1
        changed = _Affected(touched, start_us)
        runs = _Runs(self._values)
        items: list[Item] = []
        for rule_id in self._timeline.rule_ids():
            state = self.rules.setdefault(rule_id, RuleState(self.name, rule_id))
            drafts = state.restate(
                self._timeline,
                runs,
                entry=entry,
                from_us=changed.by_rule(self._timeline, rule_id),
                watermark_us=watermark_us,
                newest_us=newest_us,
            )
            items.extend(self._item(entry, rule_id, draft) for draft in drafts)
        output.items.extend(items)
        self._readings.restate(
            self._timeline,
            self._values,
            changed,
            entry=entry,
            watermark_us=watermark_us,
            newest_us=newest_us,
            output_readings=output.readings,
            output_current=output.current,
        )
        output.changed.append(self.name)

    def _item(self, entry: int, rule_id: str, draft: Draft) -> Item:
        segment = self._timeline.at(draft.at_us)
        rule = segment.program.rule(rule_id) if segment else None
        warming = False
        if rule is not None and rule.measure.window_us is not None:
            warming = draft.at_us < (self._timeline.start_us or 0) + rule.measure.window_us
        episode = draft.stated.episode
        return Item(
            entry=entry,
            project=self.name,
            rule=rule_id,
            group=PROJECT_GROUP,
            change=draft.change,
            early=draft.early,
            warming=warming,
            episode=draft.stated.id,
            at_us=draft.at_us,
            since_us=episode.since_us,
            start_us=episode.start_us,
            end_us=episode.end_us,
            path=episode.path,
            rules_digest=segment.program.rules_digest if segment else "",
            explanation=explain(segment, rule, self._values, draft),
        )


class _Affected:
    """The instants whose value may differ from before, per measure and rule."""

    def __init__(self, touched: dict[str, Ints], start_us: int) -> None:
        self._touched = touched
        self._start_us = start_us

    def by_measure(self, measure: Measure) -> int:
        """A window that ends after the tile of the oldest event touched may differ."""
        times = self._touched.get(measure.stream)
        if times is None:
            return self._start_us
        oldest_us = int(times[0])
        return min(self._start_us, (oldest_us // measure.tile_us + 1) * measure.tile_us)

    def instants(self, measure: Measure) -> list[int]:
        """First instants that cover the events touched: there a value may have ceased to change."""
        times = self._touched.get(measure.stream)
        if times is None:
            return []
        ends = (times // measure.tile_us + 1) * measure.tile_us
        return sorted(set((-(-ends // measure.step_us) * measure.step_us).tolist()))

    def by_rule(self, timeline: Timeline, rule_id: str) -> int:
        """The earliest over the rule's measures in all segments."""
        rules = (segment.program.rule(rule_id) for segment in timeline.segments)
        return min(self.by_measure(rule.measure) for rule in rules if rule is not None)


class _Runs:
    """Runs of measures, computed once per entry for rules that share one."""

    def __init__(self, values: Values) -> None:
        self._values = values
        self._known: dict[tuple[str, int, int, int, int | None], tuple[Ints, Ints]] = {}

    def __call__(self, measure: Measure, low_us: int, high_us: int) -> tuple[Ints, Ints]:
        key = (measure.id, low_us, high_us, measure.step_us, measure.window_us)
        if key not in self._known:
            self._known[key] = self._values.runs(measure, low_us, high_us)
        return self._known[key]
