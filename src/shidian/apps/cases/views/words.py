"""Names and sentences that pages about cases share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shidian.core.procedure.types import EventKind, ObjectionOutcome, Position
from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from shidian.apps.cases.models import Case
    from shidian.apps.cases.views.roles import Viewer
    from shidian.core.rulebook.model import Rulebook


def stage_name(case: Case, viewer: Viewer) -> Text:
    """The present stage by the name meant for the one who looks."""
    return name_of_stage(case, case.stage, viewer)


def name_of_stage(case: Case, stage_id: str, viewer: Viewer) -> Text:
    """A stage has three names (staff, applicant, public); here staff's or the applicant's."""
    names = case.rulebook.stage(stage_id).names
    return names.staff if viewer.is_of_the_authorities else names.applicant


def outcome_name(case: Case, outcome_id: str = "") -> Text | None:
    """How the case ended, by the rulebook's name for it; None while it is open."""
    wanted = outcome_id or case.outcome
    if not wanted:
        return None
    for stage in case.rulebook.stages:
        for outcome in stage.outcomes:
            if outcome.id == wanted:
                return outcome.name
    return Text(zh=wanted, en=wanted)


def outcome_text(case: Case, outcome_id: str, reason: str) -> Text | str:
    """Outcome and reason in one line, in both languages."""
    name = outcome_name(case, outcome_id)
    if name is None:
        return reason
    if not reason:
        return name
    return Text(zh=f"{name.zh}：{reason}", en=f"{name.en}: {reason}")


EVENT_WORDS = {
    EventKind.CASE_CREATED: gettext_lazy("Application started"),
    EventKind.CASE_SUBMITTED: gettext_lazy("Application submitted"),
    EventKind.REQUEST_OPENED: gettext_lazy("Information requested"),
    EventKind.REQUEST_ANSWERED: gettext_lazy("Information request answered"),
    EventKind.REQUEST_LAPSED: gettext_lazy("Information request left unanswered"),
    EventKind.STAGE_ENTERED: gettext_lazy("Stage begun"),
    EventKind.CHECKLIST_FILED: gettext_lazy("Screening criteria judged"),
    EventKind.ROUND_OPENED: gettext_lazy("Review round opened"),
    EventKind.POOL_COMMITTED: gettext_lazy("Pool for a draw fixed"),
    EventKind.EXPERTS_INVITED: gettext_lazy("Experts invited"),
    EventKind.CONFLICT_DECLARED: gettext_lazy("Interests declared by an expert"),
    EventKind.REVIEW_FILED: gettext_lazy("Review filed by an expert"),
    EventKind.ROUND_CLOSED: gettext_lazy("Review round closed"),
    EventKind.ROUND_EXTENDED: gettext_lazy("Review round extended"),
    EventKind.ROUND_RECONSIDERED: gettext_lazy("Result looked at again after a late conflict"),
    EventKind.REVIEW_UPHELD: gettext_lazy("Review upheld after a late conflict"),
    EventKind.ASSESSMENT_COMMISSIONED: gettext_lazy("Assessment commissioned"),
    EventKind.ASSESSMENT_FILED: gettext_lazy("Assessment filed"),
    EventKind.NOTICE_OPENED: gettext_lazy("Public notice published"),
    EventKind.NOTICE_EXTENDED: gettext_lazy("Public notice extended"),
    EventKind.NOTICE_CLOSED: gettext_lazy("Public notice ended"),
    EventKind.COMMENT_RECEIVED: gettext_lazy("Comment received"),
    EventKind.COMMENT_ANSWERED: gettext_lazy("Comment answered"),
    EventKind.SIGNOFF_GIVEN: gettext_lazy("Signed off"),
    EventKind.CASE_ADMITTED: gettext_lazy("Admitted to the pilot"),
    EventKind.PILOT_STARTED: gettext_lazy("Pilot started"),
    EventKind.REPORT_FILED: gettext_lazy("Report filed"),
    EventKind.PROMISE_JUDGED: gettext_lazy("Promise judged"),
    EventKind.EVALUATION_FILED: gettext_lazy("Evaluation filed"),
    EventKind.STEP_COMPLETED: gettext_lazy("Step of the evaluation completed"),
    EventKind.PAPER_NOTED: gettext_lazy("Document received on paper"),
    EventKind.PAPER_STRUCK: gettext_lazy("Note of a document on paper struck"),
    EventKind.PILOT_EXTENDED: gettext_lazy("Pilot extended"),
    EventKind.CASE_CLOSED: gettext_lazy("Case closed"),
    EventKind.CONSULTATION_OPENED: gettext_lazy("Another authority consulted"),
    EventKind.OPINION_GIVEN: gettext_lazy("Opinion given by the authority consulted"),
    EventKind.RISK_GRADED: gettext_lazy("Risk graded"),
    EventKind.SILENCE_RECORDED: gettext_lazy("Time ran out without an answer"),
    EventKind.CLOCK_EXTENDED: gettext_lazy("Deadline extended"),
    EventKind.MIGRATION_PROPOSED: gettext_lazy("Move to another version of the rulebook proposed"),
    EventKind.MIGRATION_SIGNED: gettext_lazy("Move to another version of the rulebook signed off"),
    EventKind.CASE_MIGRATED: gettext_lazy("Case moved to another version of the rulebook"),
    EventKind.PARTNER_INVITED: gettext_lazy("Partner institution invited"),
    EventKind.PARTNER_JOINED: gettext_lazy("Partner institution joined"),
    EventKind.PARTNER_DECLINED: gettext_lazy("Invitation to join declined"),
    EventKind.PARTNER_LEFT: gettext_lazy("Partner institution takes part no more"),
    EventKind.SIGNATURES_REQUESTED: gettext_lazy("Text laid before the partners to sign"),
    EventKind.APPLICATION_SIGNED: gettext_lazy("Application signed by a partner"),
    EventKind.DECISION_HELD: gettext_lazy("Decided, kept for the batch"),
    EventKind.DECISION_RELEASED: gettext_lazy("Decision released"),
    EventKind.DECISION_TAKEN_BACK: gettext_lazy("Decision taken back before its release"),
    EventKind.OBJECTION_FILED: gettext_lazy("Objection filed"),
    EventKind.OBJECTION_DECIDED: gettext_lazy("Objection decided"),
    EventKind.DEFENCE_CALLED: gettext_lazy("Defence session called"),
    EventKind.MEETING_CALLED: gettext_lazy("Review meeting called"),
    EventKind.MINUTES_KEPT: gettext_lazy("Minutes kept"),
    EventKind.VOTE_RECORDED: gettext_lazy("Vote of the panel recorded"),
    EventKind.SHEET_ANSWERED: gettext_lazy("Sheet from paper checked by the expert"),
}


def event_words(kind: str) -> str:
    """What happened, in a few words."""
    try:
        return str(EVENT_WORDS[EventKind(kind)])
    except (ValueError, KeyError):
        return _("Recorded")


def wanting_names(rulebook: Rulebook) -> dict[str, Text]:
    """What a request for information can be about: sections of the form, then documents."""
    sections = {one.id: one.title for one in rulebook.form}
    return sections | {one.id: one.name for one in rulebook.materials if one.id not in sections}


def objection_words(outcome: str) -> str:
    """What came of an objection."""
    words = {
        ObjectionOutcome.UPHELD: _("the decision stands"),
        ObjectionOutcome.CHANGED: _("the decision is changed"),
        ObjectionOutcome.SENT_BACK: _("sent back, to be decided anew"),
    }
    return words[ObjectionOutcome(outcome)]


def position_word(position: str) -> str:
    """What a consulted authority says, in a word."""
    words = {
        Position.SUPPORT: _("supports it"),
        Position.NO_OBJECTION: _("does not object"),
        Position.OBJECT: _("objects"),
    }
    try:
        return words[Position(position)]
    except ValueError:
        return position


def reconsidered_words(data: Mapping[str, Any]) -> str:
    """What a conflict that was declared after closing did to a review's result."""
    words = {
        "stands": _("the result stands without the sheet of that expert: %(score)s"),
        "reopened": _("the round is open again"),
        "in-doubt": _("the result is in doubt and has to be examined again"),
    }
    return words[str(data["outcome"])] % {"score": data.get("score_text", "")}


def session_words(kind: str, data: Mapping[str, Any]) -> str:
    """Of a panel's session: when, which version, how it voted, what an expert says."""
    reason = str(data.get("reason") or "")
    match EventKind(kind):
        case EventKind.DEFENCE_CALLED | EventKind.MEETING_CALLED:
            words = _("called off") if data.get("off") else str(data["on"])
        case EventKind.MINUTES_KEPT:
            words = _("version %(n)d") % {"n": data["version"]}
        case EventKind.VOTE_RECORDED:
            words = _("%(for)d for, %(against)d against, %(abstained)d abstaining") % {
                "for": data["in_favour"],
                "against": data["against"],
                "abstained": data["abstained"],
            }
        case _:
            words = _("confirmed") if data.get("confirm") else _("disputed")
    return _(": ").join(filter(None, [words, reason]))
