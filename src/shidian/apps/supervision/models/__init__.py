"""What supervision keeps: a noun a file."""

from shidian.apps.supervision.models.alarm import AlarmKind, OrderAlarm
from shidian.apps.supervision.models.alert import (
    AlertEpisode,
    AlertItem,
    AlertStep,
    AlertStepKind,
    EpisodeState,
)
from shidian.apps.supervision.models.complaint import (
    Complaint,
    ComplaintOutcome,
    ComplaintStep,
    StepKind,
)
from shidian.apps.supervision.models.consequence import Consequence
from shidian.apps.supervision.models.control import ControlReceipt, MachineKey
from shidian.apps.supervision.models.endpoint import OrderEndpoint
from shidian.apps.supervision.models.evaluation import EvaluationFigures, PlanResult, SealedPlan
from shidian.apps.supervision.models.exit import ExitDrill, ExitPlan, ExitReport, ExitStep
from shidian.apps.supervision.models.incident import (
    Cause,
    Incident,
    IncidentState,
    IncidentStep,
    IncidentStepKind,
    MarketEffect,
    ToleranceDecision,
    ToleranceFinding,
)
from shidian.apps.supervision.models.indicator_return import IndicatorReturn, ReturnState
from shidian.apps.supervision.models.journal import JournalMove, MoveState, PilotJournal
from shidian.apps.supervision.models.order import (
    IN_FORCE,
    NO_ENDPOINT,
    Order,
    OrderAcknowledgement,
    OrderApproval,
    OrderChallenge,
    OrderDelivery,
    OrderKind,
    OrderState,
)
from shidian.apps.supervision.models.pilot import AT_WORK, Pilot, PilotState, PlanVersion
from shidian.apps.supervision.models.plan_change import (
    ChangeState,
    PlanApproval,
    PlanChallenge,
    PlanChange,
    PlanSignature,
    PlanTightening,
)
from shidian.apps.supervision.models.reading import (
    CurrentReading,
    GroupedReading,
    IndicatorReading,
    MonitorFault,
    SourceReading,
    StreamCursor,
)
from shidian.apps.supervision.models.report import (
    Report,
    ReportChallenge,
    ReportKind,
    ReportState,
    ReportStep,
    ReportStepKind,
    ReportVersion,
)

__all__ = [
    "AT_WORK",
    "IN_FORCE",
    "NO_ENDPOINT",
    "AlarmKind",
    "AlertEpisode",
    "AlertItem",
    "AlertStep",
    "AlertStepKind",
    "Cause",
    "ChangeState",
    "Complaint",
    "ComplaintOutcome",
    "ComplaintStep",
    "Consequence",
    "ControlReceipt",
    "CurrentReading",
    "EpisodeState",
    "EvaluationFigures",
    "ExitDrill",
    "ExitPlan",
    "ExitReport",
    "ExitStep",
    "GroupedReading",
    "Incident",
    "IncidentState",
    "IncidentStep",
    "IncidentStepKind",
    "IndicatorReading",
    "IndicatorReturn",
    "JournalMove",
    "MachineKey",
    "MarketEffect",
    "MonitorFault",
    "MoveState",
    "Order",
    "OrderAcknowledgement",
    "OrderAlarm",
    "OrderApproval",
    "OrderChallenge",
    "OrderDelivery",
    "OrderEndpoint",
    "OrderKind",
    "OrderState",
    "Pilot",
    "PilotJournal",
    "PilotState",
    "PlanApproval",
    "PlanChallenge",
    "PlanChange",
    "PlanResult",
    "PlanSignature",
    "PlanTightening",
    "PlanVersion",
    "Report",
    "ReportChallenge",
    "ReportKind",
    "ReportState",
    "ReportStep",
    "ReportStepKind",
    "ReportVersion",
    "ReturnState",
    "SealedPlan",
    "SourceReading",
    "StepKind",
    "StreamCursor",
    "ToleranceDecision",
    "ToleranceFinding",
]
