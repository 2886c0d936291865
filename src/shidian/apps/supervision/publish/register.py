"""What of a pilot the register of its rulebook shows: nothing else of these is ever published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.supervision.publish.language import Language, name, text

if TYPE_CHECKING:
    from shidian.apps.cases.models import Case

KEPT_BACK = ("parties", "dates", "plan", "limits", "outcome")
"""Words whose absence a page tells: what stands empty would else read as if there were none."""


def shows(case: Case, word: str) -> bool:
    """Whether the register has this word."""
    return word in case.rulebook.public_register.public


def withheld(case: Case) -> list[str]:
    """The words that it lacks, of those that every pilot has something for."""
    return [word for word in KEPT_BACK if not shows(case, word)]


def lead_name(case: Case, language: Language) -> str:
    """Who answers for it; empty where the parties are not shown."""
    return name(case.lead, language) if shows(case, "parties") else ""


def partner_names(case: Case, language: Language) -> list[str]:
    """The partners in the order they joined; none where the parties are not shown."""
    if not shows(case, "parties"):
        return []
    parties = case.parties.select_related("institution").order_by("pk")
    return [name(party.institution, language) for party in parties]


def outcome_name(case: Case, outcome: str, language: Language) -> str:
    """What it came to; of a pilot where the register has it. A case that never was one stands in
    no register of pilots."""
    if hasattr(case, "pilot") and not shows(case, "outcome"):
        return ""
    known = {one.id: one for stage in case.rulebook.stages for one in stage.outcomes}
    return text(known[outcome].name, language) if outcome in known else ""
