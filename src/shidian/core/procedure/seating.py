"""Who should sit on a panel: a proposal that covers the disciplines and shares the work. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

POOL_MAX = 500
DISCIPLINES_MAX = 10
"""Each doubles the work of the exact cover."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody of the pool. `load`: open reviews; `ties`: what speaks against them, in words."""

    id: str
    disciplines: frozenset[str]
    load: int = 0
    ties: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pick:
    """A seat and why: for the disciplines that nobody else of the panel had to bring, or the load.

    `covers`: empty where the seat was filled for the load alone.
    """

    candidate: Candidate
    covers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """`uncovered`: disciplines that nobody without ties brings; `short`: seats left empty."""

    picks: tuple[Pick, ...]
    uncovered: tuple[str, ...]
    short: int


def propose(pool: Iterable[Candidate], seats: int, disciplines: Sequence[str] = ()) -> Proposal:
    """The fewest for the disciplines, then those with the least work; the same in, the same out.

    Nobody with a tie is ever picked. Of covers that are as small, the one with the least work in
    sum wins, then by id. Raises ValueError for more than `DISCIPLINES_MAX` disciplines.
    """
    if len(disciplines) > DISCIPLINES_MAX:
        raise ValueError(f"at most {DISCIPLINES_MAX} disciplines can be covered exactly")
    able = sorted((one for one in pool if not one.ties), key=lambda one: (one.load, one.id))
    brought = frozenset[str]().union(*(one.disciplines for one in able))
    wanted = [one for one in disciplines if one in brought]
    cover = _cover(able, wanted, seats)
    rest = [one for one in able if one not in cover][: max(seats - len(cover), 0)]
    picks, missing = [], set(wanted)
    for one in cover:
        covers = tuple(name for name in wanted if name in missing & one.disciplines)
        missing -= one.disciplines
        picks.append(Pick(one, covers))
    picks += [Pick(one, ()) for one in rest]
    uncovered = tuple(one for one in disciplines if one not in brought or one in missing)
    return Proposal(tuple(picks), uncovered, max(seats - len(picks), 0))


def missing_among(
    members: Iterable[str], masters: Mapping[str, Iterable[str]], disciplines: Iterable[str]
) -> tuple[str, ...]:
    """The disciplines that none of the members masters, in the order asked."""
    found = {name for member in members for name in masters.get(member, ())}
    return tuple(name for name in disciplines if name not in found)


def _cover(able: Sequence[Candidate], wanted: Sequence[str], seats: int) -> list[Candidate]:
    """The best few who master everything wanted, or as much of it as the seats allow."""
    bits = {name: 1 << place for place, name in enumerate(wanted)}
    best: dict[int, tuple[int, int, tuple[str, ...]]] = {0: (0, 0, ())}
    for one in able:
        mask = sum(bits[name] for name in one.disciplines if name in bits)
        if not mask:
            continue
        for held, (count, load, ids) in list(best.items()):
            made = (count + 1, load + one.load, (*ids, one.id))
            if made[0] <= seats and (held | mask not in best or made < best[held | mask]):
                best[held | mask] = made
    widest = max(best, key=lambda mask: (mask.bit_count(), [-n for n in best[mask][:2]]))
    chosen = set(best[widest][2])
    return [one for one in able if one.id in chosen]
