"""Mail that is a draft first: seen together, released, or stopped with a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from shidian.apps.accounts.access import Permission, rule
from shidian.apps.cases.domain.releasing_mail import (
    REASON_MAX,
    failed_mail,
    mail_drafts,
    release_mail,
    retry_mail,
    stop_mail,
)
from shidian.apps.cases.domain.telling import ATTEMPTS_MAX
from shidian.apps.cases.mail_texts import letter
from shidian.apps.cases.models import Mail, NewsItem, Pace
from shidian.apps.cases.views.acts import act_crumbs, attempt
from shidian.apps.cases.views.effect import NOTHING_IN_LAW, Effect
from shidian.apps.cases.views.inbox import news_words
from shidian.apps.cases.views.loaders import case_by_reference

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from shidian.apps.cases.models import Case

LINES_MAX = 200
EFFECT = Effect(
    law=NOTHING_IN_LAW,
    practice=gettext_lazy(
        "Released mail goes within minutes, or with its reader's next daily summary. Mail that is"
        " stopped does not go; the news stays in the reader's inbox."
    ),
    told=(gettext_lazy("those who are ticked"),),
    undo=gettext_lazy("No. Mail that went cannot be called back."),
)


class MailDraftsForm(forms.Form):
    """Which mail, and why none where none goes."""

    news = forms.MultipleChoiceField(
        label=gettext_lazy("To whom"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Tick the mail first.")},
    )
    reason = forms.CharField(
        label=gettext_lazy("Why none is sent"),
        help_text=gettext_lazy("Needed where none goes."),
        required=False,
        max_length=REASON_MAX,
        widget=forms.Textarea(attrs={"rows": 2, "class": "short"}),
    )

    def __init__(self, rows: list[NewsItem], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["news"]
        if isinstance(field, forms.MultipleChoiceField):
            field.choices = [(str(one.pk), str(one.person)) for one in rows]


@rule(Permission.MAIL_RELEASE, obj=case_by_reference)
@require_POST
def again(request: HttpRequest, case: Case, **_url: object) -> HttpResponse:
    """Have what could not be sent tried again at once."""
    by: Any = request.user
    n = retry_mail(case=case, by=by)
    words = ngettext("%(n)d mail is tried again.", "%(n)d mails are tried again.", n)
    messages.success(request, words % {"n": n})
    return redirect("cases:mail-drafts", reference=case.reference)


@rule(Permission.MAIL_RELEASE, obj=case_by_reference)
@require_http_methods(["GET", "POST"])
def drafts(request: HttpRequest, case: Case, **_url: object) -> HttpResponse:
    """Look at what waits; release it, or send none with a reason."""
    rows = list(mail_drafts(case).select_related("person")[:LINES_MAX])
    form = MailDraftsForm(rows, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        done: list[int] = []
        if attempt(form, lambda: done.append(_send(request, case, form))):
            stopped = request.POST.get("then") == "stop"
            words = (
                ngettext("%(n)d mail is not sent.", "%(n)d mails are not sent.", done[0])
                if stopped
                else ngettext("%(n)d mail was released.", "%(n)d mails were released.", done[0])
            )
            messages.success(request, words % {"n": done[0]})
            return redirect("cases:case", reference=case.reference)
    context = {
        "case": case,
        "form": form,
        "lines": [
            {
                "pk": one.pk,
                "who": one.person,
                "what": news_words(one.kind),
                "pace": Pace(one.pace).label,
                "at": one.at,
            }
            for one in rows
        ],
        "failed": [_failed(one) for one in failed_mail(case)[:LINES_MAX]],
        "sample": _sample(request, case) if rows else None,
        "effect": EFFECT,
        "crumbs": act_crumbs(case, _("Mail to release")),
    }
    return render(request, "cases/mail_drafts.html", context, status=422 if form.errors else 200)


def _send(request: HttpRequest, case: Case, form: MailDraftsForm) -> int:
    chosen = [int(one) for one in form.cleaned_data["news"]]
    by: Any = request.user
    if request.POST.get("then") == "stop":
        return stop_mail(case=case, news=chosen, reason=form.cleaned_data["reason"], by=by)
    return release_mail(case=case, news=chosen, by=by)


def _failed(item: NewsItem) -> dict[str, Any]:
    """To whom, of what, and whether it is tried again: never why, which may name an address."""
    mail = item.mail
    going_on = mail is not None and mail.attempts < ATTEMPTS_MAX
    return {
        "who": item.person,
        "what": news_words(item.kind),
        "tried": mail.attempts if mail else 0,
        "next": mail.next_attempt_at if mail and going_on else None,
    }


def _sample(request: HttpRequest, case: Case) -> dict[str, str]:
    """The words, in the officer's language, as one who may not read the title gets them."""
    person: Any = request.user
    made = Mail(pk=0, person=person, made_at=timezone.now())
    said = letter(made, [NewsItem(case=case)])
    return {"subject": str(said.subject), "body": str(said.body)}
