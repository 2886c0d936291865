"""The application: start from a call, task list, reading, check, submit, receipt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from shidian.apps.accounts.access import Permission, allows, rule
from shidian.apps.accounts.models import Institution, StaffRole
from shidian.apps.accounts.roles import roles_of
from shidian.apps.cases.answers import MATERIALS
from shidian.apps.cases.domain.applying import (
    TEXT_CHANGED,
    is_editable,
    submit_case,
)
from shidian.apps.cases.domain.starting import check_call_is_open, create_case
from shidian.apps.cases.errors import DomainError, DoubledError
from shidian.apps.cases.filed import filings, form_for, unfiled_sections
from shidian.apps.cases.filled import filled_form
from shidian.apps.cases.history import state_of
from shidian.apps.cases.models import CaseEvent
from shidian.apps.cases.papers import papers_of
from shidian.apps.cases.rules import is_of_the_parties
from shidian.apps.cases.views.acts import act_crumbs, act_page, attempt
from shidian.apps.cases.views.answers import form_rows
from shidian.apps.cases.views.form_base import ActForm
from shidian.apps.cases.views.loaders import call_by_slug, case_by_reference
from shidian.apps.cases.views.materials import material_rows
from shidian.apps.cases.views.parties import PartyRow, party_rows
from shidian.apps.cases.views.roles import is_party, viewer_of
from shidian.apps.cases.views.sheet import check_url, field_url
from shidian.apps.cases.words import localized
from shidian.core.procedure.parties import Standing, standing_as, unsigned
from shidian.core.procedure.types import EventKind, Verb
from shidian.core.rulebook.model import StageKind

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from shidian.apps.cases.filled import Filled
    from shidian.apps.cases.models import Call, Case


class StartForm(forms.Form):
    """What a case needs to exist."""

    lead = forms.ModelChoiceField(
        Institution.objects.none(), label=gettext_lazy("Lead institution"), empty_label=None
    )
    title = forms.CharField(
        label=gettext_lazy("Name of the project, in Chinese"),
        help_text=gettext_lazy("It can stand in public notices. At most 200 characters."),
        max_length=200,
    )
    title_en = forms.CharField(
        label=gettext_lazy("Name of the project, in English"), max_length=200, required=False
    )


@rule(Permission.CASE_CREATE, obj=call_by_slug)
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest, call: Call, **_url: object) -> HttpResponse:
    """Start an application under an open call; where it is not open, the reason and no form."""
    crumbs = [(_("My desk"), reverse("cases:desk")), (_("Start an application"), None)]
    try:
        check_call_is_open(call, timezone.now())
    except DomainError as refusal:
        context = {"call": call, "closed": refusal, "crumbs": crumbs}
        status = 422 if request.method == "POST" else 200
        return render(request, "cases/start.html", context, status=status)
    form = StartForm(request.POST or None)
    places = roles_of(request.user).institutions(StaffRole.DRAFTER, StaffRole.SIGNER)
    lead = form.fields["lead"]
    if isinstance(lead, forms.ModelChoiceField):
        lead.queryset = Institution.objects.filter(pk__in=places)
        lead.initial = min(places, default=None)
    if request.method == "POST" and form.is_valid():
        made: list[Case] = []

        def make() -> None:
            try:
                made.append(create_case(call=call, by=request.user, **form.cleaned_data))  # type: ignore[arg-type]
            except DoubledError as error:  # a second click: show what the first one made
                made.append(error.case)

        if attempt(form, make):
            return redirect("cases:application", reference=made[0].reference)
    context = {"call": call, "form": form, "crumbs": crumbs}
    return render(request, "cases/start.html", context, status=422 if form.errors else 200)


@rule(Permission.CASE_READ, obj=case_by_reference)
def application(request: HttpRequest, case: Case, **_url: object) -> HttpResponse:
    """The task list for those who may fill it in now; for everyone else the text to read."""
    filled = form_for(request.user, case)
    may_edit = allows(request.user, Permission.FORM_EDIT, case) and is_editable(case)
    intake = case.rulebook.intake
    context: dict[str, Any] = {
        "case": case,
        "may_edit": may_edit,
        "draft": case.stage_rule.kind is StageKind.DRAFT,
        "items": _task_items(case, filled) if may_edit else [],
        "sections": [] if may_edit else form_rows(filled),
        "materials": [] if may_edit else material_rows(request.user, case, filled),
        "may_invite": allows(request.user, Permission.PARTNER_INVITE, case)
        and bool(intake and intake.partner),
        "parties": _parties_of(request, case),
        "unfiled": _unfiled(request, case),
        # Who works on the case or is a party to it; others read the last version alone.
        "compares": case.form_version > 0 and _compares(request, case),
        "crumbs": act_crumbs(case, _("Application")),
    }
    return render(request, "cases/application.html", context)


def _compares(request: HttpRequest, case: Case) -> bool:
    viewer = viewer_of(request.user)  # type: ignore[arg-type]  # a Person: the rule saw to it
    return viewer.is_of_the_authorities or is_party(case, viewer)


def _unfiled(request: HttpRequest, case: Case) -> dict[str, Any] | None:
    """What the parties changed and nobody else reads yet, and the version that others read."""
    if not is_of_the_parties(request.user, case):
        return None
    changed = set(unfiled_sections(case))
    if not changed:
        return None
    names = [localized(one.title) for one in case.rulebook.form if one.id in changed]
    names += [_("Documents")] if MATERIALS in changed else []
    return {"sections": _(", ").join(names), "number": filings(case)[-1].number}


def _parties_of(request: HttpRequest, case: Case) -> list[PartyRow]:
    """Who applies, with people and signatures: for the parties and the authorities."""
    viewer = viewer_of(request.user)  # type: ignore[arg-type]  # a Person: the rule saw to it
    if not (viewer.is_of_the_authorities or is_party(case, viewer)):
        return []
    return party_rows(case, state_of(case), viewer)


def _task_items(case: Case, filled: Filled) -> list[dict[str, Any]]:
    items = []
    for section in filled.sections:
        missing, failed = filled.missing(section), filled.failed_in(section.id)
        known = section.id in filled.saved
        state = "wrong" if failed else "todo" if not known else "progress" if missing else "done"
        hint = ""
        if failed:
            hint = localized(failed[0].message)
        elif section.hard_gate and state != "done":
            hint = _("Without this section the application cannot be accepted.")
        items.append(
            {
                "title": section.title,
                "url": reverse("cases:section", args=[case.reference, section.id]),
                "state": state,
                "hint": hint,
            }
        )
    if case.rulebook.materials:
        items.append(_materials_item(case, filled))
    return items


def _materials_item(case: Case, filled: Filled) -> dict[str, Any]:
    wanted = [one for one in filled.materials() if one.required]
    missing = filled.missing_materials(on_paper=papers_of(case))
    untouched = MATERIALS not in filled.saved
    return {
        "title": _("Documents"),
        "url": reverse("cases:materials", args=[case.reference]),
        "state": "done" if not missing else "todo" if untouched else "progress",
        "hint": _("%(in)d of %(all)d required documents are in.")
        % {"in": len(wanted) - len(missing), "all": len(wanted)}
        if wanted
        else "",
    }


class SubmitForm(ActForm):
    """The declaration that stands in for a signature; carries the fingerprint of the text shown."""

    sha256 = forms.CharField(widget=forms.HiddenInput, max_length=64)
    declare = forms.BooleanField(
        label=gettext_lazy(
            "I sign for the lead institution and declare that the application is true and complete."
        )
    )

    def payload(self) -> dict[str, Any]:
        return {"sha256": self.cleaned_data["sha256"]}


@rule(Permission.FORM_EDIT, obj=case_by_reference)
@require_http_methods(["GET", "POST"])
def check(request: HttpRequest, case: Case, **_url: object) -> HttpResponse:
    """Check answers, then submit: the last look before the authorities see it."""
    if case.stage_rule.kind is not StageKind.DRAFT:
        raise Http404
    filled = filled_form(case)
    state = state_of(case)
    may_submit = allows(request.user, Permission.CASE_SUBMIT, case)
    form = SubmitForm(case, state, request.POST or None, initial={"sha256": filled.sha256})
    sections = form_rows(filled)
    if request.method == "POST" and not may_submit:
        raise Http404
    if request.method == "POST" and request.POST.get("sha256") != filled.sha256:
        messages.error(request, localized(TEXT_CHANGED))
        return redirect("cases:check", reference=case.reference)
    response = act_page(
        request,
        case,
        Verb.SUBMIT,
        form,
        send=lambda payload: submit_case(
            case=case,
            by=request.user,  # type: ignore[arg-type]
            expected_seq=form.cleaned_data["seq"],
            **payload,
        ),
        template="cases/check.html",
        sections=sections,
        materials=material_rows(request.user, case, filled),
        missing=_missing(case, filled),
        failed=_failed(case, filled),
        may_submit=may_submit,
        signers=_signers(case) if not may_submit else [],
        parties=party_rows(case, state, viewer_of(request.user)),  # type: ignore[arg-type]
        unsigned=len(unsigned(state, filled.sha256)),
        unanswered=len(standing_as(state, Standing.INVITED)),
    )
    if response.status_code == 302:  # noqa: PLR2004 - found: it was sent
        return redirect("cases:receipt", reference=case.reference)
    return response


def _missing(case: Case, filled: Filled) -> list[tuple[str, str]]:
    """What is still to be answered or handed in, as (address of the field, words)."""
    found = []
    for section in filled.sections:
        missing = set(filled.missing(section))
        found += [
            (
                field_url(case, section, question),
                _("%(section)s: %(question)s")
                % {
                    "section": localized(section.title),
                    "question": localized(question.label),
                },
            )
            for question in filled.questions(section)
            if question.id in missing
        ]
    page = reverse("cases:materials", args=[case.reference])
    return found + [
        (f"{page}#id_{one.id}", _("Document: %(name)s") % {"name": localized(one.name)})
        for one in filled.missing_materials(on_paper=papers_of(case))
    ]


def _failed(case: Case, filled: Filled) -> list[tuple[str, str]]:
    """Answers that do not fit together, as (address of the field, words)."""
    return [
        (
            check_url(case, filled, case.rulebook.section(section), check),
            localized(check.message),
        )
        for section, check in filled.failed
    ]


def _signers(case: Case) -> list[str]:
    signers = case.lead.staff.filter(role=StaffRole.SIGNER).select_related("person")
    return [str(staff.person) for staff in signers]


@rule(Permission.CASE_READ, obj=case_by_reference)
def receipt(request: HttpRequest, case: Case, **_url: object) -> HttpResponse:
    """Proof of submission: number, moment, version and fingerprint. 404 before there is one."""
    viewer = viewer_of(request.user)  # type: ignore[arg-type]
    submitted = (
        CaseEvent.objects.filter(case=case, kind=EventKind.CASE_SUBMITTED)
        .select_related("person")
        .order_by("-seq")
        .first()
    )
    if submitted is None:
        raise Http404
    context = {
        "case": case,
        "event": submitted,
        "viewer": viewer,
        "crumbs": act_crumbs(case, _("Receipt")),
    }
    return render(request, "cases/receipt.html", context)
