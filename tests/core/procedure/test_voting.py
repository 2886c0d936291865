"""Counting votes: quorum, majority, the chair; against a count by hand in whole numbers."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shidian.core.procedure.voting import Choice, tally
from shidian.core.rulebook.model import VoteRule

FOR, AGAINST, ABSTAIN = Choice.FOR, Choice.AGAINST, Choice.ABSTAIN
shares = st.sampled_from(["1/3", "1/2", "2/3", "3/4", "1/1"])
rules = st.builds(
    VoteRule,
    quorum=shares,
    majority=shares,
    of=st.sampled_from(["cast", "present", "entitled"]),
    at_least=st.booleans(),
)
votes = st.lists(st.sampled_from(list(Choice)), max_size=9)


def plain(*choices: Choice, entitled: int = 0, chair: str | None = None, **rule: object):
    made = VoteRule.model_validate({"quorum": "1/2", "majority": "1/2", **rule})
    given_votes = {str(n): one for n, one in enumerate(choices)}
    return tally(made, entitled or len(choices), given_votes, chair)


@given(rules, votes, st.integers(0, 9))
def test_what_is_carried_is_what_a_count_by_hand_says(rule, choices, absent):
    entitled = len(choices) + absent
    found = tally(rule, entitled, {str(n): one for n, one in enumerate(choices)})
    yes, no = choices.count(FOR), choices.count(AGAINST)
    top, bottom = (int(part) for part in rule.majority.split("/"))
    base = {"cast": yes + no, "present": len(choices), "entitled": entitled}[rule.of]
    q_top, q_bottom = (int(part) for part in rule.quorum.split("/"))
    quorate = bool(choices) and len(choices) * q_bottom >= entitled * q_top
    enough = yes * bottom >= base * top if rule.at_least else yes * bottom > base * top
    assert found.is_quorate == quorate
    assert found.carried == (quorate and enough and yes > 0)
    assert found.present == len(choices)


@given(rules, votes)
def test_another_vote_for_it_never_turns_it_down(rule, choices):
    before = tally(rule, 10, {str(n): one for n, one in enumerate(choices)})
    after = tally(rule, 10, {str(n): one for n, one in enumerate([*choices, FOR])})
    assert after.carried >= before.carried


def test_a_tie_falls_unless_the_rulebook_gives_the_chair_a_casting_vote():
    assert not plain(FOR, AGAINST, chair="0").carried
    with_chair = plain(FOR, AGAINST, chair="0", casting=True)
    assert (with_chair.carried, with_chair.cast_by_chair) == (True, True)
    assert not plain(FOR, AGAINST, chair="1", casting=True).carried
    assert not plain(FOR, AGAINST, ABSTAIN, chair="2", casting=True).cast_by_chair
    assert not plain(FOR, FOR, AGAINST, chair="2", casting=True).cast_by_chair


def test_without_a_quorum_nothing_is_carried_and_nothing_cast():
    alone = plain(FOR, entitled=5)
    assert (alone.needed, alone.is_quorate, alone.carried) == (3, False, False)
    assert not plain(FOR, AGAINST, entitled=5, chair="0", casting=True).cast_by_chair


def test_nobody_voting_for_it_carries_nothing_however_low_the_mark():
    assert not plain(ABSTAIN, ABSTAIN, at_least=True).carried


def test_votes_of_more_than_are_entitled_and_an_absent_chair_are_no_count():
    with pytest.raises(ValueError, match="entitled"):
        tally(VoteRule(quorum="1/2", majority="1/2"), 1, {"a": FOR, "b": FOR})
    with pytest.raises(ValueError, match="chair"):
        plain(FOR, chair="x")


def test_two_thirds_of_three_are_two_exactly():
    assert plain(FOR, FOR, AGAINST, majority="2/3", at_least=True).carried
    assert not plain(FOR, FOR, AGAINST, majority="2/3").carried
    assert Fraction("2/3") * 3 == 2
