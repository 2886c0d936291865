"""What officers do about a review: form a panel, invite more, close it, commission a body."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.accounts.models import Expert, Institution, Person, Staff
from shidian.apps.accounts.roles import held_on
from shidian.apps.cases.domain.deciding import do
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.history import person_key
from shidian.apps.cases.models import AccessEffect, Case, CaseEvent
from shidian.apps.review.models import Assignment, Commission, Panel
from shidian.core.procedure.types import EventKind, Json, Verb
from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime


@transaction.atomic
def form_panel(
    *,
    case: Case,
    experts: Sequence[Expert],
    starts: date,
    ends: date,
    by: Person,
    reason: str = "",
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Panel:
    """Open a review round and invite experts, who must declare their interests first.

    Refused for experts on staff of a party, and for those who declared a conflict in this case
    before. `reason` is needed for a second round. Event: round.opened. Raises DomainError,
    ForbiddenError.
    """
    _may_be_invited(case, experts)
    data: dict[str, Json] = {
        "experts": [person_key(expert.person_id) for expert in experts],
        "starts": starts.isoformat(),
        "ends": ends.isoformat(),
        "reason": reason or None,
    }
    done = do(Verb.OPEN_ROUND, case, data, by=by, at=at, expected_seq=expected_seq)
    event = done.event(EventKind.ROUND_OPENED)
    panel = Panel.objects.create(
        case=done.case,
        round=event.data["round"],
        starts_on=starts,
        ends_on=ends,
        opened=event,
    )
    _assign(panel, experts, event)
    return panel


@transaction.atomic
def invite_experts(
    *,
    case: Case,
    experts: Sequence[Expert],
    by: Person,
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> list[Assignment]:
    """Invite more experts to the open round, as after a conflict. Event: experts.invited."""
    _may_be_invited(case, experts)
    data: dict[str, Json] = {"experts": [person_key(expert.person_id) for expert in experts]}
    done = do(Verb.INVITE_EXPERTS, case, data, by=by, at=at, expected_seq=expected_seq)
    panel = open_panel(done.case)
    return _assign(panel, experts, done.event(EventKind.EXPERTS_INVITED))


@transaction.atomic
def close_round(
    *, case: Case, by: Person, at: datetime | None = None, expected_seq: int | None = None
) -> Panel:
    """End the open round with its score; ends the experts' access. Event: round.closed."""
    done = do(Verb.CLOSE_ROUND, case, {}, by=by, at=at, expected_seq=expected_seq)
    event = done.event(EventKind.ROUND_CLOSED)
    panel = open_panel(done.case)
    panel.closed = event
    panel.score = event.data["score_text"]
    panel.passed = event.data["passed"]
    panel.save(update_fields=("closed", "score", "passed"))
    return panel


@transaction.atomic
def commission_assessment(
    *, case: Case, body: Institution, by: Person, at: datetime | None = None
) -> Commission:
    """Ask an assessor body to assess the case; its assessors get access.

    Event: assessment.commissioned. Raises DomainError (`no-assessors`, `party-assesses`, or the
    procedure's refusal), ForbiddenError.
    """
    locked = Case.objects.select_for_update().get(pk=case.pk)
    if not allows(by, Permission.CASE_HANDLE, locked):
        raise ForbiddenError
    if body.pk in _party_ids(locked):
        raise DomainError(
            "party-assesses",
            Text(zh="项目参与方不能评估本项目。", en="A party cannot assess its own project."),
            "body",
        )
    if not body.assessors.exists():
        raise DomainError(
            "no-assessors",
            Text(zh="该机构没有评估人员。", en="That institution has no assessors."),
            "body",
        )
    done = do(Verb.COMMISSION_ASSESSMENT, case, {"body": str(body.pk)}, by=by, at=at)
    commission, _ = Commission.objects.get_or_create(
        case=done.case,
        body=body,
        defaults={
            "commissioned_by": by,
            "commissioned_at": done.event(EventKind.ASSESSMENT_COMMISSIONED).at,
        },
    )
    return commission


def open_panel(case: Case) -> Panel:
    """The panel of the round that is open. Raises Panel.DoesNotExist."""
    return Panel.objects.get(case=case, closed__isnull=True)


def _party_ids(case: Case) -> set[int]:
    return {case.lead_id, *case.parties.values_list("institution_id", flat=True)}


def _assign(panel: Panel, experts: Iterable[Expert], event: CaseEvent) -> list[Assignment]:
    return Assignment.objects.bulk_create(
        [Assignment(panel=panel, expert=expert, invited=event) for expert in experts]
    )


def _may_be_invited(case: Case, experts: Sequence[Expert]) -> None:
    people = [expert.person_id for expert in experts]
    denied = case.access.filter(person__in=people, effect=AccessEffect.DENY)
    ours = Staff.objects.filter(
        held_on(timezone.localdate()), person__in=people, institution__in=_party_ids(case)
    )
    barred = set(denied.values_list("person_id", flat=True)) | set(
        ours.values_list("person_id", flat=True)
    )
    inactive = {expert.person_id for expert in experts if not expert.active}
    for expert in experts:
        if expert.person_id in barred | inactive:
            raise DomainError(
                "may-not-review",
                Text(
                    zh=f"{expert.person.name_zh} 与本案有利益关系或已停聘，请另选专家。",
                    en=f"{expert.person.name_en or expert.person.name_zh} has an interest in this"
                    " case or no longer serves; choose another expert.",
                ),
                "experts",
            )
