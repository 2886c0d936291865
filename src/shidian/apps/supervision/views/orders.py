"""Orders: the list, an order's page, proposing one, and ending a proposal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from shidian.apps.accounts.access import Permission, allows, rule
from shidian.apps.cases.errors import ForbiddenError
from shidian.apps.supervision.domain import orders as verbs
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.models import (
    AlertEpisode,
    EpisodeState,
    Order,
    OrderKind,
    OrderState,
)
from shidian.apps.supervision.order_proofs import proofs_of
from shidian.apps.supervision.order_words import restriction_lines
from shidian.apps.supervision.orders import (
    course_of,
    in_view,
    shown_orders,
    visible_orders,
)
from shidian.apps.supervision.views.asker import asker
from shidian.apps.supervision.views.live_parts import few_at_once
from shidian.apps.supervision.views.loaders import case_of_order, case_of_pilot, order_for, pilot_of
from shidian.apps.supervision.views.order_forms import PLAN_PREFIX, EndForm, OrderForm

if TYPE_CHECKING:
    from shidian.apps.cases.models import Case
    from shidian.apps.supervision.models import Pilot
    from shidian.apps.supervision.publish.language import Language

PAGE_ORDERS = 25
VIEWS = (
    ("", gettext_lazy("All")),
    ("to-decide", gettext_lazy("To decide")),
    ("waiting", gettext_lazy("Waiting for officers")),
    ("lapsing", gettext_lazy("To be countersigned")),
    ("alarms", gettext_lazy("With an alarm")),
    ("in-force", gettext_lazy("In force")),
    ("past", gettext_lazy("Past")),
)


@rule(Permission.BOARD_READ)
def listing(request: HttpRequest) -> HttpResponse:
    """The orders of one's authorities; what is shown stands in the address."""
    show, kind = request.GET.get("show", ""), request.GET.get("kind", "")
    rows = in_view(visible_orders(request.user), show)
    if kind in OrderKind.values:
        rows = rows.filter(kind=kind)
    rows = rows.select_related("pilot__case__lead", "authority").order_by("-pk")
    page = Paginator(rows, PAGE_ORDERS).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "orders": shown_orders(page),
        "views": [(word, label, _query(word, kind)) for word, label in VIEWS],
        "kinds": [("", _("Every kind")), *OrderKind.choices],
        "show": show,
        "kind": kind,
    }
    return render(request, "supervision/orders.html", context)


def _query(show: str, kind: str) -> str:
    return urlencode({name: value for name, value in (("show", show), ("kind", kind)) if value})


@rule(Permission.ORDER_READ, obj=case_of_order)
def page(request: HttpRequest, case: Case, order: str) -> HttpResponse:
    """One order: what it says, who approved it, how far it is."""
    found = order_for(request.user, case, order)
    return render(request, "supervision/order.html", _context(request, found))


@rule(Permission.ORDER_READ, obj=case_of_order)
def proof(request: HttpRequest, case: Case, order: str) -> HttpResponse:
    """The file that proves the order to be on the public record (`wire.order_proof`)."""
    found = order_for(request.user, case, order)
    data = proofs_of([found]).get(found.public_id)
    if data is None:
        raise Http404
    answer = HttpResponse(data, content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="{found.public_id}.order-proof"'
    return answer


@few_at_once
@rule(Permission.ORDER_READ, obj=case_of_order)
def fragment(request: HttpRequest, case: Case, order: str) -> HttpResponse:
    """The live part alone."""
    found = order_for(request.user, case, order)
    return render(request, "supervision/_order.html", _context(request, found))


def _context(request: HttpRequest, order: Order) -> dict[str, Any]:
    person, case = asker(request), order.pilot.case
    (shown,) = shown_orders([order])
    course = course_of(order)
    approves = allows(person, Permission.ORDER_APPROVE, case)
    own = any(one.officer_id == person.pk for one in course.approvals)
    episode = AlertEpisode.objects.filter(pilot=order.pilot, episode=order.episode).first()
    return {
        "order": order,
        "shown": shown,
        "course": course,
        "pilot": order.pilot,
        "case": case,
        "internal": allows(person, Permission.CASE_READ_INTERNAL, case),
        "may_approve": approves and not own and (shown.missing > 0 or shown.may_lapse),
        "approved_already": own,
        "may_end": order.state == OrderState.PROPOSED
        and allows(person, Permission.ORDER_PROPOSE, case),
        "may_acknowledge": course.calls and allows(person, Permission.ORDER_PROPOSE, case),
        "is_proposer": order.proposed_by_id == person.pk,
        "plan_lines": restriction_lines(order),
        "episode": episode,
        "at": timezone.now(),
    }


@rule(Permission.ORDER_PROPOSE, obj=case_of_pilot)
def new(request: HttpRequest, case: Case, public_id: str) -> HttpResponse:
    """Propose an order; with `?episode=` in answer to an alert."""
    del public_id
    pilot = pilot_of(case)
    episode = _episode(pilot, request)
    language: Language = "en" if (get_language() or "").startswith("en") else "zh"
    form = OrderForm(pilot, language, request.POST or None, initial=_initial(request, episode))
    if request.method == "POST" and form.is_valid():
        try:
            made = verbs.propose_order(
                pilot=pilot,
                kind=form.cleaned_data["kind"],
                reason=form.cleaned_data["reason"],
                reason_en=form.cleaned_data["reason_en"],
                basis=form.cleaned_data["basis"],
                plan=form.plan(),
                episode=episode,
                by=asker(request),
            )
        except SupervisionError as refusal:
            field = refusal.field
            known = field if field in form.fields else f"{PLAN_PREFIX}{field}"
            form.add_error(known if known in form.fields else None, str(refusal))
        else:
            messages.success(request, _("Proposed. It binds nobody until it is approved."))
            return redirect("supervision:order", made.public_id)
    context = {"pilot": pilot, "form": form, "episode": episode}
    return render(request, "supervision/order_new.html", context)


def _episode(pilot: Pilot, request: HttpRequest) -> AlertEpisode | None:
    named = request.POST.get("episode") or request.GET.get("episode")
    if not named:
        return None
    found = AlertEpisode.objects.filter(pilot=pilot, episode=named)
    episode = found.exclude(state=EpisodeState.WITHDRAWN).first()
    if episode is None:
        raise Http404
    return episode


def _initial(request: HttpRequest, episode: AlertEpisode | None) -> dict[str, str]:
    initial = {"kind": request.GET.get("kind", "")}
    if episode is not None:
        words = episode.explanation.get("words") or {}
        initial["reason"] = f"监测告警“{episode.title_zh}”：{words.get('zh', '')}"
        initial["reason_en"] = f"Alert “{episode.title_en}”: {words.get('en', '')}"
    return initial


@require_POST
@rule(Permission.ORDER_PROPOSE, obj=case_of_order)
def acknowledge(request: HttpRequest, case: Case, order: str) -> HttpResponse:
    """Say that one has seen the order's alarms."""
    found = order_for(request.user, case, order)
    try:
        verbs.acknowledge_alarms(order=found, by=asker(request))
    except ForbiddenError:
        raise Http404 from None
    return redirect("supervision:order", found.public_id)


@rule(Permission.ORDER_PROPOSE, obj=case_of_order)
def end(request: HttpRequest, case: Case, order: str) -> HttpResponse:
    """Decline a proposal, or withdraw one's own."""
    found = order_for(request.user, case, order)
    own = found.proposed_by_id == asker(request).pk
    form = EndForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        verb = verbs.withdraw_order if own else verbs.decline_order
        try:
            verb(order=found, reason=form.cleaned_data["reason"], by=asker(request))
        except SupervisionError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        except ForbiddenError:
            raise Http404 from None
        else:
            messages.success(request, _("The proposal has ended. Nothing was ordered."))
            return redirect("supervision:order", found.public_id)
    return render(request, "supervision/order_end.html", {"order": found, "form": form, "own": own})
