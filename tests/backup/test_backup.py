"""A backup puts back what there was, all of it or nothing; each thing wrong with it has a name."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

from shidian.backup import sqlite_files, taking
from shidian.backup.manifest import MANIFEST, BackupError
from shidian.backup.restoring import check, restore
from shidian.backup.taking import take
from shidian.core.journal import EntryKind, Journal, JournalReader
from shidian.core.record.notary import Notary
from shidian.core.record.reader import LogReader
from shidian.core.record.verify import verify_log
from shidian_kit.wire.policy import parse_policy
from tests.backup.homes import LEAVES, NOW_US, config, furnished, write
from tests.core.record.logs import NOW_S, ORIGIN, items


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A furnished home and a backup of it, not to be changed."""
    base = tmp_path_factory.mktemp("backup")
    found = furnished(base / "home")
    take(found, base / "copy", base / "keys")
    return base


@pytest.fixture
def copy(made, tmp_path):
    """The same backup, to be spoilt."""
    for name in ("copy", "keys"):
        shutil.copytree(made / name, tmp_path / name)
    return tmp_path


def policy(home):
    return parse_policy((home.record_tiles / "policy").read_text())


def entries(path):
    with JournalReader(path) as reader:
        return list(reader)


def refused(name, act):
    with pytest.raises(BackupError) as found:
        act()
    assert found.value.name == name
    return str(found.value)


def test_all_that_was_there_is_there_again(made, tmp_path):
    home = config(tmp_path / "anew")

    restore(home, made / "copy", made / "keys", newest=None)

    old = config(made / "home")
    assert sqlite_files.tables(home.app_database) == sqlite_files.tables(old.app_database)
    assert entries(home.journal) == entries(old.journal)
    assert (home.uploads / "ab" / "scan.pdf").read_bytes() == b"%PDF-1.7 scan"
    for path in old.keys.iterdir():
        again = home.keys / path.name
        assert again.read_bytes() == path.read_bytes()
        assert again.stat().st_mode & 0o777 == 0o600
    assert home.keys.stat().st_mode & 0o777 == 0o700
    checkpoint = old.record_tiles / "checkpoint"
    assert (home.record_tiles / "checkpoint").read_bytes() == checkpoint.read_bytes()


def test_what_was_put_back_goes_on(made, tmp_path):
    home = config(tmp_path / "anew")
    restore(home, made / "copy", made / "keys", newest=None)

    write(home, 51, 60)
    with Notary(home.record, ORIGIN, clock=lambda: NOW_S) as notary:
        places = notary.append(items(1, LEAVES))
    assert places[LEAVES + 1] > max(LEAVES - 1, 0)
    assert verify_log(LogReader(home.record_tiles), policy(home)).checkpoint.size > LEAVES
    with JournalReader(home.journal) as reader:
        events = sum(entry.n for entry in reader if entry.kind is EntryKind.DATA)
    assert events == 60


def test_secrets_are_nowhere_but_among_the_keys(made):
    secrets = [path.read_bytes() for path in (made / "keys").rglob("*.key")]
    assert len(secrets) >= 3
    rest = b"".join(path.read_bytes() for path in (made / "copy").rglob("*") if path.is_file())
    assert not any(secret in rest for secret in secrets)
    assert not list((made / "copy").rglob("*.key"))


def test_a_copy_is_of_one_moment_while_others_write(made, tmp_path):
    home = tmp_path / "home"
    shutil.copytree(made / "home", home)
    busy = sqlite3.connect(home / "app.sqlite3")
    busy.execute("PRAGMA journal_mode=WAL")
    before = sqlite_files.tables(home / "app.sqlite3")
    busy.execute("BEGIN IMMEDIATE")
    busy.execute("INSERT INTO django_cache VALUES ('k', 'v', '2026-01-01')")

    found = take(config(home), tmp_path / "copy", None)

    busy.rollback()
    busy.close()
    assert found.tables == before


def test_segments_that_go_away_meanwhile_are_copied_again(made, tmp_path, monkeypatch):
    home = config(tmp_path / "home")
    shutil.copytree(made / "home", home.home)
    genuine = sqlite_files.copy
    copied = []

    def compacted_meanwhile(source, target):
        genuine(source, target)
        if source == home.journal and not copied:
            journal = Journal(home.journal, clock=lambda: NOW_US)
            journal.seal()
            journal.compact()
            journal.close()
        copied.append(source)

    monkeypatch.setattr(taking.sqlite_files, "copy", compacted_meanwhile)
    take(home, tmp_path / "copy", None)

    copy = tmp_path / "copy" / "gate" / "journal.sqlite3"
    assert entries(copy) == entries(home.journal)


def test_a_record_that_grows_meanwhile_is_copied_again(made, tmp_path, monkeypatch):
    home = config(tmp_path / "home")
    shutil.copytree(made / "home", home.home)
    genuine = shutil.copytree
    grown = []

    def grows(source, target, *rest, **more):
        done = genuine(source, target, *rest, **more)
        if source == home.record_tiles and not grown:
            with Notary(home.record, ORIGIN, clock=lambda: NOW_S) as notary:
                grown.append(notary.append(items(40, LEAVES)))
        return done

    monkeypatch.setattr(taking.shutil, "copytree", grows)
    found = take(home, tmp_path / "copy", tmp_path / "keys")

    assert found.record.size >= LEAVES + 40
    check(tmp_path / "copy", tmp_path / "keys")


@pytest.mark.parametrize("kind", ["app.sqlite3", "gate", "record/tiles/tile", "uploads", "keys"])
def test_one_changed_byte_anywhere_is_found(copy, kind):
    base = copy if kind == "keys" else copy / "copy"
    path = next(one for one in [base / kind, *sorted((base / kind).rglob("*"))] if one.is_file())
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)

    said = refused("file-differs", lambda: check(copy / "copy", copy / "keys"))

    assert str(path) in said


def test_a_missing_file_is_named(copy):
    (copy / "copy" / "uploads" / "ab" / "scan.pdf").unlink()

    assert "scan.pdf" in refused("file-missing", lambda: check(copy / "copy", None))


def changed(copy, **fields):
    path = copy / "copy" / MANIFEST
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


def test_a_backup_of_a_later_release_is_refused(copy):
    changed(copy, release="999.1")

    assert "999.1" in refused("release-newer", lambda: check(copy / "copy", None))


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"format": 2}, "format-unknown"),
        ({"files": "all"}, "manifest-malformed"),
        ({"files": [{"path": "../x", "size": 1, "sha256": ""}]}, "manifest-malformed"),
        ({"files": [{"path": "/etc/x", "size": 1, "sha256": ""}]}, "manifest-malformed"),
    ],
)
def test_a_manifest_that_is_none_is_refused(copy, fields, name):
    changed(copy, **fields)

    refused(name, lambda: check(copy / "copy", None))


def test_rows_that_are_not_the_ones_copied_leave_no_home(copy):
    path = copy / "copy" / MANIFEST
    found = json.loads(path.read_text())
    found["tables"]["django_migrations"]["rows"] += 1
    path.write_text(json.dumps(found))
    home = config(copy / "anew")

    said = refused(
        "table-differs", lambda: restore(home, copy / "copy", copy / "keys", newest=None)
    )

    assert "django_migrations" in said
    assert not home.home.exists()


def test_a_home_with_files_is_left_as_it_is(made, tmp_path):
    home = config(tmp_path)
    (tmp_path / "mine").write_text("mine")

    refused("home-not-empty", lambda: restore(home, made / "copy", made / "keys", newest=None))

    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_backup_over_another_is_refused_and_leaves_nothing(made, tmp_path):
    old = config(made / "home")
    (tmp_path / "keys").mkdir()

    refused("target-exists", lambda: take(old, made / "copy", None))
    refused("target-exists", lambda: take(old, tmp_path / "new", tmp_path / "keys"))

    assert [path.name for path in tmp_path.iterdir()] == ["keys"]


def test_a_disk_that_fills_leaves_nothing(made, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device", "copy")

    monkeypatch.setattr(taking.shutil, "copyfile", full)

    said = refused("disk", lambda: take(config(made / "home"), tmp_path / "new", None))

    assert "No space left" in said
    assert list(tmp_path.iterdir()) == []


def test_a_record_that_published_more_does_not_go_on(copy):
    home = config(copy / "home")
    restore(home, copy / "copy", copy / "keys", newest=None)
    with Notary(home.record, ORIGIN, clock=lambda: NOW_S) as notary:
        notary.append(items(5, LEAVES))
        newest = notary.checkpoint()
    anew = config(copy / "anew")

    refused("record-behind", lambda: restore(anew, copy / "copy", copy / "keys", newest=newest))

    assert not anew.home.exists()


def test_the_command_asks_for_the_newest_checkpoint(made, tmp_path, monkeypatch):
    from shidian.cli.restore import restore as command

    monkeypatch.setattr("shidian.config.settings", lambda: config(tmp_path / "anew"))
    arguments = [str(made / "copy"), "--keys", str(made / "keys")]

    told = CliRunner().invoke(command, arguments)
    done = CliRunner().invoke(
        command,
        [*arguments, "--checkpoint", str(made / "copy" / "record" / "tiles" / "checkpoint")],
    )

    assert told.exit_code == 2
    assert "--nothing-published-since" in told.output
    assert done.exit_code == 0, done.output
    assert "are as copied" in done.output
    assert Path(tmp_path / "anew" / "app.sqlite3").exists()
