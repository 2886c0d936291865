"""Orders and acknowledgements: one form, read back the same, anything else refused by name."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shidian_kit.wire import order
from shidian_kit.wire.order import (
    Acknowledgement,
    AcknowledgementKind,
    OrderDocument,
    OrderError,
    OrderKind,
    Reason,
)

VECTORS = json.loads((Path(__file__).parent / "vectors" / "orders.json").read_text("utf-8"))
SUSPEND = OrderDocument(
    id="O-2026-0001",
    project="P-2026-0001",
    kind=OrderKind.SUSPEND,
    reason=Reason("失败率超过限额", "failure rate above its limit"),
    basis="plan 4.2",
    authority="bureau",
    rules_digest="sha256:" + "0" * 64,
    issued_at=datetime(2026, 11, 15, 1, 30, tzinfo=UTC),
)
EFFECTIVE = Acknowledgement(
    order=SUSPEND.id,
    project=SUSPEND.project,
    digest=order.digest(SUSPEND),
    kind=AcknowledgementKind.EFFECTIVE,
    at=datetime(2026, 11, 15, 1, 30, 1, 250_000, tzinfo=UTC),
)

IDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,10}[A-Za-z0-9]", fullmatch=True)
TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc",)), min_size=1, max_size=30
).filter(str.strip)
DIGESTS = st.binary(min_size=32, max_size=32).map(lambda raw: f"sha256:{raw.hex()}")
TIMES = st.datetimes(
    datetime(2000, 1, 1),  # noqa: DTZ001 - the zone is drawn beside it
    datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.integers(-14, 14).map(lambda hours: timezone(timedelta(hours=hours))),
)
PLANS = st.dictionaries(
    st.from_regex(r"[a-z][a-z0-9_-]{0,12}", fullmatch=True),
    st.decimals(-(10**12), 10**12, places=2).map(lambda number: f"{number:f}"),
    min_size=1,
    max_size=4,
)


@st.composite
def orders(draw):
    kind = draw(st.sampled_from(OrderKind))
    own, followed = draw(st.tuples(IDS, IDS).filter(lambda pair: pair[0] != pair[1]))
    return OrderDocument(
        id=own,
        project=draw(IDS),
        kind=kind,
        reason=Reason(draw(TEXTS), draw(TEXTS)),
        basis=draw(TEXTS),
        authority=draw(TEXTS),
        rules_digest=draw(DIGESTS),
        issued_at=draw(TIMES),
        plan=draw(PLANS) if kind is OrderKind.RESTRICT else {},
        follows=draw(st.sampled_from([None, followed])),
    )


@st.composite
def acknowledgements(draw):
    return Acknowledgement(
        order=draw(IDS),
        project=draw(IDS),
        digest=draw(DIGESTS),
        kind=draw(st.sampled_from(AcknowledgementKind)),
        at=draw(TIMES),
    )


@given(orders())
def test_order_survives_the_wire(document):
    assert order.parse_order(order.canonical(document)) == document


@given(acknowledgements())
def test_acknowledgement_survives_the_wire(document):
    assert order.parse_acknowledgement(order.canonical(document)) == document


@given(orders(), orders())
def test_digest_names_one_order(one, other):
    assert (order.digest(one) == order.digest(other)) == (one == other)


@given(st.sampled_from([SUSPEND, EFFECTIVE]), st.data())
def test_document_in_any_other_bytes_is_refused(document, data):
    whole = order.canonical(document)
    at = data.draw(st.integers(0, len(whole) - 1))
    changed = data.draw(
        st.sampled_from(
            [
                whole[:at],
                whole[:at] + b" " + whole[at:],
                whole + b"\n",
                whole[:at] + bytes([whole[at] ^ data.draw(st.integers(1, 255))]) + whole[at + 1 :],
            ]
        )
    )
    parse = order.parse_order if document is SUSPEND else order.parse_acknowledgement
    try:
        read = parse(changed)
    except OrderError:
        return
    assert read != document
    assert order.canonical(read) == changed


@given(st.binary(max_size=200))
def test_order_refuses_arbitrary_bytes(data):
    with pytest.raises(OrderError):
        order.parse_order(data)


@pytest.mark.parametrize("name", sorted(VECTORS["orders"]))
def test_order_has_the_published_bytes_and_digest(name):
    vector = VECTORS["orders"][name]
    document = order.parse_order(vector["canonical"].encode())
    assert order.canonical(document).decode() == vector["canonical"]
    assert order.digest(document) == vector["digest"]


@pytest.mark.parametrize("name", sorted(VECTORS["acknowledgements"]))
def test_acknowledgement_has_the_published_bytes(name):
    text = VECTORS["acknowledgements"][name]["canonical"]
    assert order.canonical(order.parse_acknowledgement(text.encode())).decode() == text


@pytest.mark.parametrize("name", sorted(VECTORS["refused"]))
def test_order_refused_by_the_vectors_names_the_member(name):
    vector = VECTORS["refused"][name]
    with pytest.raises(OrderError) as refused:
        order.parse_order(vector["text"].encode())
    assert refused.value.field == vector["field"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"id": "no spaces"}, "id"),
        ({"id": ""}, "id"),
        ({"project": "x" * 65}, "project"),
        ({"kind": "stop"}, "kind"),
        ({"follows": "O-2026-0001"}, "follows"),
        ({"reason": Reason("", "why")}, "reason.zh"),
        ({"reason": Reason("为何", " ")}, "reason.en"),
        ({"reason": Reason("为何", "a\x00b")}, "reason.en"),
        ({"basis": "x" * 4_001}, "basis"),
        ({"basis": "\ud800"}, "basis"),
        ({"authority": ""}, "authority"),
        ({"rules_digest": "md5:00"}, "rules_digest"),
        ({"issued_at": datetime(2026, 11, 15)}, "issued_at"),  # noqa: DTZ001
        ({"plan": {"cap": "1"}}, "plan"),
        ({"kind": OrderKind.RESTRICT}, "plan"),
        ({"kind": OrderKind.RESTRICT, "plan": {"cap": 1}}, "plan.cap"),
        ({"kind": OrderKind.RESTRICT, "plan": {"cap": "1e3"}}, "plan.cap"),
        ({"kind": OrderKind.RESTRICT, "plan": {"cap": "01"}}, "plan.cap"),
        ({"kind": OrderKind.RESTRICT, "plan": {"Cap": "1"}}, "plan.Cap"),
    ],
)
def test_order_refuses_bad_content_by_member(changes, field):
    with pytest.raises(OrderError) as refused:
        replace(SUSPEND, **changes)
    assert refused.value.field == field


def test_acknowledgement_is_not_an_order():
    with pytest.raises(OrderError, match="format"):
        order.parse_order(order.canonical(EFFECTIVE))
