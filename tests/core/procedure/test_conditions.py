"""Conditions of admission: named with a consent, fixed when the case is admitted."""

from __future__ import annotations

import pytest

from shidian.core.procedure.types import EventKind, RefusalCode, Verb
from shidian.core.rulebook.model import StageKind
from tests.core.procedure import rulebooks
from tests.core.procedure.player import USCC, Player, play_to


@pytest.fixture
def player():
    found = Player(rulebooks.demo_city())
    play_to(found, StageKind.ADMISSION)
    return found


def signed(player, authority, **more):
    from shidian.core.procedure.types import ActorKind

    who = player.actor(ActorKind.SIGNING_OFFICER, authority=authority)
    data = {"authority": authority, "consent": True, "reason": "", "uscc": USCC, "seq": 1, **more}
    return who, data


def test_conditions_of_all_consents_hold_each_once(player):
    who, data = signed(player, "bureau", conditions=["压力测试后方可扩容", "每周报告"])
    player.do(Verb.SIGN_OFF, who, **data)
    assert player.state.conditions == ()
    who, data = signed(player, "finance", conditions=["每周报告", "不向老年人推介"])
    done = player.do(Verb.SIGN_OFF, who, **data)
    [admitted] = [one for one in done.events if one.kind is EventKind.CASE_ADMITTED]
    assert admitted.data["conditions"] == ["压力测试后方可扩容", "每周报告", "不向老年人推介"]
    assert player.state.conditions == tuple(admitted.data["conditions"])


def test_without_conditions_none_are_kept(player):
    for authority in ("bureau", "finance"):
        who, data = signed(player, authority)
        done = player.do(Verb.SIGN_OFF, who, **data)
    assert player.state.conditions == ()
    assert not any("conditions" in one.data for one in done.events)


@pytest.mark.parametrize(
    "more",
    [
        {"consent": False, "reason": "不足", "conditions": ["每周报告"]},
        {"conditions": ["一", "一"]},
        {"conditions": [" "]},
        {"conditions": ["长" * 1001]},
        {"conditions": [str(n) for n in range(51)]},
        {"conditions": "每周报告"},
    ],
)
def test_conditions_that_are_no_conditions_are_refused(player, more):
    who, data = signed(player, "bureau", **more)
    refused = player.refused(Verb.SIGN_OFF, who, **data)
    assert (refused.code, refused.field) == (RefusalCode.BAD_DATA, "conditions")


def test_a_consent_outside_the_admission_takes_no_conditions():
    rules = rulebooks.demo_city()
    stages = [
        stage.model_copy(update={"signoff": rules.stage("admission").signoff})
        if stage.kind is StageKind.SCREENING
        else stage
        for stage in rules.stages
    ]
    player = Player(rules.model_copy(update={"stages": tuple(stages)}))
    play_to(player, StageKind.SCREENING)
    who, data = signed(player, "bureau", conditions=["每周报告"])
    assert player.refused(Verb.SIGN_OFF, who, **data).field == "conditions"
