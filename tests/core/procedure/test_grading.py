"""Risk by factors: each found on with a reason, a tier proposed by the rules, differences reasoned."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from shidian.core.procedure.facts import needed_facts
from shidian.core.procedure.fold import fold
from shidian.core.procedure.state import RiskGrading
from shidian.core.procedure.types import EventKind, RefusalCode, Verb
from tests.core.procedure.generated import words
from tests.core.procedure.test_language import checked, named, regime

if TYPE_CHECKING:
    from shidian.core.rulebook.model import Rulebook
    from tests.core.procedure.player import Player


def factor(name: str, *options: str) -> dict[str, object]:
    return named(name, question=words(name), options=[named(one) for one in options])


def rules(**changes: object) -> Rulebook:
    tiers = {
        "graded_in": "check",
        "factors": [factor("scale", "small", "large"), factor("way-back", "open", "shut")],
        "levels": [
            named("light", when="factors.scale = 'small'", skips=["probe"], caps={"people": 33}),
            named("heavy", when="factors.scale = 'large' AND factors.way_back = 'shut'"),
        ],
        **changes,
    }
    return regime(tiers=tiers)


def found(scale: str, way_back: str) -> dict[str, object]:
    return {
        "scale": {"found": scale, "reason": "按申报人数"},
        "way-back": {"found": way_back, "reason": "可撤单"},
    }


def graded(player: Player, tier: str, scale: str, way_back: str, reason: str = "") -> Player:
    player.do(Verb.GRADE_RISK, tier=tier, factors=found(scale, way_back), reason=reason)
    return player


def test_the_tier_that_follows_needs_no_further_reason() -> None:
    player = graded(checked(rules()), "heavy", "large", "shut")
    assert player.state.tier == "heavy"
    assert player.state.grading == RiskGrading(
        findings={"scale": ("large", "按申报人数"), "way-back": ("shut", "可撤单")},
        proposed="heavy",
    )


@pytest.mark.parametrize(
    ("tier", "scale", "way_back"),
    [("light", "large", "shut"), ("heavy", "small", "open"), ("light", "large", "open")],
)
def test_another_tier_than_follows_is_reasoned(tier: str, scale: str, way_back: str) -> None:
    """The last of them is proposed none at all: whatever is set then is the officer's own."""
    player = checked(rules())
    refused = player.refused(Verb.GRADE_RISK, tier=tier, factors=found(scale, way_back), reason=" ")
    assert (refused.code, refused.field) == (RefusalCode.REASON_MISSING, "reason")
    graded(player, tier, scale, way_back, "另有考虑")
    assert (player.state.tier, player.state.grading.reason) == (tier, "另有考虑")


def test_raising_and_lowering_is_a_reasoned_act_that_says_from_where() -> None:
    player = graded(checked(rules()), "light", "small", "open")
    refused = player.refused(
        Verb.GRADE_RISK, tier="heavy", factors=found("large", "shut"), reason=""
    )
    assert refused.code is RefusalCode.REASON_MISSING
    effects = player.do(
        Verb.GRADE_RISK, tier="heavy", factors=found("large", "shut"), reason="规模扩大"
    )
    (event,) = (one for one in effects.events if one.kind is EventKind.RISK_GRADED)
    assert (event.data["before"], event.data["proposed"]) == ("light", "heavy")
    assert player.state.grading.before == "light"


@pytest.mark.parametrize(
    ("factors", "field", "code"),
    [
        ({}, "factors/scale", RefusalCode.INCOMPLETE),
        ({"scale": {"found": "small", "reason": "x"}}, "factors/way-back", RefusalCode.INCOMPLETE),
        (
            {**found("small", "open"), "scale": {"found": "huge", "reason": "x"}},
            "factors/scale/found",
            RefusalCode.BAD_DATA,
        ),
        (
            {**found("small", "open"), "scale": {"found": "small", "reason": " "}},
            "factors/scale/reason",
            RefusalCode.REASON_MISSING,
        ),
        (
            {**found("small", "open"), "colour": {"found": "red", "reason": "x"}},
            "factors/colour",
            RefusalCode.BAD_DATA,
        ),
        ("small", "factors", RefusalCode.BAD_DATA),
    ],
)
def test_every_factor_is_found_on_with_a_reason(
    factors: object, field: str, code: RefusalCode
) -> None:
    refused = checked(rules()).refused(Verb.GRADE_RISK, tier="light", reason="x", factors=factors)
    assert (refused.code, refused.field) == (code, field)


def test_without_factors_the_grade_is_as_it_was_and_takes_none() -> None:
    player = checked()
    assert (
        player.refused(Verb.GRADE_RISK, tier="light", reason="").code is RefusalCode.REASON_MISSING
    )
    refused = player.refused(
        Verb.GRADE_RISK, tier="light", reason="x", factors=found("small", "open")
    )
    assert refused.field == "factors/scale"
    player.do(Verb.GRADE_RISK, tier="light", reason="规模小")
    assert player.state.grading == RiskGrading(reason="规模小")


def test_conditions_weigh_what_was_submitted_beside_the_factors() -> None:
    form = [
        named(
            "size",
            title=words("size"),
            questions=[{"id": "people", "kind": "integer", "label": words("people")}],
        )
    ]
    tiers = {
        "graded_in": "check",
        "factors": [factor("scale", "small", "large")],
        "levels": [
            named("light", when="factors.scale = 'small'"),
            named("heavy", when="factors.scale = 'small' AND size.people > 100"),
        ],
    }
    del form[0]["name"]
    rulebook = regime(tiers=tiers, form=form)
    assert set(needed_facts(rulebook)) == {"size.people"}
    finding = {"scale": {"found": "small", "reason": "x"}}
    for people, proposed in ((101, "heavy"), (100, "light"), (None, "light")):
        player = checked(rulebook, facts={"size.people": people})
        player.do(Verb.GRADE_RISK, tier=proposed, factors=finding, reason="")
        assert player.state.grading.proposed == proposed


def test_the_grade_is_the_same_when_the_history_is_read_again() -> None:
    player = graded(checked(rules()), "light", "large", "shut", "规模将缩小")
    again = fold(player.rulebook, player.calendar, player.history, player.now)
    assert (again.tier, again.grading) == (player.state.tier, player.state.grading)
    assert replace(again.grading, reason="") != again.grading
