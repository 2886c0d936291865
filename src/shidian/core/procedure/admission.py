"""What both sides agreed at admission, as one text that the record fixes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shidian_kit.wire import agreement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shidian.core.procedure.types import CaseState


def agreement_of(state: CaseState, admitted: Mapping[str, Any]) -> bytes:
    """The application as filed, with the plan, promises and conditions of `case.admitted`.

    `state`: of the case, at the admission or later: what was filed does not change after it.
    """
    return agreement.text(
        case=state.case,
        version=state.version,
        application=state.sha256,
        plan=admitted["plan"],
        promises=admitted["promises"],
        conditions=admitted.get("conditions", ()),
    )
