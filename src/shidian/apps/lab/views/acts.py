"""The acts on a draft: each has a page that says its effect before anybody confirms it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from shidian.apps.accounts.access import Permission, rule
from shidian.apps.cases.models import Case
from shidian.apps.cases.views.acts import attempt
from shidian.apps.cases.views.effect import (
    KEPT_FOR_GOOD,
    NO_DECISION,
    NOBODY,
    PUBLIC,
    SIGNERS,
    Effect,
)
from shidian.apps.lab import domain
from shidian.apps.lab.checking import check_text
from shidian.apps.lab.domain.consulting import DAYS_MAX, DAYS_MIN
from shidian.apps.lab.meaning import changes
from shidian.apps.lab.views.draft import standing_of
from shidian.apps.lab.views.loaders import asker, crumbs, draft_by_slug

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.utils.functional import _StrPromise

    from shidian.apps.lab.models import RulebookDraft

NOT_A_LAW = gettext_lazy(
    "The rules that this system runs. It is not the act by which an organ of state adopts a"
    " normative document: that is done outside, and its number can be named here."
)


class NothingForm(forms.Form):
    """An act that needs no words."""


class ReasonForm(forms.Form):
    """An act that needs a reason."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=2000,
        widget=forms.Textarea(attrs={"class": "short"}),
    )


class RejectForm(ReasonForm):
    """The reason is public where the draft proposed a wording for a clause."""

    reason_en = forms.CharField(
        label=gettext_lazy("Reason in English"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"class": "short"}),
    )


class ApproveForm(forms.Form):
    """Consent, with a word where there is one."""

    reason = forms.CharField(
        label=gettext_lazy("Remark"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"class": "short"}),
    )


class PublishForm(forms.Form):
    """The document by which the rules were adopted, where there is one."""

    instrument = forms.CharField(
        label=gettext_lazy("Document by which the rules were adopted"),
        help_text=gettext_lazy("Its number and date, such as 示范金发〔2026〕12号. It is public."),
        max_length=200,
        required=False,
    )


class ConsultForm(forms.Form):
    """The notice that puts the draft out: a text of its own, and a window in working days."""

    title = forms.CharField(label=gettext_lazy("Title in Chinese"), max_length=200)
    body = forms.CharField(
        label=gettext_lazy("Text in Chinese"),
        help_text=gettext_lazy(
            "The rules, what they change and the explanatory note are shown below it by themselves."
        ),
        max_length=50_000,
        widget=forms.Textarea(attrs={"rows": 8}),
    )
    title_en = forms.CharField(
        label=gettext_lazy("Title in English"), max_length=200, required=False
    )
    body_en = forms.CharField(
        label=gettext_lazy("Text in English"),
        max_length=50_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    working_days = forms.IntegerField(
        label=gettext_lazy("Working days for comments"),
        min_value=DAYS_MIN,
        max_value=DAYS_MAX,
        initial=20,
    )


@dataclass(frozen=True, slots=True)
class LabAct:
    """An act: its name on the button, its form, its effect, and the verb that does it."""

    label: _StrPromise
    form: type[forms.Form]
    effect: Effect
    done: _StrPromise
    do: Callable[..., object]


ACTS: dict[str, LabAct] = {
    "submit": LabAct(
        gettext_lazy("Submit for approval"),
        NothingForm,
        Effect(
            law=NO_DECISION,
            practice=gettext_lazy(
                "Two officers can approve the text as it stands now, the second of them a signing"
                " officer. Any change to it afterwards makes their approvals void."
            ),
            told=(NOBODY,),
            undo=gettext_lazy("Yes. The draft can be returned for revision."),
        ),
        gettext_lazy("The draft waits for approval."),
        domain.submit_draft,
    ),
    "consult": LabAct(
        gettext_lazy("Put out for consultation"),
        ConsultForm,
        Effect(
            law=gettext_lazy("A request for comments. It decides nothing, and binds nobody."),
            practice=gettext_lazy(
                "The draft's text, what it changes and its explanatory note appear on the public"
                " site at once and stay as they are. Anyone may comment until the last day; the"
                " draft cannot be approved before every comment is answered."
            ),
            told=(PUBLIC,),
            undo=gettext_lazy("No. What was published stays; another consultation can follow."),
        ),
        gettext_lazy("The draft is out for consultation."),
        domain.open_consultation,
    ),
    "approve": LabAct(
        gettext_lazy("Approve"),
        ApproveForm,
        Effect(
            law=gettext_lazy("One of two consents that publication needs. It publishes nothing."),
            practice=gettext_lazy(
                "Your approval is kept with the fingerprint of exactly this text, its wordings and"
                " its explanatory note. If any of them changes, it no longer stands."
            ),
            told=(SIGNERS,),
            undo=KEPT_FOR_GOOD,
        ),
        gettext_lazy("Your approval was recorded."),
        domain.approve_draft,
    ),
    "return": LabAct(
        gettext_lazy("Return for revision"),
        ReasonForm,
        Effect(
            law=NO_DECISION,
            practice=gettext_lazy(
                "The draft can be edited again. Approvals given so far stay on file; they count"
                " again only for exactly the same text."
            ),
            told=(NOBODY,),
            undo=gettext_lazy("Yes. The draft can be submitted again."),
        ),
        gettext_lazy("The draft was returned for revision."),
        domain.return_draft,
    ),
    "publish": LabAct(
        gettext_lazy("Publish as the scheme's rules"),
        PublishForm,
        Effect(
            law=NOT_A_LAW,
            practice=gettext_lazy(
                "This version becomes the scheme's newest rules and appears on the public site. New"
                " calls can name only it; running cases stay on theirs until each is moved by an"
                " act of its own. Wordings that the draft proposed count as adopted."
            ),
            told=(PUBLIC, SIGNERS),
            undo=gettext_lazy("No. A published version never changes; a newer one can follow."),
        ),
        gettext_lazy("The version was published."),
        domain.publish_draft,
    ),
    "reject": LabAct(
        gettext_lazy("Reject"),
        RejectForm,
        Effect(
            law=gettext_lazy("The draft is not adopted. The rules in force stay as they are."),
            practice=gettext_lazy(
                "The draft is closed for good. Where it proposed a wording for a clause, the public"
                " page of clauses shows that it was not adopted, with your reason."
            ),
            told=(PUBLIC,),
            undo=gettext_lazy("No. A new draft can take up its text."),
            grave=True,
        ),
        gettext_lazy("The draft was rejected."),
        domain.reject_draft,
    ),
}


@rule(Permission.DRAFT_READ, obj=draft_by_slug)
@require_http_methods(["GET", "POST"])
def act(request: HttpRequest, draft: RulebookDraft, act: str, **_url: object) -> HttpResponse:
    """One act. What is not open to the person now is a 404."""
    now = standing_of(request, draft)
    if act not in now.acts:
        raise Http404
    wanted = ACTS[act]
    form = wanted.form(request.POST or None, initial=_initial(act, draft))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        if attempt(form, lambda: wanted.do(draft=draft, by=asker(request), **data)):
            messages.success(request, wanted.done)
            return redirect("lab:draft", slug=draft.slug)
    loaded = check_text(draft.scheme, now.check.revision.text).loaded
    context: dict[str, Any] = {
        "draft": draft,
        "now": now,
        "act": act,
        "label": wanted.label,
        "effect": wanted.effect,
        "form": form,
        "changes": changes(draft.base, loaded) if loaded else None,
        "running": _running(draft) if act == "publish" else None,
        "crumbs": crumbs(draft, str(wanted.label)),
    }
    return render(request, "lab/act.html", context, status=422 if form.errors else 200)


def _initial(act: str, draft: RulebookDraft) -> dict[str, Any]:
    if act != "consult":
        return {}
    return {
        "title": f"关于《{draft.scheme.title_zh}》（征求意见稿）公开征求意见的公告",
        "title_en": f"Consultation on draft rules: {draft.scheme.title_en}"
        if draft.scheme.title_en
        else "",
        "body": f"现就“{draft.title_zh}”向社会公开征求意见。任何单位和个人均可在本页提出意见，"
        "所有意见均予答复。",
        "body_en": f"Comments are invited on the draft “{draft.title_en}”. Anyone may comment on"
        " this page, and every comment is answered."
        if draft.title_en
        else "",
    }


def _running(draft: RulebookDraft) -> int:
    """Open cases of the scheme: they stay on the version under which they entered."""
    return Case.objects.filter(scheme=draft.scheme, outcome="").count()
