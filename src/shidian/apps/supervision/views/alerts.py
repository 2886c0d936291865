"""Alerts: the queue with what each rule came to, and an alert's page with what is done about it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from shidian.apps.accounts.access import Permission, allows, rule
from shidian.apps.cases.words import localized
from shidian.apps.supervision.alert_queries import (
    FIGURES_DAYS,
    assignees_of,
    figures_of_rules,
    officers_for,
    queue_of,
    watched_episodes,
)
from shidian.apps.supervision.board import schemes_on_board
from shidian.apps.supervision.domain import alerts as verbs
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.events_behind import behind
from shidian.apps.supervision.explanations import laid_out
from shidian.apps.supervision.models import AlertEpisode, AlertItem, Complaint
from shidian.apps.supervision.orders import visible_orders
from shidian.apps.supervision.queries import ShownEpisode, shown_episodes
from shidian.apps.supervision.report_lines import NoFiguresError
from shidian.apps.supervision.rule_words import escalation_of, governing
from shidian.apps.supervision.views.alert_forms import (
    AssignForm,
    LinkForm,
    MuteForm,
    NoteForm,
    QueueForm,
)
from shidian.apps.supervision.views.asker import asker
from shidian.apps.supervision.views.loaders import case_of_pilot, episode_of
from shidian.apps.supervision.views.pilots import may_propose

if TYPE_CHECKING:
    from collections.abc import Callable

    from django import forms

    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.models import Case

PAGE_ALERTS = 50
_NUMBER = re.compile(r"[0-9]{1,18}")
ITEMS_MAX = 100
"""Items of an episode that its page lists, the newest; the record has them all."""
LINKS_MAX = 50


@rule(Permission.BOARD_READ)
def listing(request: HttpRequest) -> HttpResponse:
    """The queue, narrowed as the address says, and what each rule's alerts came to."""
    person = asker(request)
    episodes = watched_episodes(person)
    form = QueueForm(
        request.GET,
        schemes=schemes_on_board(person),
        officers=assignees_of(episodes),
        me=person,
    )
    if not form.is_valid():
        return render(request, "supervision/alerts.html", {"form": form}, status=422)
    wanted = form.wanted
    page = Paginator(queue_of(episodes, wanted), PAGE_ALERTS).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "query": form.query,
        "page": page,
        "shown": shown_episodes(page.object_list),  # type: ignore[arg-type]
        "figures": figures_of_rules(episodes, wanted),
        "days": wanted.days or FIGURES_DAYS,
        "wanted": wanted,
    }
    return render(request, "supervision/alerts.html", context)


@rule(Permission.PILOT_READ, obj=case_of_pilot)
def page(request: HttpRequest, case: Case, public_id: str, episode: str) -> HttpResponse:
    """One alert: its frozen explanation, how it became known, the rules; what was done about it.

    The last is the authorities' own and not shown to the pilot's institution.
    """
    del public_id
    return _page(request, case, _episode(case, episode))


def _episode(case: Case, episode: str) -> AlertEpisode:
    try:
        return episode_of(case, episode)
    except AlertEpisode.DoesNotExist:
        raise Http404 from None


def _page(
    request: HttpRequest,
    case: Case,
    episode: AlertEpisode,
    wrong: tuple[str, forms.Form] | None = None,
) -> HttpResponse:
    is_internal = allows(request.user, Permission.CASE_READ_INTERNAL, case)
    may_supervise = allows(request.user, Permission.PILOT_SUPERVISE, case)
    (shown,) = shown_episodes(AlertEpisode.objects.filter(pk=episode.pk), is_internal=is_internal)
    items = AlertItem.objects.filter(episode=episode.episode).order_by("-seq")[:ITEMS_MAX]
    orders = visible_orders(request.user).filter(pilot=episode.pilot, episode=episode.episode)
    context = {
        "case": case,
        "pilot": episode.pilot,
        "shown": shown,
        "why": laid_out(episode.explanation),
        "items": list(items),
        "governing": governing(case, episode.rule),
        "rulebook": case.rulebook,
        "orders": orders,
        "internal": is_internal,
        "may_supervise": may_supervise,
        "may_propose": may_propose(request.user, episode.pilot),
        "escalation": escalation_of(case, episode) if is_internal else None,
        "acts": _acts(case, shown, wrong) if may_supervise else (),
        "wrong": wrong[1] if wrong else None,
    }
    return render(request, "supervision/alert.html", context, status=422 if wrong else 200)


@dataclass(frozen=True, slots=True)
class Act:
    """Something that may be done about the alert now."""

    word: str
    title: str
    button: str
    form: forms.Form
    is_open: bool = False


def _acts(case: Case, shown: ShownEpisode, wrong: tuple[str, forms.Form] | None) -> list[Act]:
    """What may be done now, each with its form; the one that was refused keeps what was typed."""
    offered = [
        ("acknowledge", _("Acknowledge"), _("Acknowledge"), shown.unseen),
        ("assign", _("Give it to an officer"), _("Assign"), True),
        ("note", _("Note something for the file"), _("Note it"), True),
        ("link", _("Link it"), _("Link it"), True),
        (
            *("false-positive", _("Mark as a false positive"), _("Mark as a false positive")),
            not shown.episode.false_positive,
        ),
        (
            *("stands", _("No false positive after all"), _("Take the mark back")),
            shown.episode.false_positive,
        ),
        ("mute", _("Mute"), _("Mute"), shown.episode.state == "open" and not shown.muted),
        ("unmute", _("End the mute"), _("End the mute"), shown.muted),
    ]
    found = []
    for word, title, button, is_offered in offered:
        is_wrong = wrong is not None and wrong[0] == word
        if not (is_offered or is_wrong):
            continue
        form = wrong[1] if wrong is not None and is_wrong else _form(word, case, shown.episode)
        if word == "link" and not form.fields["link"].choices:  # type: ignore[attr-defined]
            continue
        found.append(Act(word, title, button, form, is_wrong))
    return found


def _form(word: str, case: Case, episode: AlertEpisode, data: Any = None) -> forms.Form:
    given = () if data is None else (data,)
    match word:
        case "assign":
            return AssignForm(
                *given,
                officers=officers_for(case),
                needed=False,
                hint=_("This says who is expected to act. It gives nobody a right."),
            )
        case "link":
            complaints = Complaint.objects.filter(pilot=episode.pilot_id).order_by("-pk")
            orders = episode.pilot.orders.order_by("-pk")
            incidents = episode.pilot.incidents.order_by("-number")
            return LinkForm(
                *given,
                orders=orders[:LINKS_MAX],
                complaints=complaints[:LINKS_MAX],
                incidents=incidents[:LINKS_MAX],
            )
        case "mute":
            return MuteForm(
                *given,
                label=_("Reason"),
                hint=_(
                    "It leaves the lists of what is open now, and stays on the pilot's page, in the"
                    " record and in every count. If it rises, it is heard again."
                ),
            )
        case "false-positive" | "stands":
            hints = {
                "false-positive": _(
                    "The rule fired though nothing was wrong. It is counted for the rule, and the"
                    " alert stays in the record."
                )
            }
            return NoteForm(*given, label=_("Reason"), hint=hints.get(word, ""))
        case "acknowledge":
            hint = _("Says that you have seen it. It changes nothing about the alert.")
            return NoteForm(*given, needed=False, hint=hint)
        case _:
            return NoteForm(*given, needed=word == "note")


@rule(Permission.CASE_READ_INTERNAL, obj=case_of_pilot)
def events(request: HttpRequest, case: Case, public_id: str, episode: str) -> HttpResponse:
    """The events that an alert's frozen window counts, read from the journal; its newest item's,

    or those of the item that is named. The authorities' own: they are the pilot's raw data.
    """
    del public_id
    found = _episode(case, episode)
    pilot = found.pilot
    pilot.case = case
    items = AlertItem.objects.filter(episode=episode).order_by("-seq")
    asked = request.GET.get("item", "")
    item = items.filter(seq=int(asked)).first() if _NUMBER.fullmatch(asked) else items.first()
    if item is None:
        raise Http404
    context: dict[str, Any] = {"case": case, "pilot": pilot, "episode": found, "item": item}
    try:
        context["parts"] = behind(pilot, item)
    except NoFiguresError as refusal:
        context["refused"] = localized(refusal.words)
    return render(request, "supervision/alert_events.html", context)


@require_POST
@rule(Permission.PILOT_SUPERVISE, obj=case_of_pilot)
def act(request: HttpRequest, case: Case, public_id: str, episode: str, act: str) -> HttpResponse:
    """Do something about an alert, at the level that the page showed."""
    found = _episode(case, episode)
    do = _VERBS.get(act)
    if do is None:
        raise Http404
    form = _form(act, case, found, request.POST)
    level = request.POST.get("level", "")
    if not form.is_valid():
        return _page(request, case, found, (act, form))
    try:
        do(found, form, level, asker(request))
    except SupervisionError as refusal:
        field = refusal.field if refusal.field in form.fields else None
        form.add_error(field, str(refusal))
        return _page(request, case, found, (act, form))
    messages.success(request, _("Done: it is noted with your name and the time."))
    if request.POST.get("next") == "pilot":
        return redirect("supervision:pilot", public_id=public_id)
    return redirect("supervision:alert", public_id=public_id, episode=episode)


def _words(form: forms.Form) -> str:
    return str(form.cleaned_data["text"])


def _link(episode: AlertEpisode, form: forms.Form, _level: str, by: Person) -> Any:
    kind, _colon, name = form.cleaned_data["link"].partition(":")
    return verbs.link_alert(episode=episode, kind=kind, name=name, by=by)


def _mute(episode: AlertEpisode, form: Any, level: str, by: Person) -> Any:
    return verbs.mute_alert(
        episode=episode, level=level, until=form.until, reason=_words(form), by=by
    )


def _assign(episode: AlertEpisode, form: Any, _level: str, by: Person) -> Any:
    return verbs.assign_alert(episode=episode, to=form.person, note=_words(form), by=by)


_VERBS: dict[str, Callable[[AlertEpisode, Any, str, Person], Any]] = {
    "acknowledge": lambda episode, form, level, by: verbs.acknowledge_alert(
        episode=episode, level=level, by=by, note=_words(form)
    ),
    "assign": _assign,
    "note": lambda episode, form, _level, by: verbs.note_on_alert(
        episode=episode, text=_words(form), by=by
    ),
    "false-positive": lambda episode, form, level, by: verbs.mark_false_positive(
        episode=episode, level=level, reason=_words(form), by=by
    ),
    "stands": lambda episode, form, _level, by: verbs.let_alert_stand(
        episode=episode, reason=_words(form), by=by
    ),
    "link": _link,
    "mute": _mute,
    "unmute": lambda episode, form, _level, by: verbs.unmute_alert(
        episode=episode, note=_words(form), by=by
    ),
}
