"""The way of a case: stages, clocks, what closing means."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from shidian.core.rulebook.model.panel import Area, Panel
from shidian.core.rulebook.model.values import (
    DurationUs,
    Expression,
    Frozen,
    Identifier,
    Period,
    Text,
)


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


class SignoffRule(Frozen):
    """Whose consent a decision needs: everyone in `all_of`, and `k` of those in `of`.

    `lead` signs last, on what the others have said.
    """

    all_of: tuple[Identifier, ...] = ()
    k: int | None = Field(default=None, ge=1, le=20)
    of: tuple[Identifier, ...] = ()
    lead: Identifier | None = None


class StageThreshold(Frozen):
    """A condition of entering a stage from behind.

    With `minimum`: so long since the case entered stage `since`. Without: an officer finds it met,
    with a reason, in the act that moves the case.
    """

    id: Identifier
    name: Text
    since: Identifier | None = None
    minimum: Period | None = None


class Outcome(Frozen):
    """How a case can end. `needs_pilot`: only after a run; else only before one; None: either."""

    id: Identifier
    name: Text
    needs_pilot: bool | None = None


class EvaluationStep(Area):
    """A step of an evaluation. `by`: who does it; a step that nobody is named for is only said.

    `document`: it is done with a document. What an expert found, and what was done on paper, an
    officer enters with one.
    """

    by: Literal["applicant", "officer", "signing-officer", "expert", "assessor"] | None = None
    document: bool = False


class Stage(Frozen):
    """One stage. The transitions a case can take are `next`, and no others.

    `by`: who does an assessment, a body of its own or the authority's officers. `release`: whether
    an admission or a refusal decided here is told at once, kept until many are released together,
    or as the call says.
    """

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
    steps: tuple[EvaluationStep, ...] = ()
    comments: bool = False
    by: Literal["assessor-body", "authority"] = "assessor-body"
    thresholds: tuple[StageThreshold, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    release: Literal["at-once", "together", "by-call"] = "at-once"


class Unit(StrEnum):
    """Unit of a clock."""

    WORKING_DAY = "working-day"
    TRADING_DAY = "trading-day"
    CALENDAR_DAY = "calendar-day"
    MONTH = "month"


class Force(StrEnum):
    """Whether a clock is law or an aim."""

    STATUTORY = "statutory"
    TARGET = "target"


class Extension(Frozen):
    """By how much a clock may be lengthened, in its own unit, and how often."""

    length: int = Field(ge=1, le=3660)
    times_max: int = Field(default=1, ge=1, le=20)


class Clock(Frozen):
    """A deadline derived from events. The day of the starting event is not counted.

    `after`: for `starts: clock.expired` the clock whose last day starts this one; for
    `consultation.opened` the consultation. `on_answer`: whether a clock stopped by an information
    request goes on or begins anew once that is answered. `until`: the stage whose entry stops it,
    for a clock over several stages; none: it stops when its own stage is left. `on_expiry:
    may-proceed`: the case may move on from the next day. `on_silence`: what the law makes of an
    authority that let the clock run out: nothing, the approval asked for, or that the test may
    start.
    """

    id: Identifier
    name: Text
    starts: Literal[
        "case.submitted",
        "stage.entered",
        "notice.opened",
        "pilot.started",
        "request.opened",
        "consultation.opened",
        "clock.expired",
        "case.closed",
        "objection.filed",
    ]
    after: Identifier | None = None
    until: Identifier | None = None
    length: int = Field(ge=1, le=3660)
    unit: Unit
    force: Force = Force.TARGET
    pauses_on: tuple[Literal["information-request", "consultation"], ...] = ()
    on_answer: Literal["continue", "restart"] = "continue"
    extension: Extension | None = None
    on_expiry: Literal["nothing", "may-proceed"] = "nothing"
    on_silence: Literal["nothing", "approved", "may-start"] = "nothing"


class ConsultationKind(StrEnum):
    """What another authority is asked: to take note, to give its view, or to object if it must."""

    FILING = "filing"
    OPINION = "opinion"
    NO_OBJECTION = "no-objection"


class Consultation(Frozen):
    """What another authority is told or asked while a case is in `stage`.

    The case goes on once a required one is done: a filing when it is sent, an opinion or
    no-objection when it is given or its clock has run out with `on_expiry: may-proceed`. A
    `binding` objection stops the case; any other is weighed by those who decide. `when`: held only
    where this expression over the form (and the tier) holds.
    """

    id: Identifier
    name: Text
    stage: Identifier
    authority: Identifier
    kind: ConsultationKind
    when: Expression | None = None
    clock: Identifier | None = None
    required: bool = True
    binding: bool = False


class LegalEffect(StrEnum):
    """What an act is in law. The system itself never creates a formal administrative act."""

    SERVICE = "service"
    INSTRUCTION = "instruction"
    SUPERVISORY_MEASURE_REFERENCE = "supervisory-measure-reference"
    LICENCE_REFERENCE = "licence-reference"


ActName = Literal[
    "create",
    "submit",
    "request_information",
    "answer_information",
    "advance",
    "return_to_applicant",
    "reject",
    "withdraw",
    "terminate",
    "open_round",
    "invite_experts",
    "declare_conflict",
    "submit_review",
    "close_round",
    "extend_round",
    "enter_sheet",
    "uphold_review",
    "commission_assessment",
    "file_assessment",
    "open_notice",
    "extend_notice",
    "record_comment",
    "answer_comment",
    "sign_off",
    "file_report",
    "begin_evaluation",
    "judge_promise",
    "file_evaluation",
    "complete_step",
    "note_paper",
    "strike_paper",
    "extend",
    "close",
    "consult",
    "give_opinion",
    "enter_opinion",
    "grade_risk",
    "record_silence",
    "extend_clock",
    "migrate",
    "invite_partner",
    "answer_invitation",
    "leave_case",
    "release_partner",
    "request_signatures",
    "sign_application",
    "commit_pool",
    "release_decision",
    "take_back_decision",
    "file_objection",
    "decide_objection",
    "call_session",
    "keep_minutes",
    "record_vote",
    "answer_sheet",
]
"""Names of the verbs that `core/procedure` defines; a test keeps the two lists alike."""


class ActRule(Frozen):
    """What an act of that name is in law under this regime."""

    effect: LegalEffect
    note: Text | None = None


OrderKind = Literal["remind", "warn", "restrict", "suspend", "resume", "terminate"]


class PermitRules(Frozen):
    """The short-lived lease that tells a pilot system what it may do now.

    An event of a stream under `new_business` is new business: without a permit that covers it, it
    raises an alert.
    """

    ttl: DurationUs
    grace: DurationUs = 0
    mode: Literal["advisory", "no-new-business", "full-stop"] = "no-new-business"
    on_regulator_outage: Literal["keep-last", "no-new-business"] = "keep-last"
    new_business: tuple[str, ...] = ()


class Orders(Frozen):
    """Which orders there are, and which of them take two officers.

    A restriction or suspension by one officer lapses after 24 hours unless another one
    countersigns it. `on_lapse`: whether the pilot then stays as it is until somebody decides, or
    goes on as before.
    """

    kinds: tuple[OrderKind, ...]
    two_officers: tuple[Literal["resume", "loosen", "terminate", "restrict", "suspend"], ...] = ()
    on_lapse: Literal["stays-stopped", "reopens"] = "stays-stopped"
    permit: PermitRules | None = None


class Oversight(Frozen):
    """What the authority may do during the run, on what grounds, and how the firm is heard."""

    observer: Text | None = None
    inspection: Text | None = None
    revocation_grounds: tuple[Text, ...] = ()
    due_process: tuple[Text, ...] = ()
    immediate: Text | None = None


class Safeguards(Frozen):
    """What protects investors: in words, and the periods that go with them."""

    consent: Text | None = None
    withdraw: Text | None = None
    compensation: Text | None = None
    safe_harbour: Text | None = None
    complaint: Text | None = None
    insurance: Text | None = None
    disclosure: Text | None = None
    client_assets: Text | None = None
    refund: Period | None = None
    insurance_until: Period | None = None
    complaint_acknowledge: Period | None = None
    complaint_answer: Period | None = None


class NoticeRules(Frozen):
    """How a public notice treats comments, and what it shows of the application."""

    premoderation: bool = True
    public_sections: tuple[Identifier, ...] = ()
    commenter: Literal["anonymous", "named", "verified"] = "anonymous"
    answers: Literal["each", "summary"] = "each"


class Register(Frozen):
    """What of a pilot the public register shows, and how refusals appear in it.

    `public` is all that it shows. A rulebook that leaves it out keeps nothing back of what a pilot
    is, may do and came to; what was agreed and done beside that is shown where it is named alone.
    """

    public: tuple[
        Literal[
            "parties",
            "summary",
            "number",
            "dates",
            "plan",
            "limits",
            "waivers",
            "conditions",
            "promises",
            "alerts",
            "orders",
            "incidents",
            "evaluation",
            "outcome",
        ],
        ...,
    ] = ("parties", "summary", "number", "dates", "limits", "outcome")
    refusals: Literal["none", "anonymised", "named"] = "none"
    exit_report: Literal["none", "by-agreement", "always"] = "none"


class Clause(Frozen):
    """A provision that pilots test: where it stands, what it says, what is to be learnt."""

    id: Identifier
    title: Text
    source: Identifier
    article: str | None = None
    text: Text
    question: Text | None = None
