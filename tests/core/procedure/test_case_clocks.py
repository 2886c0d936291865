"""Which clocks run in a case, since when, and what stops, pauses, restarts and lengthens them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shidian.core.procedure.calendars import by_id
from shidian.core.procedure.case_clocks import case_clocks, request_days
from shidian.core.procedure.types import (
    CaseState,
    ClockState,
    ConsultationState,
    NoticeState,
    Position,
    Request,
    Visit,
)
from shidian.core.rulebook.model import Rulebook, StageKind

CALENDAR = by_id("cn-working-day").beside(by_id("cn-trading-day"))
MONDAY = date(2025, 3, 3)


def _text(word: str) -> dict[str, str]:
    return {"zh": f"{word}（测试）", "en": word}


def _stage(stage_id: str, kind: str, **more: object) -> dict[str, object]:
    names = {"staff": _text(stage_id), "applicant": _text(stage_id), "public": None}
    return {"id": stage_id, "kind": kind, "names": names, **more}


def rules(*clocks: dict[str, object], stage_clock: str | None = None, **more: object) -> Rulebook:
    """Draft, screening and end, with these clocks; screening owns `stage_clock`."""
    named = [{"name": _text(str(clock["id"])), "unit": "working-day", **clock} for clock in clocks]
    return Rulebook.model_validate(
        {
            "rulebook": "clocks",
            "version": "1",
            "status": "runnable",
            "title": _text("Clocks"),
            "authorities": [
                {"id": "office", "name": _text("office"), "role": "lead"},
                {"id": "other", "name": _text("other"), "role": "consulted"},
            ],
            "stages": [
                _stage("draft", "draft", next=["look"]),
                _stage("look", "screening", next=["end"], clock=stage_clock),
                _stage("end", "closed"),
            ],
            "clocks": named,
            **more,
        }
    )


def case(**more: object) -> CaseState:
    """A case submitted on a Monday and looked at since."""
    visits = (Visit("draft", MONDAY, MONDAY), Visit("look", MONDAY))
    state = CaseState(
        stage="look",
        stage_kind=StageKind.SCREENING,
        visits=visits,
        submitted=MONDAY,
        submitted_visit=1,
    )
    return state.but(**more)


def clocks(rulebook: Rulebook, state: CaseState, today: date) -> dict[str, object]:
    return {one.key: one for one in case_clocks(rulebook, CALENDAR, state, today)}


FIRST = {"id": "first", "starts": "case.submitted", "length": 5}
SECOND = {"id": "second", "starts": "clock.expired", "after": "first", "length": 10}
THIRD = {"id": "third", "starts": "clock.expired", "after": "second", "length": 2, "unit": "month"}


def test_chained_clock_starts_on_the_last_day_of_the_one_before():
    rulebook = rules(FIRST, SECOND, THIRD)
    assert clocks(rulebook, case(), date(2025, 3, 7)).keys() == {"first"}
    on_the_last_day = clocks(rulebook, case(), date(2025, 3, 10))
    assert on_the_last_day["first"].due == date(2025, 3, 10)
    assert on_the_last_day["second"].received == date(2025, 3, 10)
    assert on_the_last_day["second"].due == date(2025, 3, 24)
    assert "first" in on_the_last_day["second"].lines[0].what.en
    assert clocks(rulebook, case(), date(2025, 4, 1))["third"].due == date(2025, 5, 24)


def test_chained_clock_waits_while_the_one_before_is_paused():
    rulebook = rules({**FIRST, "pauses_on": ["information-request"]}, SECOND)
    asked = case(requests=(Request("r1", "?", date(2025, 3, 5), 10),))
    assert "second" not in clocks(rulebook, asked, date(2025, 3, 20))
    answered = case(requests=(Request("r1", "?", date(2025, 3, 5), 10, date(2025, 3, 12), "!"),))
    assert clocks(rulebook, answered, date(2025, 3, 20))["second"].received == date(2025, 3, 17)


def test_clocks_that_wait_for_one_another_never_start():
    circle = rules({**SECOND, "id": "a", "after": "b"}, {**SECOND, "id": "b", "after": "a"}, FIRST)
    assert clocks(circle, case(), date(2026, 3, 3)).keys() == {"first"}


def test_trading_day_clock_counts_sessions():
    rulebook = rules({**FIRST, "unit": "trading-day", "length": 20})
    submitted = case(submitted=date(2023, 9, 25))
    assert clocks(rulebook, submitted, date(2023, 9, 26))["first"].due == date(2023, 10, 31)


ASKED = {
    "consultations": [
        {"id": "view", "name": _text("view"), "stage": "look", "authority": "other",
         "kind": "opinion", "clock": "word"},
    ]
}  # fmt: skip
WORD = {"id": "word", "starts": "consultation.opened", "after": "view", "length": 10}


def test_consultation_clock_runs_from_the_asking_to_the_word():
    rulebook = rules(WORD, **ASKED)
    assert clocks(rulebook, case(), date(2025, 3, 10)) == {}
    asked = case(consultations={"view": ConsultationState("view", "other", date(2025, 3, 4))})
    [running] = clocks(rulebook, asked, date(2025, 3, 10)).values()
    assert (running.due, running.state) == (date(2025, 3, 18), ClockState.RUNNING)
    given_ = ConsultationState(
        "view", "other", date(2025, 3, 4), date(2025, 3, 6), Position.SUPPORT
    )
    [stopped] = clocks(rulebook, case(consultations={"view": given_}), date(2025, 4, 1)).values()
    assert (stopped.stopped, stopped.state) == (date(2025, 3, 6), ClockState.STOPPED)


@pytest.mark.parametrize(
    ("expiry", "given_on", "due"),
    [
        ("nothing", None, date(2025, 4, 11)),  # waits still: provisional
        ("nothing", date(2025, 3, 6), date(2025, 3, 12)),
        ("may-proceed", None, date(2025, 3, 24)),  # its ten days are out on 18 March
    ],
)
def test_clock_pauses_while_another_authority_is_asked(expiry, given_on, due):
    main = {**FIRST, "pauses_on": ["consultation"]}
    rulebook = rules(main, {**WORD, "on_expiry": expiry}, **ASKED)
    sent = ConsultationState("view", "other", date(2025, 3, 4), given_on)
    first = clocks(rulebook, case(consultations={"view": sent}), date(2025, 4, 7))["first"]
    assert first.due == due
    assert any("view" in line.what.en for line in first.lines)


def test_filing_pauses_nothing():
    filed = {"consultations": [{**ASKED["consultations"][0], "kind": "filing"}]}
    rulebook = rules({**FIRST, "pauses_on": ["consultation"]}, WORD, **filed)
    sent = ConsultationState("view", "other", date(2025, 3, 4))
    found = clocks(rulebook, case(consultations={"view": sent}), date(2025, 3, 7))
    assert found["first"].due == date(2025, 3, 10)
    assert found["word"].stopped == date(2025, 3, 4)


RESTARTS = {
    "id": "first",
    "starts": "case.submitted",
    "length": 5,
    "pauses_on": ["information-request"],
    "on_answer": "restart",
}


def test_answer_makes_the_clock_begin_anew():
    rulebook = rules(RESTARTS)
    request = Request("r1", "?", date(2025, 3, 6), 10)
    waiting = clocks(rulebook, case(requests=(request,)), date(2025, 3, 10))["first"]
    assert waiting.state is ClockState.PAUSED
    answered = Request("r1", "?", date(2025, 3, 6), 10, date(2025, 3, 11), "!")
    anew = clocks(rulebook, case(requests=(answered,)), date(2025, 3, 12))["first"]
    assert (anew.received, anew.due) == (date(2025, 3, 11), date(2025, 3, 18))
    assert "anew" in anew.lines[0].what.en


def test_answer_after_the_last_day_does_not_bring_a_clock_back():
    late = Request("r1", "?", date(2025, 3, 12), 10, date(2025, 3, 13), "!")
    first = clocks(rules(RESTARTS), case(requests=(late,)), date(2025, 3, 14))["first"]
    assert (first.due, first.state) == (date(2025, 3, 10), ClockState.EXPIRED)


def test_request_that_lapsed_does_not_begin_the_clock_anew():
    lapsed = Request("r1", "?", date(2025, 3, 5), 3, lapsed=date(2025, 3, 10))
    first = clocks(rules(RESTARTS), case(requests=(lapsed,)), date(2025, 3, 11))["first"]
    assert (first.received, first.due) == (MONDAY, date(2025, 3, 13))


def test_extension_lengthens_by_the_rulebook_s_measure():
    rulebook = rules({**FIRST, "extension": {"length": 3, "times_max": 2}})
    extended = clocks(rulebook, case(extensions={"first": 2}), date(2025, 3, 4))["first"]
    assert (extended.length, extended.due) == (11, date(2025, 3, 18))


def test_tier_sets_the_length():
    tiers = {
        "graded_in": "look",
        "levels": [{"id": "high", "name": _text("high"), "clocks": {"first": 15}}],
    }
    rulebook = rules(FIRST, tiers=tiers)
    assert clocks(rulebook, case(), MONDAY)["first"].length == 5
    assert clocks(rulebook, case(tier="high"), MONDAY)["first"].due == date(2025, 3, 24)


def test_request_clock_counts_in_its_own_unit():
    rulebook = rules(
        {"id": "fix", "starts": "request.opened", "length": 15, "unit": "calendar-day"}
    )
    assert request_days(rulebook) == 15
    asked = case(requests=(Request("r1", "?", MONDAY, 15),))
    assert clocks(rulebook, asked, MONDAY)["request/r1"].due == date(2025, 3, 18)


def test_notice_clock_of_the_whole_case_stops_with_the_notice():
    rulebook = rules({"id": "window", "starts": "notice.opened", "length": 5})
    notice = NoticeState("ab" * 32, 1, MONDAY, closed=date(2025, 3, 12))
    assert clocks(rulebook, case(notice=notice), date(2025, 4, 1))["window"].stopped == (
        date(2025, 3, 12)
    )


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 25)), max_size=4))
def test_restarting_clock_ends_its_full_length_after_the_last_answer_in_time(spans):
    requests, day = [], MONDAY
    for n, (gap, taken) in enumerate(spans, 1):
        opened = day + timedelta(gap)
        day = opened + timedelta(taken)
        requests.append(Request(f"r{n}", "?", opened, 10, day, "!"))
    received = MONDAY
    for request in requests:
        if request.opened < CALENDAR.add(received, 5):
            received = request.answered
    state = case(requests=tuple(requests))
    first = clocks(rules(RESTARTS), state, day)["first"]
    assert first.due == CALENDAR.add(received, 5)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 200))
def test_chain_is_the_sum_of_its_parts(one, two, days):
    rulebook = rules({**FIRST, "length": one}, {**SECOND, "length": two})
    today = MONDAY + timedelta(days)
    found = clocks(rulebook, case(), today)
    end = CALENDAR.add(MONDAY, one)
    assert ("second" in found) == (today >= end)
    if "second" in found:
        assert found["second"].due == CALENDAR.add(MONDAY, one + two)
