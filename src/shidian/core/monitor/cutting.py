"""A part of what a replay found: the stream is computed whole, then cut."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from shidian.core.monitor.digest import as_known_digest, final_digest

if TYPE_CHECKING:
    from shidian.core.monitor.items import Episode
    from shidian.core.monitor.replay import Replay


@dataclass(frozen=True, slots=True)
class Span:
    """Instants T (µs UTC) with `from_us` ≤ T < `to_us`; None: without that bound."""

    from_us: int | None = None
    to_us: int | None = None

    @property
    def whole(self) -> bool:
        """Whether it leaves nothing out."""
        return self.from_us is None and self.to_us is None

    def has(self, instant_us: int) -> bool:
        """Whether an instant lies in it."""
        after = self.from_us is None or instant_us >= self.from_us
        return after and (self.to_us is None or instant_us < self.to_us)

    def meets(self, episode: Episode) -> bool:
        """Whether `[start, end)` of an episode overlaps it; one that has not ended goes on."""
        end_us = episode.end_us
        after = self.from_us is None or end_us is None or end_us > self.from_us
        return after and (self.to_us is None or episode.start_us < self.to_us)


def part_of(found: Replay, span: Span) -> Replay:
    """Items that speak of an instant in the span and final episodes that overlap it, whole.

    Items keep their place in the whole stream (`seq`), episodes their start and end; both digests
    are those of the part.
    """
    items = [item for item in found.items if span.has(item.at_us)]
    met = {key: [e for e in episodes if span.meets(e)] for key, episodes in found.final.items()}
    final = {key: episodes for key, episodes in met.items() if episodes}
    return replace(
        found,
        items=items,
        final=final,
        as_known_digest=as_known_digest(items),
        final_digest=final_digest(final),
    )
