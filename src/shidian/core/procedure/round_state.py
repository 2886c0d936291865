"""A review round as its events tell it: the sheets, the sessions, the vote."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from fractions import Fraction


@dataclass(frozen=True, slots=True)
class ExpertReview:
    """One expert's sheet. `paper`: entered for them by an officer; `confirmed`: what they say of

    that, None for nothing yet.
    """

    expert: str
    scores: Mapping[str, int]
    reasons: Mapping[str, str]
    paper: bool = False
    confirmed: bool | None = None

    @property
    def is_disputed(self) -> bool:
        return self.confirmed is False


@dataclass(frozen=True, slots=True)
class PoolState:
    """A pool fixed for a draw: its fingerprint on record, and the seed that is yet to be known."""

    round: int
    sha256: str
    seats: int
    seed_source: str
    known_from: date


class SessionKind(StrEnum):
    """Why a panel meets: to hear the applicant, or to decide among themselves."""

    DEFENCE = "defence"
    MEETING = "meeting"


@dataclass(frozen=True, slots=True)
class SessionState:
    """A session that was called. `minutes`: their newest version, 0 for none yet."""

    id: str
    kind: SessionKind
    on: date
    off: bool = False
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class VoteState:
    """The panel's vote, the newest. `voters`: everyone whose vote is in it."""

    voters: frozenset[str]
    carried: bool


@dataclass(frozen=True, slots=True)
class Round:
    """A review round. `conflicts`: what each expert declared; absent: not yet declared.

    `score`: exact weighted mean over criteria and experts once closed. `masters`: disciplines by
    expert, of a drawn panel of all its pool; `order`: of a drawn panel its pool in lot order.
    """

    number: int
    experts: tuple[str, ...]
    starts: date
    ends: date
    conflicts: Mapping[str, bool] = field(default_factory=dict)
    reviews: tuple[ExpertReview, ...] = ()
    closed: bool = False
    score: Fraction | None = None
    passed: bool | None = None
    stage: str = ""
    doubted: bool = False
    """What was found after closing took from the result what carried it."""
    masters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    seats: int = 0
    defence: SessionState | None = None
    meeting: SessionState | None = None
    vote: VoteState | None = None

    def session(self, kind: SessionKind) -> SessionState | None:
        """The round's session of that kind."""
        return self.defence if kind is SessionKind.DEFENCE else self.meeting

    @property
    def disputed(self) -> tuple[str, ...]:
        """Experts who say that the sheet entered for them is not theirs."""
        return tuple(one.expert for one in self.reviews if one.is_disputed)
