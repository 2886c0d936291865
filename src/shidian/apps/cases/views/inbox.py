"""The inbox: what happened that concerns a person, read or not, and how they want to be told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shidian.apps.accounts.access import Permission, rule
from shidian.apps.cases import news_kinds
from shidian.apps.cases.domain.telling import choose_mail, mark_all_read, mark_news
from shidian.apps.cases.mail_texts import name_of
from shidian.apps.cases.models import MailChoice, NewsItem, Pace, Task
from shidian.apps.cases.news_subjects import SUBJECTS
from shidian.apps.cases.views.desk import task_url
from shidian.apps.cases.views.words import event_words

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from shidian.apps.accounts.models import Person

PAGE_NEWS = 50
UNREAD = "unread"
WORDS = {
    news_kinds.COACHING_ASKED: gettext_lazy("A firm asks before it applies"),
    news_kinds.COACHING_ANSWERED: gettext_lazy("Your question was answered"),
    news_kinds.COACHING_WITHDRAWN: gettext_lazy("A firm withdrew its question"),
    news_kinds.CONTACT_SENT: gettext_lazy("An institution writes to yours"),
    news_kinds.CONTACT_ANSWERED: gettext_lazy("An institution answered yours"),
    news_kinds.ORDER: gettext_lazy("An order to the pilot: proposed, given, lapsing or ended"),
    news_kinds.ORDER_ALARM: gettext_lazy("An order to the pilot needs a look at once"),
    news_kinds.PLAN_CHANGE: gettext_lazy("A change of the pilot's plan"),
    news_kinds.REPORT: gettext_lazy("A report of the pilot"),
    news_kinds.COMPLAINT: gettext_lazy("A complaint about the pilot"),
    news_kinds.INCIDENT: gettext_lazy("An incident of the pilot"),
    news_kinds.INCIDENT_LATE: gettext_lazy("A step of reporting an incident is overdue"),
    news_kinds.TOLERANCE: gettext_lazy("A finding of tolerance on an incident"),
    news_kinds.LETTER_TO_SIGN: gettext_lazy("A letter waits for a signature"),
    news_kinds.LETTER_SERVED: gettext_lazy("A letter was served on you"),
    news_kinds.LETTER_WITHDRAWN: gettext_lazy("A letter that was served was withdrawn"),
    news_kinds.BRIDGE: gettext_lazy("What may go on while a licence is pending"),
    news_kinds.NO_CONFLICT: gettext_lazy("An expert declared that there is no conflict"),
    news_kinds.ALERT_RAISED: gettext_lazy("Alerts that nobody has looked at"),
    news_kinds.TASK_SOON: gettext_lazy("A last day is near: it is your turn"),
    news_kinds.TASK_LATE: gettext_lazy("A last day has passed: it is still your turn"),
    news_kinds.TASK_LATE_OUTSIDE: gettext_lazy("A last day has passed, and others did not act"),
    news_kinds.DISPATCH_TO_SEND: gettext_lazy("A draft waits for a signing officer to send it"),
    news_kinds.DISPATCH_SENT: gettext_lazy("A working group sent something to your authority"),
    news_kinds.DISPATCH_RECEIVED: gettext_lazy("Receipt of what you sent was confirmed"),
    news_kinds.DISPATCH_ANSWERED: gettext_lazy("What you sent was answered"),
    news_kinds.DISPATCH_RETURNED: gettext_lazy("What you sent was sent back to be put right"),
    news_kinds.DISPATCH_WITHDRAWN: gettext_lazy("What was sent to your authority was withdrawn"),
    news_kinds.TIP_SENT: gettext_lazy("A risk was pointed out to your working group"),
    news_kinds.TIP_ANSWERED: gettext_lazy("A working group answered your risk tip"),
    news_kinds.TIP_LIFTED: gettext_lazy("A risk tip was lifted"),
    news_kinds.TIP_TO_PUBLISH: gettext_lazy("A risk tip waits for you to publish it"),
    news_kinds.TIP_PUBLISHED: gettext_lazy("Your risk tip was published"),
    news_kinds.TIP_KEPT_BACK: gettext_lazy("Your risk tip is not published"),
}


@dataclass(frozen=True, slots=True)
class NewsLine:
    """A row of the inbox."""

    pk: int
    what: str
    about: str
    at: datetime
    unread: bool
    duty: bool


def news_words(kind: str) -> str:
    """What happened, in a few words."""
    return str(WORDS[kind]) if kind in WORDS else event_words(kind)


@rule(Permission.DESK_READ)
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """News, newest first, of what the reader may know of now; `?show=unread`."""
    person: Person = request.user  # type: ignore[assignment]  # a Person: the rule saw to it
    rows = NewsItem.objects.reaching(person)
    show = UNREAD if request.GET.get("show") == UNREAD else ""
    shown = rows.filter(read_at__isnull=True) if show else rows
    shown = shown.with_titles(person).select_related("case", "coaching")
    page = Paginator(shown, PAGE_NEWS).get_page(request.GET.get("page"))
    lines = [
        NewsLine(
            pk=item.pk,
            what=news_words(item.kind),
            about=name_of(item),
            at=item.at,
            unread=item.read_at is None,
            duty=item.duty,
        )
        for item in page
    ]
    context = {
        "page": page,
        "lines": lines,
        "show": show,
        "unread": rows.filter(read_at__isnull=True).count(),
        "crumbs": [(_("My desk"), reverse("cases:desk")), (_("Inbox"), None)],
    }
    return render(request, "cases/inbox.html", context)


@rule(Permission.DESK_READ)
@require_POST
def mark(request: HttpRequest) -> HttpResponse:
    """Mark what is ticked as read or unread, or everything as read."""
    person: Person = request.user  # type: ignore[assignment]  # a Person: the rule saw to it
    then = request.POST.get("then", "")
    chosen = [int(one) for one in request.POST.getlist("news")[:PAGE_NEWS] if one.isdecimal()]
    if then == "all":
        n = mark_all_read(person=person)
        messages.success(request, ngettext("%d marked as read.", "%d marked as read.", n) % n)
    elif then in ("read", UNREAD) and chosen:
        mark_news(person=person, news=chosen, read=then == "read")
    elif then in ("read", UNREAD):
        messages.info(request, _("Tick what is to be marked first."))
    address = reverse("cases:inbox")
    return redirect(f"{address}?show={UNREAD}" if request.POST.get("show") == UNREAD else address)


@rule(Permission.DESK_READ)
@require_safe
def open_news(request: HttpRequest, pk: int) -> HttpResponse:
    """On to what the news is of; it counts as read. 404 where the reader may not know of it."""
    person: Person = request.user  # type: ignore[assignment]  # a Person: the rule saw to it
    item = NewsItem.objects.reaching(person).with_titles(person).filter(pk=pk).first()
    if item is None:
        raise Http404
    mark_news(person=person, news=[pk], read=True)
    return redirect(_address(item, person))


def _address(item: NewsItem, person: Person) -> str:
    """The page about it; for who is only asked something yet, the page where they answer."""
    if item.coaching_id is not None:
        return reverse("cases:coaching-one", args=[item.coaching_id])
    if item.contact_id is not None:
        return reverse("cases:contacts")
    if item.subject in SUBJECTS:
        return reverse(SUBJECTS[item.subject].route, args=[item.reference])
    if item.case is None:
        raise Http404
    if getattr(item, "knows_title", False):
        return reverse("cases:case", args=[item.case.reference])
    task = Task.objects.open().reaching(person).filter(case=item.case).first()
    return task_url(task) if task else reverse("cases:inbox")


class MailForm(forms.Form):
    """How one wants to be told by mail."""

    duties = forms.ChoiceField(
        label=gettext_lazy("What asks something of you, or is decided about you"),
        help_text=gettext_lazy("This cannot be turned off: a deadline may run from it."),
        choices=[(one.value, one.label) for one in (Pace.AT_ONCE, Pace.DAILY)],
        widget=forms.RadioSelect,
    )
    other = forms.ChoiceField(
        label=gettext_lazy("What is for your information"),
        choices=Pace.choices,
        widget=forms.RadioSelect,
    )


@rule(Permission.DESK_READ)
@require_http_methods(["GET", "POST"])
def mail_settings(request: HttpRequest) -> HttpResponse:
    """At once, once a day, or not at all; the inbox has everything in any case."""
    person: Person = request.user  # type: ignore[assignment]  # a Person: the rule saw to it
    choice = MailChoice.objects.filter(person=person).first() or MailChoice(person=person)
    form = MailForm(request.POST or None, initial={"duties": choice.duties, "other": choice.other})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        choose_mail(person=person, duties=Pace(given["duties"]), other=Pace(given["other"]))
        messages.success(request, _("Saved. It holds for what happens from now on."))
        return redirect("cases:inbox")
    context = {
        "form": form,
        "address": person.email,
        "crumbs": [
            (_("My desk"), reverse("cases:desk")),
            (_("Inbox"), reverse("cases:inbox")),
            (_("Mail"), None),
        ],
    }
    return render(request, "cases/mail_settings.html", context, status=422 if form.errors else 200)
