"""The way of a case: stages, clocks, what closing means."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from shidian.core.rulebook.model.values import Frozen, Identifier, Text


class StageKind(StrEnum):
    """What happens in a stage; decides which acts it admits (`core/procedure/acts.py`)."""

    DRAFT = "draft"
    SCREENING = "screening"
    REVIEW = "review"
    ASSESSMENT = "assessment"
    NOTICE = "notice"
    ADMISSION = "admission"
    RUNNING = "running"
    EVALUATION = "evaluation"
    CLOSED = "closed"


class StageNames(Frozen):
    """A stage's three names (DESIGN §6, rule 3). None for the public: it does not appear there."""

    staff: Text
    applicant: Text
    public: Text | None = None


class Panel(Frozen):
    """The expert panel of a review stage."""

    min: int = Field(ge=1, le=99)
    odd: bool = False
    score_max: int = Field(default=100, ge=1, le=1000)
    pass_mark: int | None = Field(default=None, ge=0, le=1000)


class SignoffRule(Frozen):
    """Whose consent a decision needs: every authority named."""

    all_of: tuple[Identifier, ...] = Field(min_length=1)


class Area(Frozen):
    """A named area of an assessment or dimension of an evaluation."""

    id: Identifier
    name: Text


class Outcome(Frozen):
    """How a case can end. `needs_pilot`: only after a run; else only before one; None: either."""

    id: Identifier
    name: Text
    needs_pilot: bool | None = None


class Stage(Frozen):
    """One stage. The transitions a case can take are `next`, and no others."""

    id: Identifier
    kind: StageKind
    names: StageNames
    clock: Identifier | None = None
    duties: tuple[str, ...] = ()
    next: tuple[Identifier, ...] = ()
    panel: Panel | None = None
    signoff: SignoffRule | None = None
    number: str | None = None
    areas: tuple[Area, ...] = ()
    dimensions: tuple[Area, ...] = ()
    steps: tuple[Area, ...] = ()
    comments: bool = False
    outcomes: tuple[Outcome, ...] = ()


class Unit(StrEnum):
    """Unit of a clock."""

    WORKING_DAY = "working-day"
    CALENDAR_DAY = "calendar-day"
    MONTH = "month"


class Force(StrEnum):
    """Whether a clock is law or an aim."""

    STATUTORY = "statutory"
    TARGET = "target"


class Clock(Frozen):
    """A deadline derived from events. The day of the starting event is not counted."""

    id: Identifier
    name: Text
    starts: Literal[
        "case.submitted", "stage.entered", "notice.opened", "pilot.started", "request.opened"
    ]
    length: int = Field(ge=1, le=3660)
    unit: Unit
    force: Force = Force.TARGET
    pauses_on: tuple[Literal["information-request"], ...] = ()
    on_expiry: Literal["nothing", "may-proceed"] = "nothing"
    on_silence: Literal["nothing", "approved", "may-start"] = "nothing"


class ExitRules(Frozen):
    """What closing a case means."""

    retention_years: dict[str, int]
    run_off: Text | None = None


class Safeguards(Frozen):
    """What protects investors, in words; later releases give these clocks of their own."""

    consent: Text | None = None
    withdraw: Text | None = None
    compensation: Text | None = None
    safe_harbour: Text | None = None
    complaint: Text | None = None


class NoticeRules(Frozen):
    """How a public notice treats comments."""

    premoderation: bool = True
    public_sections: tuple[Identifier, ...] = ()
