"""What the language adds to the way of a case: consultations, tiers, thresholds, silence, …"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from shidian.core.procedure.consents import standing
from shidian.core.procedure.migration import Preview, preview
from shidian.core.procedure.tiers import (
    effective_clock,
    effective_limit,
    effective_report,
    scaled_plan,
)
from shidian.core.procedure.types import (
    Actor,
    ActorKind,
    CaseState,
    EventKind,
    Refusal,
    RefusalCode,
    SignOffState,
    Verb,
)
from shidian.core.rulebook.model import LegalEffect, Rulebook, SignoffRule
from tests.core.procedure.generated import OUTCOMES, words
from tests.core.procedure.player import FIRM, HASH, USCC, Player


def stage(name: str, kind: str, *onward: str, **more: object) -> dict[str, object]:
    names = {"staff": words(name), "applicant": words(name)}
    return {"id": name, "kind": kind, "names": names, "next": onward, **more}


def clock(name: str, starts: str, length: int, **more: object) -> dict[str, object]:
    unit = more.pop("unit", "calendar-day")
    return {"id": name, "name": words(name), "starts": starts, "length": length, "unit": unit,
            **more}  # fmt: skip


def named(name: str, **more: object) -> dict[str, object]:
    return {"id": name, "name": words(name), **more}


def regime(**changes: object) -> Rulebook:
    """Draft, check, probe, grant, first and second run, judged: with all that may be said."""
    document: dict[str, object] = {
        "rulebook": "regime",
        "version": "1",
        "status": "runnable",
        "title": words("regime"),
        "place": {"zone": "UTC", "currency": "EUR"},
        "authorities": [
            named("north", role="lead"),
            named("south", role="lead"),
            named("afar", role="consulted"),
        ],
        "stages": [
            stage("draft", "draft", "check", "end"),
            stage("check", "screening", "probe", "grant", "draft", "end", clock="check"),
            stage("probe", "assessment", "grant", "end", by="authority", areas=[named("safe")]),
            stage("grant", "admission", "one", "end", number="N-{seq:02}",
                  signoff={"all_of": ["south"], "lead": "north"}),
            stage("one", "running", "two", "end"),
            stage("two", "running", "judged", "end", thresholds=[
                named("ninety", since="one", minimum={"length": 90, "unit": "calendar-day"}),
                named("sound")]),
            stage("judged", "evaluation", "two", "end"),
            stage("end", "closed", outcomes=OUTCOMES),
        ],
        "clocks": [
            clock("check", "stage.entered", 30, extension={"length": 10, "times_max": 1}),
            clock("answer", "consultation.opened", 20, on_expiry="may-proceed"),
            clock("term", "pilot.started", 12, unit="month",
                  extension={"length": 6, "times_max": 1}),
        ],
        "consultations": [
            named("word", stage="check", authority="afar", kind="opinion", clock="answer",
                  binding=True),
        ],
        "tiers": {"graded_in": "check", "levels": [
            named("light", skips=["probe"], caps={"people": 33}, clocks={"check": 15},
                  reports={"monthly": 3}, warn_at=[50]),
            named("heavy")]},
        "plan": [
            {"id": "people", "type": "int", "title": words("people"), "unit": words("people"),
             "required": True},
            {"id": "money", "type": "money", "title": words("money"), "unit": words("EUR"),
             "default": "0.05", "scales_with": "people"},
        ],
        "reports": [{"id": "monthly", "title": words("monthly"), "kind": "periodic",
                     "every_months": 1, "due": 5, "due_unit": "working-day"}],
        "waivers": {"relaxable": [named("prospectus")], "never": [named("custody")]},
    }  # fmt: skip
    return Rulebook.model_validate({**document, **changes})


def checked(rulebook: Rulebook | None = None, **more: object) -> Player:
    """A case in `check`."""
    player = Player(rulebook or regime())
    player.start()
    player.submit(plan={"people": "100"}, **more)
    return player


def officer(player: Player, authority: str = "north") -> Actor:
    return player.actor(ActorKind.OFFICER, authority=authority)


def verbs(player: Player) -> set[Verb]:
    return {task.verb for task in player.state.tasks}


def onwards(player: Player, **more: object) -> dict[str, object]:
    return {"reason": "好", **more}


# -- consultations


def test_required_opinion_is_asked_given_and_then_the_case_goes_on():
    player = checked()
    player.do(Verb.GRADE_RISK, tier="heavy", reason="大")
    assert verbs(player) == {Verb.CONSULT}
    assert player.refused(Verb.ADVANCE, reason="好").code is RefusalCode.CONSULTATION_MISSING
    player.do(Verb.CONSULT, consultation="word", sha256=HASH)
    asked = next(task for task in player.state.tasks if task.verb is Verb.GIVE_OPINION)
    assert (asked.authority, asked.due) == ("afar", player.now.date() + timedelta(20))
    wrong = player.refused(Verb.GIVE_OPINION, officer(player), consultation="word",
                           position="support", text="同意")  # fmt: skip
    assert wrong.code is RefusalCode.WRONG_AUTHORITY
    player.do(Verb.GIVE_OPINION, officer(player, "afar"), consultation="word",
              position="support", text="同意")  # fmt: skip
    assert player.do(Verb.ADVANCE, reason="好").stage == "probe"


def test_an_opinion_that_came_by_letter_counts_and_names_the_letter():
    player = checked()
    player.do(Verb.GRADE_RISK, tier="heavy", reason="大")
    word = {"consultation": "word", "position": "support", "text": "同意", "sha256": HASH}
    today = player.now.date()
    unasked = player.refused(Verb.ENTER_OPINION, officer(player), **word, dated=str(today))
    assert unasked.code is RefusalCode.NO_SUCH_CONSULTATION
    player.do(Verb.CONSULT, consultation="word", sha256=HASH)
    for wrong in (today - timedelta(1), today + timedelta(3)):
        refused = player.refused(Verb.ENTER_OPINION, officer(player), **word, dated=str(wrong))
        assert (refused.code, refused.field) == (RefusalCode.BAD_DATA, "dated")
    unscanned = player.refused(
        Verb.ENTER_OPINION, officer(player), **word | {"sha256": "x"}, dated=str(today)
    )
    assert unscanned.field == "sha256"
    entered = player.do(
        Verb.ENTER_OPINION, officer(player), **word, dated=str(today), number="远函〔2026〕3号"
    )
    event = next(one for one in entered.events if one.kind is EventKind.OPINION_GIVEN)
    assert (
        event.actor.authority == "north"
    )  # who entered it; whose word it is stands in the rulebook
    assert (event.data["number"], event.data["sha256"]) == ("远函〔2026〕3号", HASH)
    assert player.do(Verb.ADVANCE, reason="好").stage == "probe"


def test_case_goes_on_without_an_answer_once_its_time_has_passed():
    player = checked()
    player.do(Verb.GRADE_RISK, tier="heavy", reason="大")
    player.do(Verb.CONSULT, consultation="word", sha256=HASH)
    waits = next(task for task in player.state.tasks if task.verb is Verb.ADVANCE)
    assert waits.not_before == player.now.date() + timedelta(21)
    player.wait(days=20)
    assert player.refused(Verb.ADVANCE, reason="好").code is RefusalCode.CONSULTATION_MISSING
    player.wait(days=1)
    assert player.do(Verb.ADVANCE, reason="好").stage == "probe"


def test_binding_objection_stops_the_case_until_it_is_withdrawn():
    player = checked()
    player.do(Verb.GRADE_RISK, tier="heavy", reason="大")
    player.do(Verb.CONSULT, consultation="word", sha256=HASH)
    word = {"consultation": "word", "text": "有风险"}
    player.do(Verb.GIVE_OPINION, officer(player, "afar"), position="object", **word)
    assert player.refused(Verb.ADVANCE, reason="好").code is RefusalCode.OBJECTED
    assert verbs(player) == {Verb.REJECT, Verb.GIVE_OPINION}
    player.wait(days=60)
    assert player.refused(Verb.ADVANCE, reason="好").code is RefusalCode.OBJECTED
    player.do(Verb.GIVE_OPINION, officer(player, "afar"), position="no-objection", **word)
    assert player.do(Verb.ADVANCE, reason="好").stage == "probe"


# -- tiers


def through_the_check(tier: str) -> Player:
    player = checked()
    player.do(Verb.GRADE_RISK, tier=tier, reason="分级")
    player.do(Verb.CONSULT, consultation="word", sha256=HASH)
    player.do(Verb.GIVE_OPINION, officer(player, "afar"), consultation="word",
              position="support", text="同意")  # fmt: skip
    return player


def test_case_is_graded_before_it_goes_on_and_only_a_light_one_skips():
    player = checked()
    assert Verb.GRADE_RISK in verbs(player)
    assert player.refused(Verb.ADVANCE, reason="好", to="probe").code is RefusalCode.NOT_GRADED
    heavy = through_the_check("heavy")
    assert heavy.refused(Verb.ADVANCE, reason="好", to="grant").code is RefusalCode.TIER_ROUTE
    assert heavy.do(Verb.ADVANCE, reason="好").stage == "probe"
    assert through_the_check("light").do(Verb.ADVANCE, reason="好").stage == "grant"


def test_tier_scales_plan_clocks_reports_and_warnings_exactly():
    rulebook = regime()
    light = CaseState(tier="light", plan={"people": "100", "money": "0.05"})
    assert scaled_plan(rulebook, light) == {"people": "33", "money": "0.01"}
    assert scaled_plan(rulebook, replace(light, tier="heavy")) == light.plan
    assert effective_clock(rulebook, light, "check").length == 15
    assert effective_clock(rulebook, CaseState(), "check").length == 30
    assert effective_report(rulebook, "light", "monthly").every_months == 3
    limit = {"id": "cap", "title": words("cap"), "indicator": "x", "max": "plan.people"}
    parsed = (
        type(rulebook)
        .model_validate({**rulebook.model_dump(by_alias=True), "limits": [limit]})
        .limits[0]
    )
    assert effective_limit(rulebook, "light", parsed).warn_at == (50,)


def test_assessment_by_the_authority_is_filed_by_its_officers():
    player = through_the_check("heavy")
    player.do(Verb.ADVANCE, reason="好")
    sheet = {"findings": {"safe": {"finding": "pass", "text": "可"}}}
    body = player.actor(ActorKind.ASSESSOR)
    assert player.refused(Verb.FILE_ASSESSMENT, body, **sheet).code is RefusalCode.WRONG_ACTOR
    assert player.refused(Verb.COMMISSION_ASSESSMENT, body="b").code is RefusalCode.WRONG_STAGE
    player.do(Verb.FILE_ASSESSMENT, officer(player), **sheet)
    assert player.do(Verb.ADVANCE, reason="好").stage == "grant"


# -- consent


def word(name: str, consent: bool = True) -> tuple[str, SignOffState]:
    return name, SignOffState(name, consent, "", "x")


def test_refusals_that_leave_enough_consents_do_not_block():
    rule = SignoffRule(k=2, of=("a", "b", "c"), lead="z")
    assert standing(rule, {}).awaited == ("a", "b", "c")
    one_against = dict([word("a", consent=False), word("b")])
    assert standing(rule, one_against).awaited == ("c",)
    assert standing(rule, one_against).refused == ()
    enough = {**one_against, **dict([word("c")])}
    assert standing(rule, enough).awaited == ("z",)
    assert standing(rule, {**enough, **dict([word("z")])}).agreed
    out_of_reach = dict([word("a", consent=False), word("b", consent=False)])
    assert standing(rule, out_of_reach).refused == ("a", "b")


def granted() -> Player:
    player = through_the_check("light")
    player.do(Verb.ADVANCE, reason="好")
    return player


def sign(player: Player, authority: str) -> dict[str, object]:
    return {"who": player.actor(ActorKind.SIGNING_OFFICER, authority=authority),
            "authority": authority, "consent": True, "uscc": USCC, "seq": 1}  # fmt: skip


def test_lead_signs_last():
    player = granted()
    assert [task.authority for task in player.state.tasks] == ["south"]
    assert player.refused(Verb.SIGN_OFF, **sign(player, "north")).code is (
        RefusalCode.LEAD_SIGNS_LAST
    )
    player.do(Verb.SIGN_OFF, **sign(player, "south"))
    assert [task.authority for task in player.state.tasks] == ["north"]
    effects = player.do(Verb.SIGN_OFF, **sign(player, "north"))
    assert effects.state.plan == {"people": "33", "money": "0.01"}
    admitted = next(one for one in effects.events if one.kind is EventKind.CASE_ADMITTED)
    assert admitted.data["tier"] == "light"


def test_panel_has_no_more_seats_than_the_rulebook_gives_it():
    stages = [one.model_dump(by_alias=True) for one in regime().stages]
    stages[2] |= {"kind": "review", "panel": {"min": 3, "max": 4, "odd": True}}
    player = Player(regime(stages=stages, tiers=None, consultations=[]))
    player.start()
    player.submit(plan={"people": "1"})
    player.do(Verb.ADVANCE, reason="好")
    day = str(player.now.date())
    four = player.refused(Verb.OPEN_ROUND, experts=["a", "b", "c", "d"], starts=day, ends=day)
    assert four.code is RefusalCode.PANEL_FULL
    player.do(Verb.OPEN_ROUND, experts=["a", "b", "c"], starts=day, ends=day)
    assert player.refused(Verb.INVITE_EXPERTS, experts=["d"]).code is RefusalCode.PANEL_FULL
    player.do(
        Verb.DECLARE_CONFLICT, player.actor(ActorKind.EXPERT, person="a"), conflict=True, reason="x"
    )
    player.do(Verb.INVITE_EXPERTS, experts=["d"])


# -- thresholds and the term


def running() -> Player:
    player = granted()
    for authority in ("south", "north"):
        player.do(Verb.SIGN_OFF, **sign(player, authority))
    return player


def test_second_run_opens_after_its_minimum_and_on_an_officer_s_finding():
    player = running()
    first = player.now.date() + timedelta(91)
    task = next(one for one in player.state.tasks if one.verb is Verb.ADVANCE)
    assert task.not_before == first
    sound = {"sound": {"met": True, "reason": "运行平稳"}}
    assert player.refused(Verb.ADVANCE, reason="好", thresholds=sound).code is (
        RefusalCode.TOO_EARLY
    )
    player.wait(days=91)
    assert player.refused(Verb.ADVANCE, reason="好").code is RefusalCode.THRESHOLD_UNMET
    unmet = {"sound": {"met": False, "reason": "有亏损"}}
    assert player.refused(Verb.ADVANCE, reason="好", thresholds=unmet).field == "thresholds/sound"
    effects = player.do(Verb.ADVANCE, reason="好", thresholds=sound)
    assert effects.events[-1].data["thresholds"] == sound
    term = next(one for one in effects.clocks if one.clock == "term")
    assert term.received == first - timedelta(91)


def test_term_is_extended_no_further_and_no_oftener_than_the_rulebook_says():
    player = running()
    player.wait(days=91)
    player.do(Verb.ADVANCE, reason="好", thresholds={"sound": {"met": True, "reason": "稳"}})
    player.do(Verb.BEGIN_EVALUATION, reason="期满")
    far = player.refused(Verb.EXTEND, reason="再试", until="2030-01-01")
    assert (far.code, far.field) == (RefusalCode.EXTENSION_NOT_ALLOWED, "until")
    term = next(one.due for one in player.state.clocks if one.clock == "term")
    player.do(Verb.EXTEND, reason="再试", until=str(term + timedelta(100)))
    player.do(Verb.BEGIN_EVALUATION, reason="期满")
    again = player.refused(Verb.EXTEND, reason="再试", until=str(term + timedelta(120)))
    assert again.code is RefusalCode.EXTENSION_NOT_ALLOWED


def test_clock_is_extended_as_often_as_the_rulebook_allows():
    player = checked()
    due = player.state.clocks[0].due
    effects = player.do(Verb.EXTEND_CLOCK, clock="check", reason="复杂")
    assert effects.clocks[0].due == due + timedelta(10)
    assert player.refused(Verb.EXTEND_CLOCK, clock="check", reason="更复杂").code is (
        RefusalCode.EXTENSION_NOT_ALLOWED
    )
    assert player.refused(Verb.EXTEND_CLOCK, clock="answer", reason="x").field == "clock"


# -- silence


def silent(effect: str) -> Rulebook:
    made = regime()
    clocks = [one.model_dump(by_alias=True) for one in made.clocks]
    clocks[0] |= {"on_silence": effect, "force": "statutory"}
    return regime(clocks=clocks, tiers=None, consultations=[])


@pytest.mark.parametrize(("effect", "target"), [("approved", "probe"), ("may-start", "one")])
def test_silence_does_what_the_law_makes_of_it(effect, target):
    player = checked(silent(effect))
    system = Actor(ActorKind.SYSTEM, "")
    facts = {"clock": "check", "seq": 4}
    player.wait(days=30)
    assert player.refused(Verb.RECORD_SILENCE, system, **facts).code is RefusalCode.NOT_EXPIRED
    player.wait(days=1)
    effects = player.do(Verb.RECORD_SILENCE, system, **facts)
    assert effects.stage == target
    recorded = effects.events[0]
    assert recorded.kind is EventKind.SILENCE_RECORDED
    assert recorded.data["effect"] == effect
    assert set(recorded.data["rule"]) == {"id", "rulebook", "version", "software"}
    if target == "one":
        assert effects.state.number == "N-04"
        assert effects.state.pilot_started == player.now.date()


def test_law_s_word_on_an_act_is_on_every_event_of_it():
    rulebook = regime(acts={"submit": {"effect": "licence-reference"}})
    player = Player(rulebook)
    player.start()
    effects = player.submit(plan={"people": "1"})
    assert {one.data["legal_effect"] for one in effects.events} == {
        LegalEffect.LICENCE_REFERENCE.value
    }


# -- waivers


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"rule": "custody"}, "never"),
        ({"rule": "unheard-of", "measure": "m"}, "no rule"),
        ({"rule": "*", "measure": "m"}, "blanket"),
        ({"rule": "prospectus"}, "protects"),
    ],
)
def test_waiver_that_may_not_be_is_refused_with_its_reason(asked, says):
    player = Player(regime())
    player.start()
    form = player.form() | {"plan": {"people": "1"}, "waivers": [{"reason": "试", **asked}]}
    refusal = player.refused(Verb.SUBMIT, **form)
    assert refusal.code is RefusalCode.WAIVER_REFUSED
    assert says in refusal.text.en


def test_waivers_are_kept_and_admitted_with_the_case():
    asked = {"rule": "prospectus", "reason": "试", "measure": "赔付"}
    player = checked(waivers=[asked])
    assert player.state.waivers[0].measure == "赔付"


# -- moving to another version


def moved(player: Player, new: Rulebook) -> Preview | Refusal:
    return preview(player.rulebook, new, player.calendar, player.history, player.now)


def test_preview_shows_clocks_and_ways_and_refuses_what_cannot_be_read():
    player = checked()
    longer = [one.model_dump(by_alias=True) for one in player.rulebook.clocks]
    longer[0] |= {"length": 60}
    shown = moved(player, regime(version="2", clocks=longer))
    assert isinstance(shown, Preview)
    assert [(one.before, one.after) for one in shown.clocks] == [
        (player.now.date() + timedelta(30), player.now.date() + timedelta(60))
    ]
    others = [one.model_dump(by_alias=True) for one in player.rulebook.stages]
    others[1] |= {"kind": "review"}
    gone = moved(player, regime(version="2", stages=others, tiers=None, consultations=[]))
    assert isinstance(gone, Refusal)
    assert gone.code is RefusalCode.STAGE_GONE
    plan = [{"id": "new", "type": "int", "title": words("new"), "unit": words("x"),
             "required": True}]  # fmt: skip
    unfit = moved(player, regime(version="2", plan=plan))
    assert isinstance(unfit, Refusal)
    assert unfit.code is RefusalCode.HISTORY_UNFIT


def test_case_moves_when_both_leads_have_agreed_and_not_otherwise():
    player = checked()
    proposal = {"from_digest": "sha256:a", "to_digest": "sha256:b", "version": "2"}
    player.do(Verb.MIGRATE, officer(player), reason="新版", **proposal)
    again = player.refused(Verb.MIGRATE, officer(player), reason="新版", **proposal)
    assert again.code is RefusalCode.ALREADY_DONE
    answer = {"to_digest": "sha256:b", "consent": True, "reason": ""}
    for authority in ("north", "south"):
        signer = player.actor(ActorKind.SIGNING_OFFICER, authority=authority)
        effects = player.do(Verb.MIGRATE, signer, authority=authority, **answer)
    assert effects.events[-1].kind is EventKind.CASE_MIGRATED
    assert player.state.digest == "sha256:b"
    assert player.state.institution == FIRM


# -- what depends on the form


def conditional() -> Rulebook:
    """South's copy is for settlement alone; the answer that says so comes with the submission."""
    question = {"id": "kind", "kind": "choice", "label": words("kind"),
                "options": [named("venue"), named("settlement")]}  # fmt: skip
    return regime(
        form=[{"id": "firm", "title": words("firm"), "questions": [question]}],
        consultations=[
            named("copy", stage="check", authority="afar", kind="filing",
                  when="firm.kind = 'settlement' AND tier <> 'light'"),
        ],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "tier", "asked"),
    [
        ("settlement", "heavy", True),
        ("settlement", "light", False),
        ("venue", "heavy", False),
        (None, "heavy", False),
    ],
)
def test_consultation_with_a_condition_is_held_only_where_it_holds(kind, tier, asked):
    player = checked(conditional(), facts={"firm.kind": kind})
    player.do(Verb.GRADE_RISK, tier=tier, reason="定")

    assert (Verb.CONSULT in verbs(player)) is asked
    if asked:
        assert player.refused(Verb.ADVANCE, reason="好").code is RefusalCode.CONSULTATION_MISSING
        player.do(Verb.CONSULT, consultation="copy", sha256=HASH)
    else:
        refused = player.refused(Verb.CONSULT, consultation="copy", sha256=HASH)
        assert refused.code is not RefusalCode.CONSULTATION_MISSING
    player.do(Verb.ADVANCE, to="probe" if tier == "heavy" else "grant", reason="好")


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({}, RefusalCode.INCOMPLETE),
        ({"firm.kind": 3}, RefusalCode.BAD_DATA),
        ({"firm.kind": "venue", "firm.name": "x"}, RefusalCode.BAD_DATA),
    ],
)
def test_submission_without_what_conditions_ask_for_is_refused(facts, code):
    player = Player(conditional())
    player.start()
    form = player.form() | {"plan": {"people": "1"}, "facts": facts}

    assert player.refused(Verb.SUBMIT, **form).code is code


def test_clock_over_several_stages_runs_until_the_stage_that_it_names():
    rulebook = regime(clocks=[clock("check", "stage.entered", 30, until="one")], consultations=[])
    player = checked(rulebook)
    player.do(Verb.GRADE_RISK, tier="heavy", reason="大")
    began = next(one for one in player.state.clocks if one.clock == "check")
    player.do(Verb.ADVANCE, to="probe", reason="好")
    later = next(one for one in player.state.clocks if one.clock == "check")

    assert (later.stopped, later.due) == (None, began.due)
    assert {task.due for task in player.state.tasks} == {began.due}
    player.do(Verb.REJECT, reason="不足")
    assert next(one for one in player.state.clocks if one.clock == "check").stopped is not None
