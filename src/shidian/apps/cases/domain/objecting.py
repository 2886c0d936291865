"""Objecting to a refusal, and deciding on it. As in `deciding`, each returns what it has done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from shidian.apps.cases.actors import reviewing_actor
from shidian.apps.cases.domain.deciding import do
from shidian.apps.cases.domain.perform import Performed, perform_act
from shidian.apps.cases.domain.reactions import grant, reacts
from shidian.core.procedure.types import Act, EventKind, Verb

if TYPE_CHECKING:
    from datetime import datetime

    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.models import Case, CaseEvent


def file_objection(
    *,
    case: Case,
    grounds: str,
    by: Person,
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Performed:
    """Object to the decision that closed the case. `by` signs for the lead.

    Event: objection.filed. The authority that decides sees the case from now on.
    """
    data = {"grounds": grounds}
    return do(Verb.FILE_OBJECTION, case, data, by=by, at=at, expected_seq=expected_seq)


def decide_objection(
    *,
    case: Case,
    outcome: str,
    reason: str,
    by: Person,
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Performed:
    """Decide: upheld, changed, sent-back. `by` is an officer of the authority that the rules name.

    Events: objection.decided; stage.entered where the decision does not stand.
    """
    actor = reviewing_actor(by, case)
    data = {"outcome": outcome, "reason": reason}
    act = Act(Verb.DECIDE_OBJECTION, actor, at or timezone.now(), data)
    return perform_act(case, act, by=by, expected_seq=expected_seq)


@reacts(EventKind.OBJECTION_FILED)
def _body_sees(case: Case, event: CaseEvent) -> None:
    """Who decides on it sees the case, whatever its part in the scheme was before."""
    wanted = str(event.data["objection"])
    rule = next(one for one in case.rulebook.objections if one.id == wanted)
    parts = case.scheme.parts.filter(local_id=rule.body)
    for authority in parts.values_list("authority_id", flat=True):
        grant(case, event, authority=authority)
