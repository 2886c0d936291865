"""Panels drawn by lot: the pool is fixed and put on record, the seed draws from it later."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from django.db import transaction

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.accounts.models import Expert
from shidian.apps.cases.domain.deciding import do
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.history import person_key, state_of
from shidian.apps.cases.models import Case
from shidian.apps.review.domain.panels import form_panel
from shidian.apps.review.models import DrawPool
from shidian.apps.review.pool import candidates
from shidian.core.procedure import drawing
from shidian.core.procedure.seating import POOL_MAX
from shidian.core.procedure.types import EventKind, Json, Verb
from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from datetime import date, datetime

    from shidian.apps.accounts.models import Person
    from shidian.apps.review.models import Panel


@transaction.atomic
def commit_pool(
    *,
    case: Case,
    seats: int,
    seed_source: str,
    known_from: date,
    by: Person,
    reason: str = "",
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> DrawPool:
    """Fix everyone who can sit on the panel (nobody with a known tie), and name the coming seed.

    Effects: the pool is kept with a fresh salt, its fingerprint goes on the public record, which
    does not say in which case. Event: pool.committed. Raises DomainError, ForbiddenError.
    """
    locked = Case.objects.select_for_update().get(pk=case.pk)
    if not allows(by, Permission.PANEL_FORM, locked):
        raise ForbiddenError
    panel = locked.stage_rule.panel
    able = [expert for expert, one in candidates(locked).items() if not one.ties][:POOL_MAX]
    salt = secrets.token_hex(32)
    people = {secrets.token_hex(8): expert for expert in able}
    document = drawing.document_of(
        salt=salt,
        lots={
            lot: (person_key(expert.person_id), expert.disciplines)
            for lot, expert in people.items()
        },
        seats=seats,
        disciplines=[one.id for one in panel.disciplines] if panel else [],
        seed_source=seed_source.strip(),
        known_from=known_from,
    )
    if not people:
        raise DomainError(
            "empty-pool",
            Text(zh="专家库中没有可参加本案评审的专家。", en="No expert of the pool can sit here."),
        )
    data: dict[str, Json] = {
        "sha256": drawing.fingerprint(document),
        "size": len(people),
        "seats": seats,
        "seed_source": seed_source.strip(),
        "known_from": known_from.isoformat(),
        "reason": reason.strip() or None,
    }
    done = do(Verb.COMMIT_POOL, case, data, by=by, at=at, expected_seq=expected_seq)
    return DrawPool.objects.create(
        case=done.case,
        sha256=str(data["sha256"]),
        document=document,
        people={lot: person_key(expert.person_id) for lot, expert in people.items()},
        committed=done.event(EventKind.POOL_COMMITTED),
    )


def draw_panel(
    *,
    case: Case,
    seed: str,
    starts: date,
    ends: date,
    by: Person,
    reason: str = "",
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Panel:
    """Draw the panel from the pool that was fixed, and open its round. Event: round.opened.

    Nobody can be left out: who is found to be barred declares it, and the next by lot follows.
    Raises DomainError (`no-pool`, or the procedure's refusal), ForbiddenError.
    """
    pool = fixed_pool(case)
    try:
        lots = drawing.drawn_lots(pool.document, seed)
    except drawing.PoolError as error:
        raise DomainError(
            "bad-seed",
            Text(zh="请填写公布的种子，不超过 200 字。", en=f"Give the seed as published: {error}"),
            "seed",
        ) from None
    experts = _experts([pool.people[lot] for lot in lots])
    draw: dict[str, Any] = {
        "document": pool.document,
        "people": pool.people,
        "seed": drawing.normal(seed),
    }
    return form_panel(
        case=case,
        experts=experts,
        starts=starts,
        ends=ends,
        by=by,
        reason=reason,
        draw=draw,
        at=at,
        expected_seq=expected_seq,
    )


def fixed_pool(case: Case) -> DrawPool:
    """The pool from which the next panel is drawn. Raises DomainError (`no-pool`)."""
    state = state_of(case)
    found = state.pool and case.draw_pools.filter(sha256=state.pool.sha256).last()
    if not found:
        raise DomainError(
            "no-pool",
            Text(zh="请先固定抽签名单。", en="First fix the pool for the draw."),
        )
    return found


def _experts(people: list[str]) -> list[Expert]:
    """The experts of these persons, in that order."""
    found = Expert.objects.select_related("person").filter(person__in=[int(one) for one in people])
    of = {person_key(one.person_id): one for one in found}
    return [of[one] for one in people]
