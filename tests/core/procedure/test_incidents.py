"""Incidents: what stands after any acts, which steps are due when, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shidian.core.procedure.incident_refusals import refusal
from shidian.core.procedure.incidents import (
    UNDER_WAY,
    Cause,
    IncidentAct,
    IncidentActKind,
    IncidentFacts,
    IncidentState,
    MarketEffect,
    Standing,
    after,
    course,
    folded,
    next_due,
    rules_of,
)
from shidian.core.procedure.losses import InvestorLoss
from shidian.core.procedure.periods import deadline_of
from shidian.core.rulebook.model import IncidentDutyKind, Period
from tests.core.procedure.rulebooks import demo_city

RULES = rules_of(demo_city())
KNOWN = datetime(2026, 3, 2, 1, tzinfo=UTC)
KIND = IncidentActKind
FULL = IncidentFacts(
    investors=2,
    losses=(InvestorLoss("a", 100, 100),),
    market=MarketEffect.NONE,
    cause=Cause.CYBER,
    cause_text="遭受攻击",
)


def at(hours: float) -> datetime:
    return KNOWN + timedelta(hours=hours)


def hours(period: Period, start: datetime) -> datetime | None:
    """As the installation counts, but for calendars: a working day is a day."""
    if period.unit == "working-day":
        return start + timedelta(days=period.length)
    return deadline_of(period, start, "Asia/Shanghai", None)


def reported(severity: str = "grave", when: float = 0.5, **more) -> IncidentAct:
    return IncidentAct(kind=KIND.REPORTED, at=at(when), severity=severity, text="x", **more)


def steps(*acts: IncidentAct):
    standing = folded(acts)
    return standing, {one.step.id: one for one in course(RULES, standing, KNOWN, hours)}


def test_the_first_report_is_due_from_when_it_was_known() -> None:
    _, found = steps(reported(when=0.5))
    assert found["first"].due_at == at(1)
    assert not found["first"].is_late(at(100))
    _, late = steps(reported(when=2))
    assert late["first"].is_late(at(2))


def test_each_grade_has_its_own_steps() -> None:
    _, minor = steps(reported("minor"))
    assert set(minor) == {"first-minor", "closing"}
    _, grave = steps(reported("grave"))
    assert set(grave) == {"first", "written", "daily", "closing"}


def test_a_telephone_call_is_the_first_report_and_waits_to_be_confirmed() -> None:
    call = IncidentAct(kind=KIND.PHONED, at=at(0.2), severity="grave", text="x")
    standing, found = steps(call)
    assert standing.state is IncidentState.PHONED
    assert found["first"].done_at == at(0.2)
    confirmed = IncidentAct(kind=KIND.CONFIRMED, at=at(3), severity="major", facts=FULL)
    standing, found = steps(call, confirmed)
    assert standing.state is IncidentState.OPEN
    assert standing.severity == "major"
    assert "first" in found, "judged by the grade under which it was made"


def test_an_update_that_repeats_falls_due_again_until_it_is_over() -> None:
    update = IncidentAct(kind=KIND.UPDATED, at=at(20), text="x")
    standing, found = steps(reported(), update)
    assert found["written"].done_at == at(20)
    assert found["daily"].due_at == at(44)
    assert next_due(found.values(), standing) == ("daily", at(44))
    over = IncidentAct(kind=KIND.UPDATED, at=at(30), text="x", over_at=at(29))
    standing, found = steps(reported(), update, over)
    assert not found["daily"].is_open
    assert next_due(found.values(), standing) == ("closing", at(29) + timedelta(days=5))


def test_a_graver_grade_found_later_gives_its_updates_their_time_from_then() -> None:
    graded = IncidentAct(kind=KIND.GRADED, at=at(40), severity="grave", text="x")
    _, found = steps(reported("minor"), graded)
    assert found["first-minor"].done_at is not None
    assert "first" not in found
    assert found["written"].due_at == at(64)


def test_a_question_is_due_like_a_step() -> None:
    asked = IncidentAct(kind=KIND.ASKED, at=at(1), text="?", answer_by=at(5))
    standing, found = steps(reported(), asked)
    assert next_due(found.values(), standing) == ("question", at(5))
    answered = IncidentAct(kind=KIND.ANSWERED, at=at(2), text="x", question=1)
    standing, found = steps(reported(), asked, answered)
    assert next_due(found.values(), standing)[0] == "written"


def refused(standing: Standing, act: IncidentAct) -> str | None:
    found = refusal(standing, act, occurred_at=KNOWN)
    return None if found is None else found[0] or found[1].en


CLOSING = IncidentAct(kind=KIND.CLOSED, at=at(48), facts=FULL, over_at=at(40), lessons="加强监测")


def test_an_incident_closes_with_facts_an_end_and_a_lesson() -> None:
    standing = folded([reported()])
    assert refused(standing, CLOSING) is None
    assert after(standing, CLOSING).state is IncidentState.CLOSED


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"over_at": None}, "over_at"),
        ({"over_at": at(49)}, "over_at"),
        ({"over_at": at(-1)}, "over_at"),
        ({"facts": IncidentFacts(cause=Cause.CYBER, cause_text="x")}, "market"),
        ({"facts": IncidentFacts(market=MarketEffect.NONE, cause=Cause.CYBER)}, "cause"),
        ({"facts": None}, "market"),
        ({"lessons": "  "}, "lessons"),
    ],
)
def test_an_incident_does_not_close_while_something_is_unknown(change, field) -> None:
    from dataclasses import replace

    assert refused(folded([reported()]), replace(CLOSING, **change)) == field


def test_an_incident_does_not_close_with_a_question_unanswered() -> None:
    asked = IncidentAct(kind=KIND.ASKED, at=at(1), text="?")
    standing = folded([reported(), asked, asked])
    assert "Question 1, 2" in (refused(standing, CLOSING) or "")
    answers = [
        IncidentAct(kind=KIND.ANSWERED, at=at(2), text="x", question=number) for number in (1, 2)
    ]
    assert refused(folded([reported(), asked, asked, *answers]), CLOSING) is None


def test_what_is_closed_is_only_opened_again_noted_or_linked() -> None:
    standing = folded([reported(), CLOSING])
    for kind in KIND:
        act = IncidentAct(kind=kind, at=at(50), text="x", severity="minor", question=1)
        possible = refused(standing, act) is None
        allowed = {KIND.PHONED, KIND.REPORTED, KIND.REOPENED, KIND.NOTED, KIND.LINKED}
        allowed |= {KIND.ATTACHED}  # what turns up later belongs to the record, as a note does
        assert possible == (kind in allowed), kind


def test_reopened_it_is_over_only_when_said_again() -> None:
    again = IncidentAct(kind=KIND.REOPENED, at=at(50), text="x")
    standing, found = steps(reported(), CLOSING, again)
    assert standing.state is IncidentState.OPEN
    assert standing.over_at is None
    assert found["closing"].starts_at is None
    assert found["daily"].is_open


def test_a_rulebook_without_incidents_has_the_step_of_its_event_report() -> None:
    plain = demo_city().model_copy(update={"incidents": None})
    rules = rules_of(plain)
    assert [one.kind for one in rules.steps] == [IncidentDutyKind.INITIAL]
    assert rules.steps[0].within.length == 24
    assert rules.tolerance is None
    silent = rules_of(plain.model_copy(update={"reports": ()}))
    assert silent.steps[0].within is None


ACTS = st.builds(
    IncidentAct,
    kind=st.sampled_from([kind for kind in KIND if kind not in (KIND.PHONED, KIND.REPORTED)]),
    at=st.integers(1, 200).map(at),
    severity=st.sampled_from(["minor", "major", "grave"]),
    text=st.just("x"),
    facts=st.none() | st.just(FULL),
    over_at=st.none() | st.integers(1, 200).map(at),
    question=st.integers(1, 3),
    lessons=st.sampled_from(["", "x"]),
)


@given(st.lists(ACTS, max_size=12))
def test_whatever_is_not_refused_leaves_an_incident_that_makes_sense(acts) -> None:
    standing = folded([reported()])
    for act in acts:
        if refused(standing, act) is None:
            standing = after(standing, act)
    found = course(RULES, standing, KNOWN, hours)
    ended = standing.state not in UNDER_WAY
    assert ended == (standing.closed_at is not None)
    if standing.state is IncidentState.CLOSED:
        assert not standing.open_questions
        assert standing.over_at is not None
        assert standing.facts is not None
        assert standing.facts.market is not MarketEffect.UNKNOWN
    if ended:
        assert next_due(found, standing) is None
    assert sum(one.step.kind is IncidentDutyKind.INITIAL for one in found) == 1
