"""The rulebook as typed, frozen objects: what a regime's YAML document means.

The document itself (text, line numbers, provenance, digests) is `load.py`'s and `provenance.py`'s
business; here stand only the rules. Values reach this module as text and are typed by it alone, so
that `no`, `1:30` and `0.1` mean what their author wrote.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol, TypeVar

from pydantic import Field

from shidian.core.rulebook.model.intake import (
    Authority,
    AuthorityRole,
    Calendars,
    Criterion,
    InstitutionKind,
    Intake,
    IntakeMode,
    Option,
    Question,
    QuestionKind,
    Section,
)
from shidian.core.rulebook.model.monitoring import (
    AlertRule,
    Comparison,
    FieldType,
    Indicator,
    Limit,
    Monitoring,
    OnBreach,
    PlanParameter,
    ReportDuty,
    Severity,
    Stream,
    StreamField,
    Take,
    Threshold,
    ThresholdText,
    parse_threshold,
)
from shidian.core.rulebook.model.procedure import (
    Area,
    Clock,
    ExitRules,
    Force,
    NoticeRules,
    Outcome,
    Panel,
    Safeguards,
    SignoffRule,
    Stage,
    StageKind,
    StageNames,
    Unit,
)
from shidian.core.rulebook.model.sources import (
    Basis,
    Because,
    Grade,
    HistoryEvent,
    Source,
)
from shidian.core.rulebook.model.values import (
    DurationUs,
    Frozen,
    Identifier,
    Text,
    parse_duration_us,
    parse_exact,
)

__all__ = [
    "AlertRule",
    "Area",
    "Authority",
    "AuthorityRole",
    "Basis",
    "Because",
    "Calendars",
    "Clock",
    "Comparison",
    "Criterion",
    "DurationUs",
    "ExitRules",
    "FieldType",
    "Force",
    "Frozen",
    "Grade",
    "HistoryEvent",
    "Identifier",
    "Indicator",
    "InstitutionKind",
    "Intake",
    "IntakeMode",
    "Limit",
    "Monitoring",
    "NoticeRules",
    "OnBreach",
    "Option",
    "Outcome",
    "Panel",
    "PlanParameter",
    "Question",
    "QuestionKind",
    "ReportDuty",
    "Rulebook",
    "Safeguards",
    "Section",
    "Severity",
    "SignoffRule",
    "Source",
    "Stage",
    "StageKind",
    "StageNames",
    "Status",
    "Stream",
    "StreamField",
    "Take",
    "Text",
    "Threshold",
    "ThresholdText",
    "Unit",
    "parse_duration_us",
    "parse_exact",
    "parse_threshold",
]


class Status(StrEnum):
    """How complete a rulebook is. A sketch cannot open a call."""

    SKETCH = "sketch"
    RUNNABLE = "runnable"
    OFFICIAL = "official"


class Rulebook(Frozen):
    """One immutable version of a scheme's rules, resolved: `extends` has been carried out."""

    rulebook: Identifier
    version: str
    status: Status
    extends: Identifier | None = None
    title: Text
    summary: Text | None = None
    disclaimer: Text | None = None
    sources: dict[str, Source] = Field(default_factory=dict)
    authorities: tuple[Authority, ...] = ()
    calendars: Calendars | None = None
    principles: tuple[Text, ...] = ()
    intake: Intake | None = None
    form: tuple[Section, ...] = ()
    criteria: tuple[Criterion, ...] = ()
    stages: tuple[Stage, ...] = ()
    clocks: tuple[Clock, ...] = ()
    streams: tuple[Stream, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    limits: tuple[Limit, ...] = ()
    alerts: tuple[AlertRule, ...] = ()
    plan: tuple[PlanParameter, ...] = ()
    monitoring: Monitoring = Monitoring()
    reports: tuple[ReportDuty, ...] = ()
    notice: NoticeRules = NoticeRules()
    safeguards: Safeguards = Safeguards()
    exit: ExitRules | None = None
    history: tuple[HistoryEvent, ...] = ()

    def stage(self, stage_id: str) -> Stage:
        """The stage of that id. Raises KeyError."""
        return _by_id(self.stages, stage_id)

    def clock(self, clock_id: str) -> Clock:
        """The clock of that id. Raises KeyError."""
        return _by_id(self.clocks, clock_id)

    def authority(self, authority_id: str) -> Authority:
        """The authority of that id. Raises KeyError."""
        return _by_id(self.authorities, authority_id)

    def section(self, section_id: str) -> Section:
        """The form section of that id. Raises KeyError."""
        return _by_id(self.form, section_id)

    def stream(self, stream_id: str) -> Stream:
        """The stream of that CloudEvents type. Raises KeyError."""
        return _by_id(self.streams, stream_id)

    def indicator(self, indicator_id: str) -> Indicator:
        """The indicator of that id. Raises KeyError."""
        return _by_id(self.indicators, indicator_id)


class _Named(Protocol):
    @property
    def id(self) -> str: ...


_Item = TypeVar("_Item", bound=_Named)


def _by_id(items: tuple[_Item, ...], wanted: str) -> _Item:
    for item in items:
        if item.id == wanted:
            return item
    raise KeyError(wanted)
