"""Each verb's conditions, one by one, on the demonstration scheme and on one that differs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction

import pytest

from shidian.core.procedure import fold, permitted_verbs, step
from shidian.core.procedure.calendars import WorkingCalendar
from shidian.core.procedure.facts import needed_facts
from shidian.core.procedure.fold import local_day
from shidian.core.procedure.handlers.review import two_places, weighted_score
from shidian.core.procedure.types import (
    Act,
    Actor,
    ActorKind,
    ClockState,
    EventKind,
    ExpertReview,
    PastEvent,
    Refusal,
    RefusalCode,
    Verb,
)
from shidian.core.procedure.verbs import DATA_KEYS, VERBS
from shidian.core.rulebook.model import StageKind
from tests.core.procedure import rulebooks
from tests.core.procedure.player import FIRM, HASH, USCC, Player, play_to

OUTSIDER = Actor(ActorKind.APPLICANT, "x", institution="firm-9")


def at(kind: StageKind, rulebook=None) -> Player:
    player = Player(rulebook or rulebooks.demo_city())
    play_to(player, kind)
    return player


def expert(player: Player, n: int) -> Actor:
    return player.actor(ActorKind.EXPERT, person=f"expert-{n}")


def signer(player: Player, authority: str) -> Actor:
    return player.actor(ActorKind.SIGNING_OFFICER, authority=authority)


def sign(player: Player, authority: str, **more: object) -> dict[str, object]:
    return {"who": signer(player, authority), "authority": authority, "consent": True,
            "reason": "", "uscc": USCC, "seq": 3, **more}  # fmt: skip


# -- the tables


def test_every_verb_has_its_row_and_its_data_keys():
    assert set(VERBS) == set(DATA_KEYS) == set(Verb)


def test_permitted_verbs_leave_out_what_the_rulebook_has_no_move_for():
    player = at(StageKind.REVIEW)
    officer = permitted_verbs(player.rulebook, player.state, ActorKind.OFFICER)
    assert Verb.OPEN_ROUND in officer
    assert Verb.RETURN_TO_APPLICANT not in officer
    signing = permitted_verbs(player.rulebook, player.state, ActorKind.SIGNING_OFFICER)
    assert Verb.SIGN_OFF not in signing
    empty = Player(player.rulebook).state
    assert permitted_verbs(player.rulebook, empty, ActorKind.APPLICANT) == (Verb.CREATE,)
    assert permitted_verbs(player.rulebook, empty, ActorKind.OFFICER) == ()


# -- anyone, any time


def test_nothing_happens_before_creation_or_after_closing():
    player = Player(rulebooks.demo_city())
    assert player.refused(Verb.SUBMIT, **player.form()).code is RefusalCode.NOT_CREATED
    player.start()
    assert player.refused(Verb.CREATE, case="T", institution=FIRM).code is (
        RefusalCode.ALREADY_CREATED
    )
    player.do(Verb.WITHDRAW, reason="不做了")
    assert player.refused(Verb.WITHDRAW, reason="再退").code is RefusalCode.CLOSED


def test_acts_in_the_past_are_refused():
    player = at(StageKind.SCREENING)
    player.now -= timedelta(days=1)
    refusal = player.refused(Verb.REQUEST_INFORMATION, question="?")
    assert refusal.code is RefusalCode.BEFORE_LAST_EVENT


def test_moments_need_a_zone():
    player = Player(rulebooks.demo_city())
    act = replace(player.act(Verb.CREATE, case="T", institution=FIRM), at=datetime(2025, 1, 1))  # noqa: DTZ001
    answer = step(player.rulebook, player.calendar, (), act)
    assert isinstance(answer, Refusal)
    assert answer.field == "at"
    with pytest.raises(ValueError, match="no zone"):
        local_day(datetime(2025, 1, 1), "Asia/Shanghai")  # noqa: DTZ001


def test_day_of_an_act_is_the_scheme_s_not_utc():
    player = Player(rulebooks.demo_city())
    player.now = datetime.fromisoformat("2025-03-03T17:00:00+00:00")
    player.start()
    assert player.state.entered == date(2025, 3, 4)


def test_only_the_lead_institution_acts_for_the_applicant():
    player = Player(rulebooks.demo_city())
    player.start()
    assert player.refused(Verb.SUBMIT, OUTSIDER, **player.form()).code is (
        RefusalCode.WRONG_INSTITUTION
    )
    fresh = Player(rulebooks.demo_city())
    refusal = fresh.refused(Verb.CREATE, OUTSIDER, case="T", institution=FIRM)
    assert refusal.code is RefusalCode.WRONG_INSTITUTION


def test_only_deciding_authorities_decide():
    player = at(StageKind.SCREENING)
    guide = player.actor(ActorKind.OFFICER, authority="province")
    assert player.refused(Verb.REJECT, guide, reason="不").code is RefusalCode.WRONG_AUTHORITY
    expert_actor = player.actor(ActorKind.EXPERT)
    assert player.refused(Verb.REJECT, expert_actor, reason="不").code is RefusalCode.WRONG_ACTOR


def test_surplus_data_are_refused_by_name():
    player = at(StageKind.SCREENING)
    refusal = player.refused(Verb.REQUEST_INFORMATION, question="?", secret="x")
    assert (refusal.code, refusal.field) == (RefusalCode.BAD_DATA, "secret")


def test_history_with_an_unknown_event_is_an_error():
    player = at(StageKind.SCREENING)
    odd = PastEvent(99, "case.eaten", player.now, OUTSIDER, {})
    with pytest.raises(ValueError, match=r"case\.eaten"):
        fold(player.rulebook, player.calendar, [*player.history, odd], player.now)


# -- applying


def test_submission_names_what_is_missing():
    player = Player(rulebooks.demo_city())
    player.start()
    section = player.rulebook.form[0]
    refusal = player.refused(Verb.SUBMIT, **(player.form() | {"missing": [section.id, "odd"]}))
    assert refusal.code is RefusalCode.INCOMPLETE
    assert section.title.zh in refusal.text.zh
    assert "odd" in refusal.text.en


def test_submission_checks_the_plan():
    player = Player(rulebooks.crossed())
    player.start()
    for plan, code in (
        ({}, RefusalCode.INCOMPLETE),
        ({"people": "1.5"}, RefusalCode.BAD_DATA),
        ({"people": "-1"}, RefusalCode.BAD_DATA),
        ({"people": "NaN"}, RefusalCode.BAD_DATA),
        ({"people": "1", "cows": "2"}, RefusalCode.BAD_DATA),
    ):
        refusal = player.refused(Verb.SUBMIT, **(player.form() | {"plan": plan}))
        assert refusal.code is code, plan
    player.submit(plan={"people": "1e3"})
    assert player.state.plan == {"people": "1000", "money": "100.50"}


def test_promises_need_ids_of_their_own():
    player = Player(rulebooks.demo_city())
    player.start()
    twice = [{"id": "p1", "text": "a"}, {"id": "p1", "text": "b"}]
    refusal = player.refused(Verb.SUBMIT, **(player.form() | {"promises": twice}))
    assert refusal.field == "promises"


# -- screening


def test_request_stops_the_screening_clock_until_the_answer():
    player = at(StageKind.SCREENING)
    due = player.state.clocks[0].due
    player.do(Verb.REQUEST_INFORMATION, question="请补充")
    player.wait(days=2)
    waiting = fold(player.rulebook, player.calendar, player.history, player.now)
    screening = next(clock for clock in waiting.clocks if clock.clock == "screening")
    assert screening.state is ClockState.PAUSED
    assert [task.verb for task in waiting.tasks] == [Verb.ANSWER_INFORMATION]
    assert waiting.tasks[0].due is not None
    player.do(
        Verb.ANSWER_INFORMATION,
        request="r1",
        answer="已补",
        version=2,
        sha256="cd" * 32,
        facts=dict.fromkeys(needed_facts(player.rulebook)),
    )
    assert player.state.version == 2
    screening = player.state.clocks[0]
    assert (screening.state, screening.paused_units) == (ClockState.RUNNING, 2)
    assert player.calendar.count(due, screening.due) == 2


def test_screening_waits_for_the_answer_or_its_last_day():
    player = at(StageKind.SCREENING)
    player.do(Verb.REQUEST_INFORMATION, question="请补充", due_working_days=3)
    onward = player.willing(Verb.ADVANCE)
    assert player.refused(Verb.ADVANCE, **onward).code is RefusalCode.REQUEST_OPEN
    assert player.refused(Verb.REJECT, reason="不").code is RefusalCode.REQUEST_OPEN
    player.wait(days=7)
    player.do(Verb.ADVANCE, **onward)
    assert player.state.requests[0].lapsed == player.now.date()
    assert player.refused(Verb.ANSWER_INFORMATION, request="r1", answer="晚了").code is (
        RefusalCode.NO_SUCH_REQUEST
    )


def test_screening_needs_every_mandatory_criterion_met():
    player = at(StageKind.SCREENING)
    assert player.refused(Verb.ADVANCE, reason="好").code is RefusalCode.CRITERIA_UNMET
    findings = player.willing(Verb.ADVANCE)["findings"]
    first = next(iter(findings))
    unmet = findings | {first: {"met": False, "reason": "无牌照"}}
    assert player.refused(Verb.ADVANCE, reason="好", findings=unmet).field == f"findings/{first}"
    effects = player.do(Verb.ADVANCE, reason="好", findings=findings)
    assert effects.events[0].kind is EventKind.CHECKLIST_FILED


def test_returned_case_can_be_submitted_again_with_a_new_clock():
    player = at(StageKind.SCREENING)
    player.do(Verb.RETURN_TO_APPLICANT, reason="请修改")
    stopped = player.state.clocks[0]
    assert stopped.state is ClockState.STOPPED
    player.wait(days=30)
    player.submit(version=2)
    again = player.state.clocks[0]
    assert again.state is ClockState.RUNNING
    assert again.received == player.now.date()


# -- review


def in_review(rulebook=None, **more: object) -> Player:
    player = at(StageKind.REVIEW, rulebook)
    player.do(Verb.OPEN_ROUND, **(player.willing(Verb.OPEN_ROUND) | more))
    return player


def review(player: Player, n: int, **more: object) -> None:
    player.do(Verb.DECLARE_CONFLICT, expert(player, n), conflict=False)
    player.do(Verb.SUBMIT_REVIEW, expert(player, n), **(player.willing(Verb.SUBMIT_REVIEW) | more))


def test_expert_declares_before_scoring_and_is_out_on_a_conflict():
    player = in_review()
    sheet = player.willing(Verb.SUBMIT_REVIEW)
    first = expert(player, 1)
    assert player.refused(Verb.SUBMIT_REVIEW, first, **sheet).code is (
        RefusalCode.CONFLICT_UNDECLARED
    )
    assert player.refused(Verb.DECLARE_CONFLICT, first, conflict=True, reason=" ").code is (
        RefusalCode.REASON_MISSING
    )
    player.do(Verb.DECLARE_CONFLICT, first, conflict=True, reason="持股")
    assert player.refused(Verb.SUBMIT_REVIEW, first, **sheet).code is RefusalCode.CONFLICTED
    assert player.refused(Verb.DECLARE_CONFLICT, first, conflict=False).code is (
        RefusalCode.ALREADY_DONE
    )
    assert not [task for task in player.state.tasks if task.person == "expert-1"]
    stranger = expert(player, 99)
    assert player.refused(Verb.SUBMIT_REVIEW, stranger, **sheet).code is RefusalCode.NOT_INVITED


def test_conflict_found_later_takes_the_sheet_out():
    player = in_review()
    review(player, 1)
    player.do(Verb.DECLARE_CONFLICT, expert(player, 1), conflict=True, reason="新入职")
    assert player.state.round.reviews == ()


def test_sheet_covers_every_criterion_within_the_scale_once():
    player = in_review()
    player.do(Verb.DECLARE_CONFLICT, expert(player, 1), conflict=False)
    sheet = player.willing(Verb.SUBMIT_REVIEW)
    name = next(iter(sheet["scores"]))
    for scores in ({}, sheet["scores"] | {name: 101}, sheet["scores"] | {name: True}):
        refusal = player.refused(
            Verb.SUBMIT_REVIEW, expert(player, 1), **sheet | {"scores": scores}
        )
        assert refusal.field.startswith("scores/")
    reasons = sheet["reasons"] | {name: ""}
    refusal = player.refused(Verb.SUBMIT_REVIEW, expert(player, 1), **sheet | {"reasons": reasons})
    assert refusal.code is RefusalCode.REASON_MISSING
    player.do(Verb.SUBMIT_REVIEW, expert(player, 1), **sheet)
    assert player.refused(Verb.SUBMIT_REVIEW, expert(player, 1), **sheet).code is (
        RefusalCode.ALREADY_DONE
    )


def test_round_closes_with_enough_sheets_and_an_odd_number():
    player = in_review()
    assert player.refused(Verb.CLOSE_ROUND).code is RefusalCode.TOO_FEW_REVIEWS
    player.do(Verb.INVITE_EXPERTS, experts=["expert-4", "expert-5"])
    for n in (1, 2, 3):
        review(player, n)
    assert player.refused(Verb.CLOSE_ROUND).code is RefusalCode.REVIEWS_OUTSTANDING
    review(player, 4)
    player.wait(days=31)
    assert player.refused(Verb.CLOSE_ROUND).code is RefusalCode.EVEN_PANEL
    player.do(Verb.EXTEND_ROUND, **player.willing(Verb.EXTEND_ROUND))
    review(player, 5)
    player.do(Verb.CLOSE_ROUND)
    assert player.state.round.score == 100


def test_round_has_dates_and_new_experts_only():
    player = at(StageKind.REVIEW)
    opening = player.willing(Verb.OPEN_ROUND)
    assert player.refused(Verb.OPEN_ROUND, **opening | {"ends": "2020-01-01"}).field == "ends"
    assert player.refused(Verb.OPEN_ROUND, **opening | {"experts": []}).field == "experts"
    later = str(player.now.date() + timedelta(5))
    player.do(Verb.OPEN_ROUND, **opening | {"starts": later})
    assert player.refused(Verb.OPEN_ROUND, **opening).code is RefusalCode.ROUND_OPEN
    assert player.refused(Verb.INVITE_EXPERTS, experts=["expert-1"]).code is (
        RefusalCode.ALREADY_DONE
    )
    player.do(Verb.DECLARE_CONFLICT, expert(player, 1), conflict=False)
    sheet = player.willing(Verb.SUBMIT_REVIEW)
    assert player.refused(Verb.SUBMIT_REVIEW, expert(player, 1), **sheet).code is (
        RefusalCode.ROUND_NOT_STARTED
    )


def test_below_the_pass_mark_the_case_does_not_go_on_but_may_be_reviewed_again():
    player = in_review()
    zero = dict.fromkeys(player.willing(Verb.SUBMIT_REVIEW)["scores"], 0)
    for n in (1, 2, 3):
        review(player, n, scores=zero)
    player.do(Verb.CLOSE_ROUND)
    assert player.refused(Verb.ADVANCE, reason="好").code is RefusalCode.BELOW_PASS_MARK
    opening = player.willing(Verb.OPEN_ROUND)
    assert player.refused(Verb.OPEN_ROUND, **opening | {"reason": ""}).code is (
        RefusalCode.REASON_MISSING
    )
    player.do(Verb.OPEN_ROUND, **opening)
    assert (player.state.round.number, player.state.round.closed) == (2, False)


def test_score_is_exact_and_weighted():
    criteria = [one for one in rulebooks.crossed().criteria if one.stage == "running"]
    reviews = [ExpertReview("a", {"new": 7, "safe": 10}, {}),
               ExpertReview("b", {"new": 9, "safe": 1}, {}),
               ExpertReview("c", {"new": 10, "safe": 4}, {})]  # fmt: skip
    assert weighted_score(criteria, reviews) == Fraction(70 * 26 + 30 * 15, 300)
    unweighted = [one.model_copy(update={"weight": None}) for one in criteria]
    assert weighted_score(unweighted, reviews) == Fraction(41, 6)
    assert two_places(Fraction(41, 6)) == "6.83"
    assert two_places(Fraction(1, 200)) == "0.01"


# -- assessment and notice


def test_failed_area_holds_the_case_until_assessed_anew():
    player = at(StageKind.ASSESSMENT)
    assert player.refused(Verb.ADVANCE, reason="好").code is RefusalCode.NOT_ASSESSED
    findings = player.willing(Verb.FILE_ASSESSMENT)["findings"]
    area = next(iter(findings))
    failing = findings | {area: {"finding": "fail", "text": "有漏洞"}}
    player.do(Verb.FILE_ASSESSMENT, findings=failing)
    assert player.refused(Verb.ADVANCE, reason="好").code is RefusalCode.AREA_FAILED
    assert player.state.tasks[0].kind is ActorKind.ASSESSOR
    conditional = findings | {area: {"finding": "condition", "text": "整改"}}
    player.do(Verb.FILE_ASSESSMENT, findings=conditional)
    player.do(Verb.ADVANCE, reason="好")
    assert player.state.stage_kind is StageKind.NOTICE


def test_notice_runs_to_the_end_of_its_last_working_day():
    player = at(StageKind.NOTICE)
    assert player.refused(Verb.ADVANCE, reason="好").code is RefusalCode.NO_NOTICE
    player.do(Verb.OPEN_NOTICE, sha256=HASH, version=1)
    opened = player.now.date()
    due = player.calendar.add(opened, 5)
    task = next(task for task in player.state.tasks if task.verb is Verb.ADVANCE)
    assert task.not_before == due + timedelta(1)
    player.now = datetime.fromisoformat(f"{due}T23:59:59+08:00")
    assert player.refused(Verb.ADVANCE, reason="好").code is RefusalCode.NOTICE_OPEN
    player.do(Verb.RECORD_COMMENT, comment="c1", sha256=HASH)
    player.wait(minutes=1)
    assert player.refused(Verb.RECORD_COMMENT, comment="c2", sha256=HASH).code is (
        RefusalCode.WINDOW_CLOSED
    )
    assert player.refused(Verb.ADVANCE, reason="好").code is RefusalCode.COMMENTS_UNANSWERED
    player.do(Verb.ANSWER_COMMENT, comment="c1", sha256=HASH)
    effects = player.do(Verb.ADVANCE, reason="好")
    assert effects.events[0].kind is EventKind.NOTICE_CLOSED
    leaf = effects.outbox[0]
    assert (leaf.topic, leaf.payload["kind"]) == ("record.leaf", "notice.closed")
    assert (leaf.payload["stage"], leaf.payload["sha256"]) == ("publicity", HASH)
    assert player.state.stage_kind is StageKind.ADMISSION


def test_notice_without_a_calendar_for_the_year_does_not_end_by_guess():
    player = at(StageKind.NOTICE)
    player.calendar = WorkingCalendar.from_rows("empty", "0", [])
    player.do(Verb.OPEN_NOTICE, sha256=HASH, version=1)
    player.wait(days=300)
    assert player.refused(Verb.ADVANCE, reason="好").code is RefusalCode.CALENDAR_MISSING


def test_notice_is_opened_once_and_comments_come_once():
    player = at(StageKind.NOTICE)
    player.do(Verb.OPEN_NOTICE, sha256=HASH, version=1)
    assert player.refused(Verb.OPEN_NOTICE, sha256=HASH, version=2).code is (
        RefusalCode.ALREADY_DONE
    )
    player.do(Verb.RECORD_COMMENT, comment="c1", sha256=HASH)
    assert player.refused(Verb.RECORD_COMMENT, comment="c1", sha256=HASH).field == "comment"
    assert player.refused(Verb.ANSWER_COMMENT, comment="c9", sha256=HASH).field == "comment"


def test_an_open_notice_is_extended_and_the_window_moves():
    player = at(StageKind.NOTICE)
    player.do(Verb.OPEN_NOTICE, sha256=HASH, version=1)
    due = player.calendar.add(player.now.date(), 5)
    for until in (due, due - timedelta(1), due + timedelta(367)):
        refusal = player.refused(Verb.EXTEND_NOTICE, until=str(until), reason="来信较多")
        assert refusal.field == "until"
    assert player.refused(Verb.EXTEND_NOTICE, until=str(due + timedelta(9))).field == "reason"

    later = due + timedelta(9)
    effects = player.do(Verb.EXTEND_NOTICE, until=str(later), reason="来信较多")

    assert effects.events[0].kind is EventKind.NOTICE_EXTENDED
    assert effects.outbox[0].payload["kind"] == "notice.extended"
    player.now = datetime.fromisoformat(f"{later}T23:59:59+08:00")
    player.do(Verb.RECORD_COMMENT, comment="c1", sha256=HASH)
    player.do(Verb.ANSWER_COMMENT, comment="c1", sha256=HASH)
    assert player.refused(Verb.ADVANCE, reason="好").code is RefusalCode.NOTICE_OPEN
    player.wait(minutes=1)
    refusal = player.refused(Verb.EXTEND_NOTICE, until=str(later + timedelta(9)), reason="再延长")
    assert refusal.code is RefusalCode.WINDOW_CLOSED
    player.do(Verb.ADVANCE, reason="好")


def test_a_material_change_is_another_text_with_a_window_of_its_own():
    player = at(StageKind.NOTICE)
    other = "b" * 64
    player.do(Verb.OPEN_NOTICE, sha256=HASH, version=1)
    player.do(Verb.RECORD_COMMENT, comment="c1", sha256=HASH)
    player.do(Verb.EXTEND_NOTICE, until=str(player.now.date() + timedelta(60)), reason="来信较多")
    player.wait(days=3)
    same = player.refused(Verb.OPEN_NOTICE, sha256=HASH, version=2, reason="改了规模")
    assert same.code is RefusalCode.ALREADY_DONE
    assert player.refused(Verb.OPEN_NOTICE, sha256=other, version=2).code is (
        RefusalCode.ALREADY_DONE
    )
    assert player.refused(Verb.OPEN_NOTICE, sha256=other, version=1, reason="改").field == "version"

    player.do(Verb.OPEN_NOTICE, sha256=other, version=2, reason="改了规模")

    opened = player.now.date()
    clock = next(one for one in player.state.clocks if one.clock == "publicity")
    assert clock.due == player.calendar.add(opened, 5)
    player.now = datetime.fromisoformat(f"{clock.due + timedelta(1)}T09:00:00+08:00")
    # What was said on the text before wants its answer as well.
    assert player.refused(Verb.ADVANCE, reason="好").code is RefusalCode.COMMENTS_UNANSWERED
    player.do(Verb.ANSWER_COMMENT, comment="c1", sha256=HASH)
    player.do(Verb.ADVANCE, reason="好")


def test_notice_sent_back_is_published_anew():
    player = at(StageKind.NOTICE)
    player.do(Verb.OPEN_NOTICE, sha256=HASH, version=1)
    player.do(Verb.ADVANCE, to="assessment", reason="重新评估")
    assert player.state.stage_kind is StageKind.ASSESSMENT
    assert player.state.notice.closed == player.now.date()
    play_to(player, StageKind.NOTICE)
    assert player.state.notice is None


def test_stage_that_takes_no_comments_says_so():
    rulebook = rulebooks.demo_city()
    stages = tuple(stage.model_copy(update={"comments": False}) for stage in rulebook.stages)
    player = at(StageKind.NOTICE, rulebook.model_copy(update={"stages": stages}))
    player.do(Verb.OPEN_NOTICE, sha256=HASH, version=1)
    assert player.refused(Verb.RECORD_COMMENT, comment="c1", sha256=HASH).code is (
        RefusalCode.COMMENTS_NOT_TAKEN
    )


# -- admission


def test_last_consent_admits_with_number_plan_and_promises():
    player = at(StageKind.ADMISSION)
    player.do(Verb.SIGN_OFF, **sign(player, "bureau"))
    assert [task.authority for task in player.state.tasks] == ["finance"]
    assert player.refused(Verb.SIGN_OFF, **sign(player, "bureau")).code is RefusalCode.ALREADY_DONE
    effects = player.do(Verb.SIGN_OFF, **sign(player, "finance"))
    assert [event.kind for event in effects.events] == [
        EventKind.SIGNOFF_GIVEN,
        EventKind.CASE_ADMITTED,
        EventKind.STAGE_ENTERED,
        EventKind.PILOT_STARTED,
    ]
    assert player.state.number == f"{USCC}-{player.now.year}-0003"
    assert player.state.stage_kind is StageKind.RUNNING
    topics = [item.topic for item in effects.outbox]
    assert topics.count("pilot.admitted") == 1
    assert topics.count("snapshot.case") == 1
    admitted = next(item for item in effects.outbox if item.topic == "pilot.admitted")
    assert admitted.payload["plan"]["investors_max"] == "1000"


def test_authority_signs_for_itself_only():
    player = at(StageKind.ADMISSION)
    crossed = sign(player, "bureau") | {"authority": "finance"}
    assert player.refused(Verb.SIGN_OFF, **crossed).code is RefusalCode.WRONG_AUTHORITY
    officer = player.actor(ActorKind.OFFICER, authority="bureau")
    assert player.refused(Verb.SIGN_OFF, **sign(player, "bureau") | {"who": officer}).code is (
        RefusalCode.WRONG_ACTOR
    )


def test_refusal_needs_a_reason_and_holds_the_case_until_consent_or_rejection():
    player = at(StageKind.ADMISSION)
    no = sign(player, "bureau", consent=False)
    assert player.refused(Verb.SIGN_OFF, **no).code is RefusalCode.REASON_MISSING
    player.do(Verb.SIGN_OFF, **no | {"reason": "风险"})
    player.do(Verb.SIGN_OFF, **sign(player, "finance"))
    assert player.state.stage_kind is StageKind.ADMISSION
    assert player.state.tasks[0].verb is Verb.REJECT
    assert player.refused(Verb.ADVANCE, reason="好").code is RefusalCode.SIGNOFF_REFUSED
    came_round = Player(player.rulebook, now=player.now, history=player.history)
    came_round.effects = player.effects
    came_round.do(Verb.SIGN_OFF, **sign(player, "bureau"))
    assert came_round.state.stage_kind is StageKind.RUNNING
    player.do(Verb.REJECT, reason="一方不同意")
    assert (player.state.outcome, player.state.number) == ("rejected", None)


def test_number_needs_code_and_sequence():
    player = at(StageKind.ADMISSION)
    player.do(Verb.SIGN_OFF, **sign(player, "bureau", uscc=None, seq=None))
    for field, value in (("uscc", "123"), ("seq", 0), ("uscc", None), ("seq", None)):
        refusal = player.refused(Verb.SIGN_OFF, **sign(player, "finance") | {field: value})
        assert refusal.field == field


def test_admission_goes_on_by_sign_off_alone():
    player = at(StageKind.ADMISSION)
    assert player.refused(Verb.ADVANCE, reason="好").code is RefusalCode.SIGNOFF_MISSING
    assert player.refused(Verb.ADVANCE, reason="好", to="running").code is RefusalCode.NO_SUCH_MOVE


# -- the run and its end


def test_case_closes_once_promises_are_judged_and_dimensions_graded():
    player = at(StageKind.EVALUATION)
    graduate = {"outcome": "graduated", "reason": "完成"}
    assert player.refused(Verb.CLOSE, **graduate).code is RefusalCode.PROMISES_UNJUDGED
    for promise in ("p1", "p2"):
        player.do(Verb.JUDGE_PROMISE, promise=promise, judgement="broken", evidence="台账")
    assert player.refused(Verb.CLOSE, **graduate).code is RefusalCode.DIMENSIONS_UNFILED
    assert player.refused(Verb.FILE_EVALUATION, dimensions={}).field == "dimensions"
    player.do(Verb.FILE_EVALUATION, **player.willing(Verb.FILE_EVALUATION))
    assert player.refused(Verb.CLOSE, **graduate).code is RefusalCode.STEPS_OPEN
    while player.state.tasks[0].verb is Verb.COMPLETE_STEP:
        player.try_(player.cooperate(player.state.tasks[0]))
    assert player.refused(Verb.CLOSE, outcome="rejected", reason="错").code is (
        RefusalCode.OUTCOME_NOT_ALLOWED
    )
    effects = player.do(Verb.CLOSE, **graduate)
    assert player.state.tasks == ()
    assert "pilot.closed" in [item.topic for item in effects.outbox]


def test_outcome_that_needs_a_pilot_is_not_for_an_application():
    player = at(StageKind.SCREENING)
    refusal = player.refused(Verb.REJECT, reason="不", outcome="graduated")
    assert refusal.code is RefusalCode.OUTCOME_NOT_ALLOWED
    assert "rejected" in refusal.text.en


def test_extension_goes_back_to_running_with_a_later_last_day():
    player = at(StageKind.EVALUATION)
    term = next(clock for clock in player.state.clocks if clock.clock == "term")
    assert term.state is ClockState.STOPPED
    assert player.refused(Verb.EXTEND, reason="再试", until=str(term.due)).field == "until"
    player.do(Verb.EXTEND, reason="再试", until=str(term.due + timedelta(90)))
    assert player.state.stage_kind is StageKind.RUNNING
    longer = next(clock for clock in player.state.clocks if clock.clock == "term")
    assert (longer.due, longer.state) == (term.due + timedelta(90), ClockState.RUNNING)


def test_running_pilot_can_be_terminated_or_withdrawn():
    player = at(StageKind.RUNNING)
    effects = player.do(Verb.TERMINATE, reason="重大风险")
    assert player.state.outcome == "terminated"
    assert {event.data["legal_effect"] for event in effects.events} == {"instruction"}
    other = at(StageKind.RUNNING)
    other.do(Verb.WITHDRAW, reason="停止")
    assert other.state.outcome == "withdrawn"


def test_reports_are_those_of_the_rulebook():
    player = at(StageKind.RUNNING, rulebooks.crossed())
    assert player.refused(Verb.FILE_REPORT, report="daily", sha256=HASH).field == "report"
    player.do(Verb.FILE_REPORT, report="monthly", sha256=HASH)
    assert player.state.reports == ("monthly",)


def test_two_stage_run_starts_the_pilot_once():
    player = at(StageKind.RUNNING, rulebooks.crossed())
    assert player.state.number == "P-007"
    effects = player.do(Verb.ADVANCE, reason="扩大", to="scaled")
    assert [event.kind for event in effects.events] == [EventKind.STAGE_ENTERED]


def test_running_stage_with_an_evaluation_ahead_is_not_closed_directly():
    player = at(StageKind.RUNNING)
    refusal = player.refused(Verb.CLOSE, outcome="graduated", reason="完成")
    assert refusal.code is RefusalCode.NO_SUCH_MOVE


# -- the outbox


def test_refused_application_leaves_a_leaf_that_does_not_say_so():
    player = at(StageKind.SCREENING)
    effects = player.do(Verb.REJECT, reason="不")
    leaf = next(item for item in effects.outbox if item.topic == "record.leaf")
    assert leaf.payload["kind"] == "case.closed"
    assert "outcome" not in leaf.payload


@pytest.mark.parametrize("told", [True, False])
def test_what_a_pilot_came_to_is_on_the_leaf_where_the_register_has_the_outcome(told):
    rulebook = rulebooks.demo_city()
    words = ("parties", "outcome") if told else ("parties",)
    register = rulebook.public_register.model_copy(update={"public": words})
    player = at(StageKind.CLOSED, rulebook.model_copy(update={"public_register": register}))
    leaf = next(
        item
        for item in player.effects.outbox
        if item.topic == "record.leaf" and item.payload["kind"] == "case.closed"
    )
    assert ("outcome" in leaf.payload) is told


def test_invited_experts_get_mail_each_and_signers_per_authority():
    player = at(StageKind.REVIEW)
    effects = player.do(Verb.OPEN_ROUND, **player.willing(Verb.OPEN_ROUND))
    invited = [item.payload["person"] for item in effects.outbox if item.topic == "mail.expert"]
    assert invited == ["expert-1", "expert-2", "expert-3"]
    play_to(player, StageKind.ADMISSION)
    told = [
        item.payload["authority"]
        for item in player.effects.outbox
        if item.topic == "mail.signing-officer"
    ]
    assert told == ["bureau", "finance"]


def test_act_without_data_is_refused_not_failed():
    for verb in Verb:
        player = at(StageKind.SCREENING)
        act = Act(verb, player.who(verb), player.now)
        assert isinstance(step(player.rulebook, player.calendar, player.history, act), Refusal)


def test_a_promises_task_shows_its_words_shortened():
    from shidian.core.procedure.tasks import PROMISE_CHARACTERS_MAX, shortened

    player = at(StageKind.EVALUATION)
    tasks = {task.key: task.what for task in player.state.tasks}
    for promise in player.state.promises:
        what = tasks[f"evaluation/judge_promise/{promise.id}"]
        assert what.zh == f"评定承诺：{promise.text}"
        assert what.en == f"Judge promise: {promise.text}"
    long = shortened("长\n长 " * 90, PROMISE_CHARACTERS_MAX)
    assert len(long) <= PROMISE_CHARACTERS_MAX
    assert long.endswith("…")
    assert "\n" not in long
