"""Publish a notice after a preview of its fixed text; moderate and answer comments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from shidian.apps.accounts.access import Permission, rule
from shidian.apps.cases.history import state_of
from shidian.apps.cases.models import Case
from shidian.apps.cases.views.acts import act_crumbs, act_page, attempt
from shidian.apps.cases.views.buttons import allowed_verbs
from shidian.apps.cases.views.effects import EFFECTS
from shidian.apps.cases.views.form_base import ActForm
from shidian.apps.cases.views.loaders import case_by_reference
from shidian.apps.cases.views.roles import viewer_of
from shidian.apps.notices.domain.comments import answer_comment, moderate_comment
from shidian.apps.notices.domain.notices import open_notice, text_sha256
from shidian.apps.notices.files import downloaded
from shidian.apps.notices.models import Comment, CommentState, Notice, SentFile
from shidian.apps.notices.queries import comments_for
from shidian.apps.notices.redaction import leaks_in
from shidian.apps.notices.views.draft import draft_notice
from shidian.apps.notices.views.window import newest_notice
from shidian.core.procedure.types import Verb

if TYPE_CHECKING:
    from django.http import FileResponse, HttpRequest, HttpResponse


TEXTS = ("title", "body", "title_en", "body_en")
PUBLISHED = (*TEXTS, "change", "change_en")


class NoticeForm(ActForm):
    """The text in both languages. It is shown as a preview before it is published."""

    title = forms.CharField(label=gettext_lazy("Title in Chinese"), max_length=200)
    body = forms.CharField(
        label=gettext_lazy("Text in Chinese"),
        help_text=gettext_lazy(
            "Drafted from the answers that the rulebook marks as public. Leave out business"
            " secrets and personal data."
        ),
        max_length=50_000,
        widget=forms.Textarea(attrs={"rows": 14}),
    )
    title_en = forms.CharField(
        label=gettext_lazy("Title in English"), max_length=200, required=False
    )
    body_en = forms.CharField(
        label=gettext_lazy("Text in English"),
        max_length=50_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 10}),
    )
    change = forms.CharField(
        label=gettext_lazy("What changed, and why"),
        help_text=gettext_lazy(
            "Published with the new text. The old one stays readable with its comments; the window"
            " begins anew."
        ),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    change_en = forms.CharField(
        label=gettext_lazy("The same in English"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def build(self) -> None:
        """What changed is asked where a text is out that this one replaces."""
        if self.state.notice is None:
            del self.fields["change"], self.fields["change_en"]


@rule(Permission.NOTICE_OPEN, obj=case_by_reference)
@require_http_methods(["GET", "POST"])
def open_(request: HttpRequest, case: Case, **_url: object) -> HttpResponse:
    """Write, preview, publish: only the third step has an effect.

    Where a text is out, another one can replace it on a material change.
    """
    state = state_of(case)
    # The same people may do either; which of the two is open says whether a text is out.
    wanted = Verb.OPEN_NOTICE if state.notice is None else Verb.EXTEND_NOTICE
    if wanted not in allowed_verbs(case, state, viewer_of(request.user)):  # type: ignore[arg-type]
        raise Http404
    out = newest_notice(case) if state.notice else None
    form = NoticeForm(case, state, request.POST or None, initial=_first_text(case, out))
    publishing = request.POST.get("then") == "publish"
    previewing = request.method == "POST" and not publishing and form.is_valid()
    if previewing and request.POST.get("then") == "preview":
        return _preview(request, case, form)
    if not publishing:
        # Coming back from the preview to change something: the text is in the form, unpublished.
        context = {
            "case": case,
            "form": form,
            "out": out,
            "crumbs": act_crumbs(case, _("Publish notice")),
        }
        status = 422 if form.errors else 200
        return render(request, "notices/write.html", context, status=status)
    return act_page(
        request,
        case,
        Verb.OPEN_NOTICE,
        form,
        send=lambda payload: open_notice(
            case=case,
            by=request.user,  # type: ignore[arg-type]
            expected_seq=form.cleaned_data["seq"],
            **payload,
        ),
        template="notices/write.html",
        out=out,
    )


def _first_text(case: Case, out: Notice | None) -> dict[str, str]:
    """What the form begins with: the text that is out, or a draft from the public answers."""
    if out is None:
        return draft_notice(case)
    names = ("title_zh", "title_en", "body_zh", "body_en")
    return {name.removesuffix("_zh"): getattr(out, name) for name in names}


def _preview(request: HttpRequest, case: Case, form: NoticeForm) -> HttpResponse:
    text = form.payload()
    clock = case.rulebook.clock(case.stage_rule.clock) if case.stage_rule.clock else None
    context: dict[str, Any] = {
        "case": case,
        "form": form,
        "text": text,
        "clock": clock,
        "leaks": leaks_in("\n".join(str(text.get(name) or "") for name in PUBLISHED), case),
        "sha256": text_sha256(**{name: text[name] for name in TEXTS}),
        "effect": EFFECTS[Verb.OPEN_NOTICE],
        "crumbs": act_crumbs(case, _("Preview")),
    }
    return render(request, "notices/preview.html", context)


@rule(Permission.COMMENT_MODERATE, obj=case_by_reference)
def comments(request: HttpRequest, case: Case, **_url: object) -> HttpResponse:
    """Every comment on the case's notices, what still needs an answer first."""
    found = list(comments_for(request.user, case).order_by("answered_at", "received_at"))
    context = {"case": case, "comments": found, "crumbs": act_crumbs(case, _("Comments"))}
    return render(request, "notices/comments.html", context)


def _case_of_comment(_request: HttpRequest, receipt: str, **_rest: object) -> Case:
    return Case.objects.select_related("lead").get(notices__comments__receipt=receipt)


class ModerationForm(forms.Form):
    """Show or withhold. What is chosen can be reversed; both decisions stay in the file."""

    state = forms.ChoiceField(
        label=gettext_lazy("Publication"),
        choices=[
            (CommentState.PUBLISHED, gettext_lazy("Publish the comment")),
            (CommentState.WITHHELD, gettext_lazy("Withhold the comment")),
        ],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("Needed where the comment, or a part of it, is withheld."),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2, "class": "short"}),
    )
    left_out = forms.CharField(
        label=gettext_lazy("Parts that the public does not read"),
        help_text=gettext_lazy(
            "Such as personal data of others: one passage a line, word for word. A mark stands in"
            " its place; the text as sent stays in the file."
        ),
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


def as_decided(comment: Comment) -> dict[str, str]:
    """What the form begins with: the decision that stands, so that sending it again keeps it."""
    last = comment.moderations.order_by("-pk").first()
    return {
        "state": CommentState.PUBLISHED if comment.state == "received" else comment.state,
        "left_out": last.left_out if last else "",
    }


class AnswerForm(forms.Form):
    """The published answer."""

    answer = forms.CharField(
        label=gettext_lazy("Answer in Chinese"),
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    answer_en = forms.CharField(
        label=gettext_lazy("Answer in English"),
        max_length=5000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


@rule(Permission.COMMENT_MODERATE, obj=_case_of_comment)
@require_http_methods(["GET", "POST"])
def comment(request: HttpRequest, case: Case, receipt: str) -> HttpResponse:
    """One comment: decide on its publication, answer it."""
    found = Comment.objects.select_related("notice").get(receipt=receipt)
    doing = request.POST.get("do", "")
    moderation = ModerationForm(
        request.POST if doing == "moderate" else None,
        initial=as_decided(found),
    )
    answer = AnswerForm(
        request.POST if doing == "answer" else None,
        initial={"answer": found.answer_zh, "answer_en": found.answer_en},
    )
    if doing == "moderate" and moderation.is_valid() and _moderate(request, found, moderation):
        messages.success(request, _("The decision on the comment was recorded."))
        return redirect("notices:comment", receipt=receipt)
    if doing == "answer" and answer.is_valid() and _answer(request, found, answer):
        messages.success(request, _("The answer was published."))
        return redirect("notices:comments", reference=case.reference)
    wrong = moderation if moderation.errors else answer if answer.errors else None
    context = {
        "case": case,
        "comment": found,
        "files": [
            (one, reverse("notices:sent-file", args=[receipt, one.pk])) for one in found.files.all()
        ],
        "moderation": moderation,
        "answer": answer,
        "wrong": wrong,
        "history": list(found.moderations.select_related("by")),
        "effect": EFFECTS[Verb.ANSWER_COMMENT],
        "crumbs": [
            *act_crumbs(case, None)[:-1],
            (_("Comments"), reverse("notices:comments", args=[case.reference])),
            (receipt, None),
        ],
    }
    return render(request, "notices/comment.html", context, status=422 if wrong else 200)


@rule(Permission.COMMENT_MODERATE, obj=_case_of_comment)
def sent_file(request: HttpRequest, case: Case, receipt: str, number: int) -> FileResponse:
    """A file that came with a comment, always as a download."""
    del request, case
    return downloaded(get_object_or_404(SentFile, comment__receipt=receipt, pk=number))


def _moderate(request: HttpRequest, found: Comment, form: ModerationForm) -> bool:
    return attempt(
        form,
        lambda: moderate_comment(
            comment=found,
            state=CommentState(form.cleaned_data["state"]),
            reason=form.cleaned_data["reason"],
            left_out=form.cleaned_data["left_out"].splitlines(),
            by=request.user,  # type: ignore[arg-type]
        ),
    )


def _answer(request: HttpRequest, found: Comment, form: AnswerForm) -> bool:
    return attempt(
        form,
        lambda: answer_comment(
            comment=found,
            answer=form.cleaned_data["answer"],
            answer_en=form.cleaned_data["answer_en"],
            by=request.user,  # type: ignore[arg-type]
        ),
    )
