"""Conflicts found late, sheets that come late, and sheets on paper."""

from __future__ import annotations

from shidian.core.procedure.types import ActorKind, RefusalCode, Verb
from shidian.core.rulebook.model import StageKind
from tests.core.procedure import rulebooks
from tests.core.procedure.player import Player, play_to


def panelled(release=None, **changes):
    """The city's rules with another panel."""
    rules = rulebooks.demo_city()
    stages = []
    for stage in rules.stages:
        panel = stage.panel and stage.panel.model_copy(update=changes)
        with_panel = {"panel": panel, **({"release": release} if panel and release else {})}
        stages.append(stage.model_copy(update=with_panel))
    return rules.model_copy(update={"stages": tuple(stages)})


def expert(player, n):
    return player.actor(ActorKind.EXPERT, person=f"expert-{n}")


def opened(size=3, rulebook=None):
    player = Player(rulebook or rulebooks.demo_city())
    play_to(player, StageKind.REVIEW)
    experts = [f"expert-{n}" for n in range(1, size + 1)]
    player.do(Verb.OPEN_ROUND, **player.willing(Verb.OPEN_ROUND) | {"experts": experts})
    return player


def review(player, n, score=80):
    names = player.willing(Verb.SUBMIT_REVIEW)["scores"]
    player.do(Verb.DECLARE_CONFLICT, expert(player, n), conflict=False)
    player.do(
        Verb.SUBMIT_REVIEW,
        expert(player, n),
        scores=dict.fromkeys(names, score),
        reasons=dict.fromkeys(names, "理由"),
    )


def reviewed(*scores, rulebook=None):
    """A closed round with these scores."""
    player = opened(len(scores), rulebook)
    for n, score in enumerate(scores, start=1):
        review(player, n, score)
    player.do(Verb.CLOSE_ROUND)
    return player


def found_late(player, n):
    """What came of it, beside the declaration: stands, reopened, in-doubt or nothing."""
    told = player.do(
        Verb.DECLARE_CONFLICT, expert(player, n), conflict=True, reason="配偶受聘于申报机构"
    )
    outcomes = [one.data["outcome"] for one in told.events[1:]]
    return outcomes[0] if outcomes else None


def test_a_conflict_after_closing_reopens_a_round_that_is_no_quorum_without_it():
    player = reviewed(80, 80, 20)
    assert found_late(player, 3) == "reopened"
    current = player.state.round
    assert (current.closed, current.score, len(current.reviews)) == (False, None, 2)
    assert player.refused(Verb.ADVANCE, reason="好").code is RefusalCode.ROUND_OPEN
    assert "Seats to fill: 1" in player.state.tasks[-1].what.en
    player.do(Verb.INVITE_EXPERTS, experts=["expert-4"])
    review(player, 4, 95)
    player.do(Verb.CLOSE_ROUND)
    assert player.state.round.score == 85
    player.do(Verb.ADVANCE, **player.willing(Verb.ADVANCE))


def test_a_conflict_after_closing_leaves_a_result_that_stands_without_it():
    player = reviewed(80, 80, 80, 60, rulebook=panelled(odd=False))
    assert found_late(player, 4) == "stands"
    assert (player.state.round.closed, player.state.round.score) == (True, 80)


def test_a_sheet_that_carried_the_pass_mark_reopens_the_round_when_it_goes():
    player = reviewed(50, 50, 50, 100, rulebook=panelled(odd=False))
    assert player.state.round.passed is True
    assert found_late(player, 4) == "reopened"


def test_who_had_not_filed_changes_nothing_by_a_conflict_after_closing():
    player = opened(4, panelled(odd=False))
    for n in (1, 2, 3):
        review(player, n)
    player.wait(days=60)
    player.do(Verb.CLOSE_ROUND)
    assert found_late(player, 4) is None
    assert player.state.round.closed


def test_a_conflict_in_a_later_stage_puts_the_decision_in_doubt_until_it_is_upheld():
    player = reviewed(80, 80, 20)
    player.do(Verb.ADVANCE, **player.willing(Verb.ADVANCE))
    assert player.refused(Verb.UPHOLD_REVIEW, reason="无误").code is RefusalCode.NOT_IN_DOUBT
    assert found_late(player, 3) == "in-doubt"
    assert player.state.tasks[0].verb is Verb.UPHOLD_REVIEW
    player.do(Verb.COMMISSION_ASSESSMENT, body="body-1")
    assessor = player.actor(ActorKind.ASSESSOR, firm="body-1")
    player.do(Verb.FILE_ASSESSMENT, assessor, **player.willing(Verb.FILE_ASSESSMENT))
    onwards = player.willing(Verb.ADVANCE)
    assert player.refused(Verb.ADVANCE, **onwards).code is RefusalCode.REVIEW_IN_DOUBT
    assert player.refused(Verb.UPHOLD_REVIEW, reason=" ").code is RefusalCode.REASON_MISSING
    player.do(Verb.UPHOLD_REVIEW, reason="其余两份均为八十分，结论不变")
    player.do(Verb.ADVANCE, **onwards)


def test_a_conflict_while_a_decision_waits_to_be_released_bars_the_release():
    player = reviewed(20, 20, 20, rulebook=panelled(release="by-call"))
    player.do(Verb.REJECT, reason="未达标", hold=True)
    assert found_late(player, 1) == "in-doubt"
    assert player.refused(Verb.RELEASE_DECISION).code is RefusalCode.REVIEW_IN_DOUBT
    player.do(Verb.UPHOLD_REVIEW, reason="其余两份亦未达标")
    player.do(Verb.RELEASE_DECISION)
    assert player.state.is_closed


def test_a_doubted_round_that_is_taken_back_can_be_reviewed_again():
    player = reviewed(80, 80, 80, rulebook=panelled(release="by-call"))
    player.do(Verb.REJECT, reason="重复", hold=True)
    found_late(player, 1)
    player.do(Verb.TAKE_BACK_DECISION, reason="复核")
    onwards = player.willing(Verb.ADVANCE)
    assert player.refused(Verb.ADVANCE, **onwards).code is RefusalCode.REVIEW_IN_DOUBT
    again = player.willing(Verb.OPEN_ROUND) | {"experts": ["expert-5", "expert-6", "expert-7"]}
    player.do(Verb.OPEN_ROUND, **again)
    assert not player.state.round.doubted


def test_a_conflict_can_be_declared_when_the_case_is_closed_and_of_an_earlier_round():
    player = reviewed(20, 20, 20)
    again = player.willing(Verb.OPEN_ROUND) | {"experts": ["expert-7", "expert-8", "expert-9"]}
    player.do(Verb.OPEN_ROUND, **again)
    assert found_late(player, 1) is None
    assert player.state.round.conflicts == {}
    player.do(Verb.REJECT, reason="未达标")
    assert found_late(player, 7) is None
    refused = player.refused(Verb.DECLARE_CONFLICT, expert(player, 99), conflict=True, reason="x")
    assert refused.code is RefusalCode.NOT_INVITED


def test_no_conflict_cannot_be_declared_once_the_round_is_over():
    player = reviewed(80, 80, 80)
    refused = player.refused(Verb.DECLARE_CONFLICT, expert(player, 1), conflict=False)
    assert refused.code is RefusalCode.NO_ROUND


def test_a_sheet_after_the_last_day_needs_the_round_to_be_extended():
    player = opened()
    player.do(Verb.DECLARE_CONFLICT, expert(player, 1), conflict=False)
    sheet = player.willing(Verb.SUBMIT_REVIEW)
    player.wait(days=60)
    late = player.refused(Verb.SUBMIT_REVIEW, expert(player, 1), **sheet)
    assert late.code is RefusalCode.ROUND_OVER
    assert player.refused(Verb.EXTEND_ROUND, ends="2020-01-01", reason="x").field == "ends"
    player.do(Verb.EXTEND_ROUND, **player.willing(Verb.EXTEND_ROUND))
    player.do(Verb.SUBMIT_REVIEW, expert(player, 1), **sheet)


def test_a_sheet_on_paper_is_entered_for_an_expert_who_declared_on_it():
    player = opened()
    given = player.willing(Verb.ENTER_SHEET)
    undeclared = player.refused(Verb.ENTER_SHEET, **given | {"declared": None})
    assert undeclared.code is RefusalCode.CONFLICT_UNDECLARED
    assert player.refused(Verb.ENTER_SHEET, **given | {"sha256": "x"}).field == "sha256"
    player.do(Verb.ENTER_SHEET, **given)
    assert player.state.round.conflicts == {"expert-1": False}
    assert player.refused(Verb.ENTER_SHEET, **given).code is RefusalCode.ALREADY_DONE
    player.do(Verb.DECLARE_CONFLICT, expert(player, 2), conflict=True, reason="持股")
    barred = player.refused(Verb.ENTER_SHEET, **given | {"expert": "expert-2"})
    assert barred.code is RefusalCode.CONFLICTED
