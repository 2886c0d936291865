"""Public notices, and the one thing the public writes: a comment."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django import forms
from django.core import signing
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from shidian.apps.notices import files
from shidian.apps.notices.domain import comment_receipt, hand_in_comment
from shidian.apps.notices.models import SnapshotKind
from shidian.apps.notices.public import public
from shidian.apps.portal import readings, snapshots, work
from shidian.apps.portal.file_fields import FilesField
from shidian.apps.portal.shared import shared
from shidian.apps.portal.views.csv_files import csv_response
from shidian.apps.portal.views.lists import SHOWN, in_parts
from shidian.config import settings

if TYPE_CHECKING:
    from shidian.core.rulebook.reading import Lang

BODY_MAX_CHARS = 5_000
_SALT = "shidian.portal.receipt"
_SENDING_SALT = "shidian.portal.sending"


class CommentForm(forms.Form):
    """A comment. Name and contact are the sender's choice."""

    body = forms.CharField(
        label=_("Your comment"),
        help_text=_("Up to 5,000 characters. Please leave out personal data of other people."),
        max_length=BODY_MAX_CHARS,
        widget=forms.Textarea,
        error_messages={"required": _("Write your comment before you go on.")},
    )
    name = forms.CharField(
        label=_("Your name"),
        help_text=_("Optional. It is published with the comment."),
        max_length=100,
        required=False,
    )
    contact = forms.CharField(
        label=_("How we can reach you"),
        help_text=_("Optional. A phone number or e-mail address; it is never published."),
        max_length=200,
        required=False,
    )


class AlongForm(forms.Form):
    """Files that go with a comment: chosen on the last page, since no page can give them back."""

    attached = FilesField(hint=_("The officers who answer the comment read them, and nobody else."))


@public
@shared
def notice_list(request: HttpRequest) -> HttpResponse:
    """Open notices first, then closed ones; `?format=csv` for the whole table."""
    cards = snapshots.notices(timezone.localdate())
    if request.GET.get("format") == "csv":
        return csv_response(
            "notices.csv",
            ["id", "title", "lead", "opens_on", "closes_on"],
            (
                [n["slug"], n["title"], n["lead"], n["opens_on"], n["closes_on"]]
                for n in (card.body for card in cards.iterator())
            ),
        )
    page = Paginator(cards, SHOWN).get_page(request.GET.get("page"))
    return render(request, "portal/notice_list.html", {"page": page, **in_parts(page)})


@public
@csrf_exempt
@shared
def notice(request: HttpRequest, key: str) -> HttpResponse:
    """A notice with its comments; a comment is written, seen once more, then sent.

    Seeing it once more changes nothing and needs no token, so that the page can be shared; the
    preview is its reader's own, and sending needs the token that stands there.
    """
    body = snapshots.page_of(SnapshotKind.NOTICE, key)
    # In the scheme's zone, which the page's times are in: `page_of` made it the current one.
    now = timezone.localdate()
    today = now.isoformat()
    takes_comments = (
        body["comments_taken"]
        and not body.get("replaced_by")
        and body["opens_on"] <= today
        and (not body["closes_on"] or today <= body["closes_on"])
    )
    form = CommentForm(request.POST or None)
    page = Paginator(body["comments"], SHOWN).get_page(request.GET.get("page"))
    context = {
        "notice": body,
        "form": form,
        "takes_comments": takes_comments,
        "days_left": _days_left(body, now),
        "page": page,
    }
    if request.method != "POST" or not takes_comments:
        return render(request, "portal/notice.html", context)
    if not form.is_valid() or request.POST.get("step") == "change":
        return render(request, "portal/notice.html", {**context, "asked": True})
    receipt = _receipt_of(key, request.POST.get("sending", ""))
    if request.POST.get("step") != "send" or not receipt:
        sending = signing.dumps(
            {"notice": key, "receipt": comment_receipt(timezone.now())}, salt=_SENDING_SALT
        )
        return _preview(request, {**context, "sending": sending, "along": AlongForm()})
    return _send(request, key, form, receipt, context)


def _preview(request: HttpRequest, context: dict[str, object]) -> HttpResponse:
    along = context["along"]
    wrong = isinstance(along, AlongForm) and along.is_bound
    more = {"work_bits": settings().sending_work_bits}
    status = 422 if wrong else 200
    return render(request, "portal/comment_preview.html", {**context, **more}, status=status)


def _days_left(body: snapshots.Body, today: date) -> int | None:
    """Whole days after today on which comments are taken; None where it is over, or has no end."""
    if not body["closes_on"] or body.get("replaced_by"):
        return None
    left = (date.fromisoformat(body["closes_on"]) - today).days
    return left if left >= 0 and body["opens_on"] <= today.isoformat() else None


@public
@shared
def draft_text(request: HttpRequest, key: str) -> HttpResponse:
    """The draft rules that a notice put out, read like law and marked as not in force."""
    body = snapshots.body(SnapshotKind.DRAFT, key)
    lang: Lang = "zh" if (get_language() or "zh-hans").startswith("zh") else "en"
    context = {
        "rulebook": body,
        "text": readings.text_of(body, lang),
        "reading": readings.reading_of(body),
        "lang": lang,
    }
    return render(request, "portal/draft_text.html", context)


def _receipt_of(key: str, sending: str) -> str:
    """The receipt that the preview gave to this sending; empty where no preview of ours did."""
    try:
        content = signing.loads(sending, salt=_SENDING_SALT)
    except signing.BadSignature:
        return ""
    return str(content["receipt"]) if content["notice"] == key else ""


@csrf_protect
def _send(
    request: HttpRequest, key: str, form: CommentForm, receipt: str, context: dict[str, object]
) -> HttpResponse:
    """Hand the comment over under its receipt; a second click or a reload gets the same one."""
    along = AlongForm(request.POST, request.FILES)
    if not along.is_valid():
        sending = request.POST["sending"]
        return _preview(request, {**context, "sending": sending, "along": along})
    given = along.cleaned_data["attached"]
    try:
        taken = hand_in_comment(
            notice=key,
            name=form.cleaned_data["name"],
            contact=form.cleaned_data["contact"],
            body=form.cleaned_data["body"],
            receipt=receipt,
            files=given,
            proven=work.is_done(
                request.POST["sending"],
                request.POST.get("work", ""),
                settings().sending_work_bits,
            ),
        )
    except ValueError as refusal:
        form.add_error(None, str(refusal))
        return render(request, "portal/notice.html", {**context, "asked": True})
    # Without names: an address is kept in logs.
    told = [{"size": one["size"], "sha256": one["sha256"]} for one in files.as_told(given)]
    content = {"notice": key, "receipt": taken, "files": told}
    token = signing.dumps(content, salt=_SALT)
    return redirect(reverse("comment-received", args=[key]) + f"?r={token}")


@public
def received(request: HttpRequest, key: str) -> HttpResponse:
    """The receipt: its number comes signed, so nobody can show a made-up one on this site."""
    try:
        content = signing.loads(request.GET.get("r", ""), salt=_SALT)
    except signing.BadSignature:
        raise Http404 from None
    if content["notice"] != key:
        raise Http404
    body = snapshots.body(SnapshotKind.NOTICE, key)
    context = {
        "notice": body,
        "receipt": content["receipt"],
        "files": content.get("files", ()),
        "can_be_followed": settings().zone == "public",
    }
    return render(request, "portal/comment_received.html", context)
