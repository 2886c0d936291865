"""The monitor's store of an ingest zone, as the worker reads it: by way of that zone's gate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from shidian.core.monitor import line

if TYPE_CHECKING:
    from shidian.apps.supervision.worker.gate_client import GateClient
    from shidian.core.monitor.evaluator import Fault
    from shidian.core.monitor.items import Current, Item, Reading
    from shidian.core.monitor.nearest import Grouped
    from shidian.core.monitor.quality import SourceQuality


class Store(Protocol):
    """What the worker reads of the monitor's store, wherever that lies."""

    def version(self) -> int:
        """Another number once the store has been written to."""

    def cursor(self) -> int:
        """Number of the last entry whose outcome is stored."""

    def last_seq(self) -> int:
        """Number of the last item, 0 while there is none."""

    def items_after(self, seq: int, limit: int) -> list[Item]:
        """At most `limit` items that follow number `seq`."""

    def readings_after(self, seq: int, limit: int) -> list[Reading]:
        """At most `limit` readings that follow number `seq`."""

    def current(self, project: str) -> list[Current]:
        """Newest value of each indicator of the project."""

    def quality(self) -> list[SourceQuality]:
        """How each source of each project delivers."""

    def grouped(self) -> list[Grouped]:
        """How the groups of limits with dimensions stand."""

    def faults(self) -> list[Fault]:
        """Projects that are no longer evaluated, and why."""

    def close(self) -> None:
        """Let go of it."""


class StoreLine:
    """Each method raises GateUnreachableError where the other zone does not answer."""

    def __init__(self, gate: GateClient) -> None:
        self._gate = gate

    def version(self) -> int:
        """Another number once the store has been written to, or the gate was started again."""
        return int(self._ask("version"))

    def cursor(self) -> int:
        """Number of the last entry whose outcome is stored."""
        return int(self._ask("cursor"))

    def last_seq(self) -> int:
        """Number of the last item, 0 while there is none."""
        return int(self._ask("last_seq"))

    def items_after(self, seq: int, limit: int) -> list[Item]:
        """At most `limit` items that follow number `seq`."""
        return list(self._ask("items_after", after=seq, limit=limit))

    def readings_after(self, seq: int, limit: int) -> list[Reading]:
        """At most `limit` readings that follow number `seq`."""
        return list(self._ask("readings_after", after=seq, limit=limit))

    def current(self, project: str) -> list[Current]:
        """Newest value of each indicator of the project."""
        return list(self._ask("current", project=project))

    def quality(self) -> list[SourceQuality]:
        """How each source of each project delivers."""
        return list(self._ask("quality"))

    def grouped(self) -> list[Grouped]:
        """How the groups of limits with dimensions stand."""
        return list(self._ask("grouped"))

    def faults(self) -> list[Fault]:
        """Projects that are no longer evaluated, and why."""
        return list(self._ask("faults"))

    def close(self) -> None:
        """The gate is the worker's, who closes it."""

    def _ask(self, ask: str, **about: int | str) -> Any:
        return line.read(ask, self._gate.monitor({"ask": ask, **about}))
