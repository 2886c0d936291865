"""What a checkpoint keeps in fewer bytes is the same when it is read."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from shidian.core.monitor import checkpoint
from shidian.core.monitor.checkpoint import narrow, wide
from shidian.core.monitor.evaluator import Evaluator
from shidian.core.monitor.replay import replay
from tests.oracle.histories import random_log

COLUMNS = st.sampled_from([2**7, 2**9, 2**31, 2**33, 2**63 - 1]).flatmap(
    lambda top: arrays(np.int64, st.integers(1, 9), elements=st.integers(-top, top))
)


@given(COLUMNS)
def test_a_column_in_a_shorter_type_is_the_same_again(column):
    found = narrow(column)

    if found is None:
        assert int(column.max()) - int(column.min()) >= 2**32
    else:
        assert np.array_equal(wide(*found), column)


@pytest.mark.parametrize("seed", range(600, 612))
def test_what_was_read_again_goes_on_as_if_nothing_had_been(seed, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "_LONG", 1)
    entries = random_log(seed).entries
    at = random.Random(seed).randrange(len(entries))
    evaluator = Evaluator()
    items = [item for entry in entries[:at] for item in evaluator.apply(entry)]
    path = tmp_path / "checkpoint"

    checkpoint.save(
        path, entry=at, entry_sha256=b"", items=len(items), digest="", evaluator=evaluator
    )
    found = checkpoint.load(path)

    assert found is not None
    items += [item for entry in entries[at:] for item in found.evaluator.apply(entry)]
    assert _unnumbered(items) == _unnumbered(replay(entries).items)


def _unnumbered(items):
    return [item.numbered(0) for item in items]
