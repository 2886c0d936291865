"""Consent of the authorities that a stage names: needed before the case goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.procedure.reading import refuse
from shidian.core.procedure.situation import signers
from shidian.core.procedure.types import RefusalCode

if TYPE_CHECKING:
    from shidian.core.procedure.situation import Situation


def must_be_agreed(case: Situation) -> None:
    """Refuses while an authority is silent or has refused."""
    words = case.state.signoffs
    needed = signers(case.rulebook, case.stage)
    refused = [one for one in needed if one in words and not words[one].consent]
    missing = [one for one in needed if one not in words]
    if refused:
        listed = ", ".join(refused)
        refuse(
            RefusalCode.SIGNOFF_REFUSED,
            f"{listed} 不同意，不能向前转办：请不予入选、退回，或待其改为同意。",
            f"{listed} refused, so the case cannot go on: reject, send back, or await consent.",
        )
    if missing:
        listed = ", ".join(missing)
        refuse(
            RefusalCode.SIGNOFF_MISSING,
            f"尚待会签：{listed}。",
            f"Still to sign off: {listed}.",
        )
