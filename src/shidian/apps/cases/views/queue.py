"""The queue page: filters in the address, saved views, putting officers in charge, export."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from shidian.apps.accounts.access import Permission, rule
from shidian.apps.cases import domain
from shidian.apps.cases.errors import DomainError
from shidian.apps.cases.models import Case, SavedView
from shidian.apps.cases.queue import queue_of
from shidian.apps.cases.sheets import csv_response, xlsx_response
from shidian.apps.cases.views.case_lines import (
    CaseLine,
    CasePages,
    case_line,
    with_handlers,
    with_turns,
)
from shidian.apps.cases.views.queue_form import (
    QueueForm,
    asker_of,
    assigning_authorities,
    colleagues,
)
from shidian.apps.cases.views.roles import viewer_of
from shidian.apps.cases.words import localized

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from shidian.apps.accounts.models import Authority, Person
    from shidian.apps.cases.sheets import Cell
    from shidian.apps.cases.views.roles import Viewer

PAGE_CASES = 50
EXPORTED_MAX = 10_000


@rule(Permission.QUEUE_READ)
@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """Every case one may see, narrowed and ordered as the address says."""
    viewer = viewer_of(request.user)  # type: ignore[arg-type]  # a Person: the rule saw to it
    form = QueueForm(request.GET, viewer)
    context: dict[str, Any] = {
        "viewer": viewer,
        "form": form,
        "views": list(SavedView.objects.filter(person=viewer.person)),
        "crumbs": [(_("My desk"), reverse("cases:desk")), (_("Queue"), None)],
    }
    if not form.is_valid():
        return render(request, "cases/queue.html", context, status=422)
    pages = CasePages(_cases(viewer, form), PAGE_CASES, lambda rows: _joined(rows, viewer))
    page = pages.get_page(request.GET.get("page"))
    context |= {
        "page": page,
        "lines": [case_line(case, viewer) for case in page],
        "query": form.query,
        "authorities": assigning_authorities(viewer),
        "officers": colleagues(one.pk for one in assigning_authorities(viewer)),
    }
    return render(request, "cases/queue.html", context)


def _cases(viewer: Viewer, form: QueueForm) -> QuerySet[Case]:
    return queue_of(asker_of(viewer), form.wanted)


def _joined(cases: QuerySet[Case], viewer: Viewer) -> QuerySet[Case]:
    return with_handlers(with_turns(cases), viewer)


@rule(Permission.QUEUE_READ)
@require_GET
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """The same cases as a file, at most `EXPORTED_MAX`; more are refused, not cut off silently."""
    viewer = viewer_of(request.user)  # type: ignore[arg-type]
    form = QueueForm(request.GET, viewer)
    if kind not in {"csv", "xlsx"}:
        raise Http404
    if not form.is_valid():
        return redirect(f"{reverse('cases:queue')}?{request.GET.urlencode()}")
    cases = _cases(viewer, form)
    if cases.count() > EXPORTED_MAX:
        messages.error(
            request,
            _("A file takes at most %(n)d cases: narrow the filters first.") % {"n": EXPORTED_MAX},
        )
        return redirect(f"{reverse('cases:queue')}?{form.query}")
    header = [
        _("Reference"),
        _("Number"),
        _("Title"),
        _("Lead institution"),
        _("Scheme"),
        _("Stage"),
        _("Whose turn"),
        _("Due"),
        _("Risk tier"),
        _("In charge"),
        _("Latest act"),
    ]
    rows = _rows(_joined(cases, viewer).select_related("scheme"), viewer)
    name = f"cases-{timezone.localdate()}"
    if kind == "csv":
        return csv_response(name, header, rows)
    return xlsx_response(name, [(_("Queue"), header, rows)])


def _rows(cases: Any, viewer: Viewer) -> Iterator[list[Cell]]:
    for case in cases.iterator(chunk_size=500):
        line = case_line(case, viewer)
        yield [
            case.reference,
            case.number or "",
            case.title,
            str(case.lead),
            str(case.scheme),
            localized(line.outcome or line.stage),
            line.turn.who,
            line.turn.due.isoformat() if line.turn.due else "",
            _tier_name(line),
            line.handler,
            timezone.localtime(case.changed_at).strftime("%Y-%m-%d %H:%M"),
        ]


def _tier_name(line: CaseLine) -> str:
    tiers = line.case.rulebook.tiers
    if tiers is None or not line.case.tier:
        return ""
    return next((localized(one.name) for one in tiers.levels if one.id == line.case.tier), "")


@rule(Permission.QUEUE_READ)
@require_POST
def assign(request: HttpRequest) -> HttpResponse:
    """Put an officer in charge of the ticked cases; a refusal changes none of them."""
    viewer = viewer_of(request.user)  # type: ignore[arg-type]
    ticked = request.POST.getlist("case")
    cases = list(Case.objects.visible_to(viewer.person).filter(reference__in=ticked))
    if len(cases) != len(set(ticked)):
        raise Http404
    authority = _chosen_authority(request, viewer)
    try:
        changed = domain.assign_cases(
            cases=cases,
            authority=authority,
            officer=_chosen_officer(request, authority),
            reason=request.POST.get("reason", ""),
            by=viewer.person,
        )
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request,
            ngettext("%(n)d case changed hands.", "%(n)d cases changed hands.", changed)
            % {"n": changed},
        )
    return _back(request)


def _chosen_authority(request: HttpRequest, viewer: Viewer) -> Authority:
    """The only one, or the one named among several. Raises Http404."""
    offered = assigning_authorities(viewer)
    named = request.POST.get("authority", "")
    for one in offered:
        if str(one.pk) == named or (not named and len(offered) == 1):
            return one
    raise Http404


def _chosen_officer(request: HttpRequest, authority: Authority) -> Person | None:
    """None: nobody is to be in charge. Raises Http404 for whom the page did not offer."""
    named = request.POST.get("officer", "")
    if named == "nobody":
        return None
    for one in colleagues([authority.pk]):
        if str(one.pk) == named:
            return one
    raise Http404


@rule(Permission.QUEUE_READ)
@require_POST
def save_view(request: HttpRequest) -> HttpResponse:
    """Keep the filters of the address under a name, or delete a view of one's own."""
    person: Any = request.user
    number = request.POST.get("forget", "")
    if number.isascii() and number.isdigit():
        domain.forget_view(person=person, number=int(number[:18]))
        return _back(request)
    try:
        domain.save_view(person=person, name=request.POST.get("name", ""), query=_query(request))
    except DomainError as error:
        messages.error(request, str(error))
    return _back(request)


def _query(request: HttpRequest) -> str:
    """The filters in the hidden field, cleaned: nothing else gets into an address."""
    viewer = viewer_of(request.user)  # type: ignore[arg-type]
    given = QueryDict(request.POST.get("query", "")[:2000])
    form = QueueForm(given, viewer)
    form.full_clean()
    return urlencode(form.wanted)


def _back(request: HttpRequest) -> HttpResponse:
    query = _query(request)
    return redirect(f"{reverse('cases:queue')}{'?' if query else ''}{query}")
