"""Coaching requests: a firm's questions before it applies, an authority's queue, the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shidian.apps.accounts.access import Permission, allows, rule
from shidian.apps.accounts.models import Institution, StaffRole
from shidian.apps.accounts.roles import roles_of
from shidian.apps.cases.domain import coaching as verbs
from shidian.apps.cases.errors import DomainError
from shidian.apps.cases.models import Coaching, Scheme
from shidian.apps.cases.views.acts import attempt
from shidian.apps.cases.views.effect import NOTHING_IN_LAW, Effect
from shidian.apps.cases.views.loaders import scheme_by_slug
from shidian.apps.cases.words import localized
from shidian.apps.cases.zones import show_times_of
from shidian.core.rulebook.model import Status
from shidian.core.rulebook.reading import numbers

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

PAGE = 30
DONE = "done"
ASKED = Effect(
    law=NOTHING_IN_LAW,
    practice=gettext_lazy(
        "Officers of that authority read the question and answer it here. What is said binds nobody"
        " and goes into no file: an application is judged by what it says itself."
    ),
    told=(gettext_lazy("the case officers of the authority that is asked"),),
    undo=gettext_lazy("Yes, until it is answered: you can withdraw it."),
)
ANSWERED = Effect(
    law=NOTHING_IN_LAW,
    practice=gettext_lazy(
        "The institution reads the answer. It binds neither side, promises nothing, and is no part"
        " of any case."
    ),
    told=(gettext_lazy("the institution that asked"),),
    undo=gettext_lazy("No. What was said stays; the institution can ask again."),
)


def coaching_by_pk(_request: HttpRequest, pk: int) -> Coaching:
    """Raises DoesNotExist."""
    found = Coaching.objects.select_related(
        "scheme", "institution", "authority", "asked_by", "answered_by", "rulebook_version"
    ).get(pk=pk)
    show_times_of(found.rulebook_version)
    return found


@rule(Permission.COACHING_LIST)
@require_safe
def requests(request: HttpRequest) -> HttpResponse:
    """What waits for an answer, the most pressing first; `?show=done` what is over."""
    show = DONE if request.GET.get("show") == DONE else ""
    rows = Coaching.objects.visible_to(request.user)
    shown = rows.exclude(pk__in=rows.open().values("pk")) if show else rows.open()
    if show:
        shown = shown.order_by("-asked_at", "-pk")
    shown = shown.select_related("scheme", "institution", "authority")
    roles = roles_of(request.user)
    context = {
        "page": Paginator(shown, PAGE).get_page(request.GET.get("page")),
        "show": show,
        "today": timezone.localdate(),
        "answers": roles.is_officer,
        "schemes": list(_schemes()) if allows(request.user, Permission.COACHING_ASK) else [],
        "crumbs": [(_("My desk"), reverse("cases:desk")), (_("Coaching"), None)],
    }
    return render(request, "cases/coaching.html", context)


def _schemes() -> QuerySet[Scheme]:
    """Schemes with rules that can run: there somebody may be asked."""
    runs = Scheme.objects.filter(calls__isnull=False).exclude(
        calls__rulebook_version__status=Status.SKETCH
    )
    return runs.distinct().order_by("slug")


class AskForm(forms.Form):
    """What is asked, for which institution."""

    institution = forms.ModelChoiceField(
        Institution.objects.none(), label=gettext_lazy("For which institution?"), empty_label=None
    )
    subject = forms.CharField(
        label=gettext_lazy("Subject"),
        max_length=verbs.SUBJECT_MAX,
        error_messages={"required": gettext_lazy("Name the subject.")},
    )
    question = forms.CharField(
        label=gettext_lazy("Question"),
        help_text=gettext_lazy(
            "What is planned, and what is unclear. Leave out personal data and business secrets."
        ),
        max_length=verbs.QUESTION_MAX,
        widget=forms.Textarea(attrs={"rows": 8}),
        error_messages={"required": gettext_lazy("Write the question.")},
    )


@rule(Permission.COACHING_ASK)
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask under a scheme; where nobody takes questions, the reason and no form."""
    try:
        scheme = scheme_by_slug(request, slug)
    except Scheme.DoesNotExist:
        raise Http404 from None
    crumbs = [
        (_("My desk"), reverse("cases:desk")),
        (_("Coaching"), reverse("cases:coaching")),
        (_("Ask"), None),
    ]
    context: dict[str, Any] = {"scheme": scheme, "crumbs": crumbs, "effect": ASKED}
    try:
        version = verbs.newest_rules(scheme)
        context["authority"] = verbs.coach_of(scheme, version)
    except DomainError as refusal:
        return render(request, "cases/coaching_ask.html", {**context, "closed": refusal})
    intake = version.rulebook.intake
    within = intake.coaching.answer_within if intake and intake.coaching else None
    if within is not None:
        length = numbers.length(within.length, within.unit.value)
        context["within"] = _("The rules have it answered within %(length)s.") % {
            "length": localized(length)
        }
    form = AskForm(request.POST or None)
    places = roles_of(request.user).institutions(StaffRole.DRAFTER, StaffRole.SIGNER)
    which = form.fields["institution"]
    if isinstance(which, forms.ModelChoiceField):
        which.queryset = Institution.objects.filter(pk__in=places)
        which.initial = min(places, default=None)
        if len(places) == 1:
            which.widget = forms.HiddenInput()
    if request.method == "POST" and form.is_valid():
        made: list[Coaching] = []
        if attempt(
            form,
            lambda: made.append(
                verbs.ask_for_coaching(scheme=scheme, by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
            ),
        ):
            messages.success(request, _("The question was sent."))
            return redirect("cases:coaching-one", pk=made[0].pk)
    context["form"] = form
    return render(request, "cases/coaching_ask.html", context, status=422 if form.errors else 200)


class AnswerForm(forms.Form):
    """The authority's answer."""

    answer = forms.CharField(
        label=gettext_lazy("Answer"),
        max_length=verbs.QUESTION_MAX,
        widget=forms.Textarea(attrs={"rows": 8}),
        error_messages={"required": gettext_lazy("Write the answer.")},
    )


@rule(Permission.COACHING_READ, obj=coaching_by_pk)
@require_http_methods(["GET", "POST"])
def request_(request: HttpRequest, coaching: Coaching, **_url: object) -> HttpResponse:
    """The question and its answer; the form to answer for who may, while it waits."""
    may_answer = coaching.is_open and allows(request.user, Permission.COACHING_ANSWER, coaching)
    form = AnswerForm(request.POST or None) if may_answer else None
    if request.method == "POST" and form is None:
        messages.error(request, _("This request was answered or withdrawn in the meantime."))
        return redirect("cases:coaching-one", pk=coaching.pk)
    if (
        form is not None
        and request.method == "POST"
        and form.is_valid()
        and attempt(
            form,
            lambda: verbs.answer_coaching(
                request=coaching,
                answer=form.cleaned_data["answer"],
                by=request.user,  # type: ignore[arg-type]  # a Person: the rule saw to it
            ),
        )
    ):
        messages.success(request, _("The answer was sent."))
        return redirect("cases:coaching")
    context = {
        "coaching": coaching,
        "form": form,
        "effect": ANSWERED,
        "today": timezone.localdate(),
        "may_withdraw": coaching.is_open
        and allows(request.user, Permission.COACHING_WITHDRAW, coaching),
        "names_people": coaching.authority_id in roles_of(request.user).authorities(),
        "crumbs": [
            (_("My desk"), reverse("cases:desk")),
            (_("Coaching"), reverse("cases:coaching")),
            (coaching.subject, None),
        ],
    }
    status = 422 if form is not None and form.errors else 200
    return render(request, "cases/coaching_one.html", context, status=status)


@rule(Permission.COACHING_WITHDRAW, obj=coaching_by_pk)
@require_POST
def withdraw(request: HttpRequest, coaching: Coaching, **_url: object) -> HttpResponse:
    """Take the question back."""
    try:
        verbs.withdraw_coaching(request=coaching, by=request.user)  # type: ignore[arg-type]
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The question was withdrawn."))
    return redirect("cases:coaching-one", pk=coaching.pk)
