"""Spans, typed values and payloads by property."""

from __future__ import annotations

import itertools

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shidian.core.journal import entry as e
from shidian.core.journal.spans import SpanSet, runs
from shidian.core.journal.streams import NUMBER_MAX, DocumentError, read_streams, read_tick_us

NUMBERS = st.lists(st.integers(1, 40), unique=True)
INT64 = st.integers(-(2**63), 2**63 - 1)


def runs_of(numbers):
    return runs(np.array(sorted(numbers), np.int64))


@given(NUMBERS, NUMBERS)
def test_spans_hold_exactly_what_was_added(before, after):
    spans = SpanSet(runs_of(before))
    stored = dict(spans.spans())
    added = [number for number in after if number not in spans]
    for first, last in runs_of(added):
        spans.add(first, last)
    whole = sorted({*before, *added})
    assert spans.spans() == runs_of(whole)
    assert [number for number in range(50) if number in spans] == whole
    assert np.flatnonzero(spans.inside(np.arange(50))).tolist() == whole
    for first in spans.dropped:
        stored.pop(first, None)
    stored |= {first: spans.last_of(first) for first in spans.touched}
    assert sorted(stored.items()) == spans.spans()


@given(NUMBERS)
def test_runs_cover_their_numbers(numbers):
    found = runs_of(numbers)
    assert [n for first, last in found for n in range(first, last + 1)] == sorted(numbers)
    assert all(later[0] > earlier[1] + 1 for earlier, later in itertools.pairwise(found))


@given(st.integers(-NUMBER_MAX, NUMBER_MAX), st.integers(0, 9))
def test_decimal_text_survives_as_minor_units(minor, scale):
    streams = read_streams(
        {"streams": [{"id": "a.b", "fields": {"x": {"type": "decimal", "scale": str(scale)}}}]}
    )
    digits = f"{abs(minor):0{scale + 1}d}"
    whole, fraction = digits[: len(digits) - scale], digits[len(digits) - scale :]
    text = f"{'-' if minor < 0 else ''}{whole}{'.' if fraction else ''}{fraction}"
    assert streams["a.b"].fields[0].convert(text) == minor


@settings(deadline=None)  # the first call loads Arrow
@given(
    st.lists(
        st.tuples(st.integers(1, 2**63 - 1), st.integers(0, 2**31 - 1), INT64, st.none() | INT64),
        min_size=1,
        max_size=150,
    )
)
def test_payload_survives_encoding(rows):
    field = e.typed_field("a.b", "amount", e.ColumnType.MONEY, 2)
    table = pa.Table.from_pylist(
        [
            {
                "type": "a.b",
                "seqno": seqno,
                "rev": rev,
                "op": "new",
                "time_us": at,
                field.name: amount,
            }
            for seqno, rev, at, amount in rows
        ],
        schema=pa.schema([*e.base_fields(), field]),
    )
    payload = e.encode_table(table)
    assert e.decode_table(payload).equals(table, check_metadata=True)
    assert e.encode_table(table) == payload


@pytest.mark.parametrize(
    "document",
    [
        {"streams": {}},
        {"streams": ["x"]},
        {"streams": [{"id": "a.b", "fields": []}]},
        {"streams": [{"id": "a.b", "fields": {"x": "money"}}]},
        {"streams": [{"id": "a.b", "fields": {"x": {"type": "float"}}}]},
        {"streams": [{"id": "a.b", "fields": {"x": {"type": "money", "scale": "10"}}}]},
    ],
)
def test_document_that_is_unfit_is_refused(document):
    with pytest.raises(DocumentError):
        read_streams(document)


def test_tick_is_read_from_its_text():
    assert read_tick_us({}) == 5_000_000  # the default of a rulebook
    assert read_tick_us({"monitoring": {"tick": "500ms"}}) == 500_000
    with pytest.raises(DocumentError):
        read_tick_us({"monitoring": {"tick": "often"}})
