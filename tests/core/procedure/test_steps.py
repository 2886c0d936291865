"""The steps of an evaluation: in the rulebook's order, by whom it names, and before the end."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shidian.core.procedure.types import Actor, ActorKind, EventKind, RefusalCode, Verb
from shidian.core.rulebook.model import StageKind
from tests.core.procedure.player import HASH, Player, play_to
from tests.core.procedure.rulebooks import crossed, demo_city

GRADUATE = {"outcome": "graduated", "reason": "完成"}


def evaluated(rulebook=None) -> Player:
    player = Player(rulebook or demo_city())
    play_to(player, StageKind.EVALUATION)
    player.wait(days=30)
    return player


def before_confirmation() -> Player:
    player = evaluated()
    done(player, "self-test", ActorKind.APPLICANT)
    done(player, "audit", ActorKind.ASSESSOR)
    done(player, "expert-argument", ActorKind.OFFICER)
    return player


def done(player: Player, step: str, kind: ActorKind | None = None, **more: object):
    who = player.actor(kind) if kind else None
    return player.do(Verb.COMPLETE_STEP, who, **_data(player, step, **more))


def refused(player: Player, step: str, kind: ActorKind | None = None, **more: object):
    who = player.actor(kind) if kind else None
    return player.refused(Verb.COMPLETE_STEP, who, **_data(player, step, **more))


def _data(player: Player, step: str, **more: object) -> dict[str, object]:
    given = {"step": step, "text": "已完成", "on": str(player.now.date()), "sha256": HASH, **more}
    return {key: one for key, one in given.items() if one is not None}


def judged(player: Player) -> None:
    for promise in player.state.promises:
        player.do(Verb.JUDGE_PROMISE, promise=promise.id, judgement="kept", evidence="台账")
    player.do(Verb.FILE_EVALUATION, **player.willing(Verb.FILE_EVALUATION))


def asked(player: Player) -> list[tuple[str, ActorKind]]:
    return [
        (task.key.rpartition("/")[2], task.kind)
        for task in player.state.tasks
        if task.verb is Verb.COMPLETE_STEP
    ]


def test_steps_are_asked_of_whom_the_rulebook_names_one_after_the_other():
    player = evaluated()
    assert asked(player) == [("self-test", ActorKind.APPLICANT)]
    done(player, "self-test", ActorKind.APPLICANT, sha256=None)
    assert asked(player) == [("audit", ActorKind.ASSESSOR if player.state.commissioned else
                              ActorKind.OFFICER)]  # fmt: skip
    done(player, "audit", ActorKind.ASSESSOR)
    # No expert has the case once the round is over: an officer enters what they wrote.
    assert asked(player) == [("expert-argument", ActorKind.OFFICER)]
    done(player, "expert-argument", ActorKind.OFFICER)
    assert asked(player) == [], "what is confirmed is judged first"
    judged(player)
    assert asked(player) == [("confirmation", ActorKind.SIGNING_OFFICER)]
    done(player, "confirmation", ActorKind.SIGNING_OFFICER, sha256=None)
    assert {task.verb for task in player.state.tasks} == {Verb.CLOSE}
    assert player.do(Verb.CLOSE, **GRADUATE).state.is_closed


def test_an_event_says_which_step_was_done_on_which_day_and_on_what():
    player = evaluated()
    day = str(player.now.date() - timedelta(1))
    event = done(player, "self-test", ActorKind.APPLICANT, on=day, text="全部功能复测").events[0]
    assert event.kind is EventKind.STEP_COMPLETED
    assert event.data["step"] == "self-test"
    assert event.data["sha256"] == HASH
    kept = player.state.steps["self-test"]
    assert (str(kept.day), kept.text, kept.sha256) == (day, "全部功能复测", HASH)


def test_the_end_waits_for_every_step_and_an_extension_does_not():
    player = evaluated()
    judged(player)
    refusal = player.refused(Verb.CLOSE, **GRADUATE)
    assert refusal.code is RefusalCode.STEPS_OPEN
    assert "Self-test, Audit, Expert argument, Confirmation" in refusal.text.en
    player.do(Verb.EXTEND, **player.willing(Verb.EXTEND))
    assert player.state.stage_kind is StageKind.RUNNING


def test_a_new_evaluation_takes_its_steps_again():
    player = evaluated()
    done(player, "self-test", ActorKind.APPLICANT)
    player.do(Verb.EXTEND, **player.willing(Verb.EXTEND))
    player.do(Verb.BEGIN_EVALUATION, **player.willing(Verb.BEGIN_EVALUATION))
    assert player.state.steps == {}
    assert asked(player) == [("self-test", ActorKind.APPLICANT)]


def test_a_step_out_of_order_names_the_one_that_is_next():
    refusal = refused(evaluated(), "audit", ActorKind.ASSESSOR)
    assert refusal.code is RefusalCode.STEP_OUT_OF_ORDER
    assert "Self-test" in refusal.text.en


def test_a_step_is_done_once():
    player = evaluated()
    done(player, "self-test", ActorKind.APPLICANT)
    assert refused(player, "self-test", ActorKind.APPLICANT).code is RefusalCode.ALREADY_DONE


@pytest.mark.parametrize("kind", [ActorKind.SIGNING_OFFICER, ActorKind.ASSESSOR])
def test_a_step_of_another_role_is_refused(kind: ActorKind):
    refusal = refused(evaluated(), "self-test", kind)
    assert refusal.code is RefusalCode.WRONG_ACTOR
    assert "Applicant" in refusal.text.en


@pytest.mark.parametrize("kind", [ActorKind.EXPERT, ActorKind.PARTNER, ActorKind.PUBLIC])
def test_who_has_no_part_in_an_evaluation_does_no_step(kind: ActorKind):
    assert refused(evaluated(), "self-test", kind).code is RefusalCode.WRONG_ACTOR


def test_another_firm_does_not_do_the_firms_step():
    player = evaluated()
    other = Actor(ActorKind.APPLICANT, "x", institution="firm-9")
    refusal = player.refused(Verb.COMPLETE_STEP, other, **_data(player, "self-test"))
    assert refusal.code is RefusalCode.WRONG_INSTITUTION


def test_what_was_done_on_paper_an_officer_enters_with_the_scan():
    player = evaluated()
    refusal = refused(player, "self-test", ActorKind.OFFICER, sha256=None)
    assert refusal.field == "sha256"
    done(player, "self-test", ActorKind.OFFICER)
    assert "self-test" in player.state.steps


def test_a_step_with_a_document_is_not_done_without():
    player = evaluated()
    done(player, "self-test", ActorKind.APPLICANT)
    assert refused(player, "audit", ActorKind.ASSESSOR, sha256=None).field == "sha256"
    assert refused(player, "audit", ActorKind.ASSESSOR, sha256="x").field == "sha256"


def test_nobody_enters_the_confirmation_for_a_signing_officer():
    player = before_confirmation()
    judged(player)
    assert refused(player, "confirmation", ActorKind.OFFICER).code is RefusalCode.WRONG_ACTOR


def test_a_confirmation_waits_for_what_it_confirms():
    player = before_confirmation()
    refusal = refused(player, "confirmation", ActorKind.SIGNING_OFFICER)
    assert refusal.code is RefusalCode.PROMISES_UNJUDGED


def test_a_later_judgement_wants_another_confirmation():
    player = before_confirmation()
    judged(player)
    done(player, "confirmation", ActorKind.SIGNING_OFFICER)
    player.do(Verb.JUDGE_PROMISE, promise="p1", judgement="broken", evidence="复核")
    assert asked(player) == [("confirmation", ActorKind.SIGNING_OFFICER)]
    assert player.refused(Verb.CLOSE, **GRADUATE).code is RefusalCode.STEPS_OPEN
    done(player, "confirmation", ActorKind.SIGNING_OFFICER)
    player.do(Verb.FILE_EVALUATION, **player.willing(Verb.FILE_EVALUATION))
    assert "confirmation" not in player.state.steps
    assert set(player.state.steps) == {"self-test", "audit", "expert-argument"}


def test_the_day_of_a_step_lies_between_the_step_before_and_today():
    player = evaluated()
    today = player.now.date()
    for wrong in (today + timedelta(1), player.state.pilot_started - timedelta(1)):
        assert refused(player, "self-test", ActorKind.APPLICANT, on=str(wrong)).field == "on"
    done(player, "self-test", ActorKind.APPLICANT, on=str(today))
    early = refused(player, "audit", ActorKind.ASSESSOR, on=str(today - timedelta(1)))
    assert early.field == "on"
    assert str(today) in early.text.en


@pytest.mark.parametrize("text", ["", "  ", None])
def test_a_step_is_not_done_without_words(text: str | None):
    assert refused(evaluated(), "self-test", ActorKind.APPLICANT, text=text).field == "text"


def test_nothing_is_done_once_the_case_is_closed():
    player = evaluated()
    play_to(player, StageKind.CLOSED)
    assert refused(player, "self-test", ActorKind.APPLICANT).code is RefusalCode.CLOSED


def test_an_evaluation_without_steps_is_closed_as_before():
    player = evaluated(crossed())
    judged(player)
    assert refused(player, "self-test", ActorKind.APPLICANT).code is RefusalCode.BAD_DATA
    assert player.do(Verb.CLOSE, **GRADUATE).state.is_closed


def test_a_step_that_nobody_is_named_for_is_said_and_not_waited_for():
    book = demo_city()
    stages = tuple(
        stage.model_copy(
            update={"steps": tuple(one.model_copy(update={"by": None}) for one in stage.steps)}
        )
        for stage in book.stages
    )
    player = evaluated(book.model_copy(update={"stages": stages}))
    judged(player)
    assert asked(player) == []
    assert player.do(Verb.CLOSE, **GRADUATE).state.is_closed
