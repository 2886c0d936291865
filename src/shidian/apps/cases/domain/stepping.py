"""The steps of an evaluation: done by whom the rulebook names, or entered from paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases.actors import actor_as, actor_for
from shidian.apps.cases.domain.applying import keep_file
from shidian.apps.cases.domain.perform import Performed, perform_act
from shidian.apps.cases.errors import ForbiddenError
from shidian.apps.cases.files_of_steps import SECTION, STEP_FILE
from shidian.apps.cases.scanning import scanned
from shidian.core.procedure.evaluating import demanded
from shidian.core.procedure.types import Act, ActorKind, Json, Verb

if TYPE_CHECKING:
    from datetime import date, datetime

    from django.core.files.base import File

    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.models import Case
    from shidian.core.procedure.types import Actor
    from shidian.core.rulebook.model import EvaluationStep


@scanned("document")
@transaction.atomic
def complete_step(
    *,
    case: Case,
    step: str,
    text: str,
    on: date,
    by: Person,
    document: File[Any] | None = None,
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Performed:
    """Do the next step of the evaluation, or enter what its doer did on paper, with the scan.

    `on`: the day on which it was done. Effects: the document is kept, its SHA-256 is in the event.
    Event: step.completed. Raises DomainError (what is wrong with the file, and what the procedure
    refuses: another role, out of order, done already, without its document), ForbiddenError.
    """
    at = at or timezone.now()
    if not allows(by, Permission.STEP_COMPLETE, case):
        raise ForbiddenError
    rule = next((one for one in demanded(case.stage_rule) if one.id == step), None)
    data: dict[str, Json] = {"step": step, "text": text, "on": on.isoformat()}
    if document is not None and rule is not None:
        kept = keep_file(
            case=case, section=SECTION, rule=STEP_FILE, upload=document, question=step, by=by, at=at
        )
        data["sha256"] = kept.sha256
    act = Act(Verb.COMPLETE_STEP, _actor(by, case, rule), at, data)
    return perform_act(case, act, by=by, expected_seq=expected_seq)


def _actor(person: Person, case: Case, step: EvaluationStep | None) -> Actor:
    """In the step's own role where they hold it; else an officer enters it.

    Who holds neither acts as they can, and the procedure says whose step it is.
    """
    for kind in (step.by if step else None, ActorKind.OFFICER):
        if kind not in (None, ActorKind.EXPERT):
            actor = actor_as(person, case, ActorKind(kind))
            if actor is not None:
                return actor
    return actor_for(person, case, Verb.COMPLETE_STEP)
