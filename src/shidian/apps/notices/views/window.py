"""Make an open notice's window longer; say at its end what was made of the comments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from shidian.apps.accounts.access import Permission, rule
from shidian.apps.cases.history import state_of
from shidian.apps.cases.views.acts import act_crumbs, act_page, attempt
from shidian.apps.cases.views.buttons import allowed_verbs
from shidian.apps.cases.views.form_base import ActForm
from shidian.apps.cases.views.loaders import case_by_reference
from shidian.apps.cases.views.roles import viewer_of
from shidian.apps.notices.domain.notices import extend_notice, summarise_notice
from shidian.apps.notices.models import Notice
from shidian.core.procedure.types import Verb

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from shidian.apps.cases.models import Case


class ExtendForm(ActForm):
    """The new last day, with the reason that everyone reads."""

    until = forms.DateField(
        label=gettext_lazy("New last day"), widget=forms.DateInput(attrs={"type": "date"})
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason in Chinese"),
        help_text=gettext_lazy("It is published with the new last day."),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    reason_en = forms.CharField(
        label=gettext_lazy("Reason in English"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def build(self) -> None:
        notice = newest_notice(self.case)
        if notice is not None and notice.closes_on is not None:
            self.fields["until"].help_text = _("After %(day)s.") % {
                "day": notice.closes_on.isoformat()
            }


def newest_notice(case: Case) -> Notice | None:
    """The text that is out, or was last."""
    return Notice.objects.filter(case=case).order_by("-version").first()


@rule(Permission.NOTICE_OPEN, obj=case_by_reference)
@require_http_methods(["GET", "POST"])
def extend(request: HttpRequest, case: Case, **_url: object) -> HttpResponse:
    """A later last day for everyone."""
    state = state_of(case)
    if Verb.EXTEND_NOTICE not in allowed_verbs(case, state, viewer_of(request.user)):  # type: ignore[arg-type]
        raise Http404
    form = ExtendForm(case, state, request.POST or None)
    return act_page(
        request,
        case,
        Verb.EXTEND_NOTICE,
        form,
        send=lambda payload: extend_notice(
            case=case,
            by=request.user,  # type: ignore[arg-type]
            expected_seq=form.cleaned_data["seq"],
            **payload,
        ),
    )


class SummaryForm(forms.Form):
    """What was made of the comments, in both languages."""

    text = forms.CharField(
        label=gettext_lazy("Summary in Chinese"),
        help_text=gettext_lazy(
            "What was said, what was taken up, and why the rest was not. It names nobody."
        ),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 10}),
    )
    text_en = forms.CharField(
        label=gettext_lazy("Summary in English"),
        max_length=20_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 8}),
    )


@rule(Permission.COMMENT_MODERATE, obj=case_by_reference)
@require_http_methods(["GET", "POST"])
def summary(request: HttpRequest, case: Case, **_url: object) -> HttpResponse:
    """Written once the window is over; a later one takes its place on the page."""
    notice = newest_notice(case)
    if notice is None:
        raise Http404
    said = notice.summaries.order_by("-pk").first()
    initial = {"text": said.text_zh, "text_en": said.text_en} if said else {}
    form = SummaryForm(request.POST or None, initial=initial)
    if form.is_valid() and attempt(form, lambda: _summarise(request, notice, form)):
        messages.success(request, _("The summary was published."))
        return redirect("cases:case", reference=case.reference)
    context: dict[str, Any] = {
        "case": case,
        "notice": notice,
        "form": form,
        "all_at_once": case.rulebook.notice.answers == "summary",
        "crumbs": act_crumbs(case, _("What was made of the comments")),
    }
    return render(request, "notices/summary.html", context, status=422 if form.errors else 200)


def _summarise(request: HttpRequest, notice: Notice, form: SummaryForm) -> None:
    summarise_notice(
        notice=notice,
        text=form.cleaned_data["text"],
        text_en=form.cleaned_data["text_en"],
        by=request.user,  # type: ignore[arg-type]
    )
