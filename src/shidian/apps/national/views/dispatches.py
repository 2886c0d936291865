"""Dispatches: a list for either side, a page each, and a page for each of its figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from shidian.apps.accounts.access import Permission, allows, rule
from shidian.apps.accounts.models import OfficerRole
from shidian.apps.accounts.roles import roles_of
from shidian.apps.cases.models import Case, Scheme
from shidian.apps.cases.rules import DECIDING
from shidian.apps.national import figures
from shidian.apps.national.answer_clock import answer_clock
from shidian.apps.national.bodies import newest_versions, rules_of
from shidian.apps.national.models import Dispatch, DispatchState, DispatchStepKind
from shidian.apps.national.models.dispatch import KINDS
from shidian.apps.national.owed import owed_reports
from shidian.apps.national.querysets import deciding_parts
from shidian.apps.national.views.forms import AnswerForm, ReasonForm, rule_in
from shidian.apps.national.views.loaders import dispatch_by_reference
from shidian.apps.supervision.views.asker import asker
from shidian.core.rulebook.model import DispatchKind

if TYPE_CHECKING:
    from django import forms
    from django.http import HttpRequest, HttpResponse

    from shidian.apps.accounts.models import Person
    from shidian.apps.national.owed import OwedReport
    from shidian.core.rulebook.model import DispatchRule

PAGE = 30
DONE = "done"
OPEN_STATES = (
    DispatchState.DRAFT,
    DispatchState.SENT,
    DispatchState.RECEIVED,
    DispatchState.RETURNED,
)


@dataclass(frozen=True, slots=True)
class Beginning:
    """What the officers of a scheme may begin. `owed`: its periodic reports that are to be sent."""

    scheme: Scheme
    rules: tuple[DispatchRule, ...]
    owed: list[OwedReport]


@rule(Permission.DISPATCH_LIST)
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """What is under way, the most pressing first; `?show=done` the rest; `?kind=`, `?scheme=`."""
    person = asker(request)
    show = DONE if request.GET.get("show") == DONE else ""
    kind = request.GET.get("kind", "")
    kind = kind if kind in {value for value, _label in KINDS} else ""
    rows = Dispatch.objects.visible_to(person)
    shown = rows.exclude(state__in=OPEN_STATES) if show else rows.filter(state__in=OPEN_STATES)
    if show:
        shown = shown.order_by("-drafted_at", "-pk")
    if kind:
        shown = shown.filter(kind=kind)
    if scheme := request.GET.get("scheme", ""):
        shown = shown.filter(scheme__slug=scheme)
    shown = shown.select_related("scheme", "sender", "receiver").defer("text", "figures")
    context = {
        "page": Paginator(shown, PAGE).get_page(request.GET.get("page")),
        "show": show,
        "kind": kind,
        "kinds": KINDS,
        "scheme": scheme,
        "today": timezone.localdate(),
        "beginnings": beginnings(person),
        "crumbs": [(_("My desk"), reverse("cases:desk")), (_("Dispatches"), None)],
    }
    return render(request, "national/dispatches.html", context)


def beginnings(person: Person) -> list[Beginning]:
    """Of each scheme in which they are a case officer: what may be begun, and what is owed."""
    held = roles_of(person).authorities(OfficerRole.CASE)
    if not held:
        return []
    schemes = Scheme.objects.filter(parts__authority__in=held, parts__role__in=DECIDING).distinct()
    known = {one.pk: one for one in schemes}
    owed = owed_reports(list(known.values()), timezone.now())
    return [
        Beginning(known[pk], rules, [one for one in owed if one.scheme.pk == pk])
        for pk, version in newest_versions(known).items()
        if (rules := rules_of(version).dispatches)
    ]


@rule(Permission.DISPATCH_READ, obj=dispatch_by_reference)
@require_safe
def page(request: HttpRequest, found: Dispatch, **_url: object) -> HttpResponse:
    """What is sent, to whom, how it stands, and what the reader may do."""
    return render_page(request, found)


def render_page(
    request: HttpRequest, found: Dispatch, wrong: tuple[str, forms.Form] | None = None
) -> HttpResponse:
    """The page; `wrong`: the act whose form was refused, and that form."""
    person = asker(request)
    versions = list(found.versions.select_related("drafted_by", "sent_by"))
    newest = versions[-1] if versions else None
    is_own = is_of_the_sender(person, found)
    shows_draft = is_own and (found.is_draft or newest is None)
    if newest is None and not shows_draft:
        raise Http404
    content = _draft(found) if shows_draft or newest is None else newest.content
    steps = list(found.steps.select_related("by", "authority", "version"))
    rule_ = rule_in(found.rulebook_version, found)
    context: dict[str, Any] = {
        "dispatch": found,
        "rule": rule_,
        "content": content | {name: _day(content[name]) for name in ("first", "last")},
        "cases": Case.objects.visible_to(person)
        .filter(scheme=found.scheme, reference__in=content["cases"])
        .select_related("lead"),
        "draft": shows_draft,
        "versions": versions,
        "newest": newest,
        "number": 0 if shows_draft or newest is None else newest.number,
        "steps": [one for one in steps if is_own or one.kind != DispatchStepKind.DRAFTED],
        "clock": answer_clock(found, rule_, newest, steps),
        "today": timezone.localdate(),
        "wrong": wrong[1] if wrong else None,
        "crumbs": [
            (_("My desk"), reverse("cases:desk")),
            (_("Dispatches"), reverse("national:dispatches")),
            (found.reference, None),
        ],
        **_acts(request, found, newest.number if newest else 0, wrong),
    }
    return render(request, "national/dispatch.html", context, status=422 if wrong else 200)


def _day(said: str) -> date | None:
    return date.fromisoformat(said) if said else None


def is_of_the_sender(person: Person, found: Dispatch) -> bool:
    """Whether they see its drafts: officers of its working group, and auditors."""
    if roles_of(person).is_auditor:
        return True
    return deciding_parts(person).filter(scheme=found.scheme_id).exists()


def _draft(found: Dispatch) -> dict[str, Any]:
    named = found.kind != DispatchKind.PERIODIC
    cases = found.cases.values_list("reference", flat=True) if named else ()
    return {
        "subject": found.subject,
        "text": found.text,
        "figures": found.figures,
        "first": str(found.first or ""),
        "last": str(found.last or ""),
        "cases": list(cases),
    }


def _acts(
    request: HttpRequest, found: Dispatch, number: int, wrong: tuple[str, forms.Form] | None
) -> dict[str, Any]:
    """Which acts the reader has, with their forms."""
    given = dict([wrong]) if wrong else {}
    may = {name: allows(request.user, permission, found) for name, permission in _MAY.items()}
    answers = may["answer"] and found.is_waiting
    known = {"version": number}
    return {
        "may_edit": may["draft"] and found.is_draft,
        "may_send": may["send"] and found.is_draft and found.drafted_by_id != request.user.pk,
        "drafted_it": may["send"] and found.is_draft and found.drafted_by_id == request.user.pk,
        "may_receive": answers and found.state == DispatchState.SENT,
        "answer_form": given.get("answer", AnswerForm(kind=found.kind, initial=known))
        if answers
        else None,
        "return_form": given.get("return", ReasonForm(initial=known, auto_id="return_%s"))
        if answers
        else None,
        "withdraw_form": given.get("withdraw", ReasonForm(auto_id="withdraw_%s"))
        if may["send"] and (found.is_draft or found.is_waiting)
        else None,
        "opened": wrong[0] if wrong else "",
    }


_MAY = {
    "draft": Permission.DISPATCH_DRAFT,
    "send": Permission.DISPATCH_SEND,
    "answer": Permission.DISPATCH_ANSWER,
}


@rule(Permission.DISPATCH_READ, obj=dispatch_by_reference)
@require_safe
def figure(
    request: HttpRequest, found: Dispatch, *, number: int, figure: str, **_url: object
) -> HttpResponse:
    """What a figure counts, looked for again now and held against what was kept.

    `number` 0 is the draft, for who may see it.
    """
    person = asker(request)
    version = found.versions.filter(number=number).first()
    if version is None and not (number == 0 and is_of_the_sender(person, found)):
        raise Http404
    content = version.content if version is not None else _draft(found)
    line = next((one for one in content["figures"] if one["key"] == figure), None)
    if line is None:
        raise Http404
    of = None
    if found.kind == DispatchKind.SPECIAL:
        named = Case.objects.filter(scheme=found.scheme, reference__in=content["cases"])
        of = list(named.values_list("pk", flat=True))
    zone = rules_of(found.rulebook_version).zone
    counted = figures.find_again(found.scheme, line, zone, of=of)
    seen = set(
        Case.objects.visible_to(person)
        .filter(pk__in={one.case for one in counted})
        .values_list("pk", flat=True)
    )
    context = {
        "dispatch": found,
        "number": number,
        "line": line,
        "first": _day(line["first"]),
        "last": _day(line["last"]),
        "until": datetime.fromisoformat(line["until"]),
        "now": len(counted),
        "same": figures.digest_of(counted) == line["sha256"],
        "listed": [
            (one.name, reverse(one.view, args=one.arguments)) for one in counted if one.case in seen
        ],
        "crumbs": [
            (_("Dispatches"), reverse("national:dispatches")),
            (found.reference, reverse("national:dispatch", args=[found.reference])),
            (_("Figure"), None),
        ],
    }
    return render(request, "national/figure.html", context)
