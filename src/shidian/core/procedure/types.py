"""What the procedure takes and gives, in one place: acts, events, state, effects, refusals.

`step(rulebook, calendar, history, act, zone=…)` takes these and returns these; nothing here does
any work. Dates are local dates in the scheme's zone, moments are aware datetimes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from shidian.core.procedure.acts import (
    Act,
    Actor,
    ActorKind,
    EventKind,
    Json,
    NewEvent,
    PastEvent,
    Transition,
    Verb,
    VerbSpec,
)
from shidian.core.procedure.clock_state import ClockLine, ClockState, ClockSum, LineKind
from shidian.core.procedure.round_state import (
    ExpertReview,
    PoolState,
    Round,
    SessionKind,
    SessionState,
    VoteState,
)
from shidian.core.procedure.state import (
    AreaFinding,
    CaseState,
    ConsultationState,
    EvaluationGrade,
    Finding,
    Graded,
    HeldDecision,
    Judged,
    Judgement,
    MigrationState,
    NoticeState,
    ObjectionOutcome,
    ObjectionState,
    PaperDocument,
    Position,
    Promise,
    Request,
    SignOffState,
    StepDone,
    Task,
    Visit,
    WaiverRequest,
)
from shidian.core.rulebook.model import LegalEffect

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shidian.core.rulebook.model import Text

__all__ = [
    "Act",
    "Actor",
    "ActorKind",
    "AreaFinding",
    "CaseState",
    "ClockLine",
    "ClockState",
    "ClockSum",
    "ConsultationState",
    "Effects",
    "EvaluationGrade",
    "EventKind",
    "ExpertReview",
    "Finding",
    "Graded",
    "HeldDecision",
    "Json",
    "Judged",
    "Judgement",
    "LegalEffect",
    "LineKind",
    "MigrationState",
    "NewEvent",
    "NoticeState",
    "ObjectionOutcome",
    "ObjectionState",
    "OutboxItem",
    "PaperDocument",
    "PastEvent",
    "PoolState",
    "Position",
    "Promise",
    "Refusal",
    "RefusalCode",
    "Request",
    "Round",
    "SessionKind",
    "SessionState",
    "SignOffState",
    "StepDone",
    "Task",
    "Transition",
    "Verb",
    "VerbSpec",
    "Visit",
    "VoteState",
    "WaiverRequest",
]


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """What the rest of the house must do about an act. No personal data.

    record.leaf – kind (an EventKind), case (reference), stage, at (ISO, UTC), legal_effect,
        sha256? (of the text fixed), number?, outcome? (only where the public knew of the case);
    mail.<actor kind>, as mail.applicant – kind (an EventKind), case, stage, and who may be told:
        institution? or authority? or person? (none: all of that kind on the case);
    pilot.admitted – case, number, plan, at: the start of the pilot;
    pilot.staged – case, number, stage, at: a case that has a pilot enters another stage;
    pilot.closed – case, number, outcome, at;
    pilot.migrated – case, number, plan, at: the pilot goes on under another rulebook version;
    snapshot.case – case, stage: the public snapshot is stale.
    """

    topic: str
    payload: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Effects:
    """All that follows from an act: to be stored in one transaction."""

    events: tuple[NewEvent, ...]
    outbox: Sequence[OutboxItem]
    state: CaseState

    @property
    def stage(self) -> str:
        """The stage that the case is in afterwards."""
        return self.state.stage

    @property
    def tasks(self) -> tuple[Task, ...]:
        """ALL open ones."""
        return self.state.tasks

    @property
    def clocks(self) -> tuple[ClockSum, ...]:
        """Every clock that has started."""
        return self.state.clocks


class RefusalCode(StrEnum):
    """Why an act is refused."""

    NOT_CREATED = "not-created"
    ALREADY_CREATED = "already-created"
    CLOSED = "closed"
    WRONG_STAGE = "wrong-stage"
    WRONG_ACTOR = "wrong-actor"
    WRONG_AUTHORITY = "wrong-authority"
    WRONG_INSTITUTION = "wrong-institution"
    NO_SUCH_MOVE = "no-such-move"
    BAD_DATA = "bad-data"
    BEFORE_LAST_EVENT = "before-last-event"
    INCOMPLETE = "incomplete"
    REASON_MISSING = "reason-missing"
    REQUEST_OPEN = "request-open"
    NO_SUCH_REQUEST = "no-such-request"
    CRITERIA_UNMET = "criteria-unmet"
    NO_ROUND = "no-round"
    ROUND_OPEN = "round-open"
    ROUND_NOT_STARTED = "round-not-started"
    ROUND_OVER = "round-over"
    REVIEW_IN_DOUBT = "review-in-doubt"
    NOT_IN_DOUBT = "not-in-doubt"
    NOT_INVITED = "not-invited"
    CONFLICT_UNDECLARED = "conflict-undeclared"
    CONFLICTED = "conflicted"
    ALREADY_DONE = "already-done"
    TOO_FEW_REVIEWS = "too-few-reviews"
    EVEN_PANEL = "even-panel"
    REVIEWS_OUTSTANDING = "reviews-outstanding"
    BELOW_PASS_MARK = "below-pass-mark"  # noqa: S105 - a mark to reach, no password
    NOT_ASSESSED = "not-assessed"
    AREA_FAILED = "area-failed"
    NO_NOTICE = "no-notice"
    NOTICE_OPEN = "notice-open"
    WINDOW_CLOSED = "window-closed"
    COMMENTS_NOT_TAKEN = "comments-not-taken"
    COMMENTS_UNANSWERED = "comments-unanswered"
    CALENDAR_MISSING = "calendar-missing"
    SIGNOFF_MISSING = "signoff-missing"
    SIGNOFF_REFUSED = "signoff-refused"
    PROMISES_UNJUDGED = "promises-unjudged"
    DIMENSIONS_UNFILED = "dimensions-unfiled"
    STEP_OUT_OF_ORDER = "step-out-of-order"
    STEPS_OPEN = "steps-open"
    OUTCOME_NOT_ALLOWED = "outcome-not-allowed"
    NO_SUCH_CONSULTATION = "no-such-consultation"
    CONSULTATION_MISSING = "consultation-missing"
    OBJECTED = "objected"
    TOO_EARLY = "too-early"
    THRESHOLD_UNMET = "threshold-unmet"
    NOT_GRADED = "not-graded"
    TIER_ROUTE = "tier-route"
    NOT_EXPIRED = "not-expired"
    AUTHORITY_SPOKE = "authority-spoke"
    EXTENSION_NOT_ALLOWED = "extension-not-allowed"
    WAIVER_REFUSED = "waiver-refused"
    LEAD_SIGNS_LAST = "lead-signs-last"
    PANEL_FULL = "panel-full"
    NO_MIGRATION = "no-migration"
    STAGE_GONE = "stage-gone"
    HISTORY_UNFIT = "history-unfit"
    ALREADY_PARTY = "already-party"
    MAY_NOT_JOIN = "may-not-join"
    TOO_MANY_PARTNERS = "too-many-partners"
    NO_PARTNER = "no-partner"
    INVITATION_OPEN = "invitation-open"
    SIGNATURE_MISSING = "signature-missing"
    TEXT_CHANGED = "text-changed"
    DISCIPLINE_MISSING = "discipline-missing"
    NOT_BY_LOT = "not-by-lot"
    NO_POOL = "no-pool"
    SEED_UNKNOWN = "seed-unknown"
    NOT_AS_DRAWN = "not-as-drawn"
    DECISION_HELD = "decision-held"
    NO_DECISION_HELD = "no-decision-held"
    NO_OBJECTION_OPEN = "no-objection-open"
    FIRST_DECIDER = "first-decider"
    NO_SESSION = "no-session"
    NO_QUORUM = "no-quorum"
    VOTE_MISSING = "vote-missing"
    VOTED_DOWN = "voted-down"
    NO_PAPER_SHEET = "no-paper-sheet"
    SHEET_DISPUTED = "sheet-disputed"


@dataclass(frozen=True, slots=True)
class Refusal:
    """An act that may not be: why, and what to do instead. `field`: the datum at fault, if one."""

    code: RefusalCode
    text: Text
    field: str | None = None
