"""A certificate is true if its signature is, and the drill comes out again; else it says where not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shidian.core.exit import certificate as certificates
from shidian.core.exit.certificate import Subject, verify_bundle
from shidian.core.exit.plan import ExitError, Payer
from shidian_kit.wire import canonical, keys
from tests.core.exit.plans import SETTING, a_plan

KEY = keys.generate()


def a_subject(**changes: Any) -> Subject:
    given = {
        "case": "DEMO-2026-0001",
        "number": 1,
        "lead": "示范证券",
        "rules_digest": "sha256:" + "0" * 64,
        "software": "1",
        "seed": "seed-1",
        "positions": 10_000,
    }
    return Subject(**{**given, **changes})


def a_bundle(*, key=KEY, plan=None, **changes: Any) -> bytes:
    made = plan or a_plan()
    _, content = certificates.drilled(made, SETTING, a_subject(**changes))
    text = certificates.certificate_text(content, began_at="2026-03-02T09:00:00Z", took_us=120_000)
    return certificates.bundle(
        certificate=text,
        plan=made.canonical().decode(),
        signature=certificates.sign(key, text),
        public_key=keys.public_text(key.public_key()),
    )


def changed(data: bytes, change) -> bytes:
    """The bundle with its certificate changed, signed again by the very key."""
    given = json.loads(data)
    said = json.loads(given["certificate"])
    change(said)
    text = canonical.dumps(said).decode()
    signature = certificates.sign(KEY, text)
    return canonical.dumps({**given, "certificate": text, "signature": signature})


def test_certificate_of_ten_thousand_positions_verifies() -> None:
    verified = verify_bundle(a_bundle(), KEY.public_key())

    assert verified.passed
    assert (verified.case, verified.number, verified.positions) == ("DEMO-2026-0001", 1, 10_000)


def test_certificate_of_a_broken_plan_verifies_and_says_why() -> None:
    """A failure is evidence too: it is signed as a success is."""
    broken = a_plan(payers=(Payer("a", 9_999),))

    verified = verify_bundle(a_bundle(plan=broken, positions=100), KEY.public_key())

    assert not verified.passed
    assert verified.outcome["failures"][0]["code"] == "refunds-do-not-sum"


def test_another_key_is_not_trusted() -> None:
    with pytest.raises(ExitError, match="not signed by this key"):
        verify_bundle(a_bundle(positions=20), keys.generate().public_key())


def test_certificate_changed_after_signing_is_refused() -> None:
    given = json.loads(a_bundle(positions=20))
    given["certificate"] = given["certificate"].replace('"number":1', '"number":2')

    with pytest.raises(ExitError, match="changed since"):
        verify_bundle(canonical.dumps(given), KEY.public_key())


def test_another_plan_than_the_certificates_is_refused() -> None:
    given = json.loads(a_bundle(positions=20))
    given["plan"] = a_plan(payers=(Payer("a", 10_000),)).canonical().decode()

    with pytest.raises(ExitError, match="the certificate names"):
        verify_bundle(canonical.dumps(given), KEY.public_key())


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda said: said["outcome"].update(owed_fen="1"), "outcome"),
        (lambda said: said["outcome"].update(passed=False), "outcome"),
        (lambda said: said.update(seed="other"), "positions_digest"),
        (lambda said: said.update(positions=21), "positions_digest"),
        (lambda said: said["setting"]["due"].update(refunds="2026-03-03"), "outcome"),
    ],
)
def test_certificate_that_does_not_come_out_again_is_refused(change, where: str) -> None:
    """Whoever holds the key cannot sign what did not happen and have it verify."""
    with pytest.raises(ExitError) as refused:
        verify_bundle(changed(a_bundle(positions=20), change), KEY.public_key())

    assert refused.value.where == where


@pytest.mark.parametrize(
    "change",
    [
        lambda said: said.update(setting=[]),
        lambda said: said.update(positions="many"),
        lambda said: said.update(positions=10**9),
        lambda said: said["setting"].update(days=["x"]),
        lambda said: said["setting"].update(kinds=[]),
    ],
)
def test_certificate_of_nonsense_is_refused(change) -> None:
    with pytest.raises(ExitError, match="no certificate"):
        verify_bundle(changed(a_bundle(positions=20), change), KEY.public_key())


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b'{"certificate":1,"plan":2,"signature":3}', b"[" * 9_999]
)
def test_hostile_bytes_are_no_bundle(data: bytes) -> None:
    with pytest.raises(ExitError):
        verify_bundle(data, KEY.public_key())


@pytest.mark.parametrize("text", ["", "{}", "null", '{"format":"shidian.exit-drill/1"}'])
def test_nothing_but_a_certificate_is_signed(text: str) -> None:
    with pytest.raises(ExitError):
        certificates.sign(KEY, text)
