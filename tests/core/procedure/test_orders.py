"""How many officers an order takes, and what contradicts it: whatever a rulebook and a pilot say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shidian.core.procedure.orders import (
    ALWAYS_TWO,
    KINDS,
    STOPPING,
    Standing,
    approval_challenge,
    contradiction,
    lapses,
    officers_needed,
)
from shidian.core.rulebook.model import Orders

CONDITIONS = ("pending", "running", "suspended", "terminated", "closed")
RULES = st.builds(
    lambda kinds, two: Orders(kinds=tuple(kinds), two_officers=tuple(two)),
    st.lists(st.sampled_from(KINDS), unique=True),
    st.lists(st.sampled_from([*sorted(ALWAYS_TWO), *sorted(STOPPING)]), unique=True),
)
STANDINGS = st.builds(
    Standing,
    condition=st.sampled_from(CONDITIONS),
    proposed=st.dictionaries(st.sampled_from(["O-1", "O-2"]), st.sampled_from(KINDS)),
    lapsed=st.booleans(),
    restricted=st.booleans(),
)


@given(RULES, st.sampled_from(KINDS), st.booleans())
def test_no_rulebook_gives_up_the_second_officer_where_protection_ends(rules, kind, again):
    needed = officers_needed(rules, kind, again=again)
    assert needed in (1, 2)
    if kind in ALWAYS_TWO or kind in rules.two_officers or (again and kind in STOPPING):
        assert needed == 2
    assert lapses(kind, needed) == (kind in STOPPING and needed == 1)


@given(RULES, st.sampled_from(KINDS), STANDINGS)
def test_what_is_let_through_is_in_the_rulebook_and_changes_something(rules, kind, standing):
    if contradiction(rules, kind, standing) is not None:
        return
    assert kind in rules.kinds
    assert standing.condition in ("running", "suspended", "terminated")
    assert standing.condition != "terminated" or kind in ("remind", "warn")
    assert kind != "resume" or standing.condition == "suspended" or standing.restricted
    assert kind != "suspend" or standing.condition == "running" or standing.lapsed
    senses = {"restrict": -1, "suspend": -1, "terminate": -1, "resume": 1}
    if kind in senses:
        assert kind not in standing.proposed.values()
        assert all(senses.get(one) in (None, senses[kind]) for one in standing.proposed.values())


def test_a_rulebook_without_orders_lets_none_through():
    assert contradiction(None, "suspend", Standing("running")) is not None


def test_every_refusal_speaks_both_languages():
    rules = Orders(kinds=KINDS)
    for condition in CONDITIONS:
        for kind in KINDS:
            refused = contradiction(rules, kind, Standing(condition, {"O-1": "resume"}))
            assert refused is None or (refused.zh and refused.en)


def test_a_challenge_is_of_one_text_and_one_nonce():
    nonce = bytes(range(32))
    made = approval_challenge(b"{}", nonce)
    assert len(made) == 32
    assert made == approval_challenge(b"{}", nonce)
    assert made != approval_challenge(b"{} ", nonce)
    assert made != approval_challenge(b"{}", bytes(32))
    with pytest.raises(ValueError, match="32 bytes"):
        approval_challenge(b"{}", b"short")
