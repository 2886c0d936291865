"""Who may open a view: every view declares a rule here, and an undeclared view is refused.

    @rule("public")                                   # everyone
    @rule("signed-in")                                # any signed-in person
    @rule("signed-in", second_factor=False)           # … on the way to their second factor
    @rule(Permission.CASE_READ, obj=case_by_reference)  # asked of the object that `obj` loads

A loader gets `(request, **url_kwargs)`; it returns the object or raises `Http404` or the model's
`DoesNotExist`. The view is then called `view(request, the_object, **url_kwargs)`. Not signed in: to
the sign-in page, before anything is loaded. Signed in, but without the second factor that the
person's office requires: to where they use or get one. Signed in without permission: the same 404
as for an object that does not exist.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import Literal

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponseBase

from shidian.apps.accounts.permits import is_permitted, remembering
from shidian.apps.accounts.second_factor import is_missing_in, way_to

Loader = Callable[..., object]
OpenRule = Literal["public", "signed-in"]


class Permission(StrEnum):
    """Everything that can be permitted, as `scope:resource:action`. Each has one predicate."""

    # Who sees what. The object is a Case unless said otherwise.
    CASE_READ = "case:case:read"
    """See the case: lists, page, timeline, attachments."""
    CASE_READ_INTERNAL = "case:internal:read"
    """See what is the authorities' own: opinions, scores, moderation."""
    CASE_CREATE = "case:case:create"
    """Begin an application. Object: None."""
    DESK_READ = "desk:desk:read"
    """Have a desk at all: any role. Object: None."""

    # The applicant's acts.
    FORM_EDIT = "case:form:edit"
    CASE_SUBMIT = "case:case:submit"
    CASE_WITHDRAW = "case:case:withdraw"
    PARTNER_INVITE = "case:partner:invite"
    """Invite partner institutions and lay the text before them; the lead's drafters."""
    PARTNER_RELEASE = "case:partner:release"
    """Withdraw an invitation or let a partner go; the lead's signers."""
    INVITATION_ANSWER = "case:invitation:answer"
    """Join or decline; signers of an institution that is invited and does not see the case yet."""
    APPLICATION_SIGN = "case:application:sign"
    """Sign for a partner."""
    CASE_LEAVE = "case:case:leave"
    """End one's part as a partner."""
    REQUEST_ANSWER = "case:request:answer"
    REPORT_FILE = "case:report:file"
    EVALUATION_BEGIN = "case:evaluation:begin"
    """An applicant's or a case officer's act."""

    # The officer's acts.
    CASE_HANDLE = "case:case:handle"
    """Acts of a case officer alone: request information, return."""
    CASE_DECIDE = "case:case:decide"
    """Acts of a case or a signing officer: advance, reject, terminate, extend, close."""
    PROMISE_JUDGE = "case:promise:judge"
    """A case officer's or an assessor's act."""
    STEP_COMPLETE = "case:step:complete"
    """Do one's step of an evaluation: the lead's drafters, officers, a body that has the case."""
    CASE_SIGN = "case:decision:sign"
    """Sign off for one's authority; a signing officer's act."""
    OPINION_GIVE = "case:opinion:give"
    """Speak for a consulted authority, once its word was asked for; a case officer's act, or a
    national officer's of a national body."""
    SILENCE_RECORD = "case:silence:record"
    """Have it written down that a period ran out; the applicant's or a case officer's act."""
    OBJECTION_FILE = "case:objection:file"
    """Object to a refusal; the lead's signers."""
    OBJECTION_DECIDE = "case:objection:decide"
    """Decide on an objection; an officer of the authority that the rulebook names."""
    LETTER_READ = "case:letter:read"
    """Have the letters of a case; which of them, the list is cut to."""
    LETTER_WRITE = "case:letter:write"
    """Write, release, serve; a case officer's act. Which letters: those of their authority."""
    LETTER_SIGN = "case:letter:sign"
    """Sign for one's authority; a signing officer's act."""
    LETTER_RECEIVE = "case:letter:receive"
    """Confirm the receipt for one's institution; its drafters and signers."""
    MAIL_RELEASE = "case:mail:release"
    """Release mail that is a draft first, or say that none goes; a case officer's act."""
    CASE_ASSIGN = "case:handler:assign"
    """Put an officer of one's authority in charge."""
    NOTE_WRITE = "case:note:write"
    """Leave a note for colleagues of one's authority."""
    QUEUE_READ = "desk:queue:read"
    """Search and filter cases, see workload and statistics of what one may see. Object: None."""
    PANEL_FORM = "review:panel:form"
    NOTICE_OPEN = "notice:notice:open"
    COMMENT_MODERATE = "notice:comment:moderate"
    RULEBOOK_PUBLISH = "scheme:rulebook:publish"
    """Object: Scheme."""
    BATCH_RELEASE = "scheme:batch:release"
    """Release a call's decisions together; as `CALL_OPEN`. Object: Scheme."""
    CALENDAR_KEEP = "desk:calendar:keep"
    """Add or correct a calendar's year; a case officer's act, where one leads. Object: None."""
    CALL_OPEN = "scheme:call:open"
    """A case officer's act, of an authority that leads. Object: Scheme."""

    # The expert's and the assessor's acts.
    CONFLICT_DECLARE = "review:conflict:declare"
    """Object: Assignment."""
    REVIEW_READ = "review:sheet:read"
    """Object: Assignment: own sheet, after declaring no conflict."""
    REVIEW_SUBMIT = "review:sheet:submit"
    """Object: Assignment."""
    ASSESSMENT_FILE = "review:assessment:file"
    AVAILABILITY_SET = "review:availability:set"
    SESSION_READ = "review:session:read"
    """When and where a panel meets; what else, the page cuts to who looks."""
    PRESENTERS_NAME = "review:presenters:name"
    """Say until when one takes no new reviews; an expert's own. Object: None."""

    # Supervision. The object is a Case, or None for the whole board.
    PILOT_READ = "pilot:pilot:read"
    PILOT_SUPERVISE = "pilot:pilot:supervise"
    BOARD_READ = "pilot:board:read"
    COMPLAINT_READ = "pilot:complaint:read"
    """See complaints about a pilot: its authorities' and, those sent to it, the lead's."""
    COMPLAINT_HANDLE = "pilot:complaint:handle"
    """Forward, note, close; an officer's of an authority that decides."""
    COMPLAINT_ANSWER = "pilot:complaint:answer"
    """Take up and answer for the lead institution."""
    ORDER_READ = "pilot:order:read"
    """See the orders given to a pilot: its authorities', its parties'."""
    ORDER_PROPOSE = "pilot:order:propose"
    """Propose an order, decline or withdraw a proposal."""
    ORDER_APPROVE = "pilot:order:approve"
    """Approve or countersign an order with a second factor."""
    PLAN_READ = "pilot:plan:read"
    """See a pilot's plan, its versions and changes: its authorities', its parties'."""
    PLAN_PROPOSE = "pilot:plan:propose"
    """Propose a change that loosens the plan, decline or withdraw it."""
    PLAN_APPROVE = "pilot:plan:approve"
    """Approve such a change with a second factor."""
    PLAN_SIGN = "pilot:plan:sign"
    """Sign the plan and its changes for the lead institution."""
    INCIDENT_READ = "pilot:incident:read"
    """See a pilot's incidents: its authorities', and who drafts or signs for the lead."""
    INCIDENT_REPORT = "pilot:incident:report"
    """Report, update, answer and close for the lead institution; its drafters and signers."""
    INCIDENT_HANDLE = "pilot:incident:handle"
    """Note a telephone report, ask, grade, find; an officer's of an authority that decides."""
    INCIDENT_DECIDE = "pilot:incident:decide"
    """Decide on a finding of tolerance; a signing officer's."""
    RETURN_READ = "pilot:return:read"
    """See a pilot's returns: its authorities', its parties'."""
    RETURN_PREPARE = "pilot:return:prepare"
    """File figures of a period, drop what nobody attested; the lead's drafters and signers."""
    RETURN_ATTEST = "pilot:return:attest"
    """Attest figures for the lead institution; its signers'."""
    REPORT_READ = "pilot:report:read"
    """See a pilot's reports: the lead's drafts too, its authorities what was filed."""
    REPORT_DRAFT = "pilot:report:draft"
    """Begin and complete a report; the lead's drafters and signers."""
    REPORT_SIGN = "pilot:report:sign"
    """Sign a report for the lead institution; its signers'."""
    REPORT_JUDGE = "pilot:report:judge"
    """Accept, return, ask for a revised report; an officer's of an authority that decides."""
    ENDPOINT_SET = "pilot:endpoint:set"
    """Say where the pilot's system takes orders; the lead's drafters, and who supervises."""

    EXIT_READ = "pilot:exit:read"
    """See a case's exit plan, its drills and its evaluation: its authorities', its parties'."""
    EXIT_PREPARE = "pilot:exit:prepare"
    """File the exit plan and drill it; the lead's drafters and signers."""
    EVALUATION_SEAL = "pilot:evaluation:seal"
    """Seal a plan of an outcome analysis, run it on figures; officers who handle the case."""
    EXIT_REPORT = "pilot:exit:report"
    """Write the exit report and its lessons; officers who handle the case."""
    EXIT_AGREE = "pilot:exit:agree"
    """Agree for the lead institution that the exit report is published; its signers'."""
    BRIDGE_DECIDE = "pilot:bridge:decide"
    """Grant, decline and end a bridge while a licence is pending; a signing officer's."""

    # The policy lab.
    LAB_READ = "lab:lab:read"
    """An officer's: see one's schemes with their drafts. Object: None."""
    DRAFT_READ = "lab:draft:read"
    """Object: RulebookDraft."""
    DRAFT_WRITE = "lab:draft:write"
    """Start, edit, put out, submit, return, reject. Object: Scheme."""
    DRAFT_APPROVE = "lab:draft:approve"
    """Object: Scheme."""
    CLAUSES_READ = "lab:clauses:read"
    """See a scheme's clauses with every pilot's difficulties. Object: Scheme."""
    DIFFICULTY_READ = "lab:difficulty:read"
    """See what one pilot met with. Object: Case."""
    DIFFICULTY_RECORD = "lab:difficulty:record"
    """The lead institution's staff and the officers who handle the case. Object: Case."""

    # Institutions and their people. The object is an Institution.
    STAFF_READ = "accounts:staff:read"
    """See who works for an institution; its own staff's."""
    STAFF_MANAGE = "accounts:staff:manage"
    """Invite, change roles, remove, record licences; its signers'."""
    INSTITUTION_CHECK = "accounts:institution:check"
    """Confirm a registration; a case officer's. Object: None, or the Institution."""

    # Before applying.
    COACHING_LIST = "coaching:list:read"
    """Have a list of them: firms their own, officers their authority's. Object: None."""
    COACHING_ASK = "coaching:request:ask"
    """Ask an authority before applying; drafters and signers. Object: None."""
    COACHING_READ = "coaching:request:read"
    """Object: Coaching: the two sides, and an auditor."""
    COACHING_ANSWER = "coaching:request:answer"
    """Object: Coaching: a case officer of the authority that was asked."""
    COACHING_WITHDRAW = "coaching:request:withdraw"
    """Object: Coaching: drafters and signers of the institution that asked."""
    MATCHING_READ = "matching:profile:read"
    """Find institutions that want to be found; drafters and signers, officers. Object: None."""
    PROFILE_SET = "matching:profile:set"
    """Show one's institution or leave again; its signers. Object: Institution."""
    CONTACT_READ = "matching:contact:read"
    """Have a list of messages, write one; drafters and signers. Object: None."""
    CONTACT_WRITE = "matching:contact:write"
    """Write and answer for one's institution; its drafters and signers. Object: Institution."""

    # What working groups and a national body send each other.
    NATIONAL_READ = "national:body:read"
    """The national body's page: its officers', and an auditor's. Object: None."""
    DISPATCH_LIST = "national:dispatch:list"
    """Have a list of them: officers, cut to the two sides. Object: None."""
    DISPATCH_BEGIN = "national:dispatch:begin"
    """A case officer's of an authority that decides. Object: Scheme."""
    DISPATCH_READ = "national:dispatch:read"
    """Object: Dispatch: its working group, and the authority to which it was sent."""
    DISPATCH_DRAFT = "national:dispatch:draft"
    """Object: Dispatch: case officers of its working group."""
    DISPATCH_SEND = "national:dispatch:send"
    """Object: Dispatch: signing officers of its working group."""
    DISPATCH_ANSWER = "national:dispatch:answer"
    """Object: Dispatch: who works for the authority to which it was sent."""
    TIP_LIST = "national:tip:list"
    """Have a list of them: officers, cut to who sent them and to whom. Object: None."""
    TIP_READ = "national:tip:read"
    """Object: RiskTip: the body that sent it, and officers of the schemes to which it was sent."""
    TIP_SEND = "national:tip:send"
    """National officers of a body to which some rulebook gives that power. Object: None."""
    TIP_PUBLISH = "national:tip:publish"
    """Object: RiskTip: national officers of the body that sent it; not who sent it."""
    TIP_LIFT = "national:tip:lift"
    """Object: RiskTip: national officers of the body that sent it."""
    TIP_ANSWER = "national:tip:answer"
    """Object: RiskTip: case and signing officers of a working group to which it was sent."""

    AUDIT_READ = "audit:log:read"


AccessRule = Permission | OpenRule


def allows(person: object, permission: Permission, obj: object = None) -> bool:
    """Whether `person` has `permission` on `obj`. A permission without a predicate is refused."""
    return is_permitted(person, permission, obj)


def rule(
    wanted: AccessRule, *, obj: Loader | None = None, second_factor: bool = True
) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """Declare and enforce a view's rule. See the module's head for the forms.

    `second_factor=False`: for the few pages that lead to a second factor, or away from the house.
    """

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            if wanted == "public":
                return view(request, *args, **kwargs)
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if second_factor and is_missing_in(request):
                return way_to(request)
            if wanted == "signed-in":
                return view(request, *args, **kwargs)
            if request.method not in {"GET", "HEAD"}:
                return _checked(view, Permission(wanted), obj, request, *args, **kwargs)
            with remembering():
                return _checked(view, Permission(wanted), obj, request, *args, **kwargs)

        guarded.access_rule = wanted  # type: ignore[attr-defined]
        return guarded

    return decorate


def _checked(
    view: Callable[..., HttpResponseBase],
    permission: Permission,
    loader: Loader | None,
    request: HttpRequest,
    *args: object,
    **kwargs: object,
) -> HttpResponseBase:
    if loader is None:
        if not allows(request.user, permission):
            raise Http404
        return view(request, *args, **kwargs)
    try:
        loaded = loader(request, **kwargs)
    except ObjectDoesNotExist:
        raise Http404 from None
    if not allows(request.user, permission, loaded):
        raise Http404
    return view(request, loaded, *args, **kwargs)
