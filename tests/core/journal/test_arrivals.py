"""A batch in columns is judged exactly as its events are one by one."""

from __future__ import annotations

import json
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shidian.core.journal import EntryKind, Journal, JournalReader
from shidian.core.journal.arrivals_arrow import ArrowError, read_stream
from shidian.core.journal.arrivals_json import read_batch, read_lines
from shidian.core.journal.batch import TooManyError, malformed
from shidian.core.journal.columns import Listed
from shidian_kit.wire import envelope

from .samples import EPOCH, PROJECT, SOURCE, START_US, activate, probe, transfer, void

NOW_US = START_US + 40 * 86_400_000_000

AMOUNTS = st.sampled_from(
    [
        "10.00",
        "10",
        "10.5",
        "010.50",
        "-0.00",
        "-1",
        "1.234",
        "NaN",
        "",
        ".5",
        "5.",
        "1e3",
        "+3",
        "90071992547409.92",
        "90071992547409.93",
        "9" * 20,
        5,
        None,
        True,
        "１",
        "10.00\n",
        {},
        1.5,
    ]
)
NAMES = st.sampled_from(
    ["p_aaaaaaaa", "p_bbbbbbbb", "p_cccccccc", "p_AAAAAAAA", "张三", "", 7, None]
)
WORDS = st.sampled_from(
    ["ok", "两" * 2000, "x" * 2001, "a\x00b", "订单 2023010112345", "13800138000", None, 5]
)
TIMES = st.sampled_from(
    [
        "2023-01-02T00:00:00.000000Z",
        "2023-01-02T00:00:00Z",
        "2023-01-02T08:00:00+08:00",
        "2023-01-02t00:00:00z",
        "2023-01-02 00:00:00Z",
        "2023-02-30T00:00:00Z",
        "1970-01-01T00:00:00Z",
        "2099-01-01T00:00:00Z",
        "0000-01-01T00:00:00.000000Z",
        "2023-01-02T00:00:00.0000000Z",
    ]
)
TRANSFER = st.fixed_dictionaries(
    {"amount": AMOUNTS, "sender": NAMES, "receiver": st.just("p_bbbbbbbb")},
    optional={"colour": st.just("red")},
)
PROBE = st.fixed_dictionaries(
    {"up": st.sampled_from([True, False, 1, "true", None])},
    optional={
        "latency": st.sampled_from([5, "5", -5, "007", 2**53, 2**53 + 1, 2**70, True]),
        "count": st.sampled_from([5, "-5", "0x5", -(2**53)]),
        "score": AMOUNTS,
        "topic": st.sampled_from(["a", "x" * 129, 5]),
        "words": WORDS,
    },
)
PLAIN = st.builds(
    lambda seqno, amount: envelope.to_dict(transfer(seqno, amount)),
    st.integers(1, 12),
    st.sampled_from(["10.00", "10", "11.5"]),
)
ODD = st.builds(
    lambda wire, data, changed: {**wire, **({"data": data} if data else {}), **changed},
    st.one_of(PLAIN, st.integers(1, 12).map(lambda n: envelope.to_dict(probe(n)))),
    st.none() | TRANSFER | PROBE,
    st.fixed_dictionaries(
        {},
        optional={
            "time": TIMES,
            "type": st.sampled_from(["transfer.made", "service.probe", "unheard.of", ""]),
            "seqno": st.sampled_from(["3", "03", "0", 3, "9" * 18, "9" * 19, "x"]),
            "epoch": st.sampled_from([EPOCH, EPOCH + 1, 0, "7", True, 2**40]),
            "project": st.sampled_from([PROJECT, "P-2026-0002"]),
            "subject": st.sampled_from(["s", "", None]),
            "rev": st.sampled_from([0, 1]),
            "op": st.sampled_from(["new", "correct"]),
            "colour": st.just("red"),
            "specversion": st.just("0.3"),
        },
    ),
)


def named(wire):
    """The id that follows from what the event says, so that not every odd one fails by its id."""
    named = "/".join(str(wire.get(name)) for name in ("source", "epoch", "seqno", "rev"))
    return {**wire, "id": named}


BATCHES = st.lists(
    st.lists(
        st.one_of(PLAIN, ODD.map(named), st.just(envelope.to_dict(void(3)))), min_size=1, max_size=8
    ),
    min_size=1,
    max_size=5,
)


def judge_one_by_one(wires):
    items = []
    for wire in wires:
        try:
            items.append(envelope.from_dict(wire))
        except envelope.EnvelopeError as error:
            items.append(malformed(wire, b"", error))
    return Listed(items)


def outcome(path, batches):
    """Statuses of each batch, and what is stored with its investors by name."""
    with Journal(path, clock=lambda: NOW_US) as journal:
        activate(journal)
        results = [
            [(item.status, item.field, item.reason.split(":")[0]) for item in result.items]
            for result in (
                journal.submit_arrivals(PROJECT, SOURCE, batch).result() for batch in batches
            )
        ]
    with JournalReader(path) as reader:
        names = reader.pseudonyms(PROJECT)
        stored = [
            (entry.epoch, entry.seq0, entry.n, rows(entry.table(), names))
            for entry in reader
            if entry.kind is EntryKind.DATA
        ]
        gaps = reader.gaps(PROJECT)
    return results, stored, set(names.values()), gaps


def rows(table, names):
    investors = {"transfer.made/sender", "transfer.made/receiver"}
    return [
        {k: names[v] if k in investors and v is not None else v for k, v in row.items()}
        for row in table.to_pylist()
    ]


@settings(deadline=None, max_examples=25)
@given(BATCHES)
def test_json_in_columns_is_judged_as_event_by_event(tmp_path_factory, batches):
    folder = tmp_path_factory.mktemp("columns")
    one = outcome(folder / "one", [judge_one_by_one(batch) for batch in batches])
    whole = outcome(folder / "all", [read_batch(json.dumps(b).encode(), 99) for b in batches])
    lines = [b"\n".join(json.dumps(wire).encode() for wire in batch) for batch in batches]
    assert whole == one
    assert outcome(folder / "lines", [read_lines(text, 99) for text in lines]) == one


def arrow(events, epoch=EPOCH, **columns):
    """An Arrow IPC stream of transfers, `columns` put over the usual ones."""
    usual = {
        "seqno": pa.array([event.seqno for event in events], pa.int64()),
        "time_us": pa.array([event.time_us for event in events], pa.int64()),
        "type": pa.array([event.type for event in events]),
        "rev": pa.array([event.rev for event in events], pa.int32()),
        "op": pa.array([event.op.value for event in events]),
        "transfer.made/amount": pa.array([event.data.get("amount") for event in events]),
        "transfer.made/sender": pa.array(
            [event.data.get("sender") for event in events]
        ).dictionary_encode(),
        "transfer.made/receiver": pa.array([event.data.get("receiver") for event in events]),
    } | columns
    usual = {name: array for name, array in usual.items() if array is not None}
    table = pa.table(usual).replace_schema_metadata({"epoch": str(epoch)})
    return stream(table)


def stream(table, **options):
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def read(body, items_max=99):
    return read_stream(body, PROJECT, SOURCE, items_max)


@settings(deadline=None, max_examples=25)
@given(
    st.lists(
        st.lists(
            st.builds(
                transfer,
                st.integers(1, 9),
                st.sampled_from(["10.00", "10", "1.234", "-1", "x", "90071992547409.93"]),
                time_us=st.sampled_from([START_US, START_US + 5, 0, 4_070_908_800_000_000]),
                type=st.sampled_from(["transfer.made", "transfer.made", "unheard.of"]),
            )
            | st.just(void(2)),
            min_size=1,
            max_size=8,
        ),
        min_size=1,
        max_size=4,
    )
)
def test_arrow_is_judged_as_event_by_event(tmp_path_factory, batches):
    folder = tmp_path_factory.mktemp("arrow")
    # A void has no data, and what has none is null in every column.
    one = outcome(folder / "one", [Listed(list(batch)) for batch in batches])
    fast = outcome(folder / "arrow", [read(arrow(batch)) for batch in batches])
    assert [[s for s, *_ in batch] for batch in fast[0]] == [
        [s for s, *_ in batch] for batch in one[0]
    ]
    assert fast[1:] == one[1:]


@pytest.mark.parametrize(
    "amounts",
    [
        pa.array(["10.00", "11.50"]),
        pa.array([Decimal("10.00"), Decimal("11.50")]),
    ],
)
def test_money_may_come_as_text_or_decimal(tmp_path, amounts):
    batch = [transfer(1), transfer(2, "11.5")]
    sent = read(arrow(batch, **{"transfer.made/amount": amounts}))
    assert outcome(tmp_path / "a", [sent]) == outcome(tmp_path / "b", [Listed(batch)])


@pytest.mark.parametrize(("scale", "status"), [("2", "accepted"), ("3", "quarantined")])
def test_minor_units_are_taken_only_where_they_say_their_scale(tmp_path, scale, status):
    amount = pa.field("transfer.made/amount", pa.int64(), metadata={"scale": scale})
    table = pa.ipc.open_stream(arrow([transfer(1, "10.01")])).read_all()
    at = table.schema.get_field_index("transfer.made/amount")
    table = table.set_column(at, amount, pa.array([10_010 if scale == "3" else 1001]))
    wanted = [transfer(1, "10.010" if scale == "3" else "10.01")]
    found = outcome(tmp_path / "a", [read(stream(table))])
    assert found == outcome(tmp_path / "b", [Listed(wanted)])
    assert found[0][0][0][0] == status


@pytest.mark.parametrize(
    ("changed", "field", "code"),
    [
        ({"transfer.made/amount": pa.array([10.0, float("nan")])}, "data.amount", "malformed"),
        ({"transfer.made/amount": pa.array([1000, 2000])}, "data.amount", "type"),
        (
            {"transfer.made/amount": pa.array([Decimal(10), Decimal(11)], pa.decimal128(12, 4))},
            "data.amount",
            "scale",
        ),
        ({"transfer.made/amount": None}, "data.amount", "missing"),
        ({"transfer.made/colour": pa.array(["red", "red"])}, "data.colour", "field"),
        ({"another.stream/x": pa.array([1, 1])}, "data.?", "field"),
        ({"transfer.made/sender": pa.array([[1], [2]])}, "data.sender", "malformed"),
        ({"op": pa.array(["new", "void"])}, "op", "malformed"),
        ({"seqno": pa.array([-1, 0])}, "seqno", "malformed"),
    ],
)
def test_changed_schema_is_named_item_by_item(tmp_path, changed, field, code):
    sent = read(arrow([transfer(1), transfer(2)], **changed))
    [batch] = outcome(tmp_path / "a", [sent])[0]
    assert batch[1] == ("quarantined", field, code)
    assert batch[0] == (batch[1] if "op" not in changed else ("accepted", "", ""))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "not a whole"),
        (b"ARROW1 nonsense", "not a whole"),
        (arrow([transfer(1), transfer(2)])[:-120], "not a whole"),
        (arrow([transfer(1)], epoch=0), "epoch"),
        (arrow([transfer(1)], epoch="x"), "not a whole"),
        (arrow([transfer(1)], seqno=None), "seqno is missing"),
        (arrow([transfer(1)], seqno=pa.array([1.0])), "seqno must be int64"),
        (arrow([transfer(1)], type=pa.array([None], pa.utf8())), "type has a null"),
        (
            stream(pa.ipc.open_stream(arrow([transfer(1)] * 90)).read_all(), compression="zstd"),
            "Content-Encoding",
        ),
    ],
)
def test_stream_that_cannot_be_read_is_refused_whole(body, words):
    with pytest.raises(ArrowError, match=words):
        read(body)


def test_more_rows_than_allowed_are_refused():
    with pytest.raises(TooManyError):
        read(arrow([transfer(n) for n in range(1, 5)]), items_max=3)


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_damaged_stream_never_does_worse_than_be_refused(data):
    body = bytearray(arrow([transfer(1), transfer(2), probe(3)]))
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    try:
        arrivals = read(bytes(body))
    except (ArrowError, TooManyError):
        return
    streams = {}
    arrivals.columns(PROJECT, SOURCE, streams)
    for place in range(arrivals.size):
        arrivals.item(place)
