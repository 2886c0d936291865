"""A proposed panel: nobody with a tie, every discipline that can be had, the work shared out."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from shidian.core.procedure.seating import Candidate, propose

NAMES = ("law", "finance", "technology", "risk")
candidates = st.builds(
    Candidate,
    st.integers(0, 99).map(str),
    st.frozensets(st.sampled_from(NAMES), max_size=3),
    st.integers(0, 4),
    st.sampled_from([(), (), (), ("employer",)]),
)
pools = st.lists(candidates, max_size=7, unique_by=lambda one: one.id)
wants = st.lists(st.sampled_from(NAMES), unique=True, max_size=4)


@given(pools, st.integers(1, 5), wants)
def test_proposal_covers_what_any_panel_of_that_size_could(pool, seats, disciplines):
    found = propose(pool, seats, disciplines)

    seated = [pick.candidate for pick in found.picks]
    assert not any(one.ties for one in seated)
    assert len({one.id for one in seated}) == len(seated) == seats - found.short
    able = [one for one in pool if not one.ties]
    assert len(seated) == min(seats, len(able))
    had = frozenset().union(*(one.disciplines for one in seated))
    assert set(found.uncovered) == set(disciplines) - had
    most = max(
        len(frozenset().union(*(one.disciplines for one in few)) & set(disciplines))
        for few in combinations(able, min(seats, len(able)))
    )
    assert len(had & set(disciplines)) == most


@given(pools, st.integers(1, 5))
def test_without_disciplines_the_least_loaded_sit(pool, seats):
    seated = [pick.candidate for pick in propose(pool, seats).picks]
    others = [one for one in pool if not one.ties and one not in seated]
    assert all(a.load <= b.load for a in seated for b in others)


@given(pools, st.integers(1, 5), wants, st.randoms())
def test_order_of_the_pool_does_not_matter_and_every_pick_has_its_reason(
    pool, seats, disciplines, random
):
    shuffled = random.sample(pool, len(pool))
    found = propose(pool, seats, disciplines)
    assert propose(shuffled, seats, disciplines) == found
    named = [name for pick in found.picks for name in pick.covers]
    assert sorted(named) == sorted(set(disciplines) - set(found.uncovered))
