"""Partner matching: find institutions that want to be found, write to them, show one's own."""

from __future__ import annotations

from functools import reduce
from operator import and_
from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shidian.apps.accounts.access import Permission, rule
from shidian.apps.accounts.models import Institution, StaffRole
from shidian.apps.accounts.roles import roles_of
from shidian.apps.cases.domain import matching as verbs
from shidian.apps.cases.models import PartnerContact, PartnerProfile
from shidian.apps.cases.views.acts import attempt
from shidian.apps.cases.views.effect import NOTHING_IN_LAW, Effect

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

PAGE = 20
QUERY_MAX = 200
WORDS_MAX = 8
_FIELDS = (
    "offers",
    "seeks",
    "technology",
    "scene",
    "institution__name_zh",
    "institution__name_en",
)
SHOWN = Effect(
    law=NOTHING_IN_LAW,
    practice=gettext_lazy(
        "Staff of every institution here, and officers, find yours by these words and can write to"
        " it. Nobody is told your people's names or addresses."
    ),
    told=(),
    undo=gettext_lazy("Yes, at any time: leaving deletes what you wrote here."),
)


def found(query: str) -> QuerySet[PartnerProfile]:
    """Profiles in which each word of the query stands somewhere; all for none."""
    rows = PartnerProfile.objects.select_related("institution")
    words = query.split()[:WORDS_MAX]
    if not words:
        return rows
    return rows.filter(reduce(and_, (_holds(word) for word in words)))


def _holds(word: str) -> Q:
    held = Q()
    for field in _FIELDS:
        held |= Q(**{f"{field}__icontains": word})
    return held


def _own(request: HttpRequest, *roles: str) -> QuerySet[Institution]:
    return Institution.objects.filter(pk__in=roles_of(request.user).institutions(*roles))


@rule(Permission.MATCHING_READ)
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Institutions that want to be found, newest first, or those that hold all the words."""
    query = request.GET.get("q", "").replace("\0", "")[:QUERY_MAX].strip()
    places = roles_of(request.user).institutions(StaffRole.DRAFTER, StaffRole.SIGNER)
    signed_for = list(_own(request, StaffRole.SIGNER).select_related("partner_profile"))
    context = {
        "query": query,
        "query_max": QUERY_MAX,
        "page": Paginator(found(query), PAGE).get_page(request.GET.get("page")),
        "places": places,
        "signed_for": [(one, hasattr(one, "partner_profile")) for one in signed_for],
        "crumbs": [(_("My desk"), reverse("cases:desk")), (_("Partner matching"), None)],
    }
    return render(request, "cases/matching.html", context)


class ProfileForm(forms.Form):
    """What an institution shows of itself."""

    offers = forms.CharField(
        label=gettext_lazy("What we offer"),
        max_length=verbs.TEXT_MAX,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    seeks = forms.CharField(
        label=gettext_lazy("What we seek"),
        max_length=verbs.TEXT_MAX,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    technology = forms.CharField(
        label=gettext_lazy("Technology"),
        help_text=gettext_lazy("A few words, such as: language model, privacy computing."),
        max_length=verbs.WORDS_MAX,
        required=False,
    )
    scene = forms.CharField(
        label=gettext_lazy("Business scene"),
        help_text=gettext_lazy("A few words, such as: investor suitability, custody."),
        max_length=verbs.WORDS_MAX,
        required=False,
    )


def own_institution(_request: HttpRequest, pk: int) -> Institution:
    """Raises DoesNotExist."""
    return Institution.objects.get(pk=pk)


@rule(Permission.PROFILE_SET, obj=own_institution)
@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest, firm: Institution, **_url: object) -> HttpResponse:
    """Write or change what is shown of one's institution; the way to leave."""
    shown = PartnerProfile.objects.filter(institution=firm).first()
    initial = {name: getattr(shown, name) for name in ProfileForm.base_fields} if shown else None
    form = ProfileForm(request.POST or None, initial=initial)
    if (
        request.method == "POST"
        and form.is_valid()
        and attempt(
            form,
            lambda: verbs.show_profile(institution=firm, by=request.user, **form.cleaned_data),  # type: ignore[arg-type]
        )
    ):
        messages.success(request, _("Your institution can be found by these words."))
        return redirect("cases:matching")
    context = {
        "firm": firm,
        "form": form,
        "shown": shown,
        "effect": SHOWN,
        "crumbs": [
            (_("My desk"), reverse("cases:desk")),
            (_("Partner matching"), reverse("cases:matching")),
            (str(firm), None),
        ],
    }
    return render(
        request, "cases/partner_profile.html", context, status=422 if form.errors else 200
    )


@rule(Permission.PROFILE_SET, obj=own_institution)
@require_POST
def leave(request: HttpRequest, firm: Institution, **_url: object) -> HttpResponse:
    """Delete what was shown."""
    verbs.leave_matching(institution=firm, by=request.user)  # type: ignore[arg-type]
    messages.success(request, _("Your institution is found no more; what it wrote is deleted."))
    return redirect("cases:matching")


class WriteForm(forms.Form):
    """A message for one's institution."""

    sender = forms.ModelChoiceField(
        Institution.objects.none(), label=gettext_lazy("From which institution?"), empty_label=None
    )
    text = forms.CharField(
        label=gettext_lazy("Message"),
        help_text=gettext_lazy(
            "The other institution reads it here with your institution's name, and answers here."
            " Give an address only if you want to be reached elsewhere."
        ),
        max_length=verbs.MESSAGE_MAX,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": gettext_lazy("Write the message.")},
    )


def profile_of(_request: HttpRequest, pk: int) -> PartnerProfile:
    """The profile of the institution of that number. Raises DoesNotExist."""
    return PartnerProfile.objects.select_related("institution").get(institution=pk)


@rule(Permission.CONTACT_READ)
@require_http_methods(["GET", "POST"])
def write(request: HttpRequest, pk: int) -> HttpResponse:
    """Write to an institution that wants to be found. 404 for every other."""
    try:
        shown = profile_of(request, pk)
    except PartnerProfile.DoesNotExist:
        raise Http404 from None
    form = WriteForm(request.POST or None)
    places = _own(request, StaffRole.DRAFTER, StaffRole.SIGNER).exclude(pk=pk)
    which = form.fields["sender"]
    if isinstance(which, forms.ModelChoiceField):
        which.queryset = places
        which.initial = places.values_list("pk", flat=True).first()
        if places.count() == 1:
            which.widget = forms.HiddenInput()
    if (
        request.method == "POST"
        and form.is_valid()
        and attempt(
            form,
            lambda: verbs.write_to_partner(
                receiver=shown.institution,
                by=request.user,  # type: ignore[arg-type]
                **form.cleaned_data,
            ),
        )
    ):
        messages.success(request, _("The message was sent."))
        return redirect("cases:contacts")
    context = {
        "shown": shown,
        "form": form,
        "crumbs": [
            (_("My desk"), reverse("cases:desk")),
            (_("Partner matching"), reverse("cases:matching")),
            (str(shown.institution), None),
        ],
    }
    return render(request, "cases/partner_write.html", context, status=422 if form.errors else 200)


@rule(Permission.CONTACT_READ)
@require_safe
def contacts(request: HttpRequest) -> HttpResponse:
    """Messages to and from one's institutions, newest first."""
    places = roles_of(request.user).institutions(StaffRole.DRAFTER, StaffRole.SIGNER)
    rows = PartnerContact.objects.filter(Q(sender__in=places) | Q(receiver__in=places))
    context = {
        "page": Paginator(rows.select_related("sender", "receiver"), PAGE).get_page(
            request.GET.get("page")
        ),
        "places": places,
        "crumbs": [
            (_("My desk"), reverse("cases:desk")),
            (_("Partner matching"), reverse("cases:matching")),
            (_("Messages"), None),
        ],
    }
    return render(request, "cases/partner_contacts.html", context)


class AnswerForm(forms.Form):
    """The answer to a message."""

    text = forms.CharField(
        label=gettext_lazy("Answer"),
        max_length=verbs.MESSAGE_MAX,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": gettext_lazy("Write the answer.")},
    )


def receiver_of(_request: HttpRequest, pk: int) -> Institution:
    """The institution that the message went to. Raises DoesNotExist."""
    return PartnerContact.objects.select_related("receiver").get(pk=pk).receiver


@rule(Permission.CONTACT_WRITE, obj=receiver_of)
@require_http_methods(["GET", "POST"])
def contact(request: HttpRequest, _receiver: Institution, pk: int) -> HttpResponse:
    """One message that came, and its answer."""
    message = PartnerContact.objects.select_related("sender", "receiver").get(pk=pk)
    form = AnswerForm(request.POST or None)
    if (
        request.method == "POST"
        and form.is_valid()
        and attempt(
            form,
            lambda: verbs.answer_partner(
                contact=message,
                by=request.user,  # type: ignore[arg-type]
                **form.cleaned_data,
            ),
        )
    ):
        messages.success(request, _("The answer was sent."))
        return redirect("cases:contacts")
    context = {
        "message": message,
        "form": form,
        "crumbs": [
            (_("My desk"), reverse("cases:desk")),
            (_("Messages"), reverse("cases:contacts")),
            (str(message.sender), None),
        ],
    }
    return render(
        request, "cases/partner_contact.html", context, status=422 if form.errors else 200
    )
