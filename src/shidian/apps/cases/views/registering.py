"""An institution registers; an officer checks what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.core.cache import cache
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from shidian.apps.accounts import domain
from shidian.apps.accounts.access import Permission, rule
from shidian.apps.accounts.models import Institution
from shidian.apps.accounts.views.staff import LicenceForm, attempt, institution_by_pk, tell
from shidian.apps.cases.models import RulebookVersion
from shidian.apps.cases.words import localized
from shidian.core.rulebook.model import Status

if TYPE_CHECKING:
    from typing import Any

    from django.http import HttpRequest, HttpResponse

    from shidian.apps.accounts.models import Invitation

REGISTRATIONS_AN_HOUR_MAX = 5
"""From one address. Everything registered is mailed about and looked at by an officer."""
PAGE_LENGTH = 50


def kinds() -> dict[str, str]:
    """Kinds of institution that a scheme's newest rules know, by id, in the reader's language."""
    newest: dict[int, RulebookVersion] = {}
    versions = RulebookVersion.objects.exclude(status=Status.SKETCH).defer("document")
    for version in versions.order_by("pk"):
        newest[version.scheme_id] = version
    found: dict[str, str] = {}
    for version in newest.values():
        intake = version.rulebook.intake
        for kind in intake.kinds if intake else ():
            found.setdefault(kind.id, localized(kind.name))
    return found


class InstitutionForm(forms.ModelForm):  # type: ignore[type-arg]  # no runtime generic
    """The firm, as the register of enterprises has it."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"))
    contact = forms.CharField(
        label=gettext_lazy("Who signs for it here"),
        max_length=100,
        help_text=gettext_lazy("The first signer; they invite everybody else."),
    )
    email = forms.EmailField(
        label=gettext_lazy("That person's e-mail address"),
        help_text=gettext_lazy("The link that opens the account is sent there."),
    )

    class Meta:
        model = Institution
        fields = ("name_zh", "name_en", "uscc", "lei")
        labels = {  # noqa: RUF012 - Django's own attribute, never mutated
            "name_zh": gettext_lazy("Full name"),
            "name_en": gettext_lazy("Name in English"),
            "uscc": gettext_lazy("Unified Social Credit Code"),
            "lei": gettext_lazy("Legal Entity Identifier"),
        }
        help_texts = {  # noqa: RUF012 - Django's own attribute, never mutated
            "uscc": gettext_lazy("18 characters; the last one checks the others."),
            "lei": gettext_lazy("20 characters. One of the two codes is needed."),
        }

    field_order = ("name_zh", "name_en", "uscc", "lei", "kind", "contact", "email")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = list(kinds().items())  # type: ignore[attr-defined]

    def clean_uscc(self) -> str | None:
        """As printed, whatever was typed; none rather than an empty one, which would be unique."""
        return str(self.cleaned_data.get("uscc") or "").strip().upper() or None

    def clean_lei(self) -> str | None:
        return str(self.cleaned_data.get("lei") or "").strip().upper() or None

    def validate_unique(self) -> None:
        """Left to the verb, which says what to do instead."""


class OptionalLicenceForm(LicenceForm):
    """The licence, where the firm has one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs |= {"prefix": "licence", "empty_permitted": True, "use_required_attribute": False}
        super().__init__(*args, **kwargs)


class RefusalForm(forms.Form):
    """Why the registration is not confirmed."""

    reason = forms.CharField(
        label=gettext_lazy("What is wrong"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Needed where you do not confirm. The institution reads it."),
    )


@rule("public")
@require_http_methods(["GET", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """Register an institution; its first signer gets a link by mail."""
    form = InstitutionForm(request.POST or None)
    licence = OptionalLicenceForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and licence.is_valid():
        form.instance.kind = form.cleaned_data["kind"]
        if not _may_register(request):
            form.add_error(None, _("Too many registrations from here: try again in an hour."))
        else:
            made: list[tuple[Invitation, str]] = []
            if attempt(
                form,
                lambda: made.append(
                    domain.apply_for_registration(
                        institution=form.instance,
                        licence=licence.save(commit=False) if licence.has_changed() else None,
                        contact=form.cleaned_data["contact"],
                        email=form.cleaned_data["email"],
                    )
                ),
            ):
                tell(request, *made[0])
                return redirect("cases:registered")
    status = 422 if form.errors or licence.errors else 200
    context = {"form": form, "licence": licence}
    return render(request, "cases/register.html", context, status=status)


@rule("public")
def registered(request: HttpRequest) -> HttpResponse:
    """What happens now."""
    return render(request, "cases/registered.html")


@rule(Permission.INSTITUTION_CHECK)
def institution_list(request: HttpRequest) -> HttpResponse:
    """Institutions, those to be checked first."""
    waiting = Institution.objects.filter(checked_at=None, refused="").order_by("created", "pk")
    settled = Institution.objects.exclude(checked_at=None, refused="").order_by("name_zh", "pk")
    wanted = "all" if request.GET.get("show") == "all" else "waiting"
    shown = settled if wanted == "all" else waiting
    page = Paginator(shown, PAGE_LENGTH).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "show": wanted,
        "kinds": kinds(),
        "crumbs": [(_("My desk"), reverse("cases:desk")), (_("Institutions"), None)],
    }
    return render(request, "cases/institution_list.html", context)


@rule(Permission.INSTITUTION_CHECK, obj=institution_by_pk)
@require_http_methods(["GET", "POST"])
def check_institution(request: HttpRequest, firm: Institution, **_url: object) -> HttpResponse:
    """Confirm a registration, or say what is wrong with it."""
    form = RefusalForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        officer, reason = request.user, form.cleaned_data["reason"]
        confirms = request.POST.get("then") == "confirm"
        if attempt(
            form,
            lambda: (
                domain.confirm_registration(firm, by=officer)  # type: ignore[arg-type]
                if confirms
                else domain.refuse_registration(firm, reason=reason, by=officer)  # type: ignore[arg-type]
            ),
        ):
            done = _("%(firm)s is confirmed.") if confirms else _("%(firm)s is told what is wrong.")
            messages.success(request, done % {"firm": firm})
            return redirect("cases:institutions")
    context = {
        "firm": firm,
        "form": form,
        "kind": kinds().get(firm.kind, firm.kind),
        "licences": firm.licences.order_by("pk"),
        "crumbs": [
            (_("My desk"), reverse("cases:desk")),
            (_("Institutions"), reverse("cases:institutions")),
            (firm.name, None),
        ],
    }
    status = 422 if form.errors else 200
    return render(request, "cases/institution_check.html", context, status=status)


def _may_register(request: HttpRequest) -> bool:
    """Count this registration; whether there have not been too many from this address."""
    key = f"registrations-{request.META.get('REMOTE_ADDR', '')}"
    count = int(cache.get(key, 0)) + 1
    cache.set(key, count, timeout=3600)
    return count <= REGISTRATIONS_AN_HOUR_MAX
