"""A refusal is objected to in its time, decided on by others, and can be undone."""

from datetime import date, timedelta

import pytest

from shidian.core.procedure import transitions
from shidian.core.procedure.types import ActorKind, ClockState, EventKind, RefusalCode, Verb
from shidian.core.rulebook.model import StageKind
from tests.core.procedure import rulebooks
from tests.core.procedure.player import Player, play_to

GROUNDS = {"grounds": "评分未计入补充材料"}


def refused_at(kind: StageKind = StageKind.ADMISSION, **more: object) -> Player:
    player = Player(rulebooks.demo_city())
    play_to(player, kind)
    player.do(Verb.REJECT, reason="风险措施不足", **more)
    player.wait(minutes=5)
    return player


def body(player: Player, person: str = "officer-province"):
    return player.actor(ActorKind.OFFICER, person=person, authority="province")


def clock(player: Player, name: str):
    return next(one for one in player.state.clocks if one.clock == name)


def test_refusal_starts_the_time_to_object_and_asks_nobody_to_act():
    player = refused_at()
    window = clock(player, "objecting")
    assert (window.state, window.length, window.received) == (
        ClockState.RUNNING,
        10,
        player.state.entered,
    )
    assert player.state.tasks == ()


def test_objection_is_filed_once_and_asks_the_body_by_a_clock_of_its_own():
    player = refused_at()
    filed = player.do(Verb.FILE_OBJECTION, **GROUNDS)
    assert [event.kind for event in filed.events] == [EventKind.OBJECTION_FILED]
    assert filed.events[0].data["against"] == "rejected"
    (task,) = player.state.tasks
    assert (task.verb, task.authority) == (Verb.DECIDE_OBJECTION, "province")
    assert task.due == clock(player, "reconsideration").due
    assert clock(player, "objecting").state is ClockState.STOPPED
    assert {item.payload["authority"] for item in filed.outbox if item.topic == "mail.officer"} == {
        "province"
    }
    again = player.refused(Verb.FILE_OBJECTION, **GROUNDS)
    assert again.code is RefusalCode.ALREADY_DONE


def test_objection_after_its_time_is_refused_with_the_last_day():
    player = refused_at()
    last = clock(player, "objecting").due
    player.now += last - player.now.date() + timedelta(days=1)
    late = player.refused(Verb.FILE_OBJECTION, **GROUNDS)
    assert late.code is RefusalCode.WINDOW_CLOSED
    assert str(last) in late.text.en


def test_objection_is_taken_where_the_calendar_does_not_reach():
    player = Player(rulebooks.demo_city())
    player.now = player.now.replace(year=2026, month=12, day=28)
    player.start()
    player.submit()
    player.do(Verb.REJECT, reason="不齐")
    assert clock(player, "objecting").state is ClockState.UNKNOWN
    player.wait(days=60)
    player.do(Verb.FILE_OBJECTION, **GROUNDS)


@pytest.mark.parametrize("missing", [{}, {"grounds": "  "}])
def test_objection_needs_its_grounds(missing):
    assert refused_at().refused(Verb.FILE_OBJECTION, **missing).code is RefusalCode.REASON_MISSING


def test_only_what_the_rulebook_lets_be_objected_to_is():
    player = Player(rulebooks.demo_city())
    play_to(player, StageKind.REVIEW)
    player.do(Verb.WITHDRAW, reason="不做了")
    refusal = player.refused(Verb.FILE_OBJECTION, **GROUNDS)
    assert refusal.code is RefusalCode.NO_OBJECTION_OPEN
    assert not [one for one in player.state.clocks if one.clock == "objecting"]


def test_only_the_body_decides():
    player = refused_at()
    player.do(Verb.FILE_OBJECTION, **GROUNDS)
    other = player.actor(ActorKind.OFFICER, person="x", authority="bureau")
    refusal = player.refused(Verb.DECIDE_OBJECTION, other, outcome="upheld", reason="无误")
    assert refusal.code is RefusalCode.WRONG_AUTHORITY


def test_who_had_a_hand_in_the_decision_does_not_decide_on_the_objection():
    player = Player(rulebooks.demo_city())
    play_to(player, StageKind.ADMISSION)
    signer = player.actor(ActorKind.SIGNING_OFFICER, person="wang", authority="bureau")
    player.do(Verb.SIGN_OFF, signer, authority="bureau", consent=False, reason="不成熟")
    player.do(Verb.REJECT, player.actor(ActorKind.OFFICER, person="li"), reason="会签未通过")
    player.do(Verb.FILE_OBJECTION, **GROUNDS)
    assert player.state.closed_by == ("wang", "li")
    for person in ("wang", "li"):
        refusal = player.refused(
            Verb.DECIDE_OBJECTION, body(player, person), outcome="upheld", reason="无误"
        )
        assert refusal.code is RefusalCode.FIRST_DECIDER
    player.do(Verb.DECIDE_OBJECTION, body(player), outcome="upheld", reason="无误")


def test_upheld_decision_stands_and_is_final():
    player = refused_at()
    player.do(Verb.FILE_OBJECTION, **GROUNDS)
    decided = player.do(Verb.DECIDE_OBJECTION, body(player), outcome="upheld", reason="无误")
    assert [event.kind for event in decided.events] == [EventKind.OBJECTION_DECIDED]
    assert (player.state.outcome, player.state.tasks) == ("rejected", ())
    assert clock(player, "reconsideration").state is ClockState.STOPPED
    assert player.refused(Verb.FILE_OBJECTION, **GROUNDS).code is RefusalCode.ALREADY_DONE


@pytest.mark.parametrize(("outcome", "stage"), [("changed", "admission"), ("sent-back", "review")])
def test_decision_that_does_not_stand_lets_the_case_go_on(outcome, stage):
    player = refused_at()
    player.do(Verb.FILE_OBJECTION, **GROUNDS)
    player.do(Verb.DECIDE_OBJECTION, body(player), outcome=outcome, reason="事实不清")
    assert (player.state.stage, player.state.outcome) == (stage, None)
    assert player.state.tasks
    play_to(player, StageKind.RUNNING)
    assert player.state.number


def test_case_refused_anew_can_be_objected_to_anew():
    player = refused_at()
    player.do(Verb.FILE_OBJECTION, **GROUNDS)
    player.do(Verb.DECIDE_OBJECTION, body(player), outcome="changed", reason="应予考虑")
    player.wait(days=3)
    player.do(Verb.REJECT, reason="仍不足")
    assert clock(player, "objecting").received == player.state.entered
    player.do(Verb.FILE_OBJECTION, **GROUNDS)


def test_objection_to_what_the_public_knew_is_on_record_with_what_came_of_it():
    for kind, told in ((StageKind.ADMISSION, True), (StageKind.SCREENING, False)):
        player = refused_at(kind)
        player.do(Verb.FILE_OBJECTION, **GROUNDS)
        decided = player.do(Verb.DECIDE_OBJECTION, body(player), outcome="upheld", reason="无误")
        (leaf,) = [item for item in decided.outbox if item.topic == "record.leaf"]
        assert leaf.payload["kind"] == "objection.decided"
        assert ("outcome" in leaf.payload) is told


def test_table_has_the_ways_back():
    rows = {(row.source, row.verb, row.target) for row in transitions(rulebooks.demo_city())}
    assert ("closed", Verb.DECIDE_OBJECTION, "review") in rows
    assert ("closed", Verb.DECIDE_OBJECTION, "admission") in rows


def test_window_ends_on_the_tenth_working_day():
    player = refused_at(StageKind.SCREENING)
    window = clock(player, "objecting")
    assert window.received == date(2025, 3, 3)
    assert window.due == date(2025, 3, 17)
