"""Permits on the wire: read back the same, and by nobody else's signature, request or project."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shidian_kit.wire import keys, permit
from shidian_kit.wire.permit import OnOutage, OrderState, Permit, PermitError, PermitMode

VECTORS = json.loads((Path(__file__).parent / "vectors" / "permits.json").read_text("utf-8"))
GATE = keys.generate()
GATE_ID = keys.key_id(GATE.public_key())
KNOWN = {GATE_ID: GATE.public_key()}
HERE = {"project": "P-2026-0001", "source": "engine", "nonce": "n-1"}
RUNNING = Permit(
    **HERE,
    mode=PermitMode.NO_NEW_BUSINESS,
    state=OrderState.RUNNING,
    order=None,
    limits="sha256:" + "0" * 64,
    entry=7,
    issued_us=1,
    ttl_ms=60_000,
    grace_ms=30_000,
    on_outage=OnOutage.KEEP_LAST,
)


@st.composite
def permits(draw):
    return Permit(
        project=draw(st.from_regex(r"[A-Za-z0-9]{1,10}(-[0-9]{4})?", fullmatch=True)),
        source=draw(st.from_regex(r"[A-Za-z0-9:/.~@+-]{1,30}", fullmatch=True)),
        nonce=draw(st.from_regex(r"[A-Za-z0-9_-]{1,30}", fullmatch=True)),
        mode=draw(st.sampled_from(PermitMode)),
        state=draw(st.sampled_from(OrderState)),
        order=draw(st.none() | st.from_regex(r"O-[0-9]{4}", fullmatch=True)),
        limits=f"sha256:{draw(st.binary(min_size=32, max_size=32)).hex()}",
        entry=draw(st.integers(1, 2**53 - 1)),
        issued_us=draw(st.integers(0, 2**53 - 1)),
        ttl_ms=draw(st.integers(1, permit.DURATION_MS_MAX)),
        grace_ms=draw(st.integers(0, permit.DURATION_MS_MAX)),
        on_outage=draw(st.sampled_from(OnOutage)),
    )


def answered(given, key=GATE):
    signed = permit.sign(permit.encode(given), key, keys.key_id(key.public_key()))
    return json.dumps(signed).encode()


def code_of(data, **changed):
    with pytest.raises(PermitError) as refused:
        permit.verify(data, KNOWN, **(HERE | changed))
    return refused.value.code


@given(permits())
def test_permit_survives_the_wire(given):
    here = {"project": given.project, "source": given.source, "nonce": given.nonce}
    assert permit.verify(answered(given), KNOWN, **here) == given


@given(st.data())
def test_changed_permit_is_refused(data):
    signed = json.loads(answered(RUNNING))
    part = data.draw(st.sampled_from(["permit", "signature"]))
    at = data.draw(st.integers(0, len(signed[part]) - 1))
    other = data.draw(st.characters(min_codepoint=33, max_codepoint=126))
    changed = signed[part][:at] + other + signed[part][at + 1 :]
    if changed != signed[part]:
        assert code_of(json.dumps(signed | {part: changed}).encode()) in {"invalid", "malformed"}


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_no_permit(data):
    assert code_of(data) == "malformed"


def test_permit_of_another_project_source_request_or_gate_is_refused():
    whole = answered(RUNNING)
    assert code_of(whole, project="P-2026-0002") == "foreign"
    assert code_of(whole, source="other") == "foreign"
    assert code_of(whole, nonce="n-2") == "nonce"
    assert code_of(answered(RUNNING, keys.generate())) == "unknown-key"
    stolen = json.loads(answered(RUNNING, keys.generate())) | {"key_id": GATE_ID}
    assert code_of(json.dumps(stolen).encode()) == "invalid"


@pytest.mark.parametrize(
    "changes",
    [
        {"project": ""},
        {"source": "a b"},
        {"nonce": 'a"b'},
        {"order": "?"},
        {"limits": "sha256:0"},
        {"entry": 0},
        {"entry": True},
        {"ttl_ms": 0},
        {"ttl_ms": permit.DURATION_MS_MAX + 1},
        {"grace_ms": -1},
        {"issued_us": 1.5},
    ],
)
def test_permit_refuses_bad_content(changes):
    with pytest.raises(PermitError):
        replace(RUNNING, **changes)


@pytest.mark.parametrize("name", sorted(VECTORS["permits"]))
def test_permit_verifies_as_published(name):
    vector = VECTORS["permits"][name]
    known = permit.trusted(VECTORS["gate"])
    read = permit.verify(
        vector["answer"].encode(),
        known,
        project=vector["project"],
        source=vector["source"],
        nonce=vector["nonce"],
    )
    assert (str(read.state), read.new_business) == (vector["state"], vector["new_business"])
    assert permit.encode(read).decode() == json.loads(vector["answer"])["permit"]
