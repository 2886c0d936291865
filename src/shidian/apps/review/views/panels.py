"""The officer's acts on a panel, the commission of an assessor body, the assessor's form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from shidian.apps.accounts.access import Permission, rule
from shidian.apps.cases.filed import filed_form
from shidian.apps.cases.history import state_of
from shidian.apps.cases.views.acts import act_crumbs, act_page, attempt
from shidian.apps.cases.views.answers import form_rows
from shidian.apps.cases.views.buttons import allowed_verbs
from shidian.apps.cases.views.effects import EFFECTS
from shidian.apps.cases.views.form_base import ActForm
from shidian.apps.cases.views.loaders import case_by_reference
from shidian.apps.cases.views.open_matters import to_enter
from shidian.apps.cases.views.roles import viewer_of
from shidian.apps.review.domain import (
    close_round,
    commission_assessment,
    commit_pool,
    draw_panel,
    enter_sheet,
    extend_round,
    file_assessment,
    form_panel,
    invite_experts,
    open_panel,
    scan_of,
)
from shidian.apps.review.models import Review
from shidian.apps.review.views.forms import AssessmentForm, CommissionForm, PaperForm
from shidian.apps.review.views.panel_forms import (
    CommitForm,
    DrawForm,
    ExtendForm,
    InviteForm,
    PanelForm,
)
from shidian.core.procedure.types import EventKind, Verb
from shidian.core.rulebook.model import StageKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from django.http import HttpRequest, HttpResponse

    from shidian.apps.cases.models import Case


def panel_act(
    request: HttpRequest,
    case: Case,
    verb: Verb,
    form_class: type[ActForm],
    domain: Callable[..., Any],
    **page: Any,
) -> HttpResponse:
    """The generic act page with a domain verb of this app; 404 where the act is not open now."""
    state = state_of(case)
    if verb not in allowed_verbs(case, state, viewer_of(request.user)):  # type: ignore[arg-type]
        raise Http404
    form = form_class(case, state, request.POST or None, request.FILES or None)
    form.narrow(request.user)
    if hasattr(form, "rows"):
        page["rows"] = form.rows()
    return act_page(
        request,
        case,
        verb,
        form,
        send=lambda payload: domain(
            case=case, by=request.user, expected_seq=form.cleaned_data["seq"], **payload
        ),
        **page,
    )


@rule(Permission.PANEL_FORM, obj=case_by_reference)
@require_http_methods(["GET", "POST"])
def open_round(request: HttpRequest, case: Case, **_url: object) -> HttpResponse:
    """Choose experts and dates, beginning with a proposal; or draw them with the seed."""
    panel = case.stage_rule.panel
    if panel is None or panel.drawn == "chosen":
        page = "review/panel.html"
        return panel_act(request, case, Verb.OPEN_ROUND, PanelForm, form_panel, template=page)
    pool = state_of(case).pool
    if pool is None:
        return redirect("review:pool", reference=case.reference)
    page = "review/draw.html"
    return panel_act(request, case, Verb.OPEN_ROUND, DrawForm, draw_panel, template=page, pool=pool)


@rule(Permission.PANEL_FORM, obj=case_by_reference)
@require_http_methods(["GET", "POST"])
def pool(request: HttpRequest, case: Case, **_url: object) -> HttpResponse:
    """Fix the pool for a draw and name the coming seed."""
    fixed = case.draw_pools.order_by("-pk").select_related("committed")
    return panel_act(
        request,
        case,
        Verb.COMMIT_POOL,
        CommitForm,
        commit_pool,
        template="review/pool.html",
        fixed=list(fixed),
    )


@rule(Permission.PANEL_FORM, obj=case_by_reference)
@require_GET
def pool_document(request: HttpRequest, case: Case, sha256: str, **_url: object) -> HttpResponse:
    """What anyone checks a draw with; names nobody. With the seed, once it was drawn from."""
    del request
    fixed = case.draw_pools.filter(sha256=sha256).first()
    if fixed is None:
        raise Http404
    opened = case.events.filter(kind=EventKind.ROUND_OPENED, data__draw__sha256=sha256).first()
    seed = opened.data["draw"]["seed"] if opened else None
    response = JsonResponse({"document": fixed.document, "seed": seed})
    response["Content-Disposition"] = f'attachment; filename="draw-{sha256[:12]}.json"'
    return response


@rule(Permission.PANEL_FORM, obj=case_by_reference)
@require_http_methods(["GET", "POST"])
def invite(request: HttpRequest, case: Case, **_url: object) -> HttpResponse:
    """Add experts to the open round, as after a conflict."""
    page = "review/panel.html"
    return panel_act(request, case, Verb.INVITE_EXPERTS, InviteForm, invite_experts, template=page)


@rule(Permission.PANEL_FORM, obj=case_by_reference)
@require_http_methods(["GET", "POST"])
def close(request: HttpRequest, case: Case, **_url: object) -> HttpResponse:
    """End the round."""
    return panel_act(request, case, Verb.CLOSE_ROUND, ActForm, close_round)


@rule(Permission.PANEL_FORM, obj=case_by_reference)
@require_http_methods(["GET", "POST"])
def extend(request: HttpRequest, case: Case, **_url: object) -> HttpResponse:
    """Give the open round a later last day."""
    return panel_act(request, case, Verb.EXTEND_ROUND, ExtendForm, extend_round)


@rule(Permission.PANEL_FORM, obj=case_by_reference)
@require_http_methods(["GET", "POST"])
def paper(request: HttpRequest, case: Case, **_url: object) -> HttpResponse:
    """Enter a sheet that an expert filled in on paper."""

    def enter(*, expert: int, case: Case, **payload: Any) -> object:
        seats = open_panel(case).assignments.select_related("panel__case", "expert__person")
        return enter_sheet(assignment=seats.get(expert__person=expert), **payload)

    if not to_enter(state_of(case)):
        raise Http404
    return panel_act(
        request, case, Verb.ENTER_SHEET, PaperForm, enter, template="review/paper.html"
    )


@rule(Permission.PANEL_FORM, obj=case_by_reference)
@require_GET
def scan(request: HttpRequest, case: Case, number: int, **_url: object) -> FileResponse:
    """The scan of a sheet: for who entered it, and for the others once the round is closed."""
    reviews = Review.objects.filter(assignment__panel__case=case, pk=number)
    review = reviews.select_related("submitted", "assignment__panel").first()
    found = scan_of(review) if review else None
    if review is None or found is None:
        raise Http404
    own = review.submitted.person_id == request.user.pk
    if not own and review.assignment.panel.closed_id is None:
        raise Http404
    response = FileResponse(
        default_storage.open(found.path), as_attachment=True, filename=found.name
    )
    response["Content-Type"] = "application/octet-stream"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@rule(Permission.ASSESSMENT_FILE, obj=case_by_reference)
@require_http_methods(["GET", "POST"])
def assessment(request: HttpRequest, case: Case, **_url: object) -> HttpResponse:
    """The assessor's form: the application on the left, the findings on the right."""
    return panel_act(
        request,
        case,
        Verb.FILE_ASSESSMENT,
        AssessmentForm,
        file_assessment,
        template="review/assessment.html",
        sections=form_rows(filed_form(case)),
    )


@rule(Permission.CASE_HANDLE, obj=case_by_reference)
@require_http_methods(["GET", "POST"])
def commission(request: HttpRequest, case: Case, **_url: object) -> HttpResponse:
    """Ask a body to assess the case; its assessors see the case from then on."""
    if case.stage_rule.kind is not StageKind.ASSESSMENT or case.stage_rule.by == "authority":
        raise Http404
    parties = [case.lead_id, *(party.institution_id for party in case.parties.all())]
    form = CommissionForm(parties, request.POST or None)
    if (
        request.method == "POST"
        and form.is_valid()
        and attempt(
            form,
            lambda: commission_assessment(
                case=case,
                body=form.cleaned_data["body"],
                by=request.user,  # type: ignore[arg-type]
            ),
        )
    ):
        messages.success(request, _("The assessor body was asked and sees the case now."))
        return redirect("cases:case", reference=case.reference)
    context = {
        "case": case,
        "form": form,
        "effect": EFFECTS[Verb.COMMISSION_ASSESSMENT],
        "crumbs": act_crumbs(case, _("Commission an assessment")),
    }
    return render(request, "review/commission.html", context, status=422 if form.errors else 200)
