"""Pages about partner institutions: who takes part and has signed, inviting, answering, signing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from shidian.apps.accounts.access import Permission, rule
from shidian.apps.accounts.models import Institution
from shidian.apps.cases.domain import partners as verbs
from shidian.apps.cases.filed import text_of_stage
from shidian.apps.cases.history import state_of
from shidian.apps.cases.rules import invited_of, partners_of
from shidian.apps.cases.views.act_forms import FORMS
from shidian.apps.cases.views.acts import act_page, attempt
from shidian.apps.cases.views.answers import form_rows
from shidian.apps.cases.views.effects import EFFECTS
from shidian.apps.cases.views.form_base import ActForm, ReasonForm, long_text, only_choice
from shidian.apps.cases.views.loaders import case_by_reference
from shidian.apps.cases.views.materials import material_rows
from shidian.apps.cases.views.parties import party_rows
from shidian.apps.cases.views.roles import viewer_of
from shidian.apps.cases.views.sending import SENDERS
from shidian.core.procedure.parties import Standing, standing_as, text_to_sign, unsigned
from shidian.core.procedure.types import Verb

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from shidian.apps.accounts.rules import Someone
    from shidian.apps.cases.models import Case
    from shidian.core.procedure.parties import Party


def names_of(parties: tuple[Party, ...]) -> list[tuple[str, str]]:
    """(id, name) of the institutions, in one query."""
    wanted = [int(one.institution) for one in parties]
    found = Institution.objects.in_bulk(wanted)
    return [(str(pk), str(found[pk])) for pk in wanted if pk in found]


class InviteForm(ActForm):
    """Whom, for what, and in whose place."""

    whom = forms.CharField(
        label=gettext_lazy("Institution code, or the e-mail address of one of its signers"),
        help_text=gettext_lazy(
            "The Unified Social Credit Code or the LEI. The institution must be registered here."
        ),
        max_length=254,
    )
    task = forms.CharField(label=gettext_lazy("Its part in the project"), max_length=200)
    replaces = forms.ChoiceField(
        label=gettext_lazy("In the place of"),
        help_text=gettext_lazy("That partner takes part until the new one joins."),
        required=False,
    )

    def build(self) -> None:
        joined = names_of(standing_as(self.state, Standing.JOINED))
        field = self.fields["replaces"]
        if joined and isinstance(field, forms.ChoiceField):
            field.choices = [("", _("nobody: one partner more")), *joined]
        else:
            del self.fields["replaces"]


@rule(Permission.PARTNER_INVITE, obj=case_by_reference)
@require_http_methods(["GET", "POST"])
def partners(request: HttpRequest, case: Case, **_url: object) -> HttpResponse:
    """Who takes part, who has signed, and the form that invites another."""
    state = state_of(case)
    form = InviteForm(case, state, request.POST or None)

    def send(payload: dict[str, Any]) -> None:
        leaving = payload.get("replaces")
        verbs.invite_partner(
            case=case,
            institution=verbs.institution_named(payload["whom"]),
            task=payload["task"],
            replaces=Institution.objects.get(pk=leaving) if leaving else None,
            by=request.user,  # type: ignore[arg-type]  # a Person: the rule saw to it
            expected_seq=form.cleaned_data["seq"],
        )

    return act_page(
        request,
        case,
        Verb.INVITE_PARTNER,
        form,
        send=send,  # type: ignore[arg-type]
        template="cases/partners.html",
        parties=party_rows(case, state, viewer_of(request.user)),  # type: ignore[arg-type]
    )


class AnswerForm(ActForm):
    """Yes, or no with a reason."""

    institution = forms.ChoiceField(
        label=gettext_lazy("For which institution?"), widget=forms.RadioSelect
    )
    join = forms.ChoiceField(
        label=gettext_lazy("Does your institution take part?"),
        choices=[("yes", gettext_lazy("Yes, it joins")), ("no", gettext_lazy("No, it declines"))],
        widget=forms.RadioSelect,
    )
    reason = long_text(
        gettext_lazy("Reason"),
        help_text=gettext_lazy("Needed where you decline. The lead institution reads it."),
        required=False,
    )

    def narrow(self, person: Someone) -> None:
        ids = [str(one) for one in invited_of(person, self.case)]
        parties = tuple(self.state.parties[one] for one in ids if one in self.state.parties)
        only_choice(self, "institution", names_of(parties))


@rule(Permission.INVITATION_ANSWER, obj=case_by_reference)
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, case: Case, **_url: object) -> HttpResponse:
    """The invitation: title, parties and one's part, nothing of the application; and the answer."""
    state = state_of(case)
    form = AnswerForm(case, state, request.POST or None)
    form.narrow(request.user)
    mine = {str(one) for one in invited_of(request.user, case)}

    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        joins = given["join"] == "yes"
        if attempt(
            form,
            lambda: verbs.answer_invitation(
                case=case,
                institution=Institution.objects.get(pk=given["institution"]),
                join=joins,
                reason=given["reason"],
                by=request.user,  # type: ignore[arg-type]
                expected_seq=given["seq"],
            ),
        ):
            if joins:
                return redirect("cases:application", reference=case.reference)
            return redirect("cases:desk")
    context = {
        "case": case,
        "form": form,
        "tasks": [one.task for key, one in state.parties.items() if key in mine and one.task],
        "others": [str(one.institution) for one in case.parties.all()],
        "effect": EFFECTS[Verb.ANSWER_INVITATION],
        "crumbs": [(_("My desk"), reverse("cases:desk")), (_("Invitation"), None)],
    }
    return render(request, "cases/invitation.html", context, status=422 if form.errors else 200)


class SignForm(ActForm):
    """A partner's declaration; carries the fingerprint of the text that was shown."""

    institution = forms.ChoiceField(
        label=gettext_lazy("For which institution?"), widget=forms.RadioSelect
    )
    sha256 = forms.CharField(widget=forms.HiddenInput, max_length=64)
    declare = forms.BooleanField(
        label=gettext_lazy(
            "I sign for my institution: it takes the part described here, and what the application"
            " says of it is true and complete."
        )
    )

    def narrow(self, person: Someone) -> None:
        ids = {str(one) for one in partners_of(person, self.case)}
        waiting = tuple(one for one in unsigned(self.state) if one.institution in ids)
        only_choice(self, "institution", names_of(waiting))

    def payload(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {
            "institution": Institution.objects.get(pk=given["institution"]),
            "sha256": given["sha256"],
        }


@rule(Permission.APPLICATION_SIGN, obj=case_by_reference)
@require_http_methods(["GET", "POST"])
def sign(request: HttpRequest, case: Case, **_url: object) -> HttpResponse:
    """The whole text and the place to sign it. 404 where nothing is to be signed."""
    state = state_of(case)
    wanted = text_to_sign(state)
    mine = {str(one) for one in partners_of(request.user, case)}
    if wanted is None or not any(one.institution in mine for one in unsigned(state)):
        raise Http404
    filled = text_of_stage(case)
    form = SignForm(case, state, request.POST or None, initial={"sha256": wanted})
    form.narrow(request.user)
    return act_page(
        request,
        case,
        Verb.SIGN_APPLICATION,
        form,
        send=lambda payload: verbs.sign_application(
            case=case,
            by=request.user,  # type: ignore[arg-type]
            expected_seq=form.cleaned_data["seq"],
            **payload,
        ),
        template="cases/sign.html",
        # In a draft what is shown must be what was laid before the partners.
        changed=state.laid_before is not None and not state.sha256 and filled.sha256 != wanted,
        sections=form_rows(filled),
        materials=material_rows(request.user, case, filled),
        parties=party_rows(case, state, viewer_of(request.user)),  # type: ignore[arg-type]
    )


class LeaveForm(ReasonForm):
    """Which of one's institutions leaves, and why."""

    field_order = ("institution", "reason")

    institution = forms.ChoiceField(
        label=gettext_lazy("Which institution leaves?"), widget=forms.RadioSelect
    )

    def narrow(self, person: Someone) -> None:
        ids = {str(one) for one in partners_of(person, self.case)}
        joined = standing_as(self.state, Standing.JOINED)
        mine = tuple(one for one in joined if one.institution in ids)
        only_choice(self, "institution", names_of(mine))

    def payload(self) -> dict[str, Any]:
        return {**super().payload(), "institution": _institution(self)}


class ReleaseForm(ReasonForm):
    """Whose invitation is withdrawn, or who no longer takes part, and why."""

    field_order = ("institution", "reason")
    institution = forms.ChoiceField(
        label=gettext_lazy("Which institution?"), widget=forms.RadioSelect
    )

    def build(self) -> None:
        found = names_of(standing_as(self.state, Standing.INVITED, Standing.JOINED))
        only_choice(self, "institution", found, keep=True)

    def payload(self) -> dict[str, Any]:
        return {**super().payload(), "institution": _institution(self)}


class RequestSignaturesForm(ActForm):
    """Nothing to say: the text is laid before the partners as it stands."""

    def payload(self) -> dict[str, Any]:
        return {}


def _institution(form: forms.Form) -> Institution:
    return Institution.objects.get(pk=form.cleaned_data["institution"])


FORMS |= {
    Verb.LEAVE_CASE: LeaveForm,
    Verb.RELEASE_PARTNER: ReleaseForm,
    Verb.REQUEST_SIGNATURES: RequestSignaturesForm,
}
SENDERS |= {
    Verb.LEAVE_CASE: verbs.leave_case,
    Verb.RELEASE_PARTNER: verbs.release_partner,
    Verb.REQUEST_SIGNATURES: verbs.request_signatures,
}
