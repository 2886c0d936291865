"""Authorities, who may apply, what is asked and by what it is judged."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from shidian.core.rulebook.model.values import Frozen, Identifier, Text


class AuthorityRole(StrEnum):
    """What an authority does in the scheme."""

    LEAD = "lead"
    MEMBER = "member"
    GUIDE = "guide"
    NATIONAL = "national"
    CONSULTED = "consulted"


class Authority(Frozen):
    """An authority of the scheme's working group, with the time its name is valid for."""

    id: Identifier
    name: Text
    role: AuthorityRole
    verbs: tuple[Literal["base-rules", "filing", "opinion", "risk-tip"], ...] = ()
    valid_from: str | None = None
    valid_to: str | None = None


class Calendars(Frozen):
    """Three different things: days for deadlines, days with a market, sessions."""

    deadlines: Identifier
    market: Identifier
    session: Identifier | None = None


class IntakeMode(StrEnum):
    """How applications come in."""

    CALL = "call"
    ROLLING = "rolling"
    WINDOW = "window"
    NOTIFICATION = "notification"
    COHORT = "cohort"


class InstitutionKind(Frozen):
    """A kind of institution that may lead or join, and whether it is licensed."""

    id: Identifier
    name: Text
    licensed: bool


class Intake(Frozen):
    """Who may apply, and how."""

    mode: IntakeMode
    kinds: tuple[InstitutionKind, ...]
    lead: tuple[Identifier, ...]
    partner: tuple[Identifier, ...] = ()
    licensed_lead: bool = False
    territory: Text | None = None
    slots: int | None = Field(default=None, ge=1)


class QuestionKind(StrEnum):
    """How a question is answered."""

    SHORT = "short"
    LONG = "long"
    INTEGER = "integer"
    MONEY = "money"
    DATE = "date"
    CHOICE = "choice"
    CHOICES = "choices"
    CONFIRM = "confirm"
    FILE = "file"
    PROMISES = "promises"


class Option(Frozen):
    """One answer to choose."""

    id: Identifier
    name: Text


class Question(Frozen):
    """One typed question. A `plan` question's answer proposes the plan parameter it names."""

    id: Identifier
    kind: QuestionKind
    label: Text
    guidance: Text | None = None
    required: bool = True
    options: tuple[Option, ...] = ()
    max_length: int | None = Field(default=None, ge=1, le=20_000)
    minimum: int | None = None
    maximum: int | None = None
    accept: tuple[str, ...] = ()
    size_max_mib: int | None = Field(default=None, ge=1, le=100)
    plan: Identifier | None = None
    public: bool = False


class Section(Frozen):
    """One section of the application. A hard gate must be complete before submission counts."""

    id: Identifier
    title: Text
    guidance: Text | None = None
    hard_gate: bool = False
    questions: tuple[Question, ...]


class Criterion(Frozen):
    """What is judged at a stage, with the signs that speak for and against it."""

    id: Identifier
    stage: Identifier
    name: Text
    question: Text
    mandatory: bool = False
    weight: int | None = Field(default=None, ge=1, le=100)
    positive: tuple[Text, ...] = ()
    negative: tuple[Text, ...] = ()
