"""Risk tips: a list for either side, the form to send one, a page with who read and answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shidian.apps.accounts.access import Permission, allows, rule
from shidian.apps.accounts.roles import roles_of
from shidian.apps.cases.errors import DomainError
from shidian.apps.cases.views.acts import attempt
from shidian.apps.national.bodies import RISK_TIP, parts_with
from shidian.apps.national.domain import tips as verbs
from shidian.apps.national.models import RiskTip, TipStep, TipStepKind
from shidian.apps.national.querysets import deciding_parts
from shidian.apps.national.views.effects import PUBLISH, TIP
from shidian.apps.national.views.forms import ReasonForm, TipAnswerForm, TipForm
from shidian.apps.national.views.loaders import tip_by_reference
from shidian.apps.supervision.views.asker import asker

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from django import forms
    from django.http import HttpRequest, HttpResponse

    from shidian.apps.accounts.models import Person
    from shidian.apps.national.models import TipAddressee

PAGE = 30


@dataclass(slots=True)
class Told:
    """A scheme to whose working group a tip went: who read it, and what was answered."""

    addressee: TipAddressee
    late: bool
    readers: list[TipStep] = field(default_factory=list)
    answers: list[TipStep] = field(default_factory=list)
    form: TipAnswerForm | None = None


@rule(Permission.TIP_LIST)
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Tips that were sent or received, newest first."""
    person = asker(request)
    rows = (
        RiskTip.objects.visible_to(person)
        .counted()
        .select_related("authority")
        .defer("text", "text_en")
    )
    context = {
        "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
        "may_send": allows(person, Permission.TIP_SEND),
        "today": timezone.localdate(),
        "crumbs": [(_("My desk"), reverse("cases:desk")), (_("Risk tips"), None)],
    }
    return render(request, "national/tips.html", context)


@rule(Permission.TIP_SEND)
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Write and send a tip; to all one's schemes unless some are left out."""
    person = asker(request)
    parts = parts_with(person, RISK_TIP)
    form = TipForm(request.POST or None, parts=parts)
    made: list[RiskTip] = []
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        chosen = [one for one in parts if one.scheme.slug in given["schemes"]]
        if attempt(
            form,
            lambda: made.append(
                verbs.send_tip(
                    authority=chosen[0].authority,
                    schemes=[one.scheme for one in chosen],
                    by=person,
                    **{name: value for name, value in given.items() if name != "schemes"},
                )
            ),
        ):
            messages.success(request, _("The risk tip was sent."))
            return redirect("national:tip", tip=made[0].reference)
    context = {
        "form": form,
        "effect": TIP,
        "crumbs": [(_("Risk tips"), reverse("national:tips")), (_("New"), None)],
    }
    return render(request, "national/tip_new.html", context, status=422 if form.errors else 200)


@rule(Permission.TIP_READ, obj=tip_by_reference)
@require_safe
def page(request: HttpRequest, found: RiskTip, **_url: object) -> HttpResponse:
    """The tip; who read and answered it, as far as it is the reader's to know."""
    return _page(request, found)


def _page(
    request: HttpRequest, found: RiskTip, wrong: tuple[str, forms.Form] | None = None
) -> HttpResponse:
    person = asker(request)
    told = _told(found, person, wrong)
    lifted = found.steps.filter(kind=TipStepKind.LIFTED).select_related("by").first()
    may_publish = allows(person, Permission.TIP_PUBLISH, found) and found.waits
    lift_form = keep_form = None
    if may_publish:
        keep_form = wrong[1] if wrong and wrong[0] == "keep" else ReasonForm(auto_id="keep_%s")
    may_lift = allows(person, Permission.TIP_LIFT, found) and found.lifted_at is None
    if may_lift:
        lift_form = wrong[1] if wrong and wrong[0] == "lift" else ReasonForm(auto_id="lift_%s")
    context = {
        "tip": found,
        "told": told,
        "lifted": lifted,
        "wrong": wrong[1] if wrong else None,
        "lift_form": lift_form,
        "keep_form": keep_form,
        "waits": found.waits,
        "own": allows(person, Permission.TIP_LIFT, found),
        "may_publish": may_publish and found.sent_by_id != person.pk,
        "publication": _publication(found),
        "effect": PUBLISH,
        "may_read": any(
            one.form is not None and person.pk not in {step.by_id for step in one.readers}
            for one in told
        ),
        "today": timezone.localdate(),
        "crumbs": [
            (_("My desk"), reverse("cases:desk")),
            (_("Risk tips"), reverse("national:tips")),
            (found.reference, None),
        ],
    }
    return render(request, "national/tip.html", context, status=422 if wrong else 200)


def _publication(found: RiskTip) -> TipStep | None:
    """What another officer said of publishing it, if anyone did."""
    kinds = (TipStepKind.PUBLISHED, TipStepKind.KEPT_BACK)
    return found.steps.filter(kind__in=kinds).select_related("by").first()


def _told(found: RiskTip, person: Person, wrong: tuple[str, forms.Form] | None) -> list[Told]:
    """All schemes for the body that sent it and auditors; for others those of their own."""
    roles = roles_of(person)
    rows = found.addressees.select_related("scheme")
    if not (roles.is_auditor or found.authority_id in roles.authorities()):
        rows = rows.filter(scheme__parts__authority__in=roles.authorities()).distinct()
    today = timezone.localdate()
    told = {one.scheme_id: Told(one, _is_late(found, one, today)) for one in rows}
    for step in found.steps.select_related("by", "authority"):
        listed = told.get(step.scheme_id or 0)
        if listed is not None and step.kind == TipStepKind.READ:
            listed.readers.append(step)
        elif listed is not None and step.kind == TipStepKind.ANSWERED:
            listed.answers.append(step)
    refused = wrong[1] if wrong and isinstance(wrong[1], TipAnswerForm) else None
    for scheme in deciding_parts(person).values_list("scheme", flat=True):
        if scheme in told:
            told[scheme].form = _answer_form(told[scheme].addressee, refused)
    return list(told.values())


def _is_late(found: RiskTip, addressee: TipAddressee, today: date) -> bool:
    awaited = found.lifted_at is None and addressee.answered_at is None
    return awaited and found.answer_by is not None and found.answer_by < today


def _answer_form(addressee: TipAddressee, refused: TipAnswerForm | None) -> TipAnswerForm:
    slug = addressee.scheme.slug
    if refused is not None and refused.data.get("scheme") == slug:
        return refused
    return TipAnswerForm(initial={"scheme": slug}, auto_id=f"answer_{addressee.pk}_%s")


@rule(Permission.TIP_ANSWER, obj=tip_by_reference)
@require_POST
def read(request: HttpRequest, found: RiskTip, **_url: object) -> HttpResponse:
    """Confirm that one has read it."""
    verbs.read_tip(tip=found, by=asker(request))
    messages.success(request, _("It is noted that you have read it."))
    return redirect("national:tip", tip=found.reference)


@rule(Permission.TIP_ANSWER, obj=tip_by_reference)
@require_POST
def answer(request: HttpRequest, found: RiskTip, **_url: object) -> HttpResponse:
    """Say for one's working group what it found and did."""
    person = asker(request)
    form = TipAnswerForm(request.POST)
    slug = request.POST.get("scheme", "")
    addressee = found.addressees.select_related("scheme").filter(scheme__slug=slug).first()
    if addressee is None:
        raise Http404
    if form.is_valid() and attempt(
        form,
        lambda: verbs.answer_tip(
            tip=found, scheme=addressee.scheme, text=form.cleaned_data["text"], by=person
        ),
    ):
        messages.success(request, _("The answer was sent."))
        return redirect("national:tip", tip=found.reference)
    return _page(request, found, ("answer", form))


@rule(Permission.TIP_PUBLISH, obj=tip_by_reference)
@require_POST
def publish(request: HttpRequest, found: RiskTip, **_url: object) -> HttpResponse:
    """Put it on the public site, as another officer than its sender."""
    try:
        verbs.publish_tip(tip=found, by=asker(request))
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The risk tip is published within minutes."))
    return redirect("national:tip", tip=found.reference)


@rule(Permission.TIP_PUBLISH, obj=tip_by_reference)
@require_POST
def keep_back(request: HttpRequest, found: RiskTip, **_url: object) -> HttpResponse:
    """Say that it is not published, and why."""
    return _with_reason(
        request, found, "keep", verbs.keep_tip_back, _("The risk tip is not published.")
    )


@rule(Permission.TIP_LIFT, obj=tip_by_reference)
@require_POST
def lift(request: HttpRequest, found: RiskTip, **_url: object) -> HttpResponse:
    """Say that the risk is over."""
    return _with_reason(request, found, "lift", verbs.lift_tip, _("The risk tip was lifted."))


def _with_reason(
    request: HttpRequest, found: RiskTip, name: str, verb: Callable[..., object], done: str
) -> HttpResponse:
    """What a verb does of a tip for a reason; the page again where that is missing."""
    form = ReasonForm(request.POST, auto_id=f"{name}_%s")
    if form.is_valid() and attempt(
        form,
        lambda: verb(tip=found, reason=form.cleaned_data["text"], by=asker(request)),
    ):
        messages.success(request, done)
        return redirect("national:tip", tip=found.reference)
    return _page(request, found, (name, form))
