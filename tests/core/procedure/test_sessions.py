"""A panel's sessions: called in time, minuted, voted on; sheets from paper confirmed or disputed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shidian.core.procedure import fold
from shidian.core.procedure.types import ActorKind, EventKind, RefusalCode, Verb
from shidian.core.rulebook.analysis import analyse
from shidian.core.rulebook.model import Panel, Rulebook, StageKind
from tests.core.procedure import rulebooks
from tests.core.procedure.player import HASH, Player, play_to

VOTE = {"quorum": "2/3", "majority": "1/2"}


def with_panel(**more: object) -> Rulebook:
    """The demonstration scheme with other rules for its panel."""
    rulebook = rulebooks.demo_city()
    stages = []
    for stage in rulebook.stages:
        panel = stage.panel and Panel.model_validate({**stage.panel.model_dump(), **more})
        stages.append(stage.model_copy(update={"panel": panel}))
    return rulebook.model_copy(update={"stages": tuple(stages)})


def in_review(**panel: object) -> Player:
    """A round of three has begun; all have declared that they have no conflict."""
    player = Player(with_panel(**panel) if panel else rulebooks.demo_city())
    play_to(player, StageKind.REVIEW)
    player.do(Verb.OPEN_ROUND, **player.willing(Verb.OPEN_ROUND))
    for expert in ("expert-1", "expert-2", "expert-3"):
        declare(player, expert, conflict=False)
    return player


def declare(player: Player, expert: str, *, conflict: bool) -> None:
    who = player.actor(ActorKind.EXPERT, person=expert)
    player.do(Verb.DECLARE_CONFLICT, who, conflict=conflict, reason="持股" if conflict else "")


def file_all(player: Player) -> None:
    for expert in ("expert-1", "expert-2", "expert-3"):
        who = player.actor(ActorKind.EXPERT, person=expert)
        player.do(Verb.SUBMIT_REVIEW, who, **player.willing(Verb.SUBMIT_REVIEW))


def call(player: Player, kind: str, days: int = 14, **more: object) -> None:
    on = str(player.now.date() + timedelta(days))
    player.do(Verb.CALL_SESSION, session=kind, kind=kind, on=on, sha256=HASH, **more)


def met(**panel: object) -> Player:
    """The round is closed and the day of the meeting has come."""
    player = in_review(**panel)
    file_all(player)
    player.do(Verb.CLOSE_ROUND)
    call(player, "meeting")
    player.wait(days=14)
    return player


def ballots(*choices: str) -> dict[str, dict[str, str]]:
    return {
        f"expert-{n}": {"choice": one, "reason": "" if one == "for" else "风险未明"}
        for n, one in enumerate(choices, start=1)
    }


def vote(player: Player, *choices: str, **more: object):
    return player.do(
        Verb.RECORD_VOTE, session="meeting", chair="expert-1", ballots=ballots(*choices), **more
    )


def test_a_defence_is_called_with_the_notice_that_the_rulebook_asks_for():
    player = in_review()
    soon = str(player.now.date() + timedelta(1))
    given = {"session": "d", "kind": "defence", "on": soon, "sha256": HASH}
    assert player.refused(Verb.CALL_SESSION, **given).code is RefusalCode.TOO_EARLY
    assert player.refused(Verb.CALL_SESSION, **given | {"on": "2020-01-01"}).field == "on"
    effects = player.do(Verb.CALL_SESSION, **given | {"on": str(player.now.date() + timedelta(10))})
    told = {(one.topic, one.payload.get("person")) for one in effects.outbox}
    assert ("mail.applicant", None) in told
    assert {("mail.expert", f"expert-{n}") for n in (1, 2, 3)} <= told


def test_an_expert_with_a_conflict_is_not_called():
    player = in_review()
    declare(player, "expert-2", conflict=True)
    on = str(player.now.date() + timedelta(14))
    effects = player.do(Verb.CALL_SESSION, session="d", kind="defence", on=on, sha256=HASH)
    told = {one.payload.get("person") for one in effects.outbox if one.topic == "mail.expert"}
    assert told == {"expert-1", "expert-3"}


def test_a_session_is_moved_or_called_off_with_a_reason_and_there_is_one_at_a_time():
    player = in_review()
    call(player, "defence")
    later = {"session": "defence", "kind": "defence", "sha256": HASH,
             "on": str(player.now.date() + timedelta(20))}  # fmt: skip
    assert player.refused(Verb.CALL_SESSION, **later).code is RefusalCode.REASON_MISSING
    other = player.refused(Verb.CALL_SESSION, **later | {"session": "second"})
    assert other.code is RefusalCode.ALREADY_DONE
    player.do(Verb.CALL_SESSION, **later, reason="场地冲突")
    off = {"session": "defence", "kind": "defence", "off": True}
    assert player.refused(Verb.CALL_SESSION, **off).code is RefusalCode.REASON_MISSING
    player.do(Verb.CALL_SESSION, **off, reason="申报机构请求")
    assert player.refused(Verb.CALL_SESSION, **off, reason="再次").code is RefusalCode.NO_SESSION
    player.do(Verb.CALL_SESSION, **later | {"session": "second"})
    assert player.state.round.defence.id == "second"


def test_minutes_follow_each_other_version_by_version_and_name_nobody_with_a_conflict():
    player = in_review()
    call(player, "defence")
    first = {"session": "defence", "version": 1, "sha256": HASH, "present": ["expert-1"]}
    assert player.refused(Verb.KEEP_MINUTES, **first).code is RefusalCode.TOO_EARLY
    player.wait(days=14)
    declare(player, "expert-3", conflict=True)
    barred = player.refused(Verb.KEEP_MINUTES, **first | {"present": ["expert-1", "expert-3"]})
    assert barred.code is RefusalCode.CONFLICTED
    player.do(Verb.KEEP_MINUTES, **first)
    again = player.refused(Verb.KEEP_MINUTES, **first)
    assert (again.code, again.field) == (RefusalCode.ALREADY_DONE, "version")
    second = first | {"version": 2}
    assert player.refused(Verb.KEEP_MINUTES, **second).code is RefusalCode.REASON_MISSING
    player.do(Verb.KEEP_MINUTES, **second, reason="补记一问")
    moved = {"session": "defence", "kind": "defence", "off": True, "reason": "x"}
    assert player.refused(Verb.CALL_SESSION, **moved).code is RefusalCode.ALREADY_DONE


def test_a_round_whose_defence_is_required_is_not_closed_without_its_minutes():
    player = in_review(defence={"required": True})
    file_all(player)
    assert player.refused(Verb.CLOSE_ROUND).code is RefusalCode.NO_SESSION
    assert any(task.verb is Verb.CALL_SESSION for task in player.state.tasks)
    play_to(player, StageKind.ASSESSMENT)


def test_the_panel_votes_after_the_round_and_conflicted_members_have_no_vote():
    player = in_review()
    call(player, "meeting", 0)
    given = {"session": "meeting", "chair": "expert-1", "ballots": ballots("for", "for", "for")}
    assert player.refused(Verb.RECORD_VOTE, **given).code is RefusalCode.ROUND_OPEN
    file_all(player)
    player.do(Verb.CLOSE_ROUND)
    silent = given | {"ballots": ballots("for") | {"expert-2": {"choice": "against", "reason": ""}}}
    assert player.refused(Verb.RECORD_VOTE, **silent).code is RefusalCode.REASON_MISSING
    few = player.refused(Verb.RECORD_VOTE, **given | {"ballots": ballots("for")})
    assert few.code is RefusalCode.NO_QUORUM
    stranger = given | {"ballots": given["ballots"] | {"expert-9": {"choice": "for", "reason": ""}}}
    assert player.refused(Verb.RECORD_VOTE, **stranger).code is RefusalCode.CONFLICTED
    absent = player.refused(Verb.RECORD_VOTE, **given | {"chair": "expert-9"})
    assert absent.field == "chair"
    told = player.do(Verb.RECORD_VOTE, **given | {"ballots": ballots("for", "against", "for")})
    data = told.events[0].data
    assert (data["in_favour"], data["against"], data["carried"]) == (2, 1, True)


def test_voting_again_needs_a_reason_and_the_newest_vote_counts():
    player = met()
    vote(player, "for", "for", "for")
    again = player.refused(
        Verb.RECORD_VOTE, session="meeting", chair="expert-1", ballots=ballots("for", "for", "for")
    )
    assert again.code is RefusalCode.REASON_MISSING
    vote(player, "against", "against", "for", reason="补充材料后重新表决")
    assert player.state.round.vote.carried is False


def test_where_the_panel_decides_the_case_goes_on_with_a_vote_in_favour_alone():
    player = met(meeting={"required": True, "vote": VOTE})
    assert player.refused(Verb.ADVANCE, reason="通过").code is RefusalCode.VOTE_MISSING
    vote(player, "against", "against", "for")
    assert player.refused(Verb.ADVANCE, reason="通过").code is RefusalCode.VOTED_DOWN
    assert player.state.tasks[0].verb is Verb.REJECT
    vote(player, "for", "for", "against", reason="澄清后重新表决")
    entered = player.do(Verb.ADVANCE, reason="通过").events[-1]
    assert entered.data["vote"] == {"round": 1, "session": "meeting", "carried": True}


def test_the_tasks_alone_lead_through_required_sessions():
    rules = {"required": True, "vote": VOTE}
    player = Player(with_panel(defence={"required": True}, meeting=rules))
    play_to(player, StageKind.ASSESSMENT)
    kinds = [event.kind for event in player.history]
    for kind in (EventKind.DEFENCE_CALLED, EventKind.MINUTES_KEPT, EventKind.VOTE_RECORDED):
        assert kind in kinds


@pytest.mark.parametrize("gone_on", [False, True])
def test_a_conflict_found_after_the_vote_takes_the_vote(gone_on: bool):
    player = met()
    vote(player, "for", "for", "for")
    if gone_on:
        player.do(Verb.ADVANCE, reason="通过")
    declare(player, "expert-2", conflict=True)
    assert player.state.round.vote is None
    assert player.state.round.doubted == gone_on
    if not gone_on:
        assert not player.state.round.closed  # two sheets of three are no quorum


def from_paper(player: Player, expert: str = "expert-1") -> None:
    given = player.willing(Verb.ENTER_SHEET)
    player.do(Verb.ENTER_SHEET, **given | {"expert": expert})


def answer(player: Player, confirm: bool, expert: str = "expert-1"):
    who = player.actor(ActorKind.EXPERT, person=expert)
    return player.act(Verb.ANSWER_SHEET, who, confirm=confirm, reason="" if confirm else "分数不符")


def test_a_sheet_from_paper_waits_for_its_expert_and_is_confirmed_once():
    player = in_review()
    who = player.actor(ActorKind.EXPERT, person="expert-1")
    none = player.refused(Verb.ANSWER_SHEET, who, confirm=True, reason="")
    assert none.code is RefusalCode.NO_PAPER_SHEET
    from_paper(player)
    asked = [task for task in player.state.tasks if task.verb is Verb.ANSWER_SHEET]
    assert [task.person for task in asked] == ["expert-1"]
    player.try_(answer(player, confirm=True))
    assert not [task for task in player.state.tasks if task.verb is Verb.ANSWER_SHEET]
    again = player.refused(Verb.ANSWER_SHEET, who, confirm=True, reason="")
    assert again.code is RefusalCode.ALREADY_DONE


def test_a_disputed_sheet_keeps_the_round_open_until_it_is_put_right():
    player = in_review()
    from_paper(player)
    who = player.actor(ActorKind.EXPERT, person="expert-1")
    silent = player.refused(Verb.ANSWER_SHEET, who, confirm=False, reason="")
    assert silent.code is RefusalCode.REASON_MISSING
    player.try_(answer(player, confirm=False))
    for expert in ("expert-2", "expert-3"):
        other = player.actor(ActorKind.EXPERT, person=expert)
        player.do(Verb.SUBMIT_REVIEW, other, **player.willing(Verb.SUBMIT_REVIEW))
    assert player.refused(Verb.CLOSE_ROUND).code is RefusalCode.SHEET_DISPUTED
    from_paper(player)
    assert len(player.state.round.reviews) == 3
    player.do(Verb.CLOSE_ROUND)


def test_the_expert_may_file_in_place_of_the_sheet_they_dispute():
    player = in_review()
    from_paper(player)
    player.try_(answer(player, confirm=False))
    file_all(player)
    player.do(Verb.CLOSE_ROUND)
    assert not any(one.paper for one in player.state.round.reviews)


def test_a_sheet_disputed_after_closing_puts_the_result_in_doubt_until_it_is_upheld():
    player = in_review()
    from_paper(player)
    for expert in ("expert-2", "expert-3"):
        other = player.actor(ActorKind.EXPERT, person=expert)
        player.do(Verb.SUBMIT_REVIEW, other, **player.willing(Verb.SUBMIT_REVIEW))
    player.do(Verb.CLOSE_ROUND)
    player.try_(answer(player, confirm=False))
    assert player.refused(Verb.ADVANCE, reason="通过").code is RefusalCode.REVIEW_IN_DOUBT
    player.do(Verb.UPHOLD_REVIEW, reason="原件与录入一致")
    player.do(Verb.ADVANCE, reason="通过")


def test_what_history_tells_of_sessions_is_the_state():
    player = met()
    vote(player, "for", "against", "for")
    told = fold(player.rulebook, player.calendar, player.history, player.history[-1].at)
    assert told == player.state


def test_a_rulebook_whose_vote_cannot_be_is_found_wrong():
    wrong = {"quorum": "3/2", "majority": "2/3", "casting": True}
    found = {one.problem.path for one in analyse(with_panel(meeting={"vote": wrong}))}
    path = "/stages/review/panel/meeting/vote"
    assert {f"{path}/quorum", f"{path}/casting"} <= found
