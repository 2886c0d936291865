"""What stands behind the first version of a plan: signatures, and a proof of what was agreed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from shidian import config
from shidian.apps.cases.models import CaseEvent
from shidian.apps.supervision.admission import admission_of, proof_of_agreement
from shidian.core.record.notary import Notary
from shidian.core.record.reader import LogReader
from shidian_kit.wire import canonical
from shidian_kit.wire.agreement import verify_agreement
from shidian_kit.wire.policy import parse_policy
from shidian_kit.wire.refusal import RecordError, Refusal
from tests.apps.record.things import LocalNotary, feed

from .things import quick_pilot, running_pilot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.rendering


@pytest.fixture
def log(tmp_path: Path, monkeypatch) -> Iterator[LocalNotary]:
    """A notary over the record of this installation."""
    here = config.settings().model_copy(update={"home": tmp_path})
    monkeypatch.setattr("shidian.apps.supervision.admission.settings", lambda: here)
    with Notary(here.record_tiles.parent, "record.test") as notary:
        yield LocalNotary(notary)


@pytest.fixture
def policy(log: LocalNotary, tmp_path: Path):
    reader = LogReader(config.settings().model_copy(update={"home": tmp_path}).record_tiles)
    return parse_policy(reader.published_policy().decode())


def get(client, person, name, *args, language="zh-hans"):
    client.force_login(person)
    address = reverse(f"supervision:{name}", args=args)
    return client.get(address, headers={"accept-language": language})


def test_the_first_version_names_who_filed_signed_and_admitted(walk, world):
    pilot = running_pilot(walk)
    found = admission_of(pilot.case)
    assert [one.institution for one in found.signatures] == [pilot.case.lead]
    events = {one.kind: one for one in CaseEvent.objects.filter(case=pilot.case)}
    assert found.sha256 == events["case.submitted"].data["sha256"]
    assert found.filed_at == events["case.submitted"].at
    assert found.admitted_at == events["case.admitted"].at
    assert found.entry is None


def test_a_case_that_was_not_admitted_has_no_such_evidence(walk):
    pilot = quick_pilot(walk)
    assert admission_of(pilot.case) is None
    assert proof_of_agreement(pilot.case) is None


def test_the_proof_is_checked_without_us(walk, world, log, policy, client):
    pilot = running_pilot(walk)
    assert proof_of_agreement(pilot.case) is None, "not on the log yet"
    feed(log)
    proof = get(client, world.signer, "plan-proof", pilot.public_id)
    agreed, _opened = verify_agreement(proof.content, policy)
    assert agreed["plan"] == pilot.plan_versions.get(number=1).values
    assert agreed["application"] == admission_of(pilot.case).sha256
    assert [one["text"] for one in agreed["promises"]]


@pytest.mark.parametrize("member", ["agreement", "document", "leaf", "proof"])
def test_a_proof_of_something_else_is_refused(walk, log, policy, member):
    pilot = running_pilot(walk)
    feed(log)
    parts = json.loads(proof_of_agreement(pilot.case))
    parts[member] = parts[member].replace("1", "2")
    with pytest.raises(RecordError):
        verify_agreement(canonical.dumps(parts), policy)
    for broken in (b"", b"[]", b'{"agreement": 1}', b"x" * 2_000_000):
        with pytest.raises(RecordError) as refused:
            verify_agreement(broken, policy)
        assert refused.value.name is Refusal.PROOF_MALFORMED


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_page_links_signature_and_proof_for_who_may_read_the_plan(client, walk, log, language):
    world = walk.world
    pilot = running_pilot(walk)
    words = {
        "zh-hans": ("尚未存证", "准入约定的证明"),
        "en": ("not on the record yet", "Proof of what was agreed"),
    }[language]
    page = get(client, world.signer, "plan", pilot.public_id, language=language).text
    assert words[0] in page
    assert words[1] not in page
    feed(log)
    for person in (world.signer, world.drafter, walk.officer, world.auditor):
        page = get(client, person, "plan", pilot.public_id, language=language).text
        assert words[1] in page
        assert f"sha256:{admission_of(pilot.case).sha256}" in page
    for person in (world.rival_signer, world.outsider):
        assert get(client, person, "plan-proof", pilot.public_id).status_code == 404
