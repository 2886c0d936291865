"""The buttons of a case page: what this person may do now, from the procedure's own table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from django.urls import NoReverseMatch, reverse

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.accounts.models import OfficerRole
from shidian.apps.cases.domain.perform import PERMISSIONS
from shidian.apps.cases.rules import consulted_parts, objection_parts, partners_of
from shidian.apps.cases.views.open_matters import (
    may_decide,
    may_still_object,
    may_vote,
    to_answer,
    to_call,
    to_consult,
    to_enter,
    to_extend,
    to_hear,
    to_minute,
    to_record,
    to_step,
)
from shidian.core.procedure.parties import Standing, standing_as, text_to_sign, unsigned
from shidian.core.procedure.step import permitted_verbs
from shidian.core.procedure.tiers import may_grade
from shidian.core.procedure.types import ActorKind, Verb
from shidian.core.procedure.verbs import VERBS
from shidian.core.rulebook.model import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from shidian.apps.cases.models import Case
    from shidian.apps.cases.views.roles import Viewer
    from shidian.core.procedure.types import CaseState
    from shidian.core.rulebook.model import Text

PAGES = {
    Verb.SUBMIT: "cases:application",
    Verb.OPEN_ROUND: "review:open-round",
    Verb.COMMIT_POOL: "review:pool",
    Verb.INVITE_EXPERTS: "review:invite-experts",
    Verb.CLOSE_ROUND: "review:close-round",
    Verb.EXTEND_ROUND: "review:extend-round",
    Verb.ENTER_SHEET: "review:enter-sheet",
    Verb.CALL_SESSION: "review:call-session",
    Verb.KEEP_MINUTES: "review:minutes",
    Verb.RECORD_VOTE: "review:vote",
    Verb.FILE_ASSESSMENT: "review:assessment",
    Verb.OPEN_NOTICE: "notices:open",
    Verb.EXTEND_NOTICE: "notices:extend",
    Verb.ANSWER_COMMENT: "notices:comments",
    Verb.MIGRATE: "lab:migrate",
    Verb.INVITE_PARTNER: "cases:partners",
    Verb.RELEASE_DECISION: "cases:release",
    Verb.SIGN_APPLICATION: "cases:sign",
}
"""Acts with a page of their own; every other act has the generic page `cases:act`."""

Way: TypeAlias = "Callable[[Case], str]"
"""Address of the page on which an act is done for this case; "" where that is the usual one."""
_ways: dict[Verb, Way] = {}


def leads(verb: Verb) -> Callable[[Way], Way]:
    """Register where an act is done instead of its usual page: an app that knows more says so."""

    def register(way: Way) -> Way:
        _ways[verb] = way
        return way

    return register


ELSEWHERE = frozenset(
    {
        Verb.CREATE,
        Verb.COMMISSION_ASSESSMENT,
        Verb.RECORD_COMMENT,
        Verb.DECLARE_CONFLICT,
        Verb.SUBMIT_REVIEW,
        Verb.ANSWER_SHEET,
        Verb.ANSWER_INVITATION,
    }
)
"""Not begun from the case page: the call, the part on the assessment, the public site,
the expert's sheet."""

LAST = frozenset(
    {
        Verb.REJECT,
        Verb.WITHDRAW,
        Verb.TERMINATE,
        Verb.RETURN_TO_APPLICANT,
        Verb.RELEASE_PARTNER,
        Verb.LEAVE_CASE,
        Verb.TAKE_BACK_DECISION,
    }
)


@dataclass(frozen=True, slots=True)
class Button:
    """An act that is open to the person. `look`: "", `second` or `last`."""

    verb: Verb
    label: Text
    url: str
    look: str


def kinds_of(viewer: Viewer, case: Case) -> list[ActorKind]:
    """In which capacities the person can act on this case."""
    kinds = []
    for kind, office in (
        (ActorKind.OFFICER, OfficerRole.CASE),
        (ActorKind.SIGNING_OFFICER, OfficerRole.SIGNING),
    ):
        if case.scheme_id in viewer.schemes.get(office, frozenset()):
            kinds.append(kind)
    if case.lead_id in viewer.roles.institutions():
        kinds.append(ActorKind.APPLICANT)
    if partners_of(viewer.person, case):
        kinds.append(ActorKind.PARTNER)
    if ActorKind.OFFICER not in kinds and consulted_parts(viewer.person, case):
        kinds.append(ActorKind.OFFICER)
    if ActorKind.OFFICER not in kinds and objection_parts(viewer.person, case):
        kinds.append(ActorKind.OFFICER)
    if viewer.roles.is_assessor:
        kinds.append(ActorKind.ASSESSOR)
    return kinds


def allowed_verbs(case: Case, state: CaseState, viewer: Viewer) -> list[Verb]:
    """Verbs that stage, rulebook and permission leave open to the person."""
    possible = {
        verb
        for kind in kinds_of(viewer, case)
        for verb in permitted_verbs(case.rulebook, state, kind)
        if _sensible(verb, case, state, viewer)
    }
    return [verb for verb in VERBS if verb in possible and _may(viewer, verb, case)]


def _may(viewer: Viewer, verb: Verb, case: Case) -> bool:
    permission = PERMISSIONS[verb]
    return permission is not None and allows(viewer.person, permission, case)


def _sensible(  # noqa: C901, PLR0911, PLR0912 - one a verb
    verb: Verb, case: Case, state: CaseState, viewer: Viewer
) -> bool:
    """Leaves out what the state makes pointless, such as closing a round that is not open."""
    match verb:
        case Verb.ANSWER_INFORMATION:
            return bool(state.open_requests)
        case Verb.OPEN_NOTICE:
            return state.notice is None
        case Verb.EXTEND_NOTICE:
            return state.notice is not None
        case Verb.ANSWER_COMMENT:
            return state.notice is not None and bool(state.notice.comments)
        case Verb.FILE_ASSESSMENT:
            own = case.stage_rule.by == "authority"
            return own or viewer.roles.is_assessor
        case Verb.CONSULT:
            return bool(to_consult(case, state))
        case Verb.GIVE_OPINION:
            return bool(to_answer(case, state, viewer.person))
        case Verb.ENTER_OPINION:
            return bool(to_hear(case, state))
        case Verb.GRADE_RISK:
            return may_grade(case.rulebook, case.stage_rule)
        case Verb.EXTEND_CLOCK:
            return bool(to_extend(case, state))
        case Verb.RECORD_SILENCE:
            return bool(to_record(case, state))
        case Verb.INVITE_PARTNER:
            return bool(case.rulebook.intake and case.rulebook.intake.partner)
        case Verb.RELEASE_PARTNER:
            return bool(standing_as(state, Standing.INVITED, Standing.JOINED))
        case Verb.REQUEST_SIGNATURES:
            return bool(standing_as(state, Standing.JOINED))
        case Verb.SIGN_APPLICATION:
            mine = {str(one) for one in partners_of(viewer.person, case)}
            asked = text_to_sign(state) is not None
            return asked and any(one.institution in mine for one in unsigned(state))
        case Verb.JUDGE_PROMISE:
            return bool(state.promises)
        case Verb.COMPLETE_STEP:
            return to_step(case, state, kinds_of(viewer, case)) is not None
        case Verb.NOTE_PAPER:
            return any(one.id not in state.papers for one in case.rulebook.materials)
        case Verb.STRIKE_PAPER:
            return bool(state.papers)
        case Verb.RELEASE_DECISION:
            return allows(viewer.person, Permission.BATCH_RELEASE, case.scheme)
        case Verb.FILE_OBJECTION:
            return may_still_object(case, state)
        case Verb.DECIDE_OBJECTION:
            return may_decide(case, state, viewer.person)
        case Verb.MIGRATE:
            return state.migration is not None or _has_newer_rules(case)
    return _sensible_in_review(verb, case, state)


def _sensible_in_review(  # noqa: PLR0911 - one a verb
    verb: Verb, case: Case, state: CaseState
) -> bool:
    """The same of panels, rounds and sessions."""
    round_open = state.round is not None and not state.round.closed
    match verb:
        case Verb.OPEN_ROUND:
            return not round_open and (state.pool is not None or not _is_drawn(case))
        case Verb.COMMIT_POOL:
            return not round_open and _is_drawn(case)
        case Verb.INVITE_EXPERTS | Verb.CLOSE_ROUND | Verb.EXTEND_ROUND:
            return round_open
        case Verb.CALL_SESSION:
            return bool(to_call(case, state))
        case Verb.KEEP_MINUTES:
            return bool(to_minute(state))
        case Verb.RECORD_VOTE:
            return may_vote(state)
        case Verb.ENTER_SHEET:
            return bool(to_enter(state))
    return True


def _is_drawn(case: Case) -> bool:
    panel = case.stage_rule.panel
    return panel is not None and panel.drawn == "random"


def _has_newer_rules(case: Case) -> bool:
    newer = case.scheme.rulebooks.exclude(status=Status.SKETCH)
    return newer.filter(pk__gt=case.rulebook_version_id).exists()


def buttons_of(case: Case, state: CaseState, viewer: Viewer) -> list[Button]:
    """The person's buttons: what is their turn first, what ends the case last."""
    awaited = {task.verb for task in state.tasks}
    buttons = []
    for verb in allowed_verbs(case, state, viewer):
        if verb in ELSEWHERE or not (url := act_url(case, verb)):
            continue
        look = "last" if verb in LAST else "" if verb in awaited else "second"
        buttons.append(Button(verb, VERBS[verb].label, url, look))
    order = {"": 0, "second": 1, "last": 2}
    return sorted(buttons, key=lambda button: order[button.look])


def way_of(case: Case, verb: Verb) -> str:
    """Where the act is done for this case in place of its usual page; "" for there."""
    return _ways[verb](case) if verb in _ways else ""


def act_url(case: Case, verb: Verb) -> str:
    """Address of the page on which an act is done; "" where the zone does not have it."""
    try:
        if instead := way_of(case, verb):
            return instead
        if verb is Verb.RELEASE_DECISION:
            return reverse(PAGES[verb], args=[case.call.slug])
        if verb in PAGES:
            return reverse(PAGES[verb], args=[case.reference])
        return reverse("cases:act", args=[case.reference, verb.value.replace("_", "-")])
    except NoReverseMatch:
        return ""
