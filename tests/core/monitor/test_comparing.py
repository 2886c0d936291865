"""Two results compared: every episode once, its mirror image when swapped, itself the same."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shidian.core.monitor.comparing import Compared, Kind, compare
from shidian.core.monitor.items import Episode, Step

KEY = ("P-1", "cap", "")
MIRROR = {
    Kind.EARLIER: Kind.LATER,
    Kind.LATER: Kind.EARLIER,
    Kind.ONLY_A: Kind.ONLY_B,
    Kind.ONLY_B: Kind.ONLY_A,
}


def episode(start, end, *rungs):
    rungs = rungs or (8,)
    path = tuple(Step(start + place, rung) for place, rung in enumerate(rungs))
    return Episode(start, start, path, end)


@st.composite
def sides(draw):
    """Episodes by key: apart from one another, as results are; some empty, the last may go on."""
    found = {}
    for key in draw(st.sets(st.sampled_from([KEY, ("P-1", "cap", "g"), ("P-2", "cap", "")]))):
        at, mine = 0, []
        for gap, length, rung in draw(
            st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4), st.integers(0, 31)))
        ):
            start = at + gap
            at = start + length
            if not mine or start > mine[-1].start_us:
                mine.append(episode(start, at, rung))
        if mine and draw(st.booleans()):
            mine[-1] = episode(mine[-1].start_us, None, 3)
        found[key] = mine
    return found


def counted(side):
    return Counter((key, one) for key, episodes in side.items() for one in episodes)


@given(sides())
def test_a_result_is_the_same_as_itself(a):
    found = compare(a, a)

    assert {one.kind for one in found} <= {Kind.SAME}
    assert all(one.a == one.b and one.same_end for one in found)


@given(sides(), sides())
def test_swapped_sides_give_the_mirror_image(a, b):
    there, back = compare(a, b), compare(b, a)

    def row(one, kind):
        return (one.key, kind, repr(one.a), repr(one.b))

    mirrored = [Compared(one.key, one.b, one.a) for one in back]
    assert sorted(row(o, o.kind) for o in there) == sorted(row(o, o.kind) for o in mirrored)
    assert Counter(o.kind for o in there) == Counter(MIRROR.get(o.kind, o.kind) for o in back)


@given(sides(), sides())
def test_every_episode_of_either_side_appears_exactly_once(a, b):
    found = compare(a, b)

    assert Counter((one.key, one.a) for one in found if one.a) == counted(a)
    assert Counter((one.key, one.b) for one in found if one.b) == counted(b)


@given(sides(), sides())
def test_pairs_share_an_instant(a, b):
    for one in compare(a, b):
        if one.a and one.b:
            spans = [
                (e.start_us, 10**9 if e.end_us is None else max(e.end_us, e.start_us + 1))
                for e in (one.a, one.b)
            ]
            assert max(start for start, _ in spans) < min(end for _, end in spans)


@pytest.mark.parametrize(
    ("a", "b", "kind"),
    [
        (episode(10, 20), episode(10, 30), Kind.SAME),
        (episode(10, 20, 8, 9), episode(10, 20, 8), Kind.SAME),  # two rungs of one severity
        (episode(10, 20), episode(5, 12), Kind.EARLIER),
        (episode(10, 20), episode(19, None), Kind.LATER),
        (episode(10, 20, 8), episode(10, 20, 8, 16), Kind.SEVERITY),
    ],
)
def test_the_kind_says_start_before_severity(a, b, kind):
    [one] = compare({KEY: [a]}, {KEY: [b]})

    assert one.kind is kind


def test_what_only_touches_is_no_pair():
    found = compare({KEY: [episode(0, 10)]}, {KEY: [episode(10, 20)]})

    assert [one.kind for one in found] == [Kind.ONLY_A, Kind.ONLY_B]


def test_the_same_times_of_another_group_are_no_pair():
    found = compare({KEY: [episode(0, 9)]}, {("P-1", "cap", "g"): [episode(0, 9)]})

    assert [one.kind for one in found] == [Kind.ONLY_A, Kind.ONLY_B]


def test_a_split_episode_is_paired_once():
    found = compare({KEY: [episode(0, 30)]}, {KEY: [episode(0, 9), episode(12, 20)]})

    assert [one.kind for one in found] == [Kind.SAME, Kind.ONLY_B]
    assert not found[0].same_end
