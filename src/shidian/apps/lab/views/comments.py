"""Comments on a draft that is out for consultation: read, moderate, answer, conclude."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from shidian.apps.accounts.access import Permission, rule
from shidian.apps.cases.views.acts import attempt
from shidian.apps.cases.views.effects import EFFECTS
from shidian.apps.lab.domain import conclude_consultation
from shidian.apps.lab.domain.consulting import SUMMARY_LENGTH_MAX, unanswered
from shidian.apps.lab.models import Consultation
from shidian.apps.lab.views.loaders import (
    asker,
    crumbs,
    draft_by_slug,
    draft_of_comment,
    may_write,
    must_write,
)
from shidian.apps.notices.domain import answer_comment, moderate_comment
from shidian.apps.notices.files import downloaded
from shidian.apps.notices.models import Comment, CommentState, SentFile
from shidian.apps.notices.views.pages import AnswerForm, ModerationForm, as_decided
from shidian.core.procedure.types import Verb

if TYPE_CHECKING:
    from django.http import FileResponse

    from shidian.apps.lab.models import RulebookDraft


class SummaryForm(forms.Form):
    """What was heard and what was made of it."""

    summary = forms.CharField(
        label=gettext_lazy("What was made of the comments, in Chinese"),
        help_text=gettext_lazy("It is published on the notice's page."),
        max_length=SUMMARY_LENGTH_MAX,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    summary_en = forms.CharField(
        label=gettext_lazy("What was made of the comments, in English"),
        max_length=SUMMARY_LENGTH_MAX,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


@rule(Permission.DRAFT_READ, obj=draft_by_slug)
@require_http_methods(["GET", "POST"])
def comments(request: HttpRequest, draft: RulebookDraft, **_url: object) -> HttpResponse:
    """Every comment on the draft's notices; POST concludes the consultation that is open."""
    rows = list(
        Consultation.objects.filter(draft=draft).select_related("notice", "draft").order_by("-pk")
    )
    if not rows:
        raise Http404
    open_one = next((one for one in rows if one.concluded_at is None), None)
    form = SummaryForm(request.POST or None)
    if request.method == "POST":
        must_write(request, draft)
        if open_one is None:
            raise Http404
        consultation = open_one
        if form.is_valid() and attempt(
            form,
            lambda: conclude_consultation(
                consultation=consultation, by=asker(request), **form.cleaned_data
            ),
        ):
            messages.success(request, _("The consultation is concluded."))
            return redirect("lab:draft", slug=draft.slug)
    found = Comment.objects.filter(notice__in=[one.notice_id for one in rows])
    context = {
        "draft": draft,
        "consultations": [(one, unanswered(one)) for one in rows],
        "comments": list(found.order_by("answered_at", "received_at")),
        "open": open_one,
        "form": form if open_one and may_write(request, draft) else None,
        "may_write": may_write(request, draft),
        "crumbs": crumbs(draft, _("Comments")),
    }
    return render(request, "lab/comments.html", context, status=422 if form.errors else 200)


@rule(Permission.DRAFT_READ, obj=draft_of_comment)
@require_http_methods(["GET", "POST"])
def comment(request: HttpRequest, draft: RulebookDraft, receipt: str) -> HttpResponse:
    """One comment: decide on its publication, answer it."""
    must_write(request, draft)
    found = Comment.objects.select_related("notice__scheme").get(receipt=receipt)
    doing = request.POST.get("do", "")
    moderation = ModerationForm(
        request.POST if doing == "moderate" else None,
        initial=as_decided(found),
    )
    answer = AnswerForm(
        request.POST if doing == "answer" else None,
        initial={"answer": found.answer_zh, "answer_en": found.answer_en},
    )
    by = asker(request)
    if moderation.is_bound and moderation.is_valid():
        data = moderation.cleaned_data
        state, reason = CommentState(data["state"]), data["reason"]
        left_out = data["left_out"].splitlines()
        if attempt(
            moderation,
            lambda: moderate_comment(
                comment=found, state=state, reason=reason, left_out=left_out, by=by
            ),
        ):
            messages.success(request, _("The decision on the comment was recorded."))
            return redirect("lab:comment", receipt=receipt)
    if answer.is_bound and answer.is_valid():
        words = answer.cleaned_data
        if attempt(answer, lambda: answer_comment(comment=found, by=by, **words)):
            messages.success(request, _("The answer was published."))
            return redirect("lab:comments", slug=draft.slug)
    wrong = moderation if moderation.errors else answer if answer.errors else None
    context = {
        "case": None,
        "comment": found,
        "files": [
            (one, reverse("lab:comment-file", args=[receipt, one.pk])) for one in found.files.all()
        ],
        "moderation": moderation,
        "answer": answer,
        "wrong": wrong,
        "history": list(found.moderations.select_related("by")),
        "effect": EFFECTS[Verb.ANSWER_COMMENT],
        "crumbs": [
            *crumbs(draft, _("Comments"))[:-1],
            (_("Comments"), reverse("lab:comments", args=[draft.slug])),
            (receipt, None),
        ],
    }
    return render(request, "notices/comment.html", context, status=422 if wrong else 200)


@rule(Permission.DRAFT_READ, obj=draft_of_comment)
def comment_file(
    request: HttpRequest, draft: RulebookDraft, receipt: str, number: int
) -> FileResponse:
    """A file that came with a comment, always as a download."""
    must_write(request, draft)
    return downloaded(get_object_or_404(SentFile, comment__receipt=receipt, pk=number))
