"""How an episode is handled is folded from its steps, and rules say which step may come next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shidian.core.procedure.alerts import (
    ACKNOWLEDGE_WITHIN_US,
    LEVELS,
    MUTE_MAX,
    AlertAct,
    AlertStepKind,
    Handling,
    acknowledge_within,
    after,
    folded,
    rank,
    refusal,
)
from shidian.core.rulebook.model import Severity

T0 = datetime(2026, 1, 5, tzinfo=UTC)
Kind = AlertStepKind


def act(kind: AlertStepKind, **more) -> AlertAct:
    return AlertAct(**({"kind": kind, "at": T0, "level": "warning", "text": "理由"} | more))


acts = st.builds(
    AlertAct,
    kind=st.sampled_from(Kind),
    at=st.integers(0, 10_000).map(lambda minutes: T0 + timedelta(minutes=minutes)),
    level=st.sampled_from(LEVELS),
    by=st.integers(1, 3),
    to=st.none() | st.integers(1, 3),
    until=st.none() | st.integers(-100, 90_000).map(lambda n: T0 + timedelta(minutes=n)),
    text=st.sampled_from(["", "  ", "理由"]),
    link=st.none() | st.tuples(st.sampled_from(["order", "complaint"]), st.sampled_from("ab")),
    office=st.just("signing-officer"),
)
histories = st.lists(acts, max_size=12)


def allowed(history: list[AlertAct]) -> list[AlertAct]:
    """Those that the rules let happen, in order."""
    handling, done = Handling(), []
    for one in sorted(history, key=lambda one: one.at):
        if refusal(handling, one) is None:
            handling, done = after(handling, one), [*done, one]
    return done


@given(histories)
def test_folding_all_at_once_is_folding_one_by_one(history):
    handling = Handling()
    for one in history:
        handling = after(handling, one)
    assert folded(history) == handling
    half = len(history) // 2
    handling = folded(history[:half])
    for one in history[half:]:
        handling = after(handling, one)
    assert handling == folded(history)


@given(histories, acts)
def test_what_was_seen_stays_seen_and_when_it_was_first_seen_stays(history, one):
    before, now = folded(history), folded([*history, one])
    assert rank(now.seen_level) >= rank(before.seen_level)
    assert rank(now.raised_level) >= rank(before.raised_level)
    assert before.seen_at is None or now.seen_at == before.seen_at
    assert (now.seen_at is None) == (now.seen_level == "")
    assert now.links[: len(before.links)] == before.links


@given(histories)
def test_notes_change_nothing_but_the_record(history):
    assert folded(history) == folded([one for one in history if one.kind is not Kind.NOTE])


@given(histories)
def test_no_history_that_the_rules_allow_has_a_judgement_or_a_mute_without_its_reason(history):
    for one in allowed(history):
        if one.kind in {Kind.FALSE_POSITIVE, Kind.STANDS, Kind.MUTE, Kind.NOTE}:
            assert one.text.strip()
        if one.kind is Kind.MUTE:
            assert one.until is not None
            assert timedelta(0) < one.until - one.at <= MUTE_MAX


@given(histories, st.sampled_from(LEVELS))
def test_each_level_is_raised_once_and_only_while_nobody_has_seen_it(history, level):
    done = allowed(history)
    raised = [one for one in done if one.kind is Kind.ESCALATE]
    levels = [rank(one.level) for one in raised]
    assert levels == sorted(set(levels))
    if not folded(done).is_unseen_at(level):
        assert refusal(folded(done), act(Kind.ESCALATE, level=level)) is not None


@given(st.sampled_from(LEVELS), st.sampled_from(LEVELS), st.integers(-5, 65))
def test_a_mute_hides_until_its_end_and_never_what_rises_above_it(muted, level, minutes):
    end = T0 + timedelta(hours=1)
    handling = folded([act(Kind.MUTE, level=muted, until=end)])
    at = T0 + timedelta(minutes=minutes)
    assert handling.is_muted_at(level, at) == (at < end and rank(level) <= rank(muted))


def test_an_episode_that_rises_asks_again():
    seen = folded([act(Kind.ACKNOWLEDGE, level="warning")])
    assert not seen.is_unseen_at("info")
    assert not seen.is_unseen_at("warning")
    assert seen.is_unseen_at("breach")
    assert refusal(seen, act(Kind.ACKNOWLEDGE, level="warning")) is not None
    assert refusal(seen, act(Kind.ACKNOWLEDGE, level="breach")) is None


@pytest.mark.parametrize(
    ("history", "next_act", "field"),
    [
        ([], act(Kind.NOTE, text=" "), "text"),
        ([], act(Kind.MUTE, until=None), "until"),
        ([], act(Kind.MUTE, until=T0), "until"),
        ([], act(Kind.MUTE, until=T0 + MUTE_MAX + timedelta(seconds=1)), "until"),
        ([], act(Kind.UNMUTE), ""),
        ([], act(Kind.STANDS), ""),
        ([], act(Kind.LINK), "link"),
        ([], act(Kind.ASSIGN, to=None), "to"),
        ([act(Kind.ASSIGN, to=3)], act(Kind.ASSIGN, to=3), "to"),
        ([act(Kind.FALSE_POSITIVE)], act(Kind.FALSE_POSITIVE), ""),
        ([act(Kind.LINK, link=("order", "D-1"))], act(Kind.LINK, link=("order", "D-1")), "link"),
    ],
)
def test_what_cannot_be_done_says_which_input_is_at_fault(history, next_act, field):
    wrong = refusal(folded(history), next_act)
    assert wrong is not None
    assert wrong[0] == field
    assert wrong[1].zh
    assert wrong[1].en


def test_a_false_positive_can_be_taken_back_and_a_mute_ended():
    assert folded([act(Kind.FALSE_POSITIVE)]).false_positive
    assert not folded([act(Kind.FALSE_POSITIVE), act(Kind.STANDS)]).false_positive
    muted = act(Kind.MUTE, until=T0 + timedelta(days=1))
    assert folded([muted]).is_muted_at("warning", T0)
    assert not folded([muted, act(Kind.UNMUTE)]).is_muted_at("warning", T0)


def test_the_rulebooks_periods_stand_in_place_of_those_assumed():
    assumed = acknowledge_within({})
    assert assumed["critical"] < assumed["breach"] < assumed["warning"]
    assert "info" not in assumed
    assert len(assumed) == len(ACKNOWLEDGE_WITHIN_US)
    assert acknowledge_within({Severity.BREACH: 60_000_000}) == {"breach": timedelta(minutes=1)}
