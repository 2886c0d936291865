"""Which of supervision's tables are append-only."""

from __future__ import annotations

from shidian.apps.cases.append_only import Guard
from shidian.apps.supervision import models

GUARDS = (
    Guard(
        models.Complaint,
        # What was said stays; its number is given once it is kept.
        mutable=("reference", "state", "acknowledge_by", "answer_by", "outcome", "closed_at"),
    ),
    Guard(models.ComplaintStep),
    Guard(
        models.IndicatorReturn,
        # What was filed stays; how it ended, and what the gate said, comes later.
        mutable=(
            *("state", "ended_by", "ended_at", "statement", "evidence", "replaces"),
            *("numbers", "events", "last_seqno", "outbox_id"),
            *("delivered_at", "counts", "first_entry", "last_entry", "problem"),
        ),
    ),
    Guard(
        models.Report,
        # Which report it is stays; how far it is, and what is worked on, moves.
        mutable=(
            *("state", "revised_by", "draft", "draft_seq", "draft_at", "draft_by"),
            *("checked_at", "checked_entry"),
        ),
    ),
    Guard(models.ReportVersion),
    Guard(models.ReportStep),
    Guard(models.ReportChallenge, mutable=("used_at",)),
    Guard(models.PlanVersion),
    Guard(
        models.PlanChange,
        # What these may become, and when, is said by `plan_triggers`.
        mutable=("state", "in_force_at", "ended_at", "ended_by", "ended_because"),
    ),
    Guard(models.PlanApproval),
    Guard(models.PlanSignature),
    Guard(models.PlanTightening),
    Guard(models.PlanChallenge, mutable=("used_at",)),
    Guard(models.ExitPlan),
    # What was found stays; the notary signs it later.
    Guard(models.ExitDrill, mutable=("signature", "public_key", "signed_at")),
    Guard(models.ExitReport, mutable=("agreed_by", "agreed_at")),
    Guard(models.ExitStep),
    Guard(models.BridgeStep),
    Guard(models.SealedPlan),
    Guard(models.PlanResult),
    Guard(models.EvaluationFigures),
    Guard(models.ControlReceipt),
    Guard(models.AlertItem),
    Guard(models.AlertStep),
    Guard(
        models.Incident,
        # Who reported what, and when it was, stays; the rest is folded from the steps.
        mutable=(
            *("severity", "state", "over_at", "closed_at", "due_step", "due_at"),
            *("investors", "loss_fen", "paid_fen", "open_fen", "market", "cause"),
        ),
    ),
    Guard(models.IncidentStep),
    Guard(models.MissedStep),
    Guard(models.ToleranceFinding),
    Guard(models.ToleranceDecision),
    Guard(
        models.Order,
        # What these may become, and when, is said by `order_triggers`.
        mutable=(
            "state",
            "follows",
            "canonical",
            "digest",
            "issued_at",
            "plan_before",
            "control_outbox_id",
            "lapses_at",
            "announced_at",
            "lapse_outbox_id",
            "received_at",
            "effective_at",
            "ended_at",
            "ended_by",
            "ended_because",
        ),
    ),
    Guard(models.OrderChallenge, mutable=("used_at",)),
    Guard(models.OrderApproval),
    Guard(models.OrderAcknowledgement),
    Guard(models.OrderDelivery),
)
