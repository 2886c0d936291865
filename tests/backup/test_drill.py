"""The drill: a backup is taken of a running installation under load, and the copy takes over."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from datetime import timedelta

import pytest

from shidian.backup.restoring import restore
from shidian.backup.taking import take
from shidian.core.journal import EntryKind, JournalReader
from shidian.core.record.reader import LogReader
from shidian.core.record.verify import verify_log
from shidian_kit.client import Client
from shidian_kit.wire.policy import parse_policy
from tests.backup.homes import config
from tests.browser import ROOT, environment
from tests.installation import SOURCE, installed, process, until
from tests.notary.running import RunningNotary

pytestmark = pytest.mark.prove


def pilot_and_officer():
    """In a process of its own: a pilot that runs, and an officer who watches it."""
    from django.utils import timezone

    from shidian.apps.cases.calendars import store_calendar
    from shidian.core.procedure.calendars import by_id
    from tests.apps.supervision.things import quick_pilot
    from tests.factories import Walk, make_world

    store_calendar(by_id("cn-working-day"))
    walk = Walk(make_world())
    return quick_pilot(walk, at=timezone.now() - timedelta(minutes=10)), walk.officer


def stored(home):
    """Identities of the events in a journal, and how often each is there."""
    found: dict[tuple[str, int], int] = {}
    with JournalReader(home.journal) as reader:
        for entry in reader:
            if entry.kind is EntryKind.DATA:
                for seqno in entry.table().column("seqno").to_pylist():
                    found[entry.source, seqno] = found.get((entry.source, seqno), 0) + 1
    return found


def test_what_was_acknowledged_before_a_backup_is_in_it_once_and_its_copy_goes_on(tmp_path):
    with installed(tmp_path / "home", world=__name__) as found, RunningNotary(found.home):
        old = config(found.home, gate_bind=found.gate.removeprefix("http://"))
        until((old.record_tiles / "checkpoint").exists, 60)
        client = Client(found.gate, found.pilot, SOURCE, found.key, tmp_path / "spool.sqlite3")
        stop, sent = threading.Event(), []

        def load() -> None:
            while not stop.is_set():
                client.event("order.failed", {"investor": "p_" + "a" * 26, "code": "timeout"})
                if client.flush() is not None:
                    sent.append(1)

        sender = threading.Thread(target=load)
        sender.start()
        try:
            until(lambda: len(sent) > 20, 60)
            before = set(stored(old))
            taken = old.model_copy(update={"record_origin": "record.shidian.local"})
            manifest = take(taken, tmp_path / "copy", tmp_path / "keys")
            at_least = len(sent)
            until(lambda: len(sent) > at_least, 60)
        finally:
            stop.set()
            sender.join()
        checkpoint = (tmp_path / "copy" / "record" / "tiles" / "checkpoint").read_bytes()

    anew = config(tmp_path / "anew")
    restore(anew, tmp_path / "copy", tmp_path / "keys", newest=checkpoint)

    again = stored(anew)
    assert before <= set(again)
    assert set(again.values()) == {1}
    assert manifest.record is not None
    policy = parse_policy((anew.record_tiles / "policy").read_text())
    verified = verify_log(LogReader(anew.record_tiles), policy, since=checkpoint)
    assert verified.checkpoint.root.hex() == manifest.record.root

    # What was acknowledged after the copy is lost with the old journal; the firm goes on behind it.
    with process("gate", anew.home, SHIDIAN_GATE_BIND=found.gate.removeprefix("http://")):
        for _ in range(3):
            client.event("order.failed", {"investor": "p_" + "b" * 26, "code": "timeout"})
        until(lambda: client.flush() is not None, 60)
        client.close()
    assert len(stored(anew)) == len(again) + 3
    assert set(stored(anew).values()) == {1}


_ON_POSTGRESQL = """
import json, os, sys
from pathlib import Path
import django
django.setup()
import psycopg
from django.core.management import call_command
call_command("migrate", interactive=False, verbosity=0)
from tests.factories import make_world, Walk
Walk(make_world())
from django.db import connections
connections.close_all()
from shidian.backup.manifest import BackupError
from shidian.backup.restoring import restore
from shidian.backup.taking import take
from shidian.config import settings
folder, url = Path(sys.argv[1]), os.environ["SHIDIAN_DATABASE_URL"]
old = settings()
taken = take(old, folder / "copy", folder / "keys")
with psycopg.connect(url, autocommit=True) as db:
    db.execute("CREATE DATABASE anew")
    db.execute("UPDATE accounts_institution SET name_en = name_en || '!'")
other = url.rsplit("/", 1)[0] + "/anew"
anew = old.model_copy(update={"home": folder / "anew", "database_url": other})
back = restore(anew, folder / "copy", folder / "keys", newest=None)
again = take(anew, folder / "copy-2", folder / "keys-2")
moved = take(old, folder / "copy-3", folder / "keys-3")
refused = []
for home in ("third",):
    try:
        restore(anew.model_copy(update={"home": folder / home}), folder / "copy", folder / "keys", newest=None)
    except BackupError as error:
        refused.append(error.name)
print(json.dumps(dict(
    same=again.tables == taken.tables, rows=sum(t.rows for t in taken.tables.values()),
    differ=sorted(name for name in moved.tables if moved.tables[name] != taken.tables[name]),
    refused=refused, left=(folder / "third").exists(),
)))
"""


def test_a_database_on_postgresql_is_put_back_equal_and_a_used_one_left_alone(tmp_path):
    done = subprocess.run(
        [ROOT / "scripts" / "with-postgres", sys.executable, "-c", _ON_POSTGRESQL, tmp_path],
        env={
            name: value
            for name, value in environment(tmp_path / "home").items()
            if name != "SHIDIAN_DATABASE_URL"
        }
        | {"DJANGO_SETTINGS_MODULE": "shidian.web.settings"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["same"]
    assert found["rows"] > 100
    assert found["differ"] == ["accounts_institution"]
    assert found["refused"] == ["database-not-empty"]
    assert not found["left"]
