"""An institution's own page: its registration, people, invitations and licences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from shidian.apps.accounts import domain
from shidian.apps.accounts.access import Permission, allows, rule
from shidian.apps.accounts.mail import send_invitation
from shidian.apps.accounts.models import Institution, Invitation, Licence, Person, StaffRole
from shidian.apps.accounts.roles import roles_of
from shidian.config import settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse, QueryDict


def institution_by_pk(_request: HttpRequest, pk: int, **_rest: object) -> Institution:
    """Raises DoesNotExist."""
    return Institution.objects.get(pk=pk)


class InviteForm(forms.Form):
    """Whom to ask, and to be what."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    email = forms.EmailField(label=gettext_lazy("E-mail address"))
    role = forms.ChoiceField(
        label=gettext_lazy("Role"),
        choices=StaffRole.choices,
        help_text=gettext_lazy("A signer also submits, withdraws and manages the institution."),
    )


class RolesForm(forms.Form):
    """What somebody is in the institution."""

    roles = forms.MultipleChoiceField(
        label=gettext_lazy("Roles"),
        choices=StaffRole.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Without any role they lose access at their next click."),
    )


class LicenceForm(forms.ModelForm):  # type: ignore[type-arg]  # no runtime generic
    """A licence as the paper has it."""

    class Meta:
        model = Licence
        fields = ("title", "number", "issued_by", "issued_on", "expires_on")
        labels = {  # noqa: RUF012 - Django's own attribute, never mutated
            "title": gettext_lazy("Licence"),
            "number": gettext_lazy("Licence number"),
            "issued_by": gettext_lazy("Issued by"),
            "issued_on": gettext_lazy("Issued on"),
            "expires_on": gettext_lazy("Valid until"),
        }
        widgets = {  # noqa: RUF012 - Django's own attribute, never mutated
            name: forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            for name in ("issued_on", "expires_on")
        }

    def clean(self) -> dict[str, object]:
        found: dict[str, object] = super().clean() or {}
        begins, ends = self.cleaned_data.get("issued_on"), self.cleaned_data.get("expires_on")
        if begins and ends and ends < begins:
            self.add_error("expires_on", _("It cannot end before it begins."))
        return found


def attempt(form: forms.BaseForm, do: Callable[[], object]) -> bool:
    """Do it; what the verb refuses stands on the form."""
    try:
        do()
    except ValidationError as refused:
        if hasattr(refused, "error_dict") and not set(refused.error_dict) <= set(form.fields):
            form.add_error(None, refused.messages)
        else:
            form.add_error(None, refused)
        return False
    return True


@rule("signed-in")
def mine(request: HttpRequest) -> HttpResponse:
    """The person's institutions; with one alone, its page."""
    held = Institution.objects.filter(pk__in=roles_of(request.user).institutions())
    found = list(held)
    if len(found) == 1:
        return redirect("accounts:institution", pk=found[0].pk)
    return render(request, "accounts/institutions.html", {"institutions": found})


@rule(Permission.STAFF_READ, obj=institution_by_pk)
@require_http_methods(["GET", "POST"])
def institution(request: HttpRequest, firm: Institution, **_url: object) -> HttpResponse:
    """Its people and what may be done about them; a signer invites here."""
    manages = allows(request.user, Permission.STAFF_MANAGE, firm)
    form = InviteForm(_posted(request)) if manages else None
    if request.method == "POST" and form is not None and form.is_valid():
        asked: list[tuple[Invitation, str]] = []
        if attempt(
            form,
            lambda: asked.append(
                domain.invite(institution=firm, by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
            ),
        ):
            tell(request, *asked[0])
            return redirect("accounts:institution", pk=firm.pk)
    people: dict[int, dict[str, object]] = {}
    for staff in domain.staff_of(firm).select_related("person").order_by("person__pk", "role"):
        row = people.setdefault(staff.person_id, {"person": staff.person, "roles": []})
        row["roles"].append(staff.get_role_display())  # type: ignore[attr-defined]
    now = timezone.now()
    context = {
        "firm": firm,
        "people": people.values(),
        "licences": [
            {"licence": one, "valid": one.is_valid_on(timezone.localdate())}
            for one in firm.licences.order_by("pk")
        ],
        "invitations": firm.invitations.filter(
            accepted_at=None, withdrawn_at=None, expires_at__gt=now
        ),
        "manages": manages,
        "form": form,
    }
    return render(request, "accounts/institution.html", context, status=_status(form))


def tell(request: HttpRequest, invitation: Invitation, secret: str) -> None:
    """Mail the link. In the demonstration, where no mail leaves, the page shows it too."""
    link = request.build_absolute_uri(reverse("accounts:invitation", args=[secret]))
    send_invitation(invitation, link)
    messages.success(request, _("A link was sent to %(email)s.") % {"email": invitation.email})
    if settings().demo:
        messages.info(request, _("Demonstration: no mail is sent. The link is %s") % link)


@rule(Permission.STAFF_MANAGE, obj=institution_by_pk)
@require_http_methods(["GET", "POST"])
def roles(request: HttpRequest, firm: Institution, person: int, **_url: object) -> HttpResponse:
    """Change what somebody is, or remove them."""
    held = domain.staff_of(firm).filter(person=person).select_related("person")
    if not held:
        raise Person.DoesNotExist
    someone = held[0].person
    form = RolesForm(_posted(request), initial={"roles": [one.role for one in held]})
    if request.method == "POST" and form.is_valid():
        wanted = [StaffRole(one) for one in form.cleaned_data["roles"]]
        if attempt(form, lambda: domain.set_roles(person=someone, institution=firm, roles=wanted)):
            messages.success(request, _("The roles of %(name)s are changed.") % {"name": someone})
            return redirect("accounts:my-institutions")
    context = {"firm": firm, "person": someone, "form": form}
    return render(request, "accounts/staff_roles.html", context, status=_status(form))


@rule(Permission.STAFF_READ, obj=institution_by_pk)
@require_http_methods(["GET", "POST"])
def leave(request: HttpRequest, firm: Institution, **_url: object) -> HttpResponse:
    """Leave the institution, unless one is the last to sign for it."""
    form = forms.Form(_posted(request))
    person = request.user
    asked = request.method == "POST" and form.is_valid()
    if asked and attempt(
        form,
        lambda: domain.set_roles(person=person, institution=firm, roles=()),  # type: ignore[arg-type]
    ):
        messages.success(request, _("You have left %(firm)s.") % {"firm": firm})
        return redirect("accounts:my-institutions")
    context = {"firm": firm, "form": form}
    return render(request, "accounts/staff_leave.html", context, status=_status(form))


@rule(Permission.STAFF_MANAGE, obj=institution_by_pk)
@require_POST
def withdraw(
    request: HttpRequest, firm: Institution, invitation: int, **_url: object
) -> HttpResponse:
    """Make a link useless that was sent to the wrong person."""
    domain.withdraw_invitation(firm.invitations.get(pk=invitation))
    messages.success(request, _("The invitation is withdrawn."))
    return redirect("accounts:institution", pk=firm.pk)


@rule(Permission.STAFF_MANAGE, obj=institution_by_pk)
@require_http_methods(["GET", "POST"])
def licence(request: HttpRequest, firm: Institution, **_url: object) -> HttpResponse:
    """Record a licence; an officer checks it."""
    form = LicenceForm(_posted(request), instance=Licence(institution=firm))
    asked = request.method == "POST" and form.is_valid()
    if asked and attempt(form, lambda: domain.add_licence(form.save(commit=False))):
        messages.success(request, _("The licence is recorded; an officer will check it."))
        return redirect("accounts:institution", pk=firm.pk)
    context = {"firm": firm, "form": form}
    return render(request, "accounts/licence.html", context, status=_status(form))


def _posted(request: HttpRequest) -> QueryDict | None:
    """What was sent, also where that is nothing: no role ticked is an answer."""
    return request.POST if request.method == "POST" else None


def _status(form: forms.BaseForm | None) -> int:
    return 422 if form is not None and form.errors else 200
