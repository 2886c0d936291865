"""The case page: whose turn, what may be done, how it came here; per role."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from shidian.apps.accounts.access import Permission, allows, rule
from shidian.apps.cases.calendars import calendar_of
from shidian.apps.cases.history import state_of
from shidian.apps.cases.models import Task
from shidian.apps.cases.views import (  # noqa: F401 - each supplies its part of the page
    letters,
    objections,
)
from shidian.apps.cases.views.buttons import buttons_of
from shidian.apps.cases.views.loaders import case_by_reference
from shidian.apps.cases.views.matters import (
    consultation_rows,
    materials_due,
    risk_of,
    waiver_rows,
)
from shidian.apps.cases.views.notes import notes_part
from shidian.apps.cases.views.parties import party_rows
from shidian.apps.cases.views.parts import parts_of
from shidian.apps.cases.views.roles import is_party, viewer_of
from shidian.apps.cases.views.run_forms import GRADES
from shidian.apps.cases.views.threshold_fields import waits_of
from shidian.apps.cases.views.timeline import timeline_of
from shidian.apps.cases.views.turn import turn_of
from shidian.apps.cases.views.words import outcome_name, outcome_text, stage_name, wanting_names
from shidian.apps.cases.words import localized
from shidian.core.procedure.calendars import CalendarMissingError
from shidian.core.procedure.consents import signers, signoff_rule
from shidian.core.procedure.moves import is_ahead
from shidian.core.procedure.types import ClockState, Judgement
from shidian.core.rulebook.proportion import NUMBERS
from shidian.core.rulebook.reading.plan_words import in_words

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from shidian.apps.cases.models import Attachment, Case
    from shidian.apps.cases.views.roles import Viewer
    from shidian.apps.cases.views.turn import Turn
    from shidian.core.procedure.types import CaseState, Request
    from shidian.core.rulebook.model import Stage, Text


@rule(Permission.CASE_READ, obj=case_by_reference)
def case(request: HttpRequest, case: Case, **_url: object) -> HttpResponse:
    """Everything about one case that this person may see."""
    viewer = viewer_of(request.user)  # type: ignore[arg-type]  # a Person: the rule saw to it
    state = state_of(case)
    tasks = list(
        Task.objects.filter(case=case, closed_at__isnull=True).select_related(
            "authority", "institution", "case"
        )
    )
    party = viewer.is_of_the_authorities or is_party(case, viewer)
    context: dict[str, Any] = {
        "case": case,
        "state": state,
        "viewer": viewer,
        "party": party,
        "stage": stage_name(case, viewer),
        "turn": _with_days(case, turn_of(case, tasks, viewer, ended=_ended(case, state))),
        "buttons": buttons_of(case, state, viewer),
        "clocks": _clocks(state),
        "timeline": timeline_of(case, viewer),
        "facts": _facts(case),
        "requests": _requests(case, state) if party else (),
        "parties": party_rows(case, state, viewer) if party else [],
        "signoffs": _signoffs(case, state, viewer),
        "agreement": _agreement(case),
        "consultations": consultation_rows(case, state, viewer),
        "waivers": waiver_rows(case, state),
        "never": case.rulebook.waivers.never if case.rulebook.waivers else (),
        "risk": risk_of(case, state, viewer),
        "waits": waits_of(case, state, _ahead(case, state)) if viewer.is_of_the_authorities else [],
        "materials_due": materials_due(case, state, viewer) if party else [],
        "promises": _promises(state) if party else [],
        "evaluation": _evaluation(case, state) if party else [],
        "plan": _plan(case, state),
        "reports": _reports(case) if party else [],
        "parts": parts_of(case, state, viewer),
        "internal": notes_part(case, viewer),
        "crumbs": [(_("My desk"), reverse("cases:desk")), (case.reference, None)],
    }
    return render(request, "cases/case.html", context)


def _requests(case: Case, state: CaseState) -> list[tuple[Request, list[Text]]]:
    """Each request for information, with the names of what it concerns."""
    names = wanting_names(case.rulebook) if any(one.about for one in state.requests) else {}
    return [(one, [names[key] for key in one.about if key in names]) for one in state.requests]


def _reports(case: Case) -> list[tuple[Any, Attachment]]:
    """What was reported in the run, newest first: title and document."""
    titles = {one.id: one.title for one in case.rulebook.reports}
    filed = case.attachments.filter(section="").order_by("-pk")
    return [(titles.get(one.question, one.question), one) for one in filed]


def _with_days(case: Case, turn: Turn) -> Turn:
    """How many working days have gone by, where the calendar knows them."""
    if turn.since is None:
        return turn
    try:
        days = calendar_of(case.rulebook).count(turn.since, timezone.localdate())
    except CalendarMissingError:
        return turn
    return replace(turn, days=days if days > 0 else None)


def _ended(case: Case, state: CaseState) -> str:
    name = outcome_name(case)
    if name is None or not state.is_closed:
        return ""
    line = outcome_text(case, case.outcome, "")
    text = line if isinstance(line, str) else localized(line)
    return _("The case is closed: %(outcome)s.") % {"outcome": text}


def _clocks(state: CaseState) -> list[Any]:
    order = {ClockState.STOPPED: 1}
    return sorted(state.clocks, key=lambda clock: order.get(clock.state, 0))


def _facts(case: Case) -> list[tuple[str, Any]]:
    partners = _(", ").join(str(party.institution) for party in case.parties.all())
    return [
        (_("Lead institution"), str(case.lead)),
        (_("Partner institutions"), partners),
        (_("Institution code"), case.lead.code),
        (_("Scheme"), str(case.scheme)),
        (_("Call"), str(case.call)),
        (_("Number"), case.number or ""),
        (_("Rulebook version"), case.rulebook_version.version),
    ]


def _signoffs(case: Case, state: CaseState, viewer: Viewer) -> list[dict[str, Any]]:
    """Each authority that may sign, with its word; the reason is the authorities' own."""
    rule = signoff_rule(case.rulebook, state.stage)
    wanted = signers(case.rulebook, case.stage_rule) or tuple(state.signoffs)
    own = allows(viewer.person, Permission.CASE_READ_INTERNAL, case)
    if not own and case.stage_rule.release != "at-once":
        return []  # who consented is a result; results are not told one by one here
    rows = []
    for authority in wanted:
        given = state.signoffs.get(authority)
        last = rule is not None and rule.lead == authority
        rows.append(
            {
                "authority": case.rulebook.authority(authority).name,
                "word": _word(given.consent) if given else _("not yet signed"),
                "kind": "" if given is None else "done" if given.consent else "critical",
                "reason": given.reason if given and own else "",
                "last": last,
            }
        )
    return rows


def _agreement(case: Case) -> str:
    """How many must consent, where that is not everyone who may sign."""
    rule = signoff_rule(case.rulebook, case.stage)
    if rule is None or rule.k is None or not rule.of:
        return ""
    names = _(", ").join(localized(case.rulebook.authority(one).name) for one in rule.of)
    return ngettext(
        "The consent of %(k)d of these is needed: %(names)s.",
        "The consent of %(k)d of these is needed: %(names)s.",
        rule.k,
    ) % {"k": rule.k, "names": names}


def _ahead(case: Case, state: CaseState) -> list[Stage]:
    stage = case.stage_rule
    found = [case.rulebook.stage(one) for one in stage.next]
    return [one for one in found if not state.is_closed and is_ahead(case.rulebook, stage, one)]


def _word(consent: bool) -> str:
    return _("consents") if consent else _("refuses")


def _promises(state: CaseState) -> list[dict[str, Any]]:
    words = {
        Judgement.KEPT: (_("Kept"), "done"),
        Judgement.PARTLY: (_("Partly kept"), "warning"),
        Judgement.BROKEN: (_("Broken"), "critical"),
    }
    rows = []
    for promise in state.promises:
        judged = state.judgements.get(promise.id)
        word, kind = words[judged.judgement] if judged else ("", "")
        rows.append(
            {
                "text": promise.text,
                "word": word,
                "kind": kind,
                "evidence": judged.evidence if judged else "",
            }
        )
    return rows


def _evaluation(case: Case, state: CaseState) -> list[tuple[Any, str, str]]:
    names = {area.id: area.name for stage in case.rulebook.stages for area in stage.dimensions}
    words = {grade: str(word) for grade, word in GRADES}
    return [
        (names[area], words[graded.grade], graded.text)
        for area, graded in state.evaluation.items()
        if area in names
    ]


def _plan(case: Case, state: CaseState) -> list[tuple[Any, str, Any]]:
    """Agreed values of the plan: title, value, unit; what is no number in words, without one."""
    return [
        (parameter.title, state.plan[parameter.id], parameter.unit)
        if parameter.type in NUMBERS
        else (parameter.title, localized(in_words(parameter, state.plan[parameter.id])), None)
        for parameter in case.rulebook.plan
        if parameter.id in state.plan
    ]
