"""Take a backup of an installation while it runs.

No transaction spans two stores, so they are copied in an order in which whatever is newer than the
rest can be made good: monitor store, app database, journal with its sealed segments, uploads,
record. Each is a copy of one moment of its own.
"""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

from shidian.backup import manifest, postgres, sqlite_files
from shidian.backup.manifest import BackupError, Manifest, RecordHead
from shidian.core.journal.reader import JournalReader
from shidian.core.journal.sealed import segments_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from shidian.backup.manifest import Table
    from shidian.config import Settings

DUMP = "app.pgdump"
SIGNER = "record/signer"
_TRIES = 5


def take(
    config: Settings,
    target: Path,
    keys: Path | None,
    *,
    say: Callable[[str], None] = lambda _: None,
) -> Manifest:
    """Copy everything into `target`, secrets into `keys` (None: they are left out).

    Both folders must be new; half a backup is never left under their names. Raises BackupError.
    """
    folders = [folder for folder in (target, keys) if folder is not None]
    for folder in folders:
        if folder.exists():
            raise BackupError("target-exists", f"{folder} is there; name a folder that is not")
    drafts = {folder: folder.with_name(f".{folder.name}.draft") for folder in folders}
    try:
        for draft in drafts.values():
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir(parents=True, mode=0o700)
        found = _taken(config, drafts[target], drafts.get(keys) if keys else None, say)
        for folder, draft in drafts.items():
            draft.rename(folder)
    except OSError as error:
        raise BackupError("disk", f"{error.filename}: {error.strerror}") from error
    finally:
        for draft in drafts.values():
            shutil.rmtree(draft, ignore_errors=True)
    return found


def _taken(
    config: Settings, draft: Path, keys: Path | None, say: Callable[[str], None]
) -> Manifest:
    taken_at = datetime.now(UTC).isoformat(timespec="seconds")
    if config.monitor_store.exists():
        say("monitor store")
        sqlite_files.copy(
            config.monitor_store, draft / config.monitor_store.relative_to(config.home)
        )
    say("app database")
    tables = _database(config, draft)
    say("journal and sealed segments")
    last_entry = _journal(config, draft)
    say("uploads")
    if config.uploads.is_dir():
        shutil.copytree(config.uploads, draft / "uploads")
    say("public record")
    head = _record(config, draft, keys)
    secrets = []
    if keys is not None:
        if config.keys.is_dir():
            shutil.copytree(config.keys, keys / "keys")
        secrets = manifest.described(keys, secret=True)
    found = Manifest(
        format=manifest.FORMAT,
        release=version("shidian"),
        taken_at=taken_at,
        database="postgresql" if config.database_url else "sqlite",
        last_entry=last_entry,
        files=[*manifest.described(draft), *secrets],
        tables=tables,
        record=head,
    )
    manifest.write(draft, found)
    return found


def _database(config: Settings, draft: Path) -> dict[str, Table]:
    if config.database_url:
        return postgres.dump(config.database_url, draft / DUMP)
    copied = draft / config.app_database.name
    sqlite_files.copy(config.app_database, copied)
    return sqlite_files.tables(copied)


def _journal(config: Settings, draft: Path) -> int:
    """Number of the last entry. Segments are those that the copied manifest names.

    Compaction may take files away between the two: then both are copied again.
    """
    if not config.journal.exists():
        return 0
    copied = draft / config.journal.relative_to(config.home)
    for _ in range(_TRIES):
        copied.unlink(missing_ok=True)
        shutil.rmtree(segments_folder(copied), ignore_errors=True)
        sqlite_files.copy(config.journal, copied)
        with JournalReader(copied) as reader:
            segments, last_entry = reader.sealed_segments(), reader.last_entry()
        try:
            for segment in segments:
                into = segments_folder(copied) / segment.path
                into.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(segments_folder(config.journal) / segment.path, into)
                if manifest.sha256_of(into) != segment.sha256.hex():
                    raise BackupError(
                        "segment-damaged", f"{segment.path} is not what the journal says it is"
                    )
        except FileNotFoundError:
            continue
        return last_entry
    raise BackupError("journal-busy", "sealed segments went away while they were copied, 5 times")


def _record(config: Settings, draft: Path, keys: Path | None) -> RecordHead | None:
    """The signer's state, and the tiles of its tree: again where the log grew in between."""
    state = config.record / "signer" / "state.sqlite3"
    if not state.exists():
        return None
    copied = draft / SIGNER / state.name
    for _ in range(_TRIES):
        shutil.rmtree(draft / "record", ignore_errors=True)
        before = _head(state, config.record_origin)
        try:
            sqlite_files.copy(state, copied)
            shutil.copytree(config.record_tiles, draft / "record" / "tiles")
        except (FileNotFoundError, shutil.Error):
            continue
        if before == _head(copied, config.record_origin) == _head(state, config.record_origin):
            break
    else:
        raise BackupError("record-busy", "the record grew each time it was copied; try again")
    for public in (config.order_public_key, config.certificate_public_key):
        if public.exists():
            shutil.copy2(public, draft / "record" / public.name)
    if keys is not None:
        (keys / SIGNER).mkdir(parents=True, mode=0o700)
        for path in sorted((config.record / "signer").glob("*.key")):
            shutil.copy2(path, keys / SIGNER / path.name)
    return before


def _head(state: Path, origin: str) -> RecordHead | None:
    row = sqlite_files.single(state, "SELECT size, root FROM signed ORDER BY size DESC LIMIT 1")
    if row is None:
        return None
    size, root = row
    assert isinstance(size, int)  # noqa: S101 - the state's own schema
    assert isinstance(root, bytes)  # noqa: S101 - the state's own schema
    return RecordHead(origin, size, root.hex())
