"""Access rows that follow from events: who sees the case from now on, and who no longer does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import F

from shidian.apps.cases.indexing import index_case
from shidian.apps.cases.marks import MARKED, Before, marks_of
from shidian.apps.cases.models import AccessEffect, AccessRow, Case, CaseEvent, CaseMark
from shidian.core.procedure.types import EventKind
from shidian.core.rulebook.model import AuthorityRole, StageKind

Reaction = Callable[[Case, CaseEvent], None]
_reactions: dict[EventKind, list[Reaction]] = {}


def reacts(kind: EventKind) -> Callable[[Reaction], Reaction]:
    """Register what is done in the transaction of an event of that kind."""

    def register(reaction: Reaction) -> Reaction:
        _reactions.setdefault(kind, []).append(reaction)
        return reaction

    return register


def react(case: Case, event: CaseEvent) -> None:
    """Do all that is registered for the event."""
    for reaction in _reactions.get(EventKind(event.kind), ()):
        reaction(case, event)


def grant(
    case: Case, because: CaseEvent, *, starts: datetime | None = None, **subject: int
) -> None:
    """Grant `person=`, `authority=` or `institution=` (an id) the case, unless it is granted.

    From `starts`, or at once.
    """
    key = {f"{name}_id": value for name, value in subject.items()}
    standing = AccessRow.objects.filter(
        case=case, effect=AccessEffect.GRANT, ends__isnull=True, **key
    )
    if not standing.exists():
        AccessRow.objects.create(
            case=case,
            effect=AccessEffect.GRANT,
            starts=starts or because.at,
            because=because,
            **key,
        )


def deny(case: Case, because: CaseEvent, *, person: int) -> None:
    """Deny a person the case for good: their grants end, and no later grant helps."""
    AccessRow.objects.create(
        case=case,
        effect=AccessEffect.DENY,
        person_id=person,
        starts=because.at,
        because=because,
    )
    end_grants(case, because, because.at, person_id=person)


def end_grants(case: Case, because: CaseEvent, at: datetime, **which: object) -> None:
    """End the standing grants that `which` names."""
    AccessRow.objects.filter(
        case=case, effect=AccessEffect.GRANT, ends__isnull=True, **which
    ).update(ends=at, ended_because=because)


@reacts(EventKind.CASE_CREATED)
def _lead_sees(case: Case, event: CaseEvent) -> None:
    grant(case, event, institution=case.lead_id)


@reacts(EventKind.CASE_CREATED)
@reacts(EventKind.CASE_SUBMITTED)
def _becomes_searchable(case: Case, event: CaseEvent) -> None:
    """A draft by its title; the form once it is submitted, as it was submitted."""
    index_case(case, with_form=event.kind == EventKind.CASE_SUBMITTED)


@reacts(EventKind.REQUEST_ANSWERED)
def _amendments_become_searchable(case: Case, event: CaseEvent) -> None:
    if "version" in event.data:
        index_case(case, with_form=True)


@reacts(EventKind.CASE_SUBMITTED)
def _authorities_see(case: Case, event: CaseEvent) -> None:
    parts = case.scheme.parts.exclude(role=AuthorityRole.CONSULTED.value)
    for authority in parts.values_list("authority_id", flat=True):
        grant(case, event, authority=authority)


def _is_counted(case: Case, event: CaseEvent) -> None:
    """What statistics count is kept with the event."""
    earlier = CaseEvent.objects.filter(case=case, seq__lt=event.seq)
    stages = earlier.filter(kind=EventKind.STAGE_ENTERED.value)
    last = stages.order_by("-seq").values_list("data", "at").first()
    before = Before(
        stage=str(last[0]["to"]) if last else "",
        since=last[1] if last else None,
        filed=earlier.filter(kind=EventKind.CASE_SUBMITTED.value).exists(),
    )
    for one in marks_of(event.kind, event.at, event.data, before):
        kept = CaseMark.objects.filter(
            case=case, kind=one.kind, key=one.key, day=one.day, hours=one.hours
        )
        if not kept.update(times=F("times") + 1):
            CaseMark.objects.create(
                case=case, kind=one.kind, key=one.key, day=one.day, hours=one.hours
            )


for _kind in MARKED:
    reacts(_kind)(_is_counted)


@reacts(EventKind.CONSULTATION_OPENED)
def _consulted_sees(case: Case, event: CaseEvent) -> None:
    """Who is merely consulted sees a case from when it is consulted on, and no other."""
    wanted = str(event.data["consultation"])
    asked = next(one for one in case.rulebook.consultations if one.id == wanted)
    parts = case.scheme.parts.filter(local_id=asked.authority)
    for authority in parts.values_list("authority_id", flat=True):
        grant(case, event, authority=authority)


@reacts(EventKind.CONFLICT_DECLARED)
def _declared(case: Case, event: CaseEvent) -> None:
    person = int(event.data["expert"])
    if event.data["conflict"]:
        deny(case, event, person=person)
    else:
        grant(case, event, starts=_first_day(case, event), person=person)


def _first_day(case: Case, event: CaseEvent) -> datetime:
    """The round carries the right to read: from its first day, if that is yet to come."""
    opened = CaseEvent.objects.filter(
        case=case, kind=EventKind.ROUND_OPENED.value, seq__lt=event.seq
    )
    day = date.fromisoformat(opened.latest("seq").data["starts"])
    zone = ZoneInfo(case.rulebook.zone)
    return max(event.at, datetime(day.year, day.month, day.day, tzinfo=zone))


@reacts(EventKind.REVIEW_FILED)
def _declared_on_paper(case: Case, event: CaseEvent) -> None:
    """Who declared on paper that there is no conflict may read what they have scored."""
    if event.data.get("declared"):
        grant(case, event, person=int(event.data["expert"]))


@reacts(EventKind.ROUND_RECONSIDERED)
def _reopened(case: Case, event: CaseEvent) -> None:
    """Who had not filed when the round was closed may again, now that it is open."""
    if event.data["outcome"] == "reopened":
        for person in event.data["experts"]:
            grant(case, event, person=int(person))


@reacts(EventKind.ASSESSMENT_COMMISSIONED)
def _body_sees(case: Case, event: CaseEvent) -> None:
    grant(case, event, institution=int(event.data["body"]))


@reacts(EventKind.ROUND_CLOSED)
def _round_ends_rights(case: Case, event: CaseEvent) -> None:
    end_grants(case, event, event.at, person__isnull=False)


@reacts(EventKind.STAGE_ENTERED)
def _leaving_review_ends_rights(case: Case, event: CaseEvent) -> None:
    left = event.data.get("from")
    if left and case.rulebook.stage(left).kind is StageKind.REVIEW:
        end_grants(case, event, event.at, person__isnull=False)


@reacts(EventKind.CASE_CLOSED)
def _closing_ends_assessment(case: Case, event: CaseEvent) -> None:
    """Experts and assessor bodies no longer see a closed case; parties and authorities do."""
    end_grants(case, event, event.at, person__isnull=False)
    parties = [case.lead_id, *case.parties.values_list("institution_id", flat=True)]
    AccessRow.objects.filter(
        case=case, effect=AccessEffect.GRANT, ends__isnull=True, institution__isnull=False
    ).exclude(institution__in=parties).update(ends=event.at, ended_because=event)
