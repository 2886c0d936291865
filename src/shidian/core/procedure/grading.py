"""A case's risk as an officer grades it: findings on factors, and the tier that follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.procedure.facts import known_facts
from shidian.core.procedure.reading import refuse
from shidian.core.procedure.state import RiskGrading
from shidian.core.procedure.types import RefusalCode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shidian.core.procedure.reading import Data
    from shidian.core.procedure.state import CaseState
    from shidian.core.rulebook.model import RiskTiers, Rulebook, Tier


def findings_given(tiers: RiskTiers, data: Data) -> dict[str, str]:
    """Factor → option found. Refuses a factor left out, another's option, a finding unreasoned."""
    given = data.table("factors")
    given.only(one.id for one in tiers.factors)
    found = {}
    for factor in tiers.factors:
        if factor.id not in given.fields():
            refuse(
                RefusalCode.INCOMPLETE,
                f"请就“{factor.name.zh}”作出判断，并写明理由。",
                f"Say what you find on “{factor.name.en}”, and why.",
                f"factors/{factor.id}",
            )
        finding = given.table(factor.id)
        finding.only(("found", "reason"))
        found[factor.id] = finding.choice("found", [one.id for one in factor.options])
        finding.reason()
    return found


def proposed_tier(rulebook: Rulebook, state: CaseState, findings: Mapping[str, str]) -> Tier | None:
    """The tier that follows by the rulebook's own conditions; None where none of them holds."""
    # late: only a rulebook with factors pays for loading the SQL parser
    from shidian.core.rulebook.form import suggested_tier, tier_types

    known = dict.fromkeys(tier_types(rulebook)) | known_facts(rulebook, state)
    return suggested_tier(rulebook, known, findings)


def grading_of(data: Data) -> RiskGrading:
    """What an event says of it. Events of before there were factors say the reason alone."""
    factors = data.table("factors")
    return RiskGrading(
        reason=data.text("reason", empty=True) if data.has("reason") else "",
        findings={
            name: (factors.table(name).name("found"), factors.table(name).text("reason"))
            for name in factors.fields()
        },
        proposed=data.name("proposed") if data.has("proposed") else None,
        before=data.name("before") if data.has("before") else None,
    )
