"""Numbers in columns are those a dict would give, whatever came before."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shidian.core.monitor import index
from shidian.core.monitor.index import Index, Pairs

BATCHES = st.lists(st.lists(st.integers(-3, 12) | st.integers(-(2**62), 2**62)), max_size=8)
ROWS = st.lists(st.lists(st.tuples(*[st.integers(-2, 3)] * 3), max_size=12), max_size=6)


@pytest.fixture(autouse=True, scope="module")
def levels_that_are_merged_soon():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(index, "_MERGE_FROM", 3)
        yield


@given(BATCHES)
def test_integers_are_numbered_as_they_are_first_seen(batches):
    found, wanted = Index(), {}
    for batch in batches:
        keys = np.unique(np.array(batch, np.int64))
        numbers = found.number(keys)
        for key in keys.tolist():
            wanted.setdefault(key, len(wanted))
        assert numbers.tolist() == [wanted[key] for key in keys.tolist()]
    assert len(found) == len(wanted)
    known = np.array(list(wanted), np.int64)
    assert found.find(known).tolist() == list(wanted.values())
    assert found.find(np.array([2**62 + 1])).tolist() == [-1]


@given(ROWS)
def test_rows_are_numbered_as_they_are_first_seen(batches):
    found, wanted = Pairs(3), {}
    for batch in batches:
        rows = np.unique(np.array(batch, np.int64).reshape(-1, 3), axis=0)
        for row, number in zip(map(tuple, rows.tolist()), found.number(rows), strict=True):
            assert wanted.setdefault(row, len(wanted)) == number
    rows = np.array([*wanted, (9, 9, 9)], np.int64).reshape(-1, 3)
    assert found.find(rows).tolist() == [*wanted.values(), -1]
