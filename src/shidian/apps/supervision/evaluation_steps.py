"""The steps of an evaluation as pages and reports show them: whose they are, and what was done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shidian.apps.cases.files_of_steps import SECTION
from shidian.apps.cases.history import state_of
from shidian.apps.cases.models import CaseEvent
from shidian.apps.cases.scans import kept_in
from shidian.core.procedure.types import EventKind
from shidian.core.rulebook.model import StageKind
from shidian.core.rulebook.reading import duty_words

if TYPE_CHECKING:
    from shidian.apps.cases.models import Attachment, Case
    from shidian.core.procedure.types import StepDone
    from shidian.core.rulebook.model import EvaluationStep, Text


@dataclass(frozen=True, slots=True)
class ShownStep:
    """A step of the rulebook. `role`: who does it; `done`: what was; `who`: for whom it was said.

    `entered`: by an officer from paper. `file`: its document.
    """

    step: EvaluationStep
    role: Text | None
    done: StepDone | None
    who: str = ""
    entered: bool = False
    file: Attachment | None = None


def steps_of(case: Case) -> list[ShownStep]:
    """The steps of the evaluation in the rulebook's order. Three queries where any is done.

    Names are of institutions and authorities: either side reads them.
    """
    stage = next((one for one in case.rulebook.stages if one.kind is StageKind.EVALUATION), None)
    steps = stage.steps if stage else ()
    done = state_of(case).steps
    events = _events(case) if done else {}
    files = kept_in(case, SECTION) if done else {}
    authorities = _authorities(case) if done else {}
    shown = []
    for step in steps:
        row, what = events.get(step.id), done.get(step.id)
        role = duty_words.party(step.by) if step.by else None
        if row is None or what is None:
            shown.append(ShownStep(step, role, None))
            continue
        who = authorities.get(row.authority) or str(row.institution or "")
        file = files.get((step.id, what.sha256))
        shown.append(ShownStep(step, role, what, who, row.actor_kind != step.by, file))
    return shown


def _events(case: Case) -> dict[str, CaseEvent]:
    """Step → the newest event that says it was done."""
    rows = CaseEvent.objects.filter(case=case, kind=EventKind.STEP_COMPLETED.value)
    return {row.data["step"]: row for row in rows.select_related("institution").order_by("seq")}


def _authorities(case: Case) -> dict[str, str]:
    parts = case.scheme.parts.select_related("authority")
    return {part.local_id: str(part.authority) for part in parts}
