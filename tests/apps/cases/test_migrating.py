"""Moving a case to another version of its rulebook, and what the program does when time runs out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from shidian.apps.cases import domain as cases
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.history import state_of
from shidian.apps.cases.models import CaseEvent, Outbox, Task
from shidian.apps.supervision.domain.pilots import migrate_pilot, start_pilot
from shidian.apps.supervision.models import PlanVersion
from shidian.core.rulebook.load import load_file
from shidian.core.rulebook.model import StageKind
from tests.factories import RULEBOOKS, Walk

if TYPE_CHECKING:
    from pathlib import Path

    from shidian.apps.cases.models import RulebookVersion

SCREENING = "starts: case.submitted, length: 10, unit: working-day, force: target"


@pytest.fixture
def newer(walk: Walk, tmp_path: Path) -> RulebookVersion:
    """The next version: ten days of notice, a shorter term, silence that lets a case pass."""
    return publish(
        walk,
        tmp_path,
        ("notice.opened, length: 5", "notice.opened, length: 10"),
        ("pilot.started, length: 12", "pilot.started, length: 9"),
        (SCREENING, SCREENING.replace("target", "statutory") + ", on_silence: approved"),
    )


def publish(walk: Walk, folder: Path, *changes: tuple[str, str]) -> RulebookVersion:
    for name in ("cn-csrc.yaml", "demo-city.yaml"):
        text = (RULEBOOKS / name).read_text(encoding="utf-8")
        if name == "demo-city.yaml":
            for before, after in (('version: "2026.1"', 'version: "2026.2"'), *changes):
                assert before in text
                text = text.replace(before, after)
        (folder / name).write_text(text, encoding="utf-8")
    loaded = load_file(folder / "demo-city.yaml")
    return cases.publish_rulebook(scheme=walk.world.scheme, loaded=loaded, by=None, at=walk.tick())


def move(walk: Walk, version: RulebookVersion) -> None:
    cases.propose_migration(
        case=walk.case, version=version, reason="新版更清楚", by=walk.officer, at=walk.tick()
    )
    for person in walk.world.signing_officer.values():
        cases.sign_migration(case=walk.case, consent=True, by=person, at=walk.tick())


def test_case_moves_once_every_leading_authority_has_signed(walk, newer):
    case = walk.to(StageKind.NOTICE)
    walk.open_notice()
    before = Task.objects.open().get(case=case, verb="advance").not_before
    shown = cases.preview_migration(case=case, version=newer, at=walk.tick())
    assert [change.name.en for change in shown.clocks] == ["Notice period"]

    cases.propose_migration(
        case=case, version=newer, reason="新版", by=walk.officer, at=walk.tick()
    )
    assert Task.objects.open().filter(case=case, verb="migrate").count() == 2
    first, last = walk.world.signing_officer.values()
    cases.sign_migration(case=case, consent=True, by=first, at=walk.tick())
    case.refresh_from_db()
    assert case.rulebook_version != newer
    cases.sign_migration(case=case, consent=True, by=last, at=walk.tick())

    case.refresh_from_db()
    assert case.rulebook_version == newer
    assert Task.objects.open().get(case=case, verb="advance").not_before > before
    assert not Task.objects.open().filter(case=case, verb="migrate").exists()
    assert state_of(case, walk.at).digest == newer.digest
    moved = CaseEvent.objects.get(case=case, kind="case.migrated")
    assert moved.data["from_digest"] == walk.world.version.digest


def test_refusal_ends_the_proposal_and_the_case_stays(walk, newer):
    case = walk.to(StageKind.SCREENING)
    cases.propose_migration(
        case=case, version=newer, reason="新版", by=walk.officer, at=walk.tick()
    )
    signer = walk.world.signing_officer["bureau"]
    cases.sign_migration(case=case, consent=False, reason="不必", by=signer, at=walk.tick())
    case.refresh_from_db()
    assert case.rulebook_version == walk.world.version
    with pytest.raises(DomainError) as nothing:
        cases.sign_migration(case=case, consent=True, by=signer, at=walk.tick())
    assert nothing.value.code == "no-migration"


def test_only_officers_propose_and_only_signing_officers_sign(walk, newer):
    case = walk.to(StageKind.SCREENING)
    with pytest.raises(ForbiddenError):
        cases.propose_migration(case=case, version=newer, reason="x", by=walk.world.signer)
    cases.propose_migration(
        case=case, version=newer, reason="新版", by=walk.officer, at=walk.tick()
    )
    with pytest.raises(ForbiddenError):
        cases.sign_migration(case=case, consent=True, by=walk.officer, at=walk.tick())


def test_running_pilot_goes_on_under_the_new_limits(walk, newer):
    case = walk.to(StageKind.RUNNING)
    pilot = start_pilot(case=case, plan={}, at=walk.tick())
    ended = pilot.ends_on
    move(walk, newer)
    assert Outbox.objects.filter(case=case, topic="pilot.migrated").count() == 1
    case.refresh_from_db()
    pilot = migrate_pilot(pilot=pilot, at=walk.at)
    assert pilot.rules_digest == newer.rules_digest
    assert pilot.ends_on < ended
    assert pilot.automatic["migrated"]["rulebook"] == newer.digest
    activations = [
        row.payload["rulebook_digest"]
        for row in Outbox.objects.filter(case=case, topic="gate.control").order_by("pk")
        if row.payload["kind"] == "activation"
    ]
    assert activations == [walk.world.version.digest, newer.digest]
    migrate_pilot(pilot=pilot, at=walk.at)
    assert PlanVersion.objects.filter(pilot=pilot).count() == 2


# -- silence


def test_silence_moves_a_case_on_the_day_after_and_once(walk, newer):
    case = walk.to(StageKind.SCREENING)
    move(walk, newer)
    task = Task.objects.open().get(case=case, verb="record_silence")
    assert task.kind == "system"
    morning = datetime.combine(task.not_before, datetime.min.time(), tzinfo=UTC)
    assert cases.record_due_silences(at=morning - timedelta(days=1)) == 0

    assert cases.record_due_silences(at=morning) == 1
    assert cases.record_due_silences(at=morning + timedelta(hours=1)) == 0

    case.refresh_from_db()
    assert case.stage == "review"
    event = CaseEvent.objects.get(case=case, kind="silence.recorded")
    assert event.person is None
    assert event.data["rule"] == {
        "id": "/clocks/screening/on_silence",
        "rulebook": "demo-city",
        "version": "2026.2",
        "software": event.data["rule"]["software"],
    }
    assert event.data["legal_effect"]


def test_answer_in_time_leaves_nothing_to_record(walk, newer):
    case = walk.to(StageKind.SCREENING)
    move(walk, newer)
    walk.pass_screening()
    assert not Task.objects.open().filter(case=case, verb="record_silence").exists()
    assert cases.record_due_silences(at=walk.at + timedelta(days=60)) == 0
