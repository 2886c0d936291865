"""A part of a replay is the whole stream, cut."""

from __future__ import annotations

import random

import pytest

from shidian.core.monitor.cutting import Span, part_of
from shidian.core.monitor.digest import as_known_digest, final_digest
from shidian.core.monitor.items import Episode, Step
from shidian.core.monitor.replay import replay
from tests.oracle.histories import random_log


def lines(found):
    return [(item.seq, item.at_us, item.change) for item in found.items]


@pytest.mark.parametrize("seed", range(12))
def test_parts_of_the_stream_put_together_are_the_stream(seed):
    found = replay(random_log(seed).entries)
    at_us = sorted({item.at_us for item in found.items})
    cut_us = random.Random(seed).choice(at_us or [0])

    before, after = part_of(found, Span(None, cut_us)), part_of(found, Span(cut_us, None))

    assert sorted(lines(before) + lines(after)) == lines(found)
    assert before.as_known_digest == as_known_digest(i for i in found.items if i.at_us < cut_us)
    whole = part_of(found, Span())
    assert whole.as_known_digest == found.as_known_digest
    assert whole.final_digest == found.final_digest


def episode(start_us, end_us):
    return Episode(start_us, start_us, (Step(start_us, 8),), end_us)


def test_episodes_that_overlap_the_span_stay_whole():
    key = ("P", "r", "")
    found = replay([])
    found.final = {
        key: [episode(0, 10), episode(12, 20), episode(25, None)],
        ("Q", "r", ""): [episode(0, 5)],
    }

    part = part_of(found, Span(10, 25))

    assert part.final == {key: [episode(12, 20)]}
    assert part.final_digest == final_digest(part.final)
    assert part_of(found, Span(30, None)).final == {key: [episode(25, None)]}
    assert part_of(found, Span(None, 1)).final[key] == [episode(0, 10)]
