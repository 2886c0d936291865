"""Put an installation back from a backup: all of it, proven equal, or nothing."""

from __future__ import annotations

import re
import shutil
from importlib.metadata import version
from typing import TYPE_CHECKING

from shidian.backup import manifest, postgres, sqlite_files
from shidian.backup.manifest import BackupError
from shidian.backup.taking import DUMP
from shidian.core.record.files import LogFiles
from shidian_kit.wire.checkpoint import Checkpoint
from shidian_kit.wire.note import Note
from shidian_kit.wire.refusal import RecordError

if TYPE_CHECKING:
    from pathlib import Path

    from shidian.backup.manifest import Manifest, Table
    from shidian.config import Settings


def check(folder: Path, keys: Path | None) -> Manifest:
    """A backup whose every file is there and unchanged; secrets only where `keys` is given.

    Raises BackupError file-missing, file-differs, release-newer, record-differs, and as
    `manifest.read` does.
    """
    found = manifest.read(folder)
    if _numbers(found.release) > _numbers(version("shidian")):
        raise BackupError(
            "release-newer",
            f"the backup is of release {found.release}, this is {version('shidian')}: "
            "put it back with that release or a later one",
        )
    for file in found.files:
        base = keys if file.secret else folder
        if base is None:
            continue
        path = base / file.path
        if not path.is_file():
            raise BackupError("file-missing", f"{path} is not there")
        if path.stat().st_size != file.size or manifest.sha256_of(path) != file.sha256:
            raise BackupError("file-differs", f"{path} is not the file that was copied")
    if found.record is not None:
        _check_record(folder / "record" / "tiles", found)
    return found


def refuse_fork(found: Manifest, newest: bytes | None) -> None:
    """Raise BackupError record-behind where `newest`, a checkpoint, has leaves that this lacks.

    A log that goes on from fewer leaves than it published would tell two stories.
    """
    if found.record is None or newest is None:
        return
    try:
        known = Checkpoint.parse(Note.parse(newest).text)
    except RecordError as error:
        raise BackupError("checkpoint-malformed", str(error)) from None
    if known.origin != found.record.origin:
        raise BackupError(
            "checkpoint-of-another-log", f"it is of {known.origin}, not {found.record.origin}"
        )
    if known.size > found.record.size:
        raise BackupError(
            "record-behind",
            f"{known.size} leaves were published, the backup has {found.record.size}: put the "
            "tiles and the signer's state of a later copy in, or end this log "
            "(docs/operator, Backup)",
        )


def restore(config: Settings, folder: Path, keys: Path, *, newest: bytes | None) -> Manifest:
    """Put everything into the settings' home and database, which must be empty.

    `newest`: the newest checkpoint of the record that anybody holds, None: nothing was published
    after the backup. Raises BackupError; then the home is as it was. (A PostgreSQL database that
    has been begun must be dropped.)
    """
    found = check(folder, keys)
    refuse_fork(found, newest)
    if (found.database == "postgresql") != bool(config.database_url):
        raise BackupError(
            "other-database",
            f"the backup is of {found.database}; SHIDIAN_DATABASE_URL names "
            + ("PostgreSQL" if config.database_url else "none, which is SQLite"),
        )
    if config.home.exists() and any(config.home.iterdir()):
        raise BackupError("home-not-empty", f"{config.home} has files; name an empty SHIDIAN_HOME")
    draft = config.home.with_name(f".{config.home.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        draft.mkdir(parents=True, mode=0o700)
        _copy(found, folder, keys, draft)
        if config.database_url:
            tables = postgres.load(config.database_url, folder / DUMP)
        else:
            tables = sqlite_files.tables(draft / config.app_database.name)
        _compare(found.tables, tables)
        if config.home.exists():
            config.home.rmdir()
        draft.rename(config.home)
    except OSError as error:
        raise BackupError("disk", f"{error.filename}: {error.strerror}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return found


def _copy(found: Manifest, folder: Path, keys: Path, draft: Path) -> None:
    for secret in ("keys", "record/signer"):
        (draft / secret).mkdir(parents=True, mode=0o700)
    for file in found.files:
        if file.path == DUMP:
            continue
        path = draft / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile((keys if file.secret else folder) / file.path, path)
        path.chmod(0o600 if file.secret else 0o644)
        if manifest.sha256_of(path) != file.sha256:
            raise BackupError("file-differs", f"{path} is not what was read; is the disk sound?")


def _numbers(release: str) -> tuple[int, ...]:
    """`0.12.1.dev3` → (0, 12, 1): releases are told apart by these."""
    leading = re.match(r"\d+(\.\d+)*", release)
    return tuple(map(int, leading[0].split("."))) if leading else ()


def _compare(expected: dict[str, Table], tables: dict[str, Table]) -> None:
    for name in sorted(expected.keys() | tables.keys()):
        if expected.get(name) != tables.get(name):
            raise BackupError("table-differs", f"{name} is not as it was copied")


def _check_record(tiles: Path, found: Manifest) -> None:
    assert found.record is not None  # noqa: S101 - the caller looked
    try:
        LogFiles(tiles, found.record.size, bytes.fromhex(found.record.root))
    except RecordError as error:
        raise BackupError("record-differs", str(error)) from None
