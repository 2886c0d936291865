"""What if: the rules in force and the draft, walked by the same made-up cases."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from shidian.apps.cases.calendars import calendar_of
from shidian.apps.cases.errors import DomainError
from shidian.apps.cases.rulebooks import loaded_rulebook
from shidian.core.procedure.calendars import CalendarMissingError
from shidian.core.procedure.simulation import simulate
from shidian.core.rulebook.analysis import missing_for_simulation
from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shidian.apps.cases.models import RulebookVersion
    from shidian.core.procedure.simulation import Days, Report
    from shidian.core.rulebook.loaded import Loaded
    from shidian.core.rulebook.model import Rulebook

SEED = 1
CASES = 100
"""Few enough for a page to wait for them: a second for both."""
KEPT_MAX = 64
"""Reports kept in a process: the rules in force are simulated once, not with every draft."""
_NONE = Text(zh="—", en="—")


_reports: dict[tuple[str, str, str, int, int], Report] = {}
_lock = Lock()


@dataclass(frozen=True, slots=True)
class Row:
    """One figure under the rules in force and under the draft."""

    name: Text
    before: Text
    after: Text


@dataclass(frozen=True, slots=True)
class Figures:
    """What two simulations with one seed gave. `lacks`: why there are none."""

    cases: int
    seed: int
    rows: tuple[Row, ...]
    lacks: tuple[Text, ...] = ()


def what_if(
    base: RulebookVersion, draft: Loaded, *, cases: int = CASES, seed: int = SEED
) -> Figures:
    """Simulate both, and compare. The same rules and seed give the same figures."""
    old, new = loaded_rulebook(base.pk, base.digest).rulebook, draft.rulebook
    lacks = (*missing_for_simulation(old), *missing_for_simulation(new))
    if lacks:
        return Figures(cases, seed, (), tuple(dict.fromkeys(lacks)))
    in_force = (base.digest, old)
    try:
        before, after = (
            _report(digest, rulebook, cases, seed)
            for digest, rulebook in (in_force, (draft.digest, new))
        )
    except DomainError as missing:
        return Figures(cases, seed, (), (missing.text,))
    except CalendarMissingError as missing:
        return Figures(cases, seed, (), (missing.text,))
    return Figures(cases, seed, tuple(_rows(old, new, before, after)))


def _report(digest: str, rulebook: Rulebook, cases: int, seed: int) -> Report:
    calendar = calendar_of(rulebook)
    key = (digest, calendar.id, calendar.version, cases, seed)
    with _lock:
        kept = _reports.get(key)
    if kept is None:
        kept = simulate(rulebook, calendar, cases=cases, seed=seed)
        with _lock:
            while len(_reports) >= KEPT_MAX:
                _reports.pop(next(iter(_reports)))
            _reports[key] = kept
    return kept


def _rows(old: Rulebook, new: Rulebook, before: Report, after: Report) -> Iterator[Row]:
    decided = before.decision, after.decision
    yield from _days("自受理至决定", "From application to decision", *decided)
    yield from _days(
        "自受理至准予试点", "From application to admission", before.admission, after.admission
    )
    stages = {one.id: one.names.staff for book in (old, new) for one in book.stages}
    for stage, name in stages.items():
        was, will = before.stages.get(stage), after.stages.get(stage)
        if was is not None or will is not None:
            yield Row(
                Text(zh=f"“{name.zh}”阶段（中位数）", en=f"In “{name.en}”, median"),
                _working(was),
                _working(will),
            )
    outcomes = {
        one.id: one.name for book in (old, new) for stage in book.stages for one in stage.outcomes
    }
    for outcome, name in outcomes.items():
        yield Row(
            Text(zh=f"结果为“{name.zh}”", en=f"Ended as “{name.en}”"),
            _count(before.outcomes.get(outcome)),
            _count(after.outcomes.get(outcome)),
        )
    missed = {one.clock: one for one in before.clocks}, {one.clock: one for one in after.clocks}
    clocks = {one.id: one.name for book in (old, new) for one in book.clocks}
    for clock, name in clocks.items():
        was_missed, will_miss = (found.get(clock) for found in missed)
        if (was_missed and was_missed.missed) or (will_miss and will_miss.missed):
            yield Row(
                Text(zh=f"“{name.zh}”超期", en=f"“{name.en}” missed"),
                _count(was_missed.missed if was_missed else None),
                _count(will_miss.missed if will_miss else None),
            )


def _days(zh: str, en: str, before: Days, after: Days) -> Iterator[Row]:
    yield Row(Text(zh=f"{zh}（中位数）", en=f"{en}, median"), _working(before), _working(after))
    yield Row(
        Text(zh=f"{zh}（第 90 百分位）", en=f"{en}, 90th percentile"),
        _working(before, tail=True),
        _working(after, tail=True),
    )


def _working(days: Days | None, *, tail: bool = False) -> Text:
    if days is None or not days.cases:
        return _NONE
    n = days.working_p90 if tail else days.working_median
    return Text(zh=f"{n} 个工作日", en=f"{n} working day{'' if n == 1 else 's'}")


def _count(number: int | None) -> Text:
    if number is None:
        return _NONE
    return Text(zh=f"{number} 件", en=f"{number} case{'' if number == 1 else 's'}")
