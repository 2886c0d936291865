"""What officers do about a review: form a panel, invite more, close it, commission a body."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases.domain.deciding import do
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.history import person_key
from shidian.apps.cases.models import Case, CaseEvent
from shidian.apps.review.models import Assignment, Commission, Panel
from shidian.apps.review.pool import party_ids, ties_of
from shidian.core.procedure.types import EventKind, Json, Verb
from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from shidian.apps.accounts.models import Expert, Institution, Person


@transaction.atomic
def form_panel(
    *,
    case: Case,
    experts: Sequence[Expert],
    starts: date,
    ends: date,
    by: Person,
    reason: str = "",
    draw: Mapping[str, Json] | None = None,
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Panel:
    """Open a review round and invite experts, who must declare their interests first.

    Refused for experts with a known tie to a party or a conflict declared in this case before.
    `draw`: the pool and seed, where the rulebook has the panel drawn (`draw_panel`). `reason` is
    needed for a second round. Event: round.opened. Raises DomainError, ForbiddenError.
    """
    if draw is None:
        # Who is drawn was fixed before; what bars them since, they declare.
        _may_be_invited(case, experts)
    data: dict[str, Json] = {
        "experts": [person_key(expert.person_id) for expert in experts],
        "starts": starts.isoformat(),
        "ends": ends.isoformat(),
        "reason": reason or None,
        "draw": draw,
        "disciplines": None if draw else _masters(case, experts),
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
    data: dict[str, Json] = {
        "experts": [person_key(expert.person_id) for expert in experts],
        "disciplines": _masters(case, experts),
    }
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
def extend_round(
    *,
    case: Case,
    ends: date,
    reason: str,
    by: Person,
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Panel:
    """Give everyone who has not filed a later last day. Event: round.extended."""
    data: dict[str, Json] = {"ends": ends.isoformat(), "reason": reason}
    done = do(Verb.EXTEND_ROUND, case, data, by=by, at=at, expected_seq=expected_seq)
    panel = open_panel(done.case)
    panel.ends_on = ends
    panel.save(update_fields=("ends_on",))
    return panel


def reconsider(event: CaseEvent) -> None:
    """What a late conflict made of a closed round: open again, with another score, or in doubt."""
    panel = Panel.objects.get(case=event.case, round=event.data["round"])
    match event.data["outcome"]:
        case "reopened":
            panel.closed, panel.score, panel.passed = None, "", None
        case "stands":
            panel.score, panel.passed = event.data["score_text"], event.data["passed"]
    panel.save(update_fields=("closed", "score", "passed"))


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
    if body.pk in party_ids(locked):
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


def _assign(panel: Panel, experts: Iterable[Expert], event: CaseEvent) -> list[Assignment]:
    return Assignment.objects.bulk_create(
        [Assignment(panel=panel, expert=expert, invited=event) for expert in experts]
    )


def _masters(case: Case, experts: Iterable[Expert]) -> Mapping[str, Json] | None:
    """What each masters of the panel's disciplines; None where it needs none."""
    panel = case.stage_rule.panel
    wanted = {one.id for one in panel.disciplines} if panel else set()
    if not wanted:
        return None
    return {
        person_key(one.person_id): [name for name in one.disciplines if name in wanted]
        for one in experts
    }


def _may_be_invited(case: Case, experts: Sequence[Expert]) -> None:
    ties = ties_of(case, experts)
    for expert in experts:
        if known := ties[expert.person_id]:
            raise DomainError(
                "may-not-review",
                Text(
                    zh=f"{expert.person.name_zh} 不能参加本案评审（{'；'.join(known)}），"
                    "请另选专家。",
                    en=f"{expert.person.name_en or expert.person.name_zh} cannot review this case"
                    f" ({'; '.join(known)}); choose another expert.",
                ),
                "experts",
            )
