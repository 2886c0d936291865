"""A leaf says of an act what is needed to check it, in one form alone, and no more."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from shidian.core.record.leaf import (
    LEAF_BYTES_MAX,
    Leaf,
    LeafKind,
    check_commitment,
    commit,
    decode,
    encode,
    moment,
    new_salt,
    text_digest,
    time_text,
)
from shidian_kit.wire.refusal import RecordError, Refusal

DIGEST = text_digest("the text as published")
PLAIN_KINDS = sorted(set(LeafKind) - {LeafKind.KEY_ROTATED, LeafKind.WITNESS_POLICY})

subjects = st.text(min_size=1, max_size=60).filter(lambda text: text.isprintable())
times = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - the zone is drawn beside it
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
).map(time_text)
digests = st.binary(min_size=32, max_size=32).map(lambda raw: f"sha256:{raw.hex()}")


@st.composite
def leaves(draw: st.DrawFn) -> Leaf:
    hashed = draw(st.sampled_from(["text_sha256", "commitment"]))
    return Leaf(
        kind=draw(st.sampled_from(PLAIN_KINDS)),
        subject=draw(subjects),
        time=draw(times),
        rules_digest=draw(st.none() | digests),
        **{hashed: draw(digests)},
    )


def leaf(**changed: object) -> Leaf:
    given_: dict[str, object] = {
        "kind": LeafKind.DECISION,
        "subject": "DEMO-2026-001",
        "time": "2026-03-01T09:00:00Z",
        "text_sha256": DIGEST,
    }
    return Leaf(**{**given_, **changed})  # type: ignore[arg-type]


@given(leaves())
def test_leaf_survives_encoding(one: Leaf) -> None:
    assert decode(encode(one)) == one


@given(leaves())
def test_leaf_is_in_the_form_of_rfc_8785(one: Leaf) -> None:
    assert encode(one) == rfc8785.dumps(json.loads(encode(one)))


@given(st.text(st.characters(codec=None), min_size=1))
def test_text_of_a_leaf_is_in_the_form_of_rfc_8785_whatever_its_characters(text: str) -> None:
    try:
        digest = text_digest(text)
    except UnicodeEncodeError:
        return
    one = leaf(kind=LeafKind.WITNESS_POLICY, text=text, text_sha256=digest)
    assert encode(one) == rfc8785.dumps(json.loads(encode(one)))
    assert decode(encode(one)) == one


def test_leaf_is_canonical_json_that_anyone_can_read() -> None:
    assert encode(leaf()).decode() == (
        '{"kind":"decision","subject":"DEMO-2026-001","text_sha256":"'
        + DIGEST
        + '","time":"2026-03-01T09:00:00Z","v":1}'
    )


@given(leaves(), st.data())
def test_leaf_in_any_other_form_is_refused(one: Leaf, data: st.DataObject) -> None:
    value = json.loads(encode(one))
    other = data.draw(
        st.sampled_from(
            [
                json.dumps(value).encode(),
                json.dumps(dict(reversed(value.items())), separators=(",", ":")).encode(),
                encode(one) + b"\n",
                encode(one).replace(b"{", b'{"a":1,', 1),
                encode(one).replace(b'"v":1', b'"v":1.0'),
                encode(one).replace(b'"v":1', b'"v":2'),
                encode(one)[:-1],
                encode(one).replace(b"{", b'{"kind":"decision",', 1),
            ]
        )
    )
    with pytest.raises(RecordError) as refused:
        decode(other)
    assert refused.value.name is Refusal.LEAF_MALFORMED


@given(st.binary(max_size=200))
def test_bytes_that_are_no_leaf_are_refused_by_name(data: bytes) -> None:
    with pytest.raises(RecordError) as refused:
        decode(data)
    assert refused.value.name is Refusal.LEAF_MALFORMED


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"text_sha256": None}, "exactly one"),
        ({"commitment": DIGEST}, "exactly one"),
        ({"subject": ""}, "subject"),
        ({"subject": "two\nlines"}, "subject"),
        ({"subject": "x" * 501}, "subject"),
        ({"time": "2026-03-01T09:00:00+08:00"}, "RFC 3339"),
        ({"time": "2026-02-30T09:00:00Z"}, "RFC 3339"),
        ({"time": "２０２６-03-01T09:00:00Z"}, "RFC 3339"),
        ({"time": None}, "RFC 3339"),
        ({"rules_digest": "md5:00"}, "rules_digest"),
        ({"text_sha256": "sha256:00"}, "text_sha256"),
        ({"kind": "gossip"}, "kind"),
        ({"text": "the text as published"}, "text stands"),
        ({"kind": LeafKind.KEY_ROTATED}, "text stands"),
        ({"kind": LeafKind.WITNESS_POLICY, "text": "another text"}, "does not hash"),
    ],
)
def test_leaf_that_says_too_little_or_too_much_is_refused(
    changed: dict[str, object], told: str
) -> None:
    with pytest.raises(RecordError, match=told) as refused:
        leaf(**changed)
    assert refused.value.name is Refusal.LEAF_MALFORMED


def test_leaf_at_the_limit_fits_and_one_byte_more_is_refused_by_name() -> None:
    def sized(length: int) -> Leaf:
        text = "x" * length
        return leaf(kind=LeafKind.WITNESS_POLICY, text=text, text_sha256=text_digest(text))

    frame = len(encode(sized(1))) - 1
    assert len(encode(sized(LEAF_BYTES_MAX - frame))) == LEAF_BYTES_MAX
    with pytest.raises(RecordError) as refused:
        encode(sized(LEAF_BYTES_MAX - frame + 1))
    assert refused.value.name is Refusal.LEAF_TOO_LARGE
    with pytest.raises(RecordError) as refused:
        decode(b"x" * (LEAF_BYTES_MAX + 1))
    assert refused.value.name is Refusal.LEAF_TOO_LARGE


def test_commitment_stands_for_its_document_and_salt_alone() -> None:
    salt, document = new_salt(), b"a name"
    commitment = commit(salt, document)
    assert check_commitment(commitment, salt, document)
    assert not check_commitment(commitment, salt, b"another name")
    assert not check_commitment(commitment, new_salt(), document)
    # Neither the bare hash nor that of salt and document: commitments have a domain of their own.
    assert commitment not in (text_digest(document), text_digest(salt + document))


def test_salt_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        commit(b"short", b"document")


def test_times_are_told_in_utc() -> None:
    there = datetime(2026, 3, 1, 17, 0, tzinfo=timezone(timedelta(hours=8)))
    assert time_text(there) == "2026-03-01T09:00:00Z"
    assert moment("2026-03-01T09:00:00Z") == there
    with pytest.raises(ValueError, match="zone"):
        time_text(there.replace(tzinfo=None))
