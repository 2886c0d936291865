"""What was agreed at the admission, as far as the rulebook's register shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.cases.history import state_of
from shidian.apps.supervision.publish.language import Language, text
from shidian.apps.supervision.publish.register import shows
from shidian.apps.supervision.queries import shown_value
from shidian.core.rulebook.model import StageKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shidian.apps.cases.models import Case
    from shidian.apps.notices.pilot_bodies import PlanLine, PromiseLine, WaiverLine

_JUDGED = {
    "kept": ("兑现", "Kept"),
    "partly": ("部分兑现", "Partly kept"),
    "broken": ("未兑现", "Broken"),
}


def waiver_lines(case: Case, language: Language) -> list[WaiverLine]:
    """The rules that were relaxed, as the rulebook names them; nothing of what was written about
    them: why, and what stands in their place, is the application's."""
    rules = case.rulebook.waivers
    if rules is None or not shows(case, "waivers"):
        return []
    asked = {one.rule for one in state_of(case).waivers}
    return [
        {"title": text(one.name, language), "article": one.article or ""}
        for one in rules.relaxable
        if one.id in asked
    ]


def plan_lines(case: Case, plan: Mapping[str, str], language: Language) -> list[PlanLine]:
    """The agreed values but for those that cap a limit: these are shown, or not, as limits."""
    if not shows(case, "plan"):
        return []
    caps = {limit.max for limit in case.rulebook.limits}
    shown = [
        shown_value(one, plan[one.id])
        for one in case.rulebook.plan
        if one.id in plan and f"plan.{one.id}" not in caps
    ]
    return [
        {
            "title": text(one.title, language),
            "value": text(one.words, language) if one.words else "",
            "number": "" if one.number is None else format(one.number, "f"),
            "unit": "" if one.number is None else text(one.unit, language),
        }
        for one in shown
    ]


def conditions(case: Case) -> list[str]:
    """Under which it was admitted, in the authorities' words."""
    return list(state_of(case).conditions) if shows(case, "conditions") else []


def promises(case: Case) -> list[str]:
    """What the institution promised, promise by promise."""
    return [one.text for one in state_of(case).promises] if shows(case, "promises") else []


def judged_promises(case: Case, language: Language) -> list[PromiseLine]:
    """How each promise was judged, once the case is closed: before, it is not decided."""
    if not shows(case, "promises") or not shows(case, "evaluation"):
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
