"""The expert's page: declare interests first, then read on the left and judge on the right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from shidian.apps.accounts.access import Permission, allows, rule
from shidian.apps.cases.filed import filed_form
from shidian.apps.cases.views.acts import attempt
from shidian.apps.cases.views.answers import form_rows
from shidian.apps.cases.views.effects import EFFECTS
from shidian.apps.cases.zones import day_in
from shidian.apps.review.domain import declare_conflict, save_sheet, submit_review
from shidian.apps.review.queries import parties_to_declare
from shidian.apps.review.views.forms import DeclareForm, SheetForm, StepBackForm
from shidian.apps.review.views.loaders import own_assignment
from shidian.core.procedure.types import EventKind, Verb

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from shidian.apps.review.models import Assignment, Review


@rule(Permission.CONFLICT_DECLARE, obj=own_assignment)
@require_http_methods(["GET", "POST"])
def sheet(request: HttpRequest, assignment: Assignment, **_url: object) -> HttpResponse:
    """One address for the expert's whole work on a case.

    A declaration may come from a page that was loaded before another: it is never taken for a
    score, and never lost.
    """
    if not allows(request.user, Permission.REVIEW_READ, assignment):
        return _declare(request, assignment)
    if request.POST.get("conflict") == "yes":
        return _step_back(request, assignment)
    if "conflict" in request.POST:
        return redirect("review:sheet", reference=assignment.panel.case.reference)
    review = assignment.review
    confirmed = _word_on(assignment, review)
    today = day_in(assignment.panel.case.rulebook, timezone.now())
    in_time = assignment.panel.starts_on <= today <= assignment.panel.ends_on
    replaces = confirmed is False and in_time
    if assignment.panel.closed_id is not None or (review is not None and not replaces):
        return _done(request, assignment, review, confirmed)
    if not in_time:
        return _not_now(request, assignment, early=today < assignment.panel.starts_on)
    return _score(request, assignment, replaces=replaces)


@rule(Permission.CONFLICT_DECLARE, obj=own_assignment)
@require_http_methods(["GET", "POST"])
def conflict(request: HttpRequest, assignment: Assignment, **_url: object) -> HttpResponse:
    """A conflict found after declaring none: at any time, whatever has been done since."""
    if not allows(request.user, Permission.REVIEW_READ, assignment):
        return redirect("review:sheet", reference=assignment.panel.case.reference)
    return _step_back(request, assignment)


def _step_back(request: HttpRequest, assignment: Assignment) -> HttpResponse:
    form = StepBackForm(request.POST or None)
    if (
        request.method == "POST"
        and form.is_valid()
        and attempt(
            form,
            lambda: declare_conflict(
                assignment=assignment,
                conflict=True,
                reason=form.cleaned_data["reason"],
                by=request.user,  # type: ignore[arg-type]  # a Person: the rule saw to it
            ),
        )
    ):
        messages.success(request, _("Thank you. The case was taken from your desk."))
        return redirect("cases:desk")
    context = {
        "form": form,
        "case": assignment.panel.case,
        "panel": assignment.panel,
        "review": assignment.review,
        "effect": EFFECTS[Verb.DECLARE_CONFLICT],
        "crumbs": _crumbs(_("Declare a conflict")),
    }
    return render(request, "review/step_back.html", context, status=422 if form.errors else 200)


def _has_sessions(assignment: Assignment) -> bool:
    """Whether the panel was called to a session that is still on."""
    items = assignment.panel.sessions.select_related("session").prefetch_related("session__calls")
    return any(not one.session.call.off for one in items)


def _not_now(request: HttpRequest, assignment: Assignment, *, early: bool) -> HttpResponse:
    """Before the round's first day there is nothing to read yet; after its last none to score."""
    context = {
        "case": assignment.panel.case,
        "panel": assignment.panel,
        "early": early,
        "kept": getattr(assignment, "draft", None),
        "has_sessions": _has_sessions(assignment),
        "crumbs": _crumbs(assignment.panel.case.title),
    }
    status = 409 if request.method == "POST" else 200
    return render(request, "review/not_now.html", context, status=status)


def _crumbs(title: Any) -> list[tuple[Any, str | None]]:
    return [(_("My desk"), reverse("cases:desk")), (title, None)]


def _declare(request: HttpRequest, assignment: Assignment) -> HttpResponse:
    if assignment.panel.closed_id is not None:
        raise Http404
    form = DeclareForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        conflict = form.cleaned_data["conflict"] == "yes"
        if attempt(
            form,
            lambda: declare_conflict(
                assignment=assignment,
                conflict=conflict,
                reason=form.cleaned_data["reason"],
                by=request.user,  # type: ignore[arg-type]  # a Person: the rule saw to it
            ),
        ):
            if conflict:
                messages.success(request, _("Thank you. The case was taken from your desk."))
                return redirect("cases:desk")
            return redirect("review:sheet", reference=assignment.panel.case.reference)
    context = {
        "form": form,
        "parties": parties_to_declare(assignment),
        "panel": assignment.panel,
        "effect": EFFECTS[Verb.DECLARE_CONFLICT],
        "crumbs": _crumbs(_("Declaration of interests")),
    }
    return render(request, "review/declare.html", context, status=422 if form.errors else 200)


def _score(request: HttpRequest, assignment: Assignment, *, replaces: bool) -> HttpResponse:
    case = assignment.panel.case
    stage = case.stage_rule
    criteria = [one for one in case.rulebook.criteria if one.stage == stage.id]
    score_max = stage.panel.score_max if stage.panel else 100
    draft = getattr(assignment, "draft", None)
    final = request.POST.get("then") == "submit"
    form = SheetForm(
        criteria,
        score_max,
        request.POST or None,
        final=final,
        draft={"scores": draft.scores, "reasons": draft.reasons} if draft else None,
    )
    if request.method == "POST" and form.is_valid():
        send = submit_review if final else save_sheet
        if attempt(
            form,
            lambda: send(
                assignment=assignment,
                scores=form.scores(),
                reasons=form.reasons(),
                by=request.user,  # type: ignore[arg-type]
            ),
        ):
            words = _("Your review was submitted.") if final else _("Saved. Only you can see it.")
            messages.success(request, words)
            return redirect("review:sheet", reference=case.reference)
    context = {
        "case": case,
        "panel": assignment.panel,
        "form": form,
        "rows": form.rows(),
        "replaces": replaces,
        "sections": form_rows(filed_form(case)),
        "sources": case.rulebook.sources,
        "effect": EFFECTS[Verb.SUBMIT_REVIEW],
        "has_sessions": _has_sessions(assignment),
        "crumbs": _crumbs(case.title),
    }
    return render(request, "review/sheet.html", context, status=422 if form.errors else 200)


def _word_on(assignment: Assignment, review: Review | None) -> bool | None:
    """What the expert said of a sheet that was entered for them; None for nothing yet."""
    if review is None or not review.submitted.data.get("sha256"):
        return None
    said = assignment.panel.case.events.filter(
        kind=EventKind.SHEET_ANSWERED,
        person=assignment.expert.person_id,
        seq__gt=review.submitted.seq,
    ).last()
    return None if said is None else bool(said.data["confirm"])


def _done(
    request: HttpRequest, assignment: Assignment, review: Review | None, confirmed: bool | None
) -> HttpResponse:
    """After submitting, or after the round: one's own sheet to read, and no more of the case."""
    case = assignment.panel.case
    names = {one.id: one.name for one in case.rulebook.criteria}
    rows = []
    if review is not None:
        rows = [
            (names.get(key, key), score, review.reasons.get(key, ""))
            for key, score in review.scores.items()
        ]
    context = {
        "case": case,
        "panel": assignment.panel,
        "rows": rows,
        "on_paper": review is not None and bool(review.submitted.data.get("sha256")),
        "confirmed": confirmed,
        "has_sessions": _has_sessions(assignment),
        "crumbs": _crumbs(case.title),
    }
    return render(request, "review/done.html", context)
