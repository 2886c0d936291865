"""What was agreed at the admission, as far as the rulebook's register shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.cases.history import state_of
from shidian.apps.supervision.publish.language import Language, text
from shidian.core.rulebook.model import StageKind

if TYPE_CHECKING:
    from shidian.apps.cases.models import Case
    from shidian.apps.notices.pilot_bodies import PromiseLine, WaiverLine

_JUDGED = {
    "kept": ("兑现", "Kept"),
    "partly": ("部分兑现", "Partly kept"),
    "broken": ("未兑现", "Broken"),
}


def waiver_lines(case: Case, language: Language) -> list[WaiverLine]:
    """The rules that were relaxed, as the rulebook names them; nothing of what was written about
    them: why, and what stands in their place, is the application's."""
    rules = case.rulebook.waivers
    if rules is None or "waivers" not in case.rulebook.public_register.public:
        return []
    asked = {one.rule for one in state_of(case).waivers}
    return [
        {"title": text(one.name, language), "article": one.article or ""}
        for one in rules.relaxable
        if one.id in asked
    ]


def conditions(case: Case) -> list[str]:
    """Under which it was admitted, in the authorities' words."""
    shown = "conditions" in case.rulebook.public_register.public
    return list(state_of(case).conditions) if shown else []


def promises(case: Case) -> list[str]:
    """What the institution promised, promise by promise."""
    shown = "promises" in case.rulebook.public_register.public
    return [one.text for one in state_of(case).promises] if shown else []


def judged_promises(case: Case, language: Language) -> list[PromiseLine]:
    """How each promise was judged, once the case is closed: before, it is not decided."""
    shown = case.rulebook.public_register.public
    if "promises" not in shown or "evaluation" not in shown:
        return []
    if case.stage_rule.kind is not StageKind.CLOSED:
        return []
    state = state_of(case)
    lines: list[PromiseLine] = []
    for promise in state.promises:
        judged = state.judgements.get(promise.id)
        key = judged.judgement.value if judged else ""
        word = _JUDGED[key][language == "en"] if key else ""
        lines.append({"text": promise.text, "judgement": key, "word": word})
    return lines
