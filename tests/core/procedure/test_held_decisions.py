"""What is decided and kept: nobody is told before it is released, and then it is as it was."""

import pytest

from shidian.core.procedure.types import ActorKind, EventKind, RefusalCode, Verb
from shidian.core.rulebook.model import Rulebook, StageKind
from tests.core.procedure import rulebooks
from tests.core.procedure.player import USCC, Player, play_to


def decided(*, admit: bool = True) -> Player:
    """A case of a call that is released together, decided in its admission stage."""
    player = Player(rulebooks.demo_city())
    play_to(player, StageKind.ADMISSION)
    for authority in ("bureau", "finance"):
        signer = player.actor(ActorKind.SIGNING_OFFICER, authority=authority)
        word = {"consent": True, "reason": ""}
        if not admit and authority == "finance":
            word = {"consent": False, "reason": "规模过大"}
        player.do(Verb.SIGN_OFF, signer, authority=authority, hold=True, uscc=USCC, seq=7, **word)
    if not admit:
        player.do(Verb.REJECT, reason="会签未通过", hold=True)
    player.wait(days=2)
    return player


def test_last_consent_is_kept_and_the_case_stays_where_it_is():
    player = decided()
    assert (player.state.stage, player.state.admitted) == ("admission", False)
    assert player.state.held.decision == "admit"
    (task,) = player.state.tasks
    assert task.verb is Verb.RELEASE_DECISION


def test_refusal_is_kept_and_its_task_says_the_same():
    admitted, refused = decided(), decided(admit=False)
    assert refused.state.held.outcome == "rejected"
    assert not refused.state.is_closed
    assert [task.what for task in refused.state.tasks] == [
        task.what for task in admitted.state.tasks
    ]


@pytest.mark.parametrize("admit", [True, False])
def test_nobody_outside_is_told_before_the_release(admit):
    player = Player(rulebooks.demo_city())
    play_to(player, StageKind.ADMISSION)
    before = len(player.history)
    player = decided(admit=admit)
    kinds = [event.kind for event in player.history[before:]]
    assert EventKind.DECISION_HELD in kinds
    assert {item.topic for item in player.effects.outbox} == {"mail.officer"}


def test_release_admits_with_the_number_of_the_release():
    player = decided()
    released = player.do(Verb.RELEASE_DECISION, batch="第一批", uscc=USCC, seq=12)
    assert [event.kind for event in released.events] == [
        EventKind.DECISION_RELEASED,
        EventKind.CASE_ADMITTED,
        EventKind.STAGE_ENTERED,
        EventKind.PILOT_STARTED,
    ]
    assert player.state.number.endswith("0012")
    assert player.state.held is None
    assert {item.payload["kind"] for item in released.outbox if item.topic == "record.leaf"} == {
        "case.admitted",
        "pilot.started",
    }


def test_release_closes_with_the_reason_and_the_people_of_the_decision():
    player = decided(admit=False)
    player.do(Verb.RELEASE_DECISION, player.actor(ActorKind.OFFICER, person="clerk"))
    assert (player.state.outcome, player.history[-1].data["reason"]) == ("rejected", "会签未通过")
    assert player.state.closed_by == ("officer-bureau", "officer-finance")
    player.do(Verb.FILE_OBJECTION, grounds="规模可控")


@pytest.mark.parametrize(
    "verb", [Verb.REJECT, Verb.SIGN_OFF, Verb.RETURN_TO_APPLICANT, Verb.GRADE_RISK]
)
def test_nothing_else_is_decided_meanwhile(verb):
    player = decided()
    assert player.refused(verb, reason="x").code is RefusalCode.DECISION_HELD


def test_applicant_may_still_withdraw():
    player = decided()
    player.do(Verb.WITHDRAW, reason="不做了")
    assert (player.state.outcome, player.state.held) == ("withdrawn", None)


def test_decision_taken_back_is_made_anew_from_the_first_consent():
    player = decided()
    player.do(Verb.TAKE_BACK_DECISION, reason="材料有误")
    assert (player.state.held, player.state.signoffs) == (None, {})
    assert {task.verb for task in player.state.tasks} == {Verb.SIGN_OFF}
    refusal = player.refused(Verb.RELEASE_DECISION)
    assert refusal.code is RefusalCode.NO_DECISION_HELD


def test_where_the_rulebook_tells_at_once_nothing_is_kept():
    player = Player(rulebooks.demo_city())
    play_to(player, StageKind.SCREENING)
    assert player.refused(Verb.REJECT, reason="x", hold=True).field == "hold"
    player = Player(rulebooks.crossed())
    play_to(player, StageKind.ADMISSION)
    assert player.refused(Verb.REJECT, reason="x", hold=True).code is RefusalCode.BAD_DATA


def test_where_the_rulebook_says_together_everything_is_kept():
    document = rulebooks.crossed().model_dump(by_alias=True)
    for stage in document["stages"]:
        stage["release"] = "together"
    player = Player(Rulebook.model_validate(document))
    play_to(player, StageKind.ADMISSION)
    player.do(Verb.REJECT, reason="名额已满")
    assert player.state.held.decision == "reject"


def test_admission_without_sign_off_is_kept_as_well():
    document = rulebooks.crossed().model_dump(by_alias=True)
    for stage in document["stages"]:
        if stage["id"] == "second-look":
            stage |= {"next": ["pilot", "end"], "release": "together", "signoff": None}
    player = Player(Rulebook.model_validate(document))
    play_to(player, StageKind.REVIEW)
    for _ in range(40):
        if player.state.held:
            break
        player.try_(player.cooperate(player.state.tasks[0]))
        player.wait(minutes=1)
    assert (player.state.stage, player.state.held.to) == ("second-look", "pilot")
    play_to(player, StageKind.RUNNING)
