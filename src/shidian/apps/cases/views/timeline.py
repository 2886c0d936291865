"""The timeline of a case for one reader: the same acts for all, less what is not theirs to see."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases.models import CaseEvent
from shidian.apps.cases.views.words import (
    event_words,
    name_of_stage,
    objection_words,
    outcome_name,
    outcome_text,
    position_word,
    reconsidered_words,
    session_words,
)
from shidian.apps.cases.words import localized
from shidian.core.procedure.types import ActorKind, EventKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shidian.apps.cases.models import Case
    from shidian.apps.cases.views.roles import Viewer

INTERNAL = frozenset(
    {
        EventKind.CHECKLIST_FILED,
        EventKind.POOL_COMMITTED,
        EventKind.ROUND_OPENED,
        EventKind.EXPERTS_INVITED,
        EventKind.CONFLICT_DECLARED,
        EventKind.REVIEW_FILED,
        EventKind.ROUND_CLOSED,
        EventKind.ROUND_EXTENDED,
        EventKind.ROUND_RECONSIDERED,
        EventKind.REVIEW_UPHELD,
        EventKind.ASSESSMENT_COMMISSIONED,
        EventKind.ASSESSMENT_FILED,
        EventKind.SIGNOFF_GIVEN,
        EventKind.CONSULTATION_OPENED,
        EventKind.OPINION_GIVEN,
        EventKind.RISK_GRADED,
        EventKind.DECISION_HELD,
        EventKind.DECISION_TAKEN_BACK,
        EventKind.MEETING_CALLED,
        EventKind.MINUTES_KEPT,
        EventKind.VOTE_RECORDED,
        EventKind.SHEET_ANSWERED,
    }
)
"""The authorities' own: others see that the stage goes on, not who said what."""


Supply = Callable[["Case", "Viewer"], "Iterable[dict[str, Any]]"]
_supplies: list[Supply] = []


def supply(entries: Supply) -> Supply:
    """Register who knows acts that are no events of the case: an app above, as supervision."""
    _supplies.append(entries)
    return entries


def timeline_of(case: Case, viewer: Viewer) -> list[dict[str, Any]]:
    """Groups of events by stage, oldest first, as `{% timeline %}` takes them. One query."""
    rows = CaseEvent.objects.filter(case=case).select_related("person", "institution")
    names = {part.local_id: str(part.authority) for part in case.scheme.parts.all()}
    internal = allows(viewer.person, Permission.CASE_READ_INTERNAL, case)
    groups: list[dict[str, Any]] = []
    early: list[dict[str, Any]] = []
    for row in rows.order_by("seq"):
        if not internal and row.kind in INTERNAL:
            continue
        entry = _entry(case, row, viewer, names)
        if row.kind == EventKind.STAGE_ENTERED:
            stage = name_of_stage(case, row.data["to"], viewer)
            groups.append({"stage": stage, "current": False, "events": [*early]})
            early.clear()
            if row.data.get("reason"):
                groups[-1]["events"].append(entry)
        elif groups:
            groups[-1]["events"].append(entry)
        else:
            early.append(entry)
    shown = [group for group in groups if group["events"]]
    for entries in _supplies:
        _put_in(shown, entries(case, viewer))
    if shown:
        shown[-1]["current"] = True
    return shown


def _put_in(groups: list[dict[str, Any]], entries: Iterable[dict[str, Any]]) -> None:
    """Each entry goes to the stage in which it happened, by its time."""
    for entry in entries:
        before = [group for group in groups if group["events"][0]["at"] <= entry["at"]]
        if before:
            before[-1]["events"] = sorted(
                [*before[-1]["events"], entry], key=lambda event: event["at"]
            )


def _entry(case: Case, row: CaseEvent, viewer: Viewer, names: dict[str, str]) -> dict[str, Any]:
    return {
        "what": event_words(row.kind),
        "who": _who(row, viewer, names),
        "at": row.at,
        "note": _note(case, row),
    }


def _who(row: CaseEvent, viewer: Viewer, names: dict[str, str]) -> str:
    """Persons by name for their own side; the other side sees the institution or authority."""
    kind = ActorKind(row.actor_kind)
    if kind is ActorKind.EXPERT and row.person is not None:
        return str(row.person) if viewer.is_of_the_authorities else _("an expert")
    if row.authority:
        office = names.get(row.authority, row.authority)
        seen = viewer.is_of_the_authorities and row.person is not None
        return f"{office} {row.person}" if seen else office
    if row.institution is not None:
        seen = not viewer.is_of_the_authorities and row.person is not None
        return f"{row.institution} {row.person}" if seen else str(row.institution)
    if kind is ActorKind.PUBLIC:
        return _("a member of the public")
    return str(row.person) if row.person is not None else _("by the rules, automatically")


_OF_SESSIONS = frozenset(
    {
        EventKind.DEFENCE_CALLED,
        EventKind.MEETING_CALLED,
        EventKind.MINUTES_KEPT,
        EventKind.VOTE_RECORDED,
        EventKind.SHEET_ANSWERED,
    }
)
_BY_REASON = frozenset(
    {
        EventKind.NOTICE_OPENED,
        EventKind.NOTICE_EXTENDED,
        EventKind.STAGE_ENTERED,
        EventKind.PILOT_EXTENDED,
        EventKind.REVIEW_UPHELD,
    }
)
"""Acts of which the timeline shows the reason alone."""


def _note(case: Case, row: CaseEvent) -> Any:  # noqa: C901, PLR0911, PLR0912 - one a kind
    data = row.data
    match EventKind(row.kind):
        case EventKind.REQUEST_OPENED:
            return data.get("question", "")
        case EventKind.REQUEST_ANSWERED:
            return data.get("answer", "")
        case kind if kind in _BY_REASON:
            return data.get("reason", "")
        case EventKind.CASE_CLOSED:
            return outcome_text(case, str(data.get("outcome", "")), str(data.get("reason", "")))
        case EventKind.SIGNOFF_GIVEN:
            word = _("consents") if data.get("consent") else _("refuses")
            if data.get("conditions"):
                word = _("consents under conditions")
            return _(": ").join(filter(None, [word, data.get("reason", "")]))
        case EventKind.CONSULTATION_OPENED | EventKind.OPINION_GIVEN:
            return _consultation_note(case, data)
        case EventKind.RISK_GRADED:
            return _risk_note(case, data)
        case EventKind.CLOCK_EXTENDED | EventKind.SILENCE_RECORDED:
            names = {one.id: localized(one.name) for one in case.rulebook.clocks}
            clock = str(data.get("clock", ""))
            return _(": ").join(
                filter(None, [names.get(clock, clock), str(data.get("reason", ""))])
            )
        case EventKind.MIGRATION_PROPOSED:
            return _("Version %(version)s: %(reason)s") % {
                "version": data.get("version", ""),
                "reason": data.get("reason", ""),
            }
        case EventKind.CASE_MIGRATED:
            old, new = (str(data.get(key, ""))[:23] for key in ("from_digest", "to_digest"))
            return f"{data.get('version', '')} · {old}… → {new}…"
        case EventKind.REPORT_FILED:
            titles = {one.id: one.title for one in case.rulebook.reports}
            return titles.get(str(data.get("report")), data.get("report", ""))
        case EventKind.STEP_COMPLETED:
            return _step_note(case, data)
        case EventKind.PAPER_NOTED | EventKind.PAPER_STRUCK:
            return _paper_note(case, data)
        case EventKind.DECISION_HELD | EventKind.DECISION_TAKEN_BACK:
            return _held_note(case, data)
        case EventKind.OBJECTION_FILED:
            return data.get("grounds", "")
        case EventKind.OBJECTION_DECIDED:
            return _(": ").join([objection_words(str(data["outcome"])), data.get("reason", "")])
        case EventKind.CASE_ADMITTED:
            return data.get("number") or ""
        case kind:
            return _review_note(kind, data)


def _paper_note(case: Case, data: dict[str, Any]) -> str:
    """Which document, and why its note was struck; nothing of a sensitive one: not all may know."""
    for one in case.rulebook.materials:
        if one.id == data["material"] and one.marking != "sensitive":
            return _(": ").join(filter(None, [localized(one.name), str(data.get("reason", ""))]))
    return ""


def _step_note(case: Case, data: dict[str, Any]) -> str:
    """Which step of the evaluation, on which day it was done, in words."""
    names = {one.id: localized(one.name) for stage in case.rulebook.stages for one in stage.steps}
    name = names.get(str(data["step"]), str(data["step"]))
    day = date_format(date.fromisoformat(str(data["on"])), "DATE_FORMAT")
    done = _("%(step)s, done on %(day)s") % {"step": name, "day": day}
    return _(": ").join([done, str(data["text"])])


def _risk_note(case: Case, data: dict[str, Any]) -> str:
    """The tier, from which one it was raised or lowered, what was proposed instead, and why."""
    levels = case.rulebook.tiers.levels if case.rulebook.tiers else ()
    names = {one.id: localized(one.name) for one in levels}
    order = {one.id: place for place, one in enumerate(levels)}
    tier, before, proposed = (data.get(key) for key in ("tier", "before", "proposed"))
    word = names.get(str(tier), str(tier))
    if before is not None and before != tier:
        raised = order.get(str(tier), 0) > order.get(str(before), 0)
        words = (
            _("raised from %(before)s to %(tier)s")
            if raised
            else _("lowered from %(before)s to %(tier)s")
        )
        word = words % {"before": names.get(str(before), before), "tier": word}
    if proposed is not None and proposed != tier:
        word = _("%(tier)s, where the rulebook proposes %(proposed)s") % {
            "tier": word,
            "proposed": names.get(str(proposed), proposed),
        }
    return _(": ").join(filter(None, [word, str(data.get("reason", ""))]))


def _review_note(kind: EventKind, data: dict[str, Any]) -> str:  # noqa: PLR0911 - one a kind
    """The same of panels, rounds and sessions; empty of other acts."""
    match kind:
        case EventKind.CONFLICT_DECLARED:
            return _("declares a conflict") if data.get("conflict") else _("declares no conflict")
        case EventKind.ROUND_CLOSED:
            return _("Weighted score %(score)s") % {"score": data.get("score_text", "")}
        case EventKind.ROUND_EXTENDED:
            return _("until %(day)s: %(reason)s") % {"day": data["ends"], "reason": data["reason"]}
        case EventKind.REVIEW_FILED if data.get("sha256"):
            return _("entered from paper")
        case EventKind.ROUND_RECONSIDERED:
            return reconsidered_words(data)
        case kind if kind in _OF_SESSIONS:
            return session_words(kind.value, data)
    return ""


def _held_note(case: Case, data: dict[str, Any]) -> str:
    """What was decided, for the authorities; or why it was taken back."""
    reason = str(data.get("reason", ""))
    if "to" not in data:
        return reason
    name = outcome_name(case, str(data.get("outcome", ""))) if data.get("outcome") else None
    word = localized(name) if name else _("admitted")
    return _(": ").join(filter(None, [word, reason]))


def _consultation_note(case: Case, data: dict[str, Any]) -> str:
    """On what, and, once it has spoken, what the authority says."""
    names = {one.id: localized(one.name) for one in case.rulebook.consultations}
    asked = str(data.get("consultation", ""))
    position = position_word(str(data["position"])) if "position" in data else ""
    words = [names.get(asked, asked), position, str(data.get("text") or data.get("reason") or "")]
    note = _(": ").join(filter(None, words))
    if "dated" not in data:
        return note
    letter = _("by letter %(number)s of %(day)s") % {
        "number": data.get("number", ""),
        "day": data["dated"],
    }
    return f"{note} ({' '.join(letter.split())})"
