"""The desk: what a person has to do today, what waits on others, and the cases they may see."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import F, Prefetch
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from shidian.apps.accounts.access import Permission, rule
from shidian.apps.cases.models import Call, Case, NewsItem, SavedView, Scheme, Task
from shidian.apps.cases.queue import SOON_DAYS
from shidian.apps.cases.rules import schemes_led_by
from shidian.apps.cases.views.case_lines import CasePages, case_line, with_scheme, with_turns
from shidian.apps.cases.views.roles import Viewer, viewer_of
from shidian.apps.cases.views.words import stage_name
from shidian.apps.cases.waiting_mail import waiting_mail
from shidian.core.procedure.types import ActorKind, Verb

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from shidian.apps.cases.views.case_lines import CaseLine
    from shidian.core.rulebook.model import Text

PAGE_CASES = 25
TASKS_MAX = 50
WARNED_MAX = 10
MAIL_MAX = 10


@dataclass(frozen=True, slots=True)
class TaskLine:
    """One of the person's own tasks."""

    task: Task
    stage: Text
    url: str
    late: bool
    today: bool


@dataclass(frozen=True, slots=True)
class Owed:
    """Something with its own clock that is no task of a case: an app above knows it."""

    what: str
    case: str
    url: str
    at: datetime
    late: bool


Supply = Callable[[Viewer], Iterable[Owed]]
_supplies: list[Supply] = []


def supply(owed: Supply) -> Supply:
    """Register who knows what else a person owes, or watches over while it is late."""
    _supplies.append(owed)
    return owed


@rule(Permission.DESK_READ)
def desk(request: HttpRequest) -> HttpResponse:
    """The landing page of everyone who signs in; the same queries however long the lists."""
    viewer = viewer_of(request.user)  # type: ignore[arg-type]  # a Person: the rule saw to it
    today = timezone.localdate()
    lines = [_task_line(task, viewer) for task in _own_tasks(viewer)]
    pages = CasePages(_cases(viewer, request.GET.get("show", "")), PAGE_CASES, with_turns)
    page = pages.get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "viewer": viewer,
        "pressing": [line for line in lines if line.late or line.today],
        "owed": sorted((one for told in _supplies for one in told(viewer)), key=lambda one: one.at),
        "later": [line for line in lines if not (line.late or line.today)],
        "page": page,
        "cases": [case_line(case, viewer) for case in page],
        "show": request.GET.get("show", ""),
        "today": today,
        "calls": _open_calls(viewer),
        "led": _led(viewer),
        "board_url": _board_url(viewer),
        "availability_url": _availability_url(viewer),
        "soon": _running_out(viewer, lines),
        "unread": NewsItem.objects.reaching(viewer.person).filter(read_at__isnull=True).count(),
        "mail": waiting_mail(viewer.person)[:MAIL_MAX],
        "views": list(SavedView.objects.filter(person=viewer.person)),
    }
    return render(request, "cases/desk.html", context)


def _own_tasks(viewer: Viewer) -> list[Task]:
    order = (F("due").asc(nulls_last=True), "pk")
    own = Task.objects.open().reaching(viewer.person).filter(viewer.mine()).order_by(*order)
    # Joined to what a line says once it is known which are shown: an authority has thousands.
    shown = Task.objects.filter(pk__in=own.values("pk")[:TASKS_MAX]).order_by(*order)
    return list(
        with_scheme(shown.select_related("case__lead", "authority", "institution"), "case__")
    )


def _task_line(task: Task, viewer: Viewer) -> TaskLine:
    today = timezone.localdate()
    return TaskLine(
        task=task,
        stage=stage_name(task.case, viewer),
        url=task_url(task),
        late=task.due is not None and task.due < today,
        today=task.due == today,
    )


def task_url(task: Task) -> str:
    """Where a task is done: the expert's own page, else the case page, which shows the buttons."""
    if task.kind == ActorKind.EXPERT:
        return reverse("review:sheet", args=[task.case.reference])
    if task.verb == Verb.ANSWER_INVITATION:
        return reverse("cases:invitation", args=[task.case.reference])
    if task.verb == Verb.SIGN_APPLICATION:
        return reverse("cases:sign", args=[task.case.reference])
    return reverse("cases:case", args=[task.case.reference])


def _cases(viewer: Viewer, show: str) -> QuerySet[Case]:
    cases = Case.objects.visible_to(viewer.person)
    return cases.filter(outcome="") if show != "closed" else cases.exclude(outcome="")


def _running_out(viewer: Viewer, own: list[TaskLine]) -> list[CaseLine]:
    """Open cases whose day comes within a week or is past, and that wait on others."""
    if not viewer.is_officer:
        return []
    until = timezone.localdate() + timedelta(days=SOON_DAYS)
    mine = {line.task.case_id for line in own}
    near = Case.objects.visible_to(viewer.person).filter(outcome="", due__lte=until)
    rows = with_turns(near.order_by("due", "pk"))[: WARNED_MAX + len(mine)]
    return [case_line(case, viewer) for case in rows if case.pk not in mine][:WARNED_MAX]


def _open_calls(viewer: Viewer) -> list[Call]:
    if not viewer.roles.is_staff:
        return []
    today = timezone.localdate()
    calls = Call.objects.filter(opens_on__lte=today).select_related("scheme")
    return [call for call in calls if call.is_open_on(today)]


def _led(viewer: Viewer) -> list[Scheme]:
    """Schemes in which the person may open a call, each with its newest calls as `newest`."""
    if not viewer.is_officer:
        return []
    calls = Call.objects.order_by("-number")
    led = schemes_led_by(viewer.person)
    return list(led.prefetch_related(Prefetch("calls", queryset=calls, to_attr="newest")))


def _availability_url(viewer: Viewer) -> str:
    if not viewer.roles.is_expert:
        return ""
    try:
        return reverse("review:availability")
    except NoReverseMatch:  # the zone has no reviews
        return ""


def _board_url(viewer: Viewer) -> str:
    if not viewer.is_of_the_authorities:
        return ""
    try:
        return reverse("supervision:board")
    except NoReverseMatch:  # the zone has no supervision
        return ""
