"""The gate's key is certified by a leaf; a firm's kit checks permits by it, also after a change."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from shidian import keyring
from shidian.apps.record.audit import audit
from shidian.apps.supervision.domain.gate_keys import RENEW_BEFORE, VALID, bundles, certify_gate_key
from shidian.cli.record_gate_key import gate_key
from shidian.core.record.notary import Notary
from shidian.core.record.reader import LogReader
from shidian_kit.wire import keys, permit
from shidian_kit.wire.gate_key import certified
from shidian_kit.wire.order import time_us
from shidian_kit.wire.permit import OnOutage, OrderState, Permit, PermitError, PermitMode
from shidian_kit.wire.refusal import RecordError
from tests.apps.record.things import LocalNotary, feed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
HERE = {"project": "P-1", "source": "engine", "nonce": "n-1"}


@pytest.fixture
def notary(tmp_path: Path) -> Iterator[LocalNotary]:
    with Notary(tmp_path, "record.test") as notary:
        yield LocalNotary(notary)


@pytest.fixture
def reader(tmp_path: Path) -> LogReader:
    return LogReader(tmp_path / "tiles")


def policy(reader: LogReader) -> str:
    return reader.published_policy().decode()


def answered(key, at):
    """The gate's answer under a key, issued at that time."""
    given = Permit(
        **HERE,
        mode=PermitMode.NO_NEW_BUSINESS,
        state=OrderState.RUNNING,
        order=None,
        limits="sha256:" + 64 * "0",
        entry=1,
        issued_us=time_us(at),
        ttl_ms=60_000,
        grace_ms=0,
        on_outage=OnOutage.KEEP_LAST,
    )
    signed = permit.sign(permit.encode(given), key, keys.key_id(key.public_key()))
    return json.dumps(signed).encode()


def test_a_permit_is_checked_by_what_the_record_says_of_its_key(notary, reader):
    key = keys.generate()
    assert certify_gate_key(key.public_key(), at=NOW)
    feed(notary)

    known = certified(policy(reader), *bundles(reader).values())

    assert permit.verify(answered(key, NOW), known, **HERE).entry == 1
    for at in (NOW - DAY, NOW + VALID):
        with pytest.raises(PermitError, match="another time") as refused:
            permit.verify(answered(key, at), known, **HERE)
        assert refused.value.code == "key-expired"
    with pytest.raises(PermitError) as refused:
        permit.verify(answered(keys.generate(), NOW), known, **HERE)
    assert refused.value.code == "unknown-key"


def test_it_is_certified_once_and_again_before_it_runs_out():
    public = keys.generate().public_key()

    said = [
        certify_gate_key(public, at=NOW + after)
        for after in (0 * DAY, DAY, VALID - RENEW_BEFORE - DAY, VALID - RENEW_BEFORE)
    ]

    assert said == [True, False, False, True]


def test_after_a_change_of_key_the_old_one_is_good_for_its_own_time_alone(notary, reader):
    old, new = keys.generate(), keys.generate()
    certify_gate_key(old.public_key(), at=NOW - DAY)
    feed(notary)
    certify_gate_key(new.public_key(), at=NOW)
    feed(notary)

    known = certified(policy(reader), *bundles(reader).values())

    assert permit.verify(answered(old, NOW - DAY / 2), known, **HERE)
    assert permit.verify(answered(new, NOW), known, **HERE)
    with pytest.raises(PermitError, match="another time"):
        permit.verify(answered(old, NOW), known, **HERE)


def test_of_several_statements_about_a_key_the_newest_leaf_counts(notary, reader):
    old, new = keys.generate(), keys.generate()
    certify_gate_key(old.public_key(), at=NOW - DAY)
    feed(notary)
    before = bundles(reader).values()
    certify_gate_key(new.public_key(), at=NOW)
    feed(notary)

    for order in ([*before, *bundles(reader).values()], [*bundles(reader).values(), *before]):
        known = certified(policy(reader), *order)
        assert not known[keys.key_id(old.public_key())].covers(time_us(NOW))


def test_a_bundle_that_says_something_else_than_its_leaf_is_refused(notary, reader):
    own, foreign = keys.generate(), keys.generate()
    certify_gate_key(own.public_key(), at=NOW)
    feed(notary)
    whole = json.loads(next(iter(bundles(reader).values())))
    said = json.loads(whole["document"])
    longer = said | {"valid_until": "2099-01-01T00:00:00.000000Z"}
    other = said | {
        "key_id": keys.key_id(foreign.public_key()),
        "public_key": keys.public_text(foreign.public_key()),
    }
    forged = [
        whole | {"document": json.dumps(longer, sort_keys=True, separators=(",", ":"))},
        whole | {"document": json.dumps(other, sort_keys=True, separators=(",", ":"))},
        whole | {"leaf": whole["leaf"].replace("gate-key", "decision", 1)},
        whole | {"proof": re.sub("index .", "index 7", whole["proof"])},
        {"document": whole["document"]},
    ]

    for one in forged:
        with pytest.raises(RecordError):
            certified(policy(reader), json.dumps(one).encode())


def test_the_audit_knows_it_and_finds_nothing(notary, reader):
    certify_gate_key(keys.generate().public_key(), at=NOW)
    feed(notary)

    assert audit(reader) == []


def test_the_command_changes_the_key_and_writes_what_is_on_record(
    notary, reader, settings, tmp_path, monkeypatch
):
    from shidian import config

    home = tmp_path / "home"
    here = config.settings().model_copy(update={"home": home})
    monkeypatch.setattr(config, "settings", lambda: here)
    keyring.ensure_keys(here.keys)
    before = keyring.gate_public_key(here.keys)
    (home / "record").mkdir(parents=True, exist_ok=True)
    (home / "record" / "tiles").symlink_to(tmp_path / "tiles")
    certify_gate_key(before)
    feed(notary)

    rotated = CliRunner().invoke(gate_key, ["--rotate"])
    feed(notary)
    told = CliRunner().invoke(gate_key, ["--out", str(tmp_path / "out")])

    assert rotated.exit_code == told.exit_code == 0, (rotated.output, told.output)
    after = keyring.gate_public_key(here.keys)
    assert after.public_bytes_raw() != before.public_bytes_raw()
    files = {file.stem for file in (tmp_path / "out").iterdir()}
    assert files == {keys.key_id(before), keys.key_id(after)}
