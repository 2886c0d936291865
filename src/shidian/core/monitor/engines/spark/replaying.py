"""`replay` over a journal by a cluster: two passes over its files, one shuffle."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np

from shidian.core.journal.sealed import SegmentDamagedError
from shidian.core.monitor.engines.batch import Unsupported
from shidian.core.monitor.engines.shares import joined
from shidian.core.monitor.engines.spark import work
from shidian.core.monitor.engines.spark.snapshot import snapshot
from shidian.core.monitor.program import NotExecutable
from shidian.core.rulebook.problems import RulebookErrors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from shidian.core.monitor.engines.shares import Share
    from shidian.core.monitor.engines.spark.snapshot import ProjectLog, Snapshot
    from shidian.core.monitor.engines.spark.tiles import Identities, Wanted
    from shidian.core.monitor.replay import Replay
    from shidian.core.rulebook.loaded import Loaded

_TRIES = 3

Task = TypeVar("Task")
Part = TypeVar("Part")
Group = TypeVar("Group")
Found = TypeVar("Found")


class Cluster(Protocol):
    """Machines that share the folder of segments; functions and values travel to them."""

    def each(self, do: Callable[[Task], Found], tasks: Sequence[tuple[int, Task]]) -> list[Found]:
        """`do` of every task, in any order. Before each: its cost, to share them out by."""

    def gathered(
        self,
        do: Callable[[Task], Part],
        tasks: Sequence[tuple[int, str, Task]],
        judge: Callable[[Group, Sequence[Part]], Found],
        groups: Sequence[tuple[str, Group]],
    ) -> list[Found]:
        """`judge` of every group, with what `do` made of the tasks of its name, in any order."""


@dataclass(slots=True)
class SparkReplay:
    """Replays of a journal, each of how it stands then.

    `explain` False leaves the items' explanations empty. `evaluated`: project → why the evaluator
    replayed it, on one core of the cluster; slower and of the same outcome.
    """

    journal: Path
    cluster: Cluster
    evaluated: dict[str, str] = field(default_factory=dict)
    watermarks_us: dict[str, int] = field(default_factory=dict)

    def replay(
        self,
        *,
        project: str | None = None,
        override: Loaded | None = None,
        explain: bool = True,
    ) -> Replay:
        """The stream and the final view. Raises SegmentDamagedError, JournalDamagedError, OSError.

        Every file is checked against the manifest before anything rests on it. One that is missing
        since a compaction put another in its place is no damage: then all is read anew.
        """
        seen = snapshot(self.journal, project)
        for _ in range(_TRIES - 1):
            try:
                return self._replayed(seen, override, explain=explain)
            except SegmentDamagedError:
                now = snapshot(self.journal, project)
                if now.names_same_files(seen):
                    raise
                seen = now
        return self._replayed(seen, override, explain=explain)

    def _replayed(self, seen: Snapshot, override: Loaded | None, *, explain: bool) -> Replay:
        self.evaluated.clear()
        wanted = self._wanted(seen, override)
        found = self._judged(seen, wanted, override, explain=explain)
        left = [log for log in seen.projects if log.name not in found]
        found |= self._evaluated(seen, left, override)
        replay = joined((found[log.name] for log in seen.projects), seen.last_entry)
        replay.removed = sorted({*replay.removed, *seen.removed})
        return replay

    def _wanted(self, seen: Snapshot, override: Loaded | None) -> dict[str, tuple[Wanted, ...]]:
        """What is asked of the events of each project that need not be evaluated entry by entry."""
        found = {}
        for log in seen.projects:
            try:
                found[log.name] = log.wanted(override)
            except (Unsupported, NotExecutable, RulebookErrors) as why:
                self.evaluated[log.name] = f"{type(why).__name__}: {why}"
        return found

    def _judged(
        self,
        seen: Snapshot,
        wanted: dict[str, tuple[Wanted, ...]],
        override: Loaded | None,
        *,
        explain: bool,
    ) -> dict[str, Share]:
        logs = [log for log in seen.projects if log.name in wanted]
        revised = self._revised(logs)
        pieces = [
            (piece.rows, log.name, piece)
            for log in logs
            for piece in log.pieces(wanted[log.name], revised.get(log.name))
        ]
        groups = [
            (
                log.name,
                log.judging(log.ticks or seen.ticks, wanted[log.name], override, explain=explain),
            )
            for log in logs
        ]
        return self._taken(self.cluster.gathered(work.tiled, pieces, work.judged, groups))

    def _revised(self, logs: Iterable[ProjectLog]) -> dict[str, Identities]:
        """By project, events that have more than one revision in any of its files."""
        pieces = [(piece.rows, piece) for log in logs for piece in log.pieces()]
        by_name: dict[str, list[Identities]] = {}
        for one in self.cluster.each(work.revised, pieces):
            if isinstance(one, work.Damaged):
                raise SegmentDamagedError(one.message)
            by_name.setdefault(one.project, []).append(one.identities)
        return {
            name: (
                np.concatenate([feed for feed, _ in found]),
                np.concatenate([seqno for _, seqno in found]),
            )
            for name, found in by_name.items()
        }

    def _evaluated(
        self, seen: Snapshot, left: Sequence[ProjectLog], override: Loaded | None
    ) -> dict[str, Share]:
        tasks = [
            (sum(head.n for head in log.heads), log.whole(log.ticks or seen.ticks, override))
            for log in left
        ]
        return self._taken(self.cluster.each(work.evaluated, tasks))

    def _taken(self, answers: Iterable[work.Answer]) -> dict[str, Share]:
        """Shares by project; of those without one, why. Raises SegmentDamagedError."""
        found = {}
        for answer in answers:
            if isinstance(answer, work.Damaged):
                raise SegmentDamagedError(answer.message)
            if answer.share is None:
                self.evaluated[answer.project] = answer.why
            else:
                found[answer.project] = answer.share
                if answer.watermark_us is not None:
                    self.watermarks_us[answer.project] = answer.watermark_us
        return found
