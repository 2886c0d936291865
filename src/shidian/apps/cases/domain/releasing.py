"""Decisions of a call that are kept and told together: all of those chosen, or none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases.domain.deciding import do
from shidian.apps.cases.domain.perform import Performed, supplies
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.models import Call, Case, Task
from shidian.core.procedure.types import Verb
from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from django.db.models import QuerySet

    from shidian.apps.accounts.models import Person
    from shidian.core.procedure.types import Json

BATCH_MAX = 200


def decided_of(call: Call, person: Person) -> QuerySet[Case]:
    """Cases of the call whose decision waits to be released, as far as `person` sees them."""
    waiting = Task.objects.open().filter(verb=Verb.RELEASE_DECISION.value)
    return (
        Case.objects.visible_to(person)
        .filter(call=call, pk__in=waiting.values("case"))
        .order_by("pk")
    )


@transaction.atomic
def release_batch(
    *, call: Call, seen: Mapping[str, int], by: Person, at: datetime | None = None
) -> list[Performed]:
    """Release the decisions of those cases at one time. `seen`: reference → newest event seen.

    Each gets its events, its leaves on record and its mail; numbers follow one another. If one of
    them cannot be released, or was acted on meanwhile, none is, and the error names the case.
    Raises DomainError (`empty-batch`, `batch-too-large`, `not-in-batch`, or what a case's own
    release is refused for), ForbiddenError.
    """
    at = at or timezone.now()
    if not allows(by, Permission.BATCH_RELEASE, call.scheme):
        raise ForbiddenError
    if not 0 < len(seen) <= BATCH_MAX:
        raise DomainError(
            "batch-too-large" if seen else "empty-batch",
            Text(zh=f"请选择 1 至 {BATCH_MAX} 件。", en=f"Choose from 1 to {BATCH_MAX} cases."),
        )
    wanted = list(decided_of(call, by).filter(reference__in=seen).values_list("pk", flat=True))
    # All cases before the scheme's numbering, in order: who acts on one of them has let it go.
    found = list(Case.objects.select_for_update().filter(pk__in=wanted).order_by("pk"))
    if len(found) != len(seen):
        gone = ", ".join(sorted(set(seen) - {case.reference for case in found}))
        raise DomainError(
            "not-in-batch",
            Text(
                zh=f"以下案件已不在待公布之列：{gone}。请核对后重试。",
                en=f"No longer waiting to be released: {gone}. Look at the list again.",
            ),
        )
    return [_release(case, call, seen[case.reference], by, at) for case in found]


def _release(case: Case, call: Call, seq: int, by: Person, at: datetime) -> Performed:
    data: dict[str, Json] = {"batch": call.slug}
    try:
        return do(Verb.RELEASE_DECISION, case, data, by=by, at=at, expected_seq=seq)
    except DomainError as error:
        said = error.text
        raise DomainError(
            error.code,
            Text(zh=f"{case.reference}：{said.zh}", en=f"{case.reference}: {said.en}"),
        ) from error


def take_back_decision(
    *,
    case: Case,
    reason: str,
    by: Person,
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Performed:
    """Undo a decision that was not released yet. Event: decision.taken-back."""
    data: dict[str, Json] = {"reason": reason}
    return do(Verb.TAKE_BACK_DECISION, case, data, by=by, at=at, expected_seq=expected_seq)


@supplies(Verb.SIGN_OFF, Verb.ADVANCE, Verb.REJECT)
def _kept_for_the_batch(case: Case, _data: Mapping[str, Json], _at: datetime) -> dict[str, Json]:
    """Where the rulebook leaves it to the call, the call has said so."""
    by_call = case.stage_rule.release == "by-call"
    return {"hold": True} if by_call and case.call.released_together else {}
