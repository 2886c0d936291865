"""Pages of a panel's sessions: when and where, the call, presenters, minutes, the vote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from shidian.apps.accounts.access import Permission, rule
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.history import state_of
from shidian.apps.cases.views.acts import act_crumbs, act_page, attempt
from shidian.apps.cases.views.buttons import allowed_verbs
from shidian.apps.cases.views.effects import EFFECTS
from shidian.apps.cases.views.loaders import case_by_reference
from shidian.apps.cases.views.open_matters import to_minute
from shidian.apps.cases.views.roles import viewer_of
from shidian.apps.review.domain import (
    answer_sheet,
    call_off,
    call_session,
    item_of,
    keep_minutes,
    name_presenters,
    record_vote,
)
from shidian.apps.review.invitations import invitation_text
from shidian.apps.review.session_page import sessions_of, votes_of
from shidian.apps.review.views.loaders import own_assignment
from shidian.apps.review.views.panels import panel_act
from shidian.apps.review.views.session_forms import (
    KINDS,
    AnswerForm,
    CallForm,
    MinutesForm,
    PresentersForm,
    VoteForm,
)
from shidian.core.procedure.types import SessionKind, Verb

if TYPE_CHECKING:
    from django.http import HttpRequest

    from shidian.apps.cases.models import Case
    from shidian.apps.review.models import Assignment


@rule(Permission.SESSION_READ, obj=case_by_reference)
@require_GET
def sessions(request: HttpRequest, case: Case, **_url: object) -> HttpResponse:
    """The sessions of the newest round, each reader's own part of them."""
    state = state_of(case)
    viewer = viewer_of(request.user)  # type: ignore[arg-type]
    context = {
        "case": case,
        "sessions": sessions_of(case, state, viewer.person),
        "kinds": KINDS,
        "verbs": {verb.value for verb in allowed_verbs(case, state, viewer)},
        "minutable": to_minute(state),
        "crumbs": act_crumbs(case, _("Sessions of the panel")),
    }
    return render(request, "review/sessions.html", context)


@rule(Permission.PANEL_FORM, obj=case_by_reference)
@require_http_methods(["GET", "POST"])
def call(request: HttpRequest, case: Case, **_url: object) -> HttpResponse:
    """Call a session, move it, or call it off."""

    def send(*, off: bool = False, **payload: Any) -> object:
        return call_off(**payload) if off else call_session(**payload)

    return panel_act(request, case, Verb.CALL_SESSION, CallForm, send)


@rule(Permission.PANEL_FORM, obj=case_by_reference)
@require_http_methods(["GET", "POST"])
def minutes(request: HttpRequest, case: Case, **_url: object) -> HttpResponse:
    """Keep the minutes of the session that was last, or of the one that `?kind=` names.

    Where somebody else kept a version meanwhile, both are on the page and nothing typed is lost.
    """
    state = state_of(case)
    if Verb.KEEP_MINUTES not in allowed_verbs(case, state, viewer_of(request.user)):  # type: ignore[arg-type]
        raise Http404
    possible = to_minute(state)
    kind = next((one for one in possible if one == request.GET.get("kind")), possible[-1])
    item = item_of(case, kind)
    if item is None:
        raise Http404
    newest = item.minutes
    data = request.POST.copy() if request.method == "POST" else None
    overtaken = data is not None and data.get("version") != str(newest.version if newest else 0)
    if data is not None and overtaken:
        data["version"] = str(newest.version if newest else 0)
    form = MinutesForm(case, state, data)
    form.begin_from(newest)
    if overtaken:
        form.full_clean()
        words = _("Somebody else kept version %(n)d meanwhile. It is shown below; yours is kept.")
        form.add_error(None, words % {"n": newest.version if newest else 0})
    return act_page(
        request,
        case,
        Verb.KEEP_MINUTES,
        form,
        send=lambda payload: keep_minutes(case=case, kind=kind, by=request.user, **payload),  # type: ignore[arg-type]
        template="review/minutes.html",
        kind_name=KINDS[kind],
        newest=newest,
        overtaken=overtaken,
    )


@rule(Permission.PANEL_FORM, obj=case_by_reference)
@require_http_methods(["GET", "POST"])
def vote(request: HttpRequest, case: Case, **_url: object) -> HttpResponse:
    """Record how the panel voted. Whoever comes second sees the vote that stands already."""
    item = item_of(case, SessionKind.MEETING)

    def send(*, expected_seq: int, **payload: Any) -> object:
        del expected_seq  # a vote that stands meanwhile asks for a reason, and loses nothing
        return record_vote(**payload)

    return panel_act(
        request,
        case,
        Verb.RECORD_VOTE,
        VoteForm,
        send,
        template="review/vote.html",
        votes=votes_of(case, item.panel) if item else [],
        vote_rule=case.stage_rule.panel.meeting.vote
        if case.stage_rule.panel and case.stage_rule.panel.meeting
        else None,
    )


@rule(Permission.PRESENTERS_NAME, obj=case_by_reference)
@require_http_methods(["GET", "POST"])
def presenters(request: HttpRequest, case: Case, **_url: object) -> HttpResponse:
    """The applicant says who presents."""
    item = item_of(case, SessionKind.DEFENCE)
    if item is None or item.panel.closed_id is not None:
        raise Http404
    form = PresentersForm(item.presenters, request.POST or None)
    if (
        request.method == "POST"
        and form.is_valid()
        and attempt(
            form,
            lambda: name_presenters(
                item=item,
                people=form.named(),
                version=form.cleaned_data["version"],
                by=request.user,  # type: ignore[arg-type]
            ),
        )
    ):
        messages.success(request, _("Saved."))
        return redirect("review:sessions", reference=case.reference)
    context = {
        "case": case,
        "form": form,
        "call": item.session.call,
        "crumbs": act_crumbs(case, _("Who presents")),
    }
    return render(request, "review/presenters.html", context, status=422 if form.errors else 200)


@rule(Permission.SESSION_READ, obj=case_by_reference)
@require_GET
def invitation(request: HttpRequest, case: Case, number: int, **_url: object) -> HttpResponse:
    """The session for a calendar program, for whoever sees it on the page."""
    person: Any = request.user
    shown = sessions_of(case, state_of(case), person)
    found = next((one for one in shown if one["item"].session_id == number), None)
    if found is None:
        raise Http404
    host = request.get_host().partition(":")[0]
    summary = f"{KINDS[found['kind']]} ({case.reference})"
    text = invitation_text(found["call"], summary, host, timezone.now())
    response = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="session-{number}.ics"'
    add_never_cache_headers(response)
    return response


@rule(Permission.REVIEW_SUBMIT, obj=own_assignment)
@require_http_methods(["GET", "POST"])
def answer(request: HttpRequest, assignment: Assignment, **_url: object) -> HttpResponse:
    """The expert says whether a sheet entered from paper is what they wrote."""
    review = assignment.review
    if review is None or not review.submitted.data.get("sha256"):
        raise Http404
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            answer_sheet(
                assignment=assignment,
                confirm=form.cleaned_data["confirm"] == "yes",
                reason=form.cleaned_data["reason"],
                by=request.user,  # type: ignore[arg-type]
            )
        except ForbiddenError:
            raise Http404 from None
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Thank you. The case officers see what you say."))
            return redirect("review:sheet", reference=assignment.panel.case.reference)
    case = assignment.panel.case
    names = {one.id: one.name for one in case.rulebook.criteria}
    context = {
        "case": case,
        "form": form,
        "rows": [
            (names.get(key, key), score, review.reasons.get(key, ""))
            for key, score in review.scores.items()
        ],
        "effect": EFFECTS[Verb.ANSWER_SHEET],
        "crumbs": [
            (_("My desk"), reverse("cases:desk")),
            (case.title, reverse("review:sheet", args=[case.reference])),
            (_("Check the sheet"), None),
        ],
    }
    return render(request, "review/answer.html", context, status=422 if form.errors else 200)
