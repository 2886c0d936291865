"""A backup that the release before took is put back by this one, brought to its shape, and goes on."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from shidian.core.journal import JournalReader
from tests.backup.homes import config
from tests.browser import ROOT, serve
from tests.deploy import releases
from tests.gate.running import RunningGate
from tests.test_health import asked

if TYPE_CHECKING:
    from pathlib import Path

    from shidian.config import Settings

pytestmark = pytest.mark.prove

_FURNISH = """
import json, time
from datetime import timedelta
from pathlib import Path
import django
django.setup()
from django.utils import timezone
from shidian.apps.cases.calendars import store_calendar
from shidian.apps.cases.models import CaseEvent
from shidian.config import settings
from shidian.core.journal import Journal
from shidian.core.procedure.calendars import by_id
from tests.apps.supervision.things import quick_pilot
from shidian.core.journal import EntryKind
from shidian.core.rulebook.load import load_text
from tests.core.journal.samples import PROJECT, SOURCE, START_US, activation, transfer
from tests.e2e.test_transfers import RULES
from tests.factories import Walk, make_world
store_calendar(by_id("cn-working-day"))
quick_pilot(Walk(make_world()), at=timezone.now() - timedelta(minutes=10))
settings().journal.parent.mkdir(exist_ok=True)
journal = Journal(settings().journal, clock=lambda: START_US + 40 * 86_400_000_000)
rules = load_text(RULES.replace(">5600", ">10"), name="r.yaml", resolve=lambda name: "")
record = activation(document=rules.document, rules_digest=rules.rules_digest, plan={})
journal.append_control(EntryKind.ACTIVATION, 1, record)
journal.append_batch(PROJECT, SOURCE, [transfer(n, "1.50") for n in range(1, 51)])
journal.seal()
journal.append_batch(PROJECT, SOURCE, [transfer(n, "1.50") for n in range(51, 61)])
journal.close()
print(CaseEvent.objects.count())
"""
_EVENTS = """
import django
django.setup()
from shidian.apps.cases.models import CaseEvent
print(CaseEvent.objects.count())
"""


def run(source: Path, home: Path, *words: str, cwd: Path | None = None, expected: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, *words],
        cwd=cwd or source,
        env=releases.environment(source, home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == expected, done.stdout + done.stderr
    return done.stdout


def shidian(source: Path, home: Path, *words: str) -> str:
    return run(source, home, "-m", "shidian", *words)


def entries(home: Settings) -> list[object]:
    with JournalReader(home.journal) as reader:
        return [(one.entry, one.kind, one.sha256, one.ingest_us) for one in reader]


def test_a_backup_of_the_release_before_is_put_back_and_goes_on(tmp_path: Path) -> None:
    before = releases.unpacked(tmp_path / "before")
    old, anew = config(tmp_path / "old"), config(tmp_path / "anew")
    shidian(before, old.home, "migrate")
    events = run(before, old.home, "-c", _FURNISH)
    shidian(before, old.home, "monitor", "--once")
    copy = ("--keys", str(tmp_path / "keys"))
    shidian(before, old.home, "backup", str(tmp_path / "copy"), *copy)
    said = shidian(before, old.home, "replay")

    shidian(ROOT, anew.home, "restore", str(tmp_path / "copy"), *copy)
    shidian(ROOT, anew.home, "migrate")

    assert run(ROOT, anew.home, "-c", _EVENTS) == events
    assert entries(anew) == entries(old)
    assert "items: 0" not in said
    assert shidian(ROOT, anew.home, "replay") == said
    # The monitor takes up the store that the release before wrote, and finds the same stream.
    shidian(ROOT, anew.home, "monitor", "--once")
    assert "the same" in shidian(ROOT, anew.home, "replay", "--compare-live")
    # No notary ever ran here: that there is no record is all that is wrong.
    told = run(ROOT, anew.home, "-m", "shidian", "doctor", "--stores", "--json", expected=1)
    found = [json.loads(line) for line in told.splitlines()]
    assert [one["name"] for one in found if one["level"] == "fail"] == ["record"]
    gate = RunningGate(anew.home)
    gate.start()
    try:
        assert asked(f"{gate.url}/readyz") == (200, {"status": "ready"})
    finally:
        gate.stop()
    with serve(anew.home) as site:
        assert asked(f"{site.url}/readyz") == (200, {"status": "ready"})
