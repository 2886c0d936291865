"""No sequence of verbs leaves the transition table; no case gets stuck on the way."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shidian.core.procedure import step
from shidian.core.procedure.types import Effects, Verb
from shidian.core.rulebook.model import StageKind
from tests.core.procedure import rulebooks
from tests.core.procedure.player import FIRM, Player, play_to
from tests.core.procedure.walking import acts, check, moves


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(rulebooks.every()), st.integers(1, 40), st.data())
def test_no_sequence_of_acts_leaves_the_transition_table(rulebook, length, data):
    player = Player(rulebook)
    check(player, player.act(Verb.CREATE, case="T-1", institution=FIRM))
    for _ in range(length):
        check(player, data.draw(moves(player)))


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(rulebooks.every()), st.sampled_from(StageKind), st.data())
def test_no_act_at_any_stage_leaves_the_transition_table(rulebook, kind, data):
    player = Player(rulebook)
    if kind not in {stage.kind for stage in rulebook.stages}:
        kind = StageKind.CLOSED
    play_to(player, kind)
    for _ in range(8):
        check(player, data.draw(acts(player)))


@pytest.mark.prove
@settings(deadline=None, max_examples=200)
@given(st.sampled_from(rulebooks.every()), st.integers(1, 120), st.data())
def test_long_walks_stay_within_the_transition_table(rulebook, length, data):
    player = Player(rulebook)
    player.start()
    for _ in range(length):
        if player.state.is_closed:
            break
        check(player, data.draw(moves(player)))


@settings(deadline=None, max_examples=30)
@given(st.sampled_from(rulebooks.every()), st.data())
def test_doing_what_is_asked_closes_every_case(rulebook, data):
    player = Player(rulebook)
    player.start()
    for _ in range(150):
        if player.state.is_closed:
            break
        task = data.draw(st.sampled_from(player.state.tasks))
        player.try_(player.cooperate(task))
        player.wait(minutes=data.draw(st.integers(0, 3000)))
    else:
        play_to(player, StageKind.CLOSED)
    assert player.state.outcome == "graduated"


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(rulebooks.every()), st.integers(0, 60), st.data())
def test_every_open_state_has_an_act_that_goes_through(rulebook, length, data):
    player = Player(rulebook)
    player.start()
    for _ in range(length):
        player.try_(data.draw(moves(player)))
    if player.state.is_closed:
        return
    outlets = [player.cooperate(task) for task in player.state.tasks]
    player.now += timedelta(days=400)
    outlets += [player.cooperate(task) for task in player.state.tasks]
    outlets.append(player.act(Verb.WITHDRAW, reason="不做了"))
    answers = [step(rulebook, player.calendar, player.history, act) for act in outlets]
    assert any(isinstance(answer, Effects) for answer in answers)
