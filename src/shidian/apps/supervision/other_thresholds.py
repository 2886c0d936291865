"""What other thresholds of one rule would have done: a replay of the journal, held against itself.

The same engine and comparison as `shidian replay` and `shidian replay diff`, for the pilots of a
scheme whose events a page can wait for; the rest is for the command line.
"""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce

from shidian.apps.cases.rulebooks import loaded_rulebook
from shidian.apps.supervision.journals import journal_of
from shidian.config import settings
from shidian.core.journal.reader import JournalDamagedError, JournalReader
from shidian.core.journal.sealed import SegmentDamagedError
from shidian.core.monitor.comparing import Compared, Kind, compare
from shidian.core.monitor.engines.replaying import BatchReplay
from shidian.core.rulebook.load import from_document
from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from django.db.models import QuerySet

    from shidian.apps.supervision.models import Pilot
    from shidian.core.monitor.items import Episode
    from shidian.core.monitor.replay import Replay
    from shidian.core.rulebook.loaded import Loaded
    from shidian.core.rulebook.model import AlertRule, Limit, Rulebook

EVENTS_MAX = 2_000_000
"""Events of all pilots of one look: a few seconds' work."""
ENTRIES_MAX = 2_000_000
"""Entries of the journal whose heads are read before any event is."""
PILOTS_MAX = 50
_one_at_a_time = threading.Lock()


class NoReplayError(Exception):
    """It cannot be replayed here and now; `words` say why and what to do."""

    def __init__(self, words: Text) -> None:
        super().__init__(words.en)
        self.words = words


@dataclass(frozen=True, slots=True)
class Settings:
    """What of a rule can be tried otherwise: name → as the rulebook writes it."""

    kind: str
    values: Mapping[str, str]


def settings_of(loaded: Loaded, rule_id: str) -> Settings | None:
    """The rule's levels and `for`, or a limit's warning marks; None where there is no such rule."""
    for kind in ("alerts", "limits"):
        stated = _stated(loaded.document, kind, rule_id)
        if stated is None:
            continue
        if kind == "alerts":
            return Settings(kind, {**stated["levels"], "for": stated.get("for", "0s")})
        values = {"warn_at": ", ".join(stated.get("warn_at", ())), "for": stated.get("for", "0s")}
        if not stated["max"].startswith("plan."):
            values["max"] = stated["max"]
        return Settings(kind, values)
    return None


def _stated(document: Mapping[str, Any], kind: str, rule_id: str) -> dict[str, Any] | None:
    return next((one for one in document.get(kind, ()) if one["id"] == rule_id), None)


def with_settings(loaded: Loaded, rule_id: str, given: Mapping[str, str]) -> Loaded:
    """The rulebook with these settings of that rule; an empty level is left out.

    Raises RulebookErrors where the rulebook would not be one, KeyError for an unknown rule.
    """
    known = settings_of(loaded, rule_id)
    if known is None:
        raise KeyError(rule_id)
    document: dict[str, Any] = deepcopy(loaded.document)
    stated = _stated(document, known.kind, rule_id)
    assert stated is not None  # noqa: S101 - settings_of has found it
    for name, value in given.items():
        value = value.strip()  # noqa: PLW2901
        if known.kind == "alerts" and name != "for":
            stated["levels"].pop(name, None)
            if value:
                stated["levels"][name] = value
        elif name == "warn_at":
            stated["warn_at"] = [mark.strip() for mark in value.split(",") if mark.strip()]
        elif value:
            stated[name] = value
    return from_document(document)


@dataclass(frozen=True, slots=True)
class Tried:
    """One pilot under the rule as it was and as it would be. Counts are of episodes.

    `kinds`: how many are the same, gone, new, and so on, as `shidian replay diff` names them.
    """

    pilot: Pilot
    before: int
    after: int
    kinds: Mapping[str, int]
    differences: tuple[Compared, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """All pilots that were replayed, and how many were left out since they have too many events."""

    tried: tuple[Tried, ...]
    left_out: int = 0
    removed: tuple[str, ...] = ()
    totals: Mapping[str, int] = field(default_factory=dict)

    @property
    def before(self) -> int:
        """Episodes as the rule is."""
        return sum(one.before for one in self.tried)

    @property
    def after(self) -> int:
        """Episodes as it would be."""
        return sum(one.after for one in self.tried)


def chosen(pilots: QuerySet[Pilot], rule_id: str) -> tuple[list[Pilot], int]:
    """Pilots to replay, those with most alerts of the rule first, and how many are left out."""
    ranked = pilots.annotate(
        alerts=Count("episodes", filter=Q(episodes__rule=rule_id), distinct=True)
    ).order_by("-alerts", "public_id")
    events = dict(
        pilots.order_by().annotate(n=Coalesce(Sum("sources__events"), 0)).values_list("pk", "n")
    )
    taken: list[Pilot] = []
    left = EVENTS_MAX
    count = 0
    for pilot in ranked.select_related("case__rulebook_version").defer(
        "case__rulebook_version__document"
    ):
        count += 1
        if len(taken) < PILOTS_MAX and events[pilot.pk] <= left:
            taken.append(pilot)
            left -= events[pilot.pk]
    return taken, count - len(taken)


def try_settings(
    pilots: Sequence[Pilot], rule_id: str, given: Mapping[str, str], *, left_out: int = 0
) -> Outcome:
    """Replay these pilots under their own rules, and under those rules with other settings.

    Raises NoReplayError where the journal is not here, is too long or damaged, or another replay
    is running; RulebookErrors where the settings make no rulebook.
    """
    changed = {
        pilot.case.rulebook_version_id: with_settings(
            loaded_rulebook(pilot.case.rulebook_version_id, pilot.case.rulebook_version.digest),
            rule_id,
            given,
        )
        for pilot in pilots
        if _has(pilot.case.rulebook, rule_id)
    }
    if not _one_at_a_time.acquire(blocking=False):
        raise NoReplayError(_BUSY)
    try:
        with ExitStack() as opened:
            return _tried(_Engines(opened), pilots, rule_id, changed, left_out)
    except FileNotFoundError:
        raise NoReplayError(_NOT_HERE) from None
    except (JournalDamagedError, SegmentDamagedError, OSError) as error:
        raise NoReplayError(
            Text(zh=f"监测日志无法读取：{error}", en=f"The journal cannot be read: {error}")
        ) from error
    finally:
        _one_at_a_time.release()


def _has(rulebook: Rulebook, rule_id: str) -> bool:
    rules: tuple[AlertRule | Limit, ...] = (*rulebook.alerts, *rulebook.limits)
    return any(one.id == rule_id for one in rules)


class _Engines:
    """An engine for each journal of which a pilot is asked for, opened when it is."""

    def __init__(self, opened: ExitStack) -> None:
        self._opened = opened
        self._made: dict[str, BatchReplay] = {}

    def of(self, pilot: Pilot) -> BatchReplay:
        """Raises NoReplayError, FileNotFoundError."""
        journal = journal_of(pilot)
        if journal not in self._made:
            path = settings().journal_at(journal)
            reader = self._opened.enter_context(JournalReader(path))
            reader.hold()
            if reader.last_entry() > ENTRIES_MAX:
                raise NoReplayError(_TOO_LONG)
            self._made[journal] = BatchReplay(reader, threads=1)
        return self._made[journal]


def _tried(
    engines: _Engines,
    pilots: Iterable[Pilot],
    rule_id: str,
    changed: Mapping[int, Loaded],
    left_out: int,
) -> Outcome:
    tried, removed = [], []
    for pilot in pilots:
        override = changed.get(pilot.case.rulebook_version_id)
        if override is None:
            left_out += 1
            continue
        name = pilot.public_id
        engine = engines.of(pilot)
        own = engine.replay(project=name, explain=False)
        other = engine.replay(project=name, override=override, explain=False)
        if own.removed:
            removed.append(name)
            continue
        before, after = _of_rule(own, rule_id), _of_rule(other, rule_id)
        found = compare(before, after)
        differing = [one for one in found if one.kind is not Kind.SAME or not one.same_end]
        tried.append(
            Tried(
                pilot,
                sum(map(len, before.values())),
                sum(map(len, after.values())),
                Counter(one.kind.value for one in found),
                tuple(differing),
            )
        )
    totals = sum((Counter(one.kinds) for one in tried), Counter())
    return Outcome(tuple(tried), left_out, tuple(removed), totals)


def _of_rule(found: Replay, rule_id: str) -> dict[tuple[str, str, str], list[Episode]]:
    return {key: episodes for key, episodes in found.final.items() if key[1] == rule_id}


_BUSY = Text(
    zh="另一次重算正在进行，请稍后再试。", en="Another replay is running: try again in a moment."
)
_NOT_HERE = Text(
    zh="监测日志不在这台服务器上，请在保存日志的机器上用下面的命令重算。",
    en="The journal is not on this machine: replay where it is kept, with the command below.",
)
_TOO_LONG = Text(
    zh="监测日志过长，网页上无法等待，请用下面的命令重算。",
    en="The journal is too long for a page to wait: replay it with the command below.",
)
