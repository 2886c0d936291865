"""Canonical JSON, digests, keys, tokens and envelopes: round trips and refusals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shidian_kit.pseudonym import pseudonym
from shidian_kit.wire import canonical, digest, envelope, keys, token
from shidian_kit.wire.envelope import Event, Op

TIMES_US = st.integers(-62_135_596_800_000_000, 253_402_300_799_999_999)
NAMES = st.text("abcdefghij_", min_size=1, max_size=8)
VALUES = st.one_of(st.text(max_size=20), st.integers(-(2**53) + 1, 2**53 - 1), st.booleans())


@st.composite
def events(draw):
    op = draw(st.sampled_from(Op))
    return Event(
        project=draw(st.from_regex(r"[A-Za-z0-9]{1,10}(-[0-9]{4})?", fullmatch=True)),
        source=draw(st.from_regex(r"[A-Za-z0-9:/.~@+-]{1,30}", fullmatch=True)),
        epoch=draw(st.integers(1, envelope.EPOCH_MAX)),
        seqno=draw(st.integers(1, envelope.SEQNO_MAX)),
        type=draw(st.from_regex(r"[a-z][a-z0-9]{0,8}\.[a-z][a-z0-9_]{0,8}", fullmatch=True)),
        time_us=draw(TIMES_US),
        data={} if op is Op.VOID else draw(st.dictionaries(NAMES, VALUES, max_size=5)),
        rev=0 if op is Op.NEW else draw(st.integers(1, envelope.REV_MAX)),
        op=op,
        subject=draw(st.none() | st.text(min_size=1, max_size=20)),
    )


@given(events())
def test_event_survives_the_wire(event):
    wire = envelope.to_dict(event)
    assert envelope.from_dict(wire) == event
    assert envelope.of_spool(wire) == event


@given(TIMES_US)
def test_time_survives_its_text_form(time_us):
    assert envelope.parse_time(envelope.format_time(time_us)) == time_us


def test_time_in_another_zone_is_the_same_instant():
    assert envelope.parse_time("2023-01-01T08:00:00+08:00") == envelope.parse_time(
        "2023-01-01T00:00:00.000000Z"
    )


@pytest.mark.parametrize(
    "text",
    [
        "2023-01-01",
        "2023-01-01T00:00:00",
        "2023-01-01 00:00:00Z",
        "2023-02-30T00:00:00Z",
        "2023-01-01T00:00:60Z",
        "2023-01-01T00:00:00.1234567Z",
        "20230101T000000Z",
        "0001-01-01T00:00:00+23:59",
    ],
)
def test_time_in_another_form_is_refused(text):
    with pytest.raises((ValueError, OverflowError)):
        envelope.parse_time(text)


GOOD = envelope.to_dict(
    Event("P-1", "urn:x", 1, 5, "order.placed", 0, data={"amount": "1.00"}, subject="s")
)


def test_id_is_the_text_form_of_the_identity():
    assert GOOD["id"] == "urn:x/1/5/0"
    assert GOOD["seqno"] == "5"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("specversion", "0.3"),
        ("id", "urn:x/1/5/1"),
        ("id", None),
        ("source", ""),
        ("source", "有 空格"),
        ("type", "Order"),
        ("time", 0),
        ("time", "0001-01-01T00:00:00+23:59"),
        ("project", "a/b"),
        ("epoch", "1"),
        ("epoch", 0),
        ("epoch", True),
        ("epoch", 2**31),
        ("seqno", 5),
        ("seqno", "05"),
        ("seqno", "0"),
        ("seqno", str(2**63)),
        ("seqno", "٥"),
        ("rev", -1),
        ("rev", 1),
        ("op", "delete"),
        ("op", "correct"),
        ("op", ["new"]),
        ("subject", ""),
        ("subject", 5),
        ("datacontenttype", "text/plain"),
        ("data", []),
        ("data", {"amount": 1.5}),
        ("data", {"amount": ["1"]}),
        ("data", {str(n): "1" for n in range(65)}),
        ("traceparent", "00"),
    ],
)
def test_unfit_attribute_is_named(field, value):
    with pytest.raises(envelope.EnvelopeError) as caught:
        envelope.from_dict(GOOD | {field: value})
    expected = {"rev": {"rev", "op"}, "data": {"data", "data.amount"}}.get(field, {field})
    assert caught.value.field in expected
    assert str(caught.value)


@pytest.mark.parametrize("wire", [None, 1, "x", [], {}, {"data": {}}, {1: 2}])
def test_what_is_no_event_is_refused(wire):
    with pytest.raises(envelope.EnvelopeError):
        envelope.from_dict(wire)


def test_void_carries_no_data():
    wire = GOOD | {"op": "void", "rev": 1, "id": "urn:x/1/5/1"}
    with pytest.raises(envelope.EnvelopeError, match="left out"):
        envelope.from_dict(wire)


def test_odd_name_is_not_repeated_in_a_report():
    with pytest.raises(envelope.EnvelopeError) as caught:
        envelope.from_dict(GOOD | {"身份证110101199001011234": 1})
    assert caught.value.field == "?"


@given(st.dictionaries(st.text(max_size=5), VALUES | st.lists(VALUES, max_size=3), max_size=6))
def test_canonical_json_does_not_depend_on_order(value):
    turned = dict(reversed(value.items()))
    assert canonical.dumps(value) == canonical.dumps(turned)


@pytest.mark.parametrize("value", [2**53, float("nan"), {"a": object()}, {1: 2}, "\ud800"])
def test_canonical_json_refuses_what_json_cannot_hold_exactly(value):
    with pytest.raises(ValueError, match="canonical"):
        canonical.dumps(value)


def test_canonical_json_takes_enumerations_as_text():
    assert canonical.dumps({"b": Op.NEW, Op.VOID: (1,)}) == b'{"b":"new","void":[1]}'


def test_digest_names_its_algorithm():
    tag = digest.sha256_tag(b"")
    assert tag.startswith("sha256:e3b0c442")
    assert digest.read_tag(tag).hex() == tag.removeprefix("sha256:")
    for bad in ("sha1:00", tag.upper(), tag[:-1], tag + "\n"):
        with pytest.raises(ValueError, match="not a digest"):
            digest.read_tag(bad)


def test_key_survives_its_files_and_texts(tmp_path):
    key = keys.generate()
    path = tmp_path / "new" / "key.pem"
    keys.save_private(path, key)
    assert path.stat().st_mode & 0o777 == 0o600
    public = keys.load_private(path).public_key()
    assert keys.key_id(public) == keys.key_id(key.public_key())
    assert keys.key_id(keys.load_public(keys.public_text(public))) == keys.key_id(public)
    with pytest.raises(FileExistsError):
        keys.save_private(path, key)
    with pytest.raises(keys.KeyFormatError):
        keys.load_public(path.read_text())


@pytest.mark.parametrize("text", ["", "ed25519:", "ed25519:AAAA", "ed25519:*", "-----BEGIN X-----"])
def test_what_is_no_public_key_is_refused(text):
    with pytest.raises(keys.KeyFormatError):
        keys.load_public(text)


NOW = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())


def test_live_token_opens_its_topics_until_its_end():
    made = token.make_live_token(b"secret", ["b", "a"], NOW + 5)
    read = token.read_live_token(b"secret", made, now=NOW)
    assert read == token.LiveToken(frozenset({"a", "b"}), NOW + 5)
    with pytest.raises(token.TokenError, match="past"):
        token.read_live_token(b"secret", made, now=NOW + 5)
    with pytest.raises(token.TokenError, match="not made here"):
        token.read_live_token(b"other", made, now=NOW)


@given(st.integers(0, 200), st.characters(codec="ascii"))
def test_changed_token_is_refused(at, character):
    made = token.make_live_token(b"secret", ["a"], NOW)
    at %= len(made)
    changed = made[:at] + character + made[at + 1 :]
    if changed != made:
        with pytest.raises(token.TokenError):
            token.read_live_token(b"secret", changed, now=NOW - 1)


@pytest.mark.parametrize("topics", [[], [str(n) for n in range(65)]])
def test_token_names_a_limited_number_of_topics(topics):
    with pytest.raises(ValueError, match="topics"):
        token.make_live_token(b"secret", topics, NOW)


def test_pseudonym_is_stable_under_its_secret_only():
    secret = b"0123456789abcdef"
    name = pseudonym(secret, "110101199001011234")
    assert name == pseudonym(secret, "110101199001011234")
    assert name != pseudonym(secret[::-1], "110101199001011234")
    assert len(name) == 34
    with pytest.raises(ValueError, match="16 bytes"):
        pseudonym(b"short", "x")


def test_event_times_keep_their_microseconds():
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(microseconds=1)
    assert envelope.format_time(NOW * 1_000_000 + 1) == moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
