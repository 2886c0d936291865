"""What each reader is shown of a panel's sessions. The authorities all; others their own part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.accounts.models import Person
from shidian.apps.cases.models import Case, CaseEvent
from shidian.apps.cases.rules import is_of_the_parties
from shidian.apps.review.domain import item_of
from shidian.apps.review.models import Panel, SessionItem
from shidian.apps.review.rules import sits_on_its_panel
from shidian.apps.review.views.spread import counted_seats, spread_rows
from shidian.core.procedure.types import EventKind, SessionKind
from shidian.core.procedure.voting import Choice

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from shidian.core.procedure.types import CaseState


def sessions_of(case: Case, state: CaseState, reader: Person) -> list[dict[str, Any]]:
    """The sessions of the newest round that stand, the defence first; none that is not theirs."""
    internal = allows(reader, Permission.CASE_READ_INTERNAL, case)
    sits = sits_on_its_panel(reader, case)
    found = []
    for kind in SessionKind:
        item = item_of(case, kind)
        if item is None:
            continue
        if not internal and not sits and kind is not SessionKind.DEFENCE:
            continue  # the parties come to a defence alone
        shown: dict[str, Any] = {"item": item, "call": item.session.call, "kind": kind}
        if kind is SessionKind.DEFENCE:
            shown |= _defence(case, item, reader, internal=internal)
        else:
            shown |= _meeting(case, item, reader, internal=internal)
        if internal:
            shown |= _kept(item, state)
        found.append(shown)
    return found


def _defence(case: Case, item: SessionItem, reader: Person, *, internal: bool) -> dict[str, Any]:
    """Who presents; to the parties also who sits, where the rulebook has them know."""
    panel = case.rulebook.stage(case.stage).panel
    rule = panel.defence if panel else None
    told = rule is not None and rule.panel_names == "shown" and is_of_the_parties(reader, case)
    names = _called(item.panel) if internal or told else []
    return {
        "presenters": item.presenters,
        "called": names,
        "names_hidden": not names and is_of_the_parties(reader, case),
        "may_name": allows(reader, Permission.PRESENTERS_NAME, case)
        and item.panel.closed_id is None,
    }


def _meeting(case: Case, item: SessionItem, reader: Person, *, internal: bool) -> dict[str, Any]:
    """The agenda, without a case that is not the reader's; for the authorities with the scores."""
    panels = Panel.objects.filter(sessions__session=item.session_id).select_related(
        "case__rulebook_version", "case__lead"
    )
    seen = Case.objects.visible_to(reader)
    if not internal:
        own = _sat_on(reader)
        return {"agenda": [{"panel": one} for one in panels if one.case_id in own]}
    panels = panels.filter(case__in=seen).prefetch_related(
        "assignments__expert__person", "assignments__declarations", "assignments__reviews"
    )
    agenda = []
    for one in panels:
        closed = one.closed_id is not None
        seats = counted_seats(one) if closed else {}
        agenda.append({"panel": one, "spread": spread_rows(one.case, seats) if closed else []})
    return {
        "agenda": agenda,
        "called": _called(item.panel),
        "votes": votes_of(case, item.panel),
    }


def _sat_on(reader: Person) -> set[int]:
    """Ids of the cases on whose panels the reader sits and has no conflict."""
    from shidian.apps.review.models import Assignment

    rows = Assignment.objects.of_expert(reader).filter(declarations__conflict=False)
    return set(rows.values_list("panel__case", flat=True))


def _kept(item: SessionItem, state: CaseState) -> dict[str, Any]:
    """The versions of the minutes, the newest first, with who was there by name."""
    del state
    rows = list(item.minutes_kept.select_related("kept__person").order_by("-version"))
    keys = {int(key) for one in rows for key in one.present}
    people = Person.objects.in_bulk(keys)
    return {
        "minutes": [
            {"row": one, "present": [str(people[int(key)]) for key in one.present]} for one in rows
        ]
    }


def _called(panel: Panel) -> list[dict[str, Any]]:
    """Who is called: everyone on the panel without a conflict; whether they have declared."""
    seats = panel.assignments.select_related("expert__person").prefetch_related("declarations")
    found = []
    for one in seats:
        declared = [row.conflict for row in one.declarations.all()]
        if not any(declared):
            found.append({"person": str(one.expert.person), "declared": bool(declared)})
    return found


def votes_of(case: Case, panel: Panel) -> list[dict[str, Any]]:
    """The panel's votes on the case, the newest first: the count, each ballot, who dissents."""
    rows: QuerySet[CaseEvent] = case.events.filter(
        kind=EventKind.VOTE_RECORDED, data__round=panel.round
    ).select_related("person")
    events = list(rows.order_by("-seq"))
    keys = {int(key) for one in events for key in one.data["ballots"]}
    people = Person.objects.in_bulk(keys)
    conflicted = {
        str(one.expert.person_id)
        for one in panel.assignments.select_related("expert").filter(declarations__conflict=True)
    }
    return [_vote(one, people, conflicted, newest=not n) for n, one in enumerate(events)]


def _vote(
    event: CaseEvent, people: dict[int, Person], conflicted: set[str], *, newest: bool
) -> dict[str, Any]:
    data = event.data
    winning = Choice.FOR if data["carried"] else Choice.AGAINST
    ballots = [
        {
            "person": str(people[int(key)]),
            "choice": Choice(one["choice"]),
            "reason": one.get("reason", ""),
            "dissents": Choice(one["choice"]) not in (winning, Choice.ABSTAIN),
            "chair": key == data["chair"],
        }
        for key, one in data["ballots"].items()
    ]
    voided = any(key in conflicted for key in data["ballots"])
    return {"event": event, "ballots": ballots, "counts": newest and not voided, "voided": voided}
