"""What the case page shows of the conditions that a pilot was, or is to be, admitted under."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases.views.parts import Part, register

if TYPE_CHECKING:
    from shidian.apps.cases.models import Case
    from shidian.apps.cases.views.roles import Viewer
    from shidian.core.procedure.types import CaseState


def build(case: Case, state: CaseState, viewer: Viewer) -> dict[str, Any] | None:
    """For all who read an admitted case; what consents name before that, for the authorities."""
    if state.conditions:
        return {"conditions": state.conditions, "agreed": True}
    named = dict.fromkeys(
        text for one in state.signoffs.values() if one.consent for text in one.conditions
    )
    internal = allows(viewer.person, Permission.CASE_READ_INTERNAL, case)
    if not named or state.admitted or not internal:
        return None
    return {"conditions": list(named), "agreed": False}


register(Part("review/_conditions.html", build, order=15))
