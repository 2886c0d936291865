"""What the case page shows of the lab: the clauses that its pilot tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases.views.parts import Part, register
from shidian.apps.lab.models import Difficulty
from shidian.apps.supervision.models import Pilot

if TYPE_CHECKING:
    from shidian.apps.cases.models import Case
    from shidian.apps.cases.views.roles import Viewer
    from shidian.core.procedure.types import CaseState


def build(case: Case, _state: CaseState, viewer: Viewer) -> dict[str, Any] | None:
    """The clauses under test, once there is a pilot and the rules name any."""
    clauses = case.rulebook.clauses
    if not clauses or not case.number:
        return None
    pilot = Pilot.objects.filter(case=case).first()
    if pilot is None or not allows(viewer.person, Permission.DIFFICULTY_READ, case):
        return None
    return {
        "pilot": pilot,
        "clauses": clauses,
        "recorded": Difficulty.objects.filter(pilot=pilot).count(),
    }


register(Part("lab/_part.html", build, order=70))
