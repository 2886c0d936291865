"""How far event time is settled; moved by entries and logged time alone."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class _Source:
    newest_us: int
    ingest_us: int
    idle: bool = False


@dataclass(slots=True)
class Watermark:
    """The project's watermark: the minimum over active sources of newest event time − lateness.

    A source is active from its first entry. A tick that finds it silent for `idle_us` of logged
    time makes it idle; its next entry makes it active again. The watermark never goes back, and
    stays where it is while every source is idle.
    """

    value_us: int | None = None
    newest_us: int | None = None
    _sources: dict[str, _Source] = field(default_factory=dict)

    def saw(self, source: str, newest_us: int, ingest_us: int) -> None:
        """An entry of `source` whose newest event time is `newest_us` was logged at `ingest_us`."""
        known = self._sources.get(source)
        if known is None:
            self._sources[source] = _Source(newest_us, ingest_us)
        else:
            known.newest_us = max(known.newest_us, newest_us)
            known.ingest_us = ingest_us
            known.idle = False
        self.newest_us = newest_us if self.newest_us is None else max(self.newest_us, newest_us)

    def tick(self, ingest_us: int, idle_us: int) -> None:
        """Logged time has come to `ingest_us`."""
        for source in self._sources.values():
            if ingest_us - source.ingest_us >= idle_us:
                source.idle = True

    def advance(self, lateness_us: int) -> bool:
        """Recompute; True if the watermark moved."""
        active = [source.newest_us for source in self._sources.values() if not source.idle]
        if not active:
            return False
        reached = min(active) - lateness_us
        if self.value_us is not None and reached <= self.value_us:
            return False
        self.value_us = reached
        return True
