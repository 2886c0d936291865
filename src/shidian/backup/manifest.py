"""What a backup says of itself: its files and tables with their hashes, how far stores were."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST = "manifest.json"
FORMAT = 1
"""Of this module's manifests; another one is refused."""
_CHUNK = 1 << 20


class BackupError(Exception):
    """Why a backup cannot be made or put back: `name` is the kind, the message what and where."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name


class File(msgspec.Struct, frozen=True):
    """A file of the backup, by its path in it. `secret`: it lies in the folder of keys."""

    path: str
    size: int
    sha256: str
    secret: bool = False


class Table(msgspec.Struct, frozen=True):
    """Rows of a table and a hash of them that does not depend on their order."""

    rows: int
    sha256: str


class RecordHead(msgspec.Struct, frozen=True):
    """The tree that the record's signer had decided upon; `root` in hexadecimal."""

    origin: str
    size: int
    root: str


class Manifest(msgspec.Struct, frozen=True):
    """All of a backup. `database`: `sqlite` or `postgresql`; `record` None: there was none."""

    format: int
    release: str
    taken_at: str
    database: str
    last_entry: int
    files: list[File]
    tables: dict[str, Table]
    record: RecordHead | None = None


def read(folder: Path) -> Manifest:
    """A backup's manifest. Raises BackupError no-backup, manifest-malformed, format-unknown."""
    try:
        text = (folder / MANIFEST).read_bytes()
    except OSError as error:
        raise BackupError("no-backup", f"{folder} has no {MANIFEST}: {error.strerror}") from None
    try:
        found = msgspec.json.decode(text, type=Manifest)
    except msgspec.DecodeError as error:
        raise BackupError("manifest-malformed", f"{folder / MANIFEST}: {error}") from None
    if found.format != FORMAT:
        raise BackupError(
            "format-unknown", f"the backup has format {found.format}, this release knows {FORMAT}"
        )
    for file in found.files:
        if file.path.startswith("/") or ".." in file.path.split("/"):
            raise BackupError("manifest-malformed", f"{file.path!r} leads out of the backup")
    return found


def write(folder: Path, found: Manifest) -> None:
    """Put the manifest in its place."""
    (folder / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1))


def described(base: Path, *, secret: bool = False) -> list[File]:
    """Every file below a folder, hashed, in order of path."""
    paths = sorted(path for path in base.rglob("*") if path.is_file())
    return [
        File(path.relative_to(base).as_posix(), path.stat().st_size, sha256_of(path), secret)
        for path in paths
    ]


def sha256_of(path: Path) -> str:
    """A file's hash, in hexadecimal. Raises OSError."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            found.update(chunk)
    return found.hexdigest()
