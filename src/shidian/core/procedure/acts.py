# ruff: noqa: E501 - the table of verbs reads as a table only with long lines
"""Acts and the events they leave: who does what with which data, and what is then written down."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from shidian.core.rulebook.model import LegalEffect

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from shidian.core.rulebook.model import StageKind, Text

Json: TypeAlias = "Mapping[str, Json] | Sequence[Json] | str | int | bool | None"
"""What acts and events carry: JSON without floats. Decimals and fractions travel as text."""


class ActorKind(StrEnum):
    """In which capacity someone acts. One person may act in several, one act in one."""

    APPLICANT = "applicant"
    PARTNER = "partner"
    """For an institution that the lead invited, or that joined it."""
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
    id of the firm, set for applicants, partners and assessors.
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
    | submit | version: int ≥ 1 of the form; sha256 of it; sections?: {section: int ≥ 1, the version of it that is filed}; missing: list of ids of incomplete sections (empty to pass); promises: list of {id, text}; partners: list of institution ids; plan: {parameter: text of its type}; waivers?: list of {rule, reason, measure?}; facts?: {name: value} for the names that the conditions of consultations ask for (`facts.py`), needed where there are any |
    | request_information | question: text; about?: list of ids of what is wanting, sections of the form and documents; due_working_days?: int 1…250 (default: the clock that starts on request.opened, else 10) |
    | answer_information | request: id (`r1`, from state.requests); answer: text; version?: int, sha256?, sections?, facts?: of the form where it was amended |
    | advance | to?: stage id (default: the first stage ahead); reason; findings?: {criterion: {met: bool, reason: text}}, needed on moving ahead for each mandatory criterion judged there: of the screening, assessment or notice left, or of the stage of the run entered from another; thresholds?: {threshold: {met: bool, reason}} for those of the stage entered that an officer finds met; uscc?, lei?, seq? where the move starts a pilot |
    | return_to_applicant | reason; to?: id of a draft stage |
    | reject | reason; outcome?; hold?: bool, keep it until it is released (where the stage's `release` is `by-call`; so for advance and sign_off) |
    | withdraw | reason; outcome? |
    | terminate | reason; outcome? |
    | commit_pool | sha256: fingerprint of the pool (`drawing.py`); size: int, how many are in it; seats: int, how many are drawn; seed_source: text, what the seed will be; known_from: date, later than today, from which it can be known; reason?: needed for another pool once the first seed can be known |
    | open_round | experts: list of person ids; starts, ends: dates; reason?: needed for a second round; disciplines?: {expert: list of ids}, needed where the panel covers disciplines; draw?: {document, people: {lot: person id}, seed}, needed where it is drawn |
    | invite_experts | experts: list of person ids, of a drawn panel the next by lot; disciplines? as in open_round |
    | declare_conflict | conflict: bool; reason: text (may be "" where conflict is false). The actor is the expert |
    | extend_round | ends: date, the new last day, not before today; reason |
    | submit_review | scores: {criterion: int 0…panel.score_max} for every criterion of the stage; reasons: {criterion: text}. The actor is the expert |
    | enter_sheet | expert: person id; scores, reasons: as in submit_review; sha256: of the scan of the paper; declared: bool, the paper says that there is no conflict (needed where the expert has not declared it). The actor is an officer |
    | close_round | – |
    | uphold_review | reason: why the result stands although a sheet that counted was of an expert with a conflict |
    | commission_assessment | body: id of the assessor institution |
    | file_assessment | findings: {area: {finding: pass/condition/fail, text}} for every area |
    | open_notice | sha256: of the public text; version: int ≥ 1 of that text; reason?: what changed, needed where it replaces the text that is out: its window begins anew |
    | extend_notice | until: date, new last day of the notice's window, after the present one; reason |
    | record_comment | comment: the app's receipt id; sha256: of the comment's text; sent?: day on which it was sent, where it came later |
    | answer_comment | comment: id (left out where the rulebook's notice answers in `summary`: that answers all received so far); sha256: of the published answer |
    | sign_off | authority; consent: bool; reason (may be "" on consent); uscc or lei: 统一社会信用代码 or Legal Entity Identifier of the lead, seq: int ≥ 1, next free number; both needed by the last consent where the stage has a `number` pattern, ignored before; thresholds? as in advance, needed by the last consent in an admission stage; conditions?: list of texts, with a consent in an admission stage: what the pilot is admitted under |
    | file_report | report: id of the rulebook's report duty; sha256 |
    | begin_evaluation | reason; thresholds? as in advance |
    | judge_promise | promise: id; judgement: kept/partly/broken; evidence: text |
    | file_evaluation | dimensions: {dimension: {grade: good/adequate/weak, text}}, some or all |
    | complete_step | step: id of the next step of the evaluation; text: what was done and found; on: date on which it was done, from that of the step before (else the start of the pilot) to today; sha256?: of its document, needed where the rulebook asks for one and where an officer enters what another did on paper |
    | note_paper | material: id of a document of the rulebook; received: date, not after today; handed_by: who handed it in; kept_at: where the paper is kept; sha256?: of a scan |
    | strike_paper | material: id of one that was noted; reason |
    | extend | reason; until: date, new last day of the pilot's term; thresholds? as in advance |
    | close | outcome: id; reason |
    | consult | consultation: id of the rulebook's; sha256: of what is sent; reason? |
    | give_opinion | consultation: id; position: support/no-objection/object; text. The actor is an officer of the authority consulted |
    | enter_opinion | consultation, position, text: as in give_opinion; sha256: of the scan of its letter; dated: date of that letter, from the day on which it was asked to today; number?: of that letter. The actor is an officer of a deciding authority |
    | grade_risk | tier: id; factors?: {factor: {found: option id, reason: text}} for every factor of the rulebook; reason: needed without factors, for another tier than the rulebook proposes from them, and for grading anew (else may be "") |
    | record_silence | clock: id of a clock that has run out and whose `on_silence` says what follows; uscc?, lei?, seq? where that starts a pilot |
    | extend_clock | clock: id of a running clock that has an `extension`; reason |
    | migrate | an officer proposes: from_digest, to_digest: `sha256:…`, version: of the rulebook moved to, reason. A signing officer of a leading authority answers: to_digest, authority, consent: bool, reason (may be "" on consent); the last consent moves the case |
    | invite_partner | institution: id; kind: of institution; task: its part, in words; replaces?: id of the partner that goes when this one joins |
    | answer_invitation | join: bool; reason (may be "" on joining). The actor speaks for the institution |
    | leave_case | reason. The actor speaks for the partner |
    | release_partner | institution: id of a partner, joined or invited; reason |
    | request_signatures | sha256: of the form laid before the partners; missing: as in submit |
    | release_decision | batch?: name of the batch; uscc?, lei?, seq? where it starts a pilot |
    | take_back_decision | reason |
    | file_objection | grounds: text |
    | decide_objection | outcome: upheld/changed/sent-back; reason. The actor is of the body that the rulebook names |
    | sign_application | sha256: of the form signed. The actor signs for the partner |
    | call_session | session: the app's id of it; kind: defence/meeting; on: date; sha256: of place, time and address as called; reason?: needed for calling it again; off?: bool, it is called off (then neither on nor sha256 is needed) |
    | keep_minutes | session; version: int ≥ 1, one more than the newest; sha256: of the minutes; present: list of person ids of the panel; reason?: needed from the second version on |
    | record_vote | session: of the meeting; chair: person id, of those present; ballots: {person: {choice: for/against/abstain, reason}} of everyone present, the reason needed but for `for`; reason?: needed for voting again |
    | answer_sheet | confirm: bool; reason (may be "" where it confirms). The actor is the expert for whom a sheet was entered from paper |
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
    EXTEND_ROUND = "extend_round"
    ENTER_SHEET = "enter_sheet"
    UPHOLD_REVIEW = "uphold_review"
    COMMISSION_ASSESSMENT = "commission_assessment"
    FILE_ASSESSMENT = "file_assessment"
    OPEN_NOTICE = "open_notice"
    EXTEND_NOTICE = "extend_notice"
    RECORD_COMMENT = "record_comment"
    ANSWER_COMMENT = "answer_comment"
    SIGN_OFF = "sign_off"
    FILE_REPORT = "file_report"
    BEGIN_EVALUATION = "begin_evaluation"
    JUDGE_PROMISE = "judge_promise"
    FILE_EVALUATION = "file_evaluation"
    COMPLETE_STEP = "complete_step"
    NOTE_PAPER = "note_paper"
    STRIKE_PAPER = "strike_paper"
    EXTEND = "extend"
    CLOSE = "close"
    CONSULT = "consult"
    GIVE_OPINION = "give_opinion"
    ENTER_OPINION = "enter_opinion"
    GRADE_RISK = "grade_risk"
    RECORD_SILENCE = "record_silence"
    EXTEND_CLOCK = "extend_clock"
    MIGRATE = "migrate"
    INVITE_PARTNER = "invite_partner"
    ANSWER_INVITATION = "answer_invitation"
    LEAVE_CASE = "leave_case"
    RELEASE_PARTNER = "release_partner"
    REQUEST_SIGNATURES = "request_signatures"
    SIGN_APPLICATION = "sign_application"
    COMMIT_POOL = "commit_pool"
    RELEASE_DECISION = "release_decision"
    TAKE_BACK_DECISION = "take_back_decision"
    FILE_OBJECTION = "file_objection"
    DECIDE_OBJECTION = "decide_objection"
    CALL_SESSION = "call_session"
    KEEP_MINUTES = "keep_minutes"
    RECORD_VOTE = "record_vote"
    ANSWER_SHEET = "answer_sheet"


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
    stage.entered – from, to, reason, thresholds? (found met), vote? (of the panel: round, session,
    carried); checklist.filed – stage, findings;
    round.opened – round (number); experts.invited; conflict.declared – expert;
    review.filed – expert, and of a sheet entered from paper sha256, declared?; round.extended;
    round.reconsidered – round, outcome (stands, reopened, in-doubt), reviews, score?, score_text?,
    passed?: without the sheet of the expert whose conflict was found after closing, experts (who
    may file again); review.upheld; round.closed – round, reviews (count), score ("411/5"),
    score_text ("82.20"), passed (bool, or null without a pass mark);
    assessment.commissioned; assessment.filed;
    notice.opened; notice.extended; notice.closed; comment.received; comment.answered; signoff.given;
    case.admitted – number (or null), plan, promises, tier?, sha256? of what was agreed,
    waivers?, conditions?: all that the consents name; pilot.started;
    report.filed; promise.judged; evaluation.filed; step.completed; paper.noted;
    paper.struck; pilot.extended; case.closed – outcome, reason;
    consultation.opened; opinion.given; risk.graded – before? (the tier that stood), proposed? (id, or
    null: what the rulebook proposes from the factors); clock.extended – length, unit;
    silence.recorded – effect (approved, may-start), expired (the clock's last day), software;
    migration.proposed; migration.signed; case.migrated – from_digest, to_digest, version;
    partner.invited; partner.joined, partner.declined – institution; partner.left – institution,
    replaced_by? (the institution that took its place); signatures.requested;
    application.signed – institution; decision.held – decision (admit, reject), to, reason,
    outcome?, thresholds?; decision.released; decision.taken-back; objection.filed – objection (id
    of the rulebook's), against (the outcome); objection.decided – objection; pool.committed – round (number); of round.opened by lot `draw`
    is {sha256, seed, order: all person ids in lot order, disciplines: {person: ids}};
    defence.called, meeting.called – round; minutes.kept – round, of (kind); vote.recorded – round,
    entitled, needed, in_favour, against, abstained (counts), carried, cast_by_chair (bool);
    sheet.answered – round, expert.

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
    ROUND_EXTENDED = "round.extended"
    ROUND_RECONSIDERED = "round.reconsidered"
    REVIEW_UPHELD = "review.upheld"
    ASSESSMENT_COMMISSIONED = "assessment.commissioned"
    ASSESSMENT_FILED = "assessment.filed"
    NOTICE_OPENED = "notice.opened"
    NOTICE_EXTENDED = "notice.extended"
    NOTICE_CLOSED = "notice.closed"
    COMMENT_RECEIVED = "comment.received"
    COMMENT_ANSWERED = "comment.answered"
    SIGNOFF_GIVEN = "signoff.given"
    CASE_ADMITTED = "case.admitted"
    PILOT_STARTED = "pilot.started"
    REPORT_FILED = "report.filed"
    PROMISE_JUDGED = "promise.judged"
    EVALUATION_FILED = "evaluation.filed"
    STEP_COMPLETED = "step.completed"
    PAPER_NOTED = "paper.noted"
    PAPER_STRUCK = "paper.struck"
    PILOT_EXTENDED = "pilot.extended"
    CASE_CLOSED = "case.closed"
    CONSULTATION_OPENED = "consultation.opened"
    OPINION_GIVEN = "opinion.given"
    RISK_GRADED = "risk.graded"
    SILENCE_RECORDED = "silence.recorded"
    CLOCK_EXTENDED = "clock.extended"
    MIGRATION_PROPOSED = "migration.proposed"
    MIGRATION_SIGNED = "migration.signed"
    CASE_MIGRATED = "case.migrated"
    PARTNER_INVITED = "partner.invited"
    PARTNER_JOINED = "partner.joined"
    PARTNER_DECLINED = "partner.declined"
    PARTNER_LEFT = "partner.left"
    SIGNATURES_REQUESTED = "signatures.requested"
    APPLICATION_SIGNED = "application.signed"
    POOL_COMMITTED = "pool.committed"
    DECISION_HELD = "decision.held"
    DECISION_RELEASED = "decision.released"
    DECISION_TAKEN_BACK = "decision.taken-back"
    OBJECTION_FILED = "objection.filed"
    OBJECTION_DECIDED = "objection.decided"
    DEFENCE_CALLED = "defence.called"
    MEETING_CALLED = "meeting.called"
    MINUTES_KEPT = "minutes.kept"
    VOTE_RECORDED = "vote.recorded"
    SHEET_ANSWERED = "sheet.answered"


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
