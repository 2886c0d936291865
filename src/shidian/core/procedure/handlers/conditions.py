"""Conditions of admission: what the consenting authorities admit a pilot under."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.procedure.reading import refuse
from shidian.core.procedure.types import RefusalCode, Verb
from shidian.core.rulebook.model import StageKind

if TYPE_CHECKING:
    from shidian.core.procedure.situation import Situation

CONDITIONS_MAX = 50
CHARACTERS_MAX = 1000


def stated(case: Situation, *, consent: bool) -> tuple[str, ...]:
    """The conditions of the consent at hand. Refuses them but with a consent to admit."""
    if not case.data.has("conditions"):
        return ()
    found = case.data.names("conditions")
    if found and not (consent and case.stage.kind is StageKind.ADMISSION):
        refuse(
            RefusalCode.BAD_DATA,
            "准入条件只能随同意准入提出：不同意的，请写明理由。",
            "Conditions go with a consent to admit: who refuses gives the reason.",
            "conditions",
        )
    if len(found) > CONDITIONS_MAX or any(len(one) > CHARACTERS_MAX for one in found):
        refuse(
            RefusalCode.BAD_DATA,
            f"准入条件不超过 {CONDITIONS_MAX} 条，每条不超过 {CHARACTERS_MAX} 字。",
            f"At most {CONDITIONS_MAX} conditions of {CHARACTERS_MAX} characters each.",
            "conditions",
        )
    return found


def agreed(case: Situation) -> tuple[str, ...]:
    """All that the consents name, those given before first, each once."""
    words = [text for one in case.state.signoffs.values() if one.consent for text in one.conditions]
    if case.act.verb is Verb.SIGN_OFF and case.data.has("conditions"):
        words += case.data.names("conditions")
    return tuple(dict.fromkeys(words))
