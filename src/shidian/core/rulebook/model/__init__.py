"""The rulebook as typed, frozen objects: what a regime's YAML document means.

The document itself (text, line numbers, provenance, digests) is `load.py`'s and `provenance.py`'s
business; here stand only the rules. Values reach this module as text and are typed by it alone, so
that `no`, `1:30` and `0.1` mean what their author wrote.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol, TypeVar

from pydantic import Field

from shidian.core.rulebook.model.dispatches import DispatchKind, DispatchRule
from shidian.core.rulebook.model.ending import BridgeRules, DrillRules, ExitRules
from shidian.core.rulebook.model.incidents import (
    IncidentDuty,
    IncidentDutyKind,
    IncidentRules,
    IncidentSeverity,
    ToleranceCondition,
    ToleranceDecision,
    ToleranceRule,
)
from shidian.core.rulebook.model.intake import (
    Authority,
    AuthorityRole,
    Calendars,
    Check,
    Coaching,
    Criterion,
    Fee,
    InstitutionKind,
    Intake,
    IntakeMode,
    Material,
    Option,
    Place,
    Question,
    QuestionKind,
    RiskFactor,
    RiskTiers,
    Section,
    Tier,
    WaivableRule,
    Waivers,
    Window,
)
from shidian.core.rulebook.model.letters import LetterCode, LetterRules
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
    Revision,
    ScaleCriterion,
    ScaleStep,
    Severity,
    Stream,
    StreamField,
    Take,
    Threshold,
    ThresholdText,
    parse_threshold,
)
from shidian.core.rulebook.model.objections import ObjectionRule
from shidian.core.rulebook.model.panel import Area, Defence, Panel, ReviewMeeting, VoteRule
from shidian.core.rulebook.model.procedure import (
    ActName,
    ActRule,
    Clause,
    Clock,
    Consultation,
    ConsultationKind,
    EvaluationStep,
    Extension,
    Force,
    LegalEffect,
    NoticeRules,
    OrderKind,
    Orders,
    Outcome,
    Oversight,
    PermitRules,
    Register,
    Safeguards,
    SignoffRule,
    Stage,
    StageKind,
    StageNames,
    StageThreshold,
    Unit,
)
from shidian.core.rulebook.model.promises import PromiseRule
from shidian.core.rulebook.model.sources import (
    Basis,
    Because,
    Grade,
    HistoryEvent,
    Source,
)
from shidian.core.rulebook.model.values import (
    Amount,
    DurationUs,
    Expression,
    Frozen,
    Identifier,
    Period,
    PeriodUnit,
    Text,
    parse_duration_us,
    parse_exact,
)

__all__ = [
    "ActName",
    "ActRule",
    "AlertRule",
    "Amount",
    "Area",
    "Authority",
    "AuthorityRole",
    "Basis",
    "Because",
    "BridgeRules",
    "Calendars",
    "Check",
    "Clause",
    "Clock",
    "Coaching",
    "Comparison",
    "Consultation",
    "ConsultationKind",
    "Criterion",
    "Defence",
    "DispatchKind",
    "DispatchRule",
    "DrillRules",
    "DurationUs",
    "EvaluationStep",
    "ExitRules",
    "Expression",
    "Extension",
    "Fee",
    "FieldType",
    "Force",
    "Frozen",
    "Grade",
    "HistoryEvent",
    "Identifier",
    "IncidentDuty",
    "IncidentDutyKind",
    "IncidentRules",
    "IncidentSeverity",
    "Indicator",
    "InstitutionKind",
    "Intake",
    "IntakeMode",
    "LegalEffect",
    "LetterCode",
    "LetterRules",
    "Limit",
    "Material",
    "Monitoring",
    "NoticeRules",
    "ObjectionRule",
    "OnBreach",
    "Option",
    "OrderKind",
    "Orders",
    "Outcome",
    "Oversight",
    "Panel",
    "Period",
    "PeriodUnit",
    "PermitRules",
    "Place",
    "PlanParameter",
    "PromiseRule",
    "Question",
    "QuestionKind",
    "Register",
    "ReportDuty",
    "ReviewMeeting",
    "Revision",
    "RiskFactor",
    "RiskTiers",
    "Rulebook",
    "Safeguards",
    "ScaleCriterion",
    "ScaleStep",
    "Section",
    "Severity",
    "SignoffRule",
    "Source",
    "Stage",
    "StageKind",
    "StageNames",
    "StageThreshold",
    "Status",
    "Stream",
    "StreamField",
    "Take",
    "Text",
    "Threshold",
    "ThresholdText",
    "Tier",
    "ToleranceCondition",
    "ToleranceDecision",
    "ToleranceRule",
    "Unit",
    "VoteRule",
    "WaivableRule",
    "Waivers",
    "Window",
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
    place: Place | None = None
    calendars: Calendars | None = None
    principles: tuple[Text, ...] = ()
    intake: Intake | None = None
    tiers: RiskTiers | None = None
    form: tuple[Section, ...] = ()
    materials: tuple[Material, ...] = ()
    criteria: tuple[Criterion, ...] = ()
    waivers: Waivers | None = None
    stages: tuple[Stage, ...] = ()
    clocks: tuple[Clock, ...] = ()
    consultations: tuple[Consultation, ...] = ()
    objections: tuple[ObjectionRule, ...] = ()
    dispatches: tuple[DispatchRule, ...] = ()
    letters: LetterRules = LetterRules()
    acts: dict[ActName, ActRule] = Field(default_factory=dict)
    streams: tuple[Stream, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    limits: tuple[Limit, ...] = ()
    alerts: tuple[AlertRule, ...] = ()
    plan: tuple[PlanParameter, ...] = ()
    promises: tuple[PromiseRule, ...] = ()
    scale_up: tuple[ScaleStep, ...] = ()
    monitoring: Monitoring = Monitoring()
    reports: tuple[ReportDuty, ...] = ()
    incidents: IncidentRules | None = None
    orders: Orders | None = None
    notice: NoticeRules = NoticeRules()
    safeguards: Safeguards = Safeguards()
    oversight: Oversight | None = None
    exit: ExitRules | None = None
    public_register: Register = Field(default_factory=Register, alias="register")
    clauses: tuple[Clause, ...] = ()
    history: tuple[HistoryEvent, ...] = ()

    @property
    def zone(self) -> str:
        """The scheme's legal time: an IANA zone."""
        return self.place.zone if self.place is not None else self.monitoring.zone

    @property
    def currency(self) -> str | None:
        """ISO 4217 code of the scheme's amounts, where it says one."""
        return self.place.currency if self.place is not None else None

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
