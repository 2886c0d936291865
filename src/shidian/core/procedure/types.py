"""What goes into the procedure and what comes out: acts, events, tasks, clocks, effects, refusals.

`step(rulebook, calendar, history, act, zone=…)` takes these and returns these; nothing here does
any work. Dates are local dates in the scheme's zone, moments are aware datetimes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction
from typing import TypeAlias

from shidian.core.rulebook.model import Force, StageKind, Text, Unit

Json: TypeAlias = "Mapping[str, Json] | Sequence[Json] | str | int | bool | None"
"""What acts and events carry: JSON without floats. Decimals and fractions travel as text."""

DEFAULT_ZONE = "Asia/Shanghai"


class ActorKind(StrEnum):
    """In which capacity someone acts. One person may act in several, one act in one."""

    APPLICANT = "applicant"
    OFFICER = "officer"
    SIGNING_OFFICER = "signing-officer"
    EXPERT = "expert"
    ASSESSOR = "assessor"
    PUBLIC = "public"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `person`: a stable opaque id, never a name ("" for an anonymous commenter).

    `authority`: id of the rulebook's authority, set for officers; `institution`: the app's opaque
    id of the firm, set for applicants and assessors.
    """

    kind: ActorKind
    person: str
    authority: str | None = None
    institution: str | None = None


class Verb(StrEnum):
    """Every act there is, and the exact `data` keys it takes (`?`: may be left out).

    Dates are ISO text (`2026-03-01`), hashes 64 hex digits, decimals text. Further keys are refused
    as `bad-data`, so that nothing slips into the append-only history by accident.

    | verb | data |
    |---|---|
    | create | case: public reference of the case; institution: id of the lead; call?: id of the call |
    | submit | version: int ≥ 1 of the form; sha256 of it; missing: list of ids of incomplete sections (empty to pass); promises: list of {id, text}; partners: list of institution ids; plan: {parameter: decimal text} |
    | request_information | question: text; due_working_days?: int 1…250 (default: the clock that starts on request.opened, else 10) |
    | answer_information | request: id (`r1`, from state.requests); answer: text; version?: int, sha256?: of the form where it was amended |
    | advance | to?: stage id (default: the first stage ahead); reason; findings?: {criterion: {met: bool, reason: text}}, needed on leaving a screening stage forwards for each mandatory criterion of that stage; uscc?, seq? where the move starts a pilot |
    | return_to_applicant | reason; to?: id of a draft stage |
    | reject | reason; outcome? |
    | withdraw | reason; outcome? |
    | terminate | reason; outcome? |
    | open_round | experts: list of person ids; starts, ends: dates; reason?: needed for a second round |
    | invite_experts | experts: list of person ids |
    | declare_conflict | conflict: bool; reason: text (may be "" where conflict is false). The actor is the expert |
    | submit_review | scores: {criterion: int 0…panel.score_max} for every criterion of the stage; reasons: {criterion: text}. The actor is the expert |
    | close_round | – |
    | file_assessment | findings: {area: {finding: pass/condition/fail, text}} for every area |
    | open_notice | sha256: of the public text; version: int ≥ 1 of that text |
    | record_comment | comment: the app's receipt id; sha256: of the comment's text |
    | answer_comment | comment: id; sha256: of the published answer |
    | sign_off | authority; consent: bool; reason (may be "" on consent); uscc: 统一社会信用代码 of the lead, seq: int ≥ 1, next free number; both needed by the last consent where the stage has a `number` pattern, ignored before |
    | file_report | report: id of the rulebook's report duty; sha256 |
    | begin_evaluation | reason |
    | judge_promise | promise: id; judgement: kept/partly/broken; evidence: text |
    | file_evaluation | dimensions: {dimension: {grade: good/adequate/weak, text}}, some or all |
    | extend | reason; until: date, new last day of the pilot's term |
    | close | outcome: id; reason |
    """

    CREATE = "create"
    SUBMIT = "submit"
    REQUEST_INFORMATION = "request_information"
    ANSWER_INFORMATION = "answer_information"
    ADVANCE = "advance"
    RETURN_TO_APPLICANT = "return_to_applicant"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    TERMINATE = "terminate"
    OPEN_ROUND = "open_round"
    INVITE_EXPERTS = "invite_experts"
    DECLARE_CONFLICT = "declare_conflict"
    SUBMIT_REVIEW = "submit_review"
    CLOSE_ROUND = "close_round"
    FILE_ASSESSMENT = "file_assessment"
    OPEN_NOTICE = "open_notice"
    RECORD_COMMENT = "record_comment"
    ANSWER_COMMENT = "answer_comment"
    SIGN_OFF = "sign_off"
    FILE_REPORT = "file_report"
    BEGIN_EVALUATION = "begin_evaluation"
    JUDGE_PROMISE = "judge_promise"
    FILE_EVALUATION = "file_evaluation"
    EXTEND = "extend"
    CLOSE = "close"


class LegalEffect(StrEnum):
    """What an act is in law. The system itself never creates a formal administrative act."""

    SERVICE = "service"
    INSTRUCTION = "instruction"
    SUPERVISORY_MEASURE_REFERENCE = "supervisory-measure-reference"
    LICENCE_REFERENCE = "licence-reference"


@dataclass(frozen=True, slots=True)
class Act:
    """What someone wants to do, and when. `at` is aware and not before the last event."""

    verb: Verb
    actor: Actor
    at: datetime
    data: Mapping[str, Json] = field(default_factory=dict)


class EventKind(StrEnum):
    """What can have happened to a case. An act gives one event of its own and what follows from it.

    An event's data are the act's, plus what stands behind the dash:
    case.created; case.submitted; request.opened – request (id), due_working_days;
    request.answered; request.lapsed – request (the case moved on unanswered);
    stage.entered – from, to, reason; checklist.filed – stage, findings (screening);
    round.opened – round (number); experts.invited; conflict.declared – expert;
    review.filed – expert; round.closed – round, reviews (count), score ("411/5"),
    score_text ("82.20"), passed (bool, or null without a pass mark); assessment.filed;
    notice.opened; notice.closed; comment.received; comment.answered; signoff.given;
    case.admitted – number (or null), plan, promises; pilot.started; report.filed;
    promise.judged; evaluation.filed; pilot.extended; case.closed – outcome, reason.

    Every event also has `legal_effect`, and `rule` where the procedure itself caused it:
    {id: JSON pointer into the rulebook, rulebook: id, version}.
    """

    CASE_CREATED = "case.created"
    CASE_SUBMITTED = "case.submitted"
    REQUEST_OPENED = "request.opened"
    REQUEST_ANSWERED = "request.answered"
    REQUEST_LAPSED = "request.lapsed"
    STAGE_ENTERED = "stage.entered"
    CHECKLIST_FILED = "checklist.filed"
    ROUND_OPENED = "round.opened"
    EXPERTS_INVITED = "experts.invited"
    CONFLICT_DECLARED = "conflict.declared"
    REVIEW_FILED = "review.filed"
    ROUND_CLOSED = "round.closed"
    ASSESSMENT_FILED = "assessment.filed"
    NOTICE_OPENED = "notice.opened"
    NOTICE_CLOSED = "notice.closed"
    COMMENT_RECEIVED = "comment.received"
    COMMENT_ANSWERED = "comment.answered"
    SIGNOFF_GIVEN = "signoff.given"
    CASE_ADMITTED = "case.admitted"
    PILOT_STARTED = "pilot.started"
    REPORT_FILED = "report.filed"
    PROMISE_JUDGED = "promise.judged"
    EVALUATION_FILED = "evaluation.filed"
    PILOT_EXTENDED = "pilot.extended"
    CASE_CLOSED = "case.closed"


@dataclass(frozen=True, slots=True)
class PastEvent:
    """An event as stored. `seq` counts from 1 within the case, without gaps."""

    seq: int
    kind: str
    at: datetime
    actor: Actor
    data: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to be stored: the next `seq` is the caller's."""

    kind: EventKind
    at: datetime
    actor: Actor
    data: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Task:
    """Whose turn it is, and for what. `key` is stable within the case while the task is open.

    Exactly the addressees that are set narrow it down: a task with `authority` is for officers of
    that authority, one with `person` for that person alone. `due` is the last day of a clock,
    `not_before` the first day on which the act is possible.
    """

    key: str
    verb: Verb
    kind: ActorKind
    what: Text
    authority: str | None = None
    institution: str | None = None
    person: str | None = None
    due: date | None = None
    not_before: date | None = None


class LineKind(StrEnum):
    """What a line of a clock's sum is about."""

    RECEIVED = "received"
    COUNTED = "counted"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    MAKE_UP = "make-up"
    PAUSED = "paused"
    EXTENDED = "extended"
    DUE = "due"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class ClockLine:
    """One line of the sum: days `first` … `last`, of which `units` count towards the length.

    `running` is the sum so far. Lines are in order and their units add up to the clock's length.
    """

    kind: LineKind
    first: date
    last: date
    units: int
    running: int
    what: Text


class ClockState(StrEnum):
    """Where a clock stands. `stopped`: what it measured was done; `unknown`: calendar missing."""

    RUNNING = "running"
    PAUSED = "paused"
    EXPIRED = "expired"
    STOPPED = "stopped"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ClockSum:
    """A clock as a sum that can be checked line by line.

    `due`: its last day, inclusive; while paused, the day it would be if resumed on the day asked
    (`provisional`); None when `missing` says why. `left`: units after the day asked up to `due`
    (days for a month clock), negative once past; None when stopped or unknown.
    `clock` is the rulebook's clock id, or `request` where a request's own days are meant;
    `key` tells two runs apart (`screening`, `request/r1`).
    """

    key: str
    clock: str
    name: Text
    stage: str | None
    force: Force
    unit: Unit
    length: int
    received: date
    due: date | None
    left: int | None
    state: ClockState
    provisional: bool
    stopped: date | None
    paused_units: int
    calendar: str
    lines: tuple[ClockLine, ...]
    missing: Text | None = None


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """What the rest of the house must do about an act. No personal data.

    | topic | payload |
    |---|---|
    | record.leaf | kind (an EventKind), case (reference), at (ISO, UTC), legal_effect, sha256? (of the text fixed), number?, outcome?, stage? |
    | mail.applicant / mail.officer / mail.expert / mail.assessor / mail.signing-officer | kind (an EventKind), case, stage, person? or authority? or institution?: who may be told, due? |
    | pilot.admitted | case, number, plan, at: the start of the pilot |
    | pilot.closed | case, number, outcome, at |
    | snapshot.case | case, stage: the public snapshot is stale |
    """

    topic: str
    payload: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Effects:
    """All that follows from an act: to be stored in one transaction. `tasks` are ALL open ones."""

    stage: str
    events: tuple[NewEvent, ...]
    tasks: tuple[Task, ...]
    clocks: tuple[ClockSum, ...]
    outbox: tuple[OutboxItem, ...]
    state: CaseState


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
    NOT_INVITED = "not-invited"
    CONFLICT_UNDECLARED = "conflict-undeclared"
    CONFLICTED = "conflicted"
    ALREADY_DONE = "already-done"
    TOO_FEW_REVIEWS = "too-few-reviews"
    EVEN_PANEL = "even-panel"
    REVIEWS_OUTSTANDING = "reviews-outstanding"
    BELOW_PASS_MARK = "below-pass-mark"
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
    OUTCOME_NOT_ALLOWED = "outcome-not-allowed"


@dataclass(frozen=True, slots=True)
class Refusal:
    """An act that may not be: why, and what to do instead. `field`: the datum at fault, if one."""

    code: RefusalCode
    text: Text
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Promise:
    """A declared commitment of the applicant, judged at the end."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Request:
    """An information request. `answered` or `lapsed`: the day it ended; both None: open."""

    id: str
    question: str
    opened: date
    due_working_days: int
    answered: date | None = None
    answer: str | None = None
    lapsed: date | None = None

    @property
    def is_open(self) -> bool:
        return self.answered is None and self.lapsed is None


@dataclass(frozen=True, slots=True)
class ExpertReview:
    """One expert's sheet."""

    expert: str
    scores: Mapping[str, int]
    reasons: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Round:
    """A review round. `conflicts`: what each expert declared; absent: not yet declared.

    `score`: exact weighted mean over criteria and experts once closed.
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


class Finding(StrEnum):
    """An assessor's finding on one area."""

    PASS = "pass"  # noqa: S105 - a finding, no password
    CONDITION = "condition"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class AreaFinding:
    """A finding with its words."""

    finding: Finding
    text: str


@dataclass(frozen=True, slots=True)
class NoticeState:
    """The open or closed public notice. `comments`: receipt id → answered."""

    sha256: str
    version: int
    opened: date
    closed: bool = False
    comments: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SignOffState:
    """One authority's word, the latest."""

    authority: str
    consent: bool
    reason: str
    person: str


class Judgement(StrEnum):
    """Whether a promise was kept."""

    KEPT = "kept"
    PARTLY = "partly"
    BROKEN = "broken"


class EvaluationGrade(StrEnum):
    """Grade of one dimension of the evaluation."""

    GOOD = "good"
    ADEQUATE = "adequate"
    WEAK = "weak"


@dataclass(frozen=True, slots=True)
class Judged:
    """A promise's judgement with its evidence."""

    judgement: Judgement
    evidence: str


@dataclass(frozen=True, slots=True)
class Graded:
    """A dimension's grade with its words."""

    grade: EvaluationGrade
    text: str


@dataclass(frozen=True, slots=True)
class CaseState:
    """A case as its events tell it. `stage` is "" before creation.

    Round, assessment, notice, sign-offs and judgements are those since the case last entered the
    stage they belong to: whoever comes back to a stage does its work again.
    """

    stage: str = ""
    stage_kind: StageKind | None = None
    entered: date | None = None
    case: str = ""
    institution: str = ""
    call: str | None = None
    version: int = 0
    sha256: str = ""
    promises: tuple[Promise, ...] = ()
    partners: tuple[str, ...] = ()
    plan: Mapping[str, str] = field(default_factory=dict)
    requests: tuple[Request, ...] = ()
    checklist: Mapping[str, bool] = field(default_factory=dict)
    round: Round | None = None
    findings: Mapping[str, AreaFinding] = field(default_factory=dict)
    notice: NoticeState | None = None
    signoffs: Mapping[str, SignOffState] = field(default_factory=dict)
    admitted: bool = False
    number: str | None = None
    reports: tuple[str, ...] = ()
    judgements: Mapping[str, Judged] = field(default_factory=dict)
    evaluation: Mapping[str, Graded] = field(default_factory=dict)
    outcome: str | None = None
    clocks: tuple[ClockSum, ...] = ()
    tasks: tuple[Task, ...] = ()
    last_at: datetime | None = None

    @property
    def is_closed(self) -> bool:
        return self.stage_kind is StageKind.CLOSED

    @property
    def open_requests(self) -> tuple[Request, ...]:
        return tuple(request for request in self.requests if request.is_open)


@dataclass(frozen=True, slots=True)
class Transition:
    """A row of the transition table: `verb` by one of `by` takes a case from `source` to `target`.

    `source` is None for creation.
    """

    source: str | None
    verb: Verb
    target: str
    by: tuple[ActorKind, ...]


@dataclass(frozen=True, slots=True)
class VerbSpec:
    """Who may do a verb, in stages of which kinds (empty: before creation), and its button."""

    label: Text
    by: tuple[ActorKind, ...]
    kinds: tuple[StageKind, ...]
    legal_effect: LegalEffect = LegalEffect.SERVICE
