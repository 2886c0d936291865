"""Files that are on the disk when a function returns: written, fsynced, their folders too."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from shidian_kit.wire.refusal import RecordError, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextmanager
def named_errors(what: str) -> Iterator[None]:
    """OSError as RecordError disk-full or disk-failed."""
    try:
        yield
    except OSError as error:
        name = Refusal.DISK_FULL if error.errno in _FULL else Refusal.DISK_FAILED
        raise RecordError(name, f"{what}: {error}") from error


def write_all(root: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Write files below `root`, whole and durable, folders made where missing.

    Not atomic: only for paths that no published checkpoint leads to. Raises OSError.
    """
    folders: set[Path] = set()
    targets: list[Path] = []
    for path, data in files:
        target = root / path
        _make_folder(target.parent, folders)
        _write(target, data)
        folders.add(target.parent)
        targets.append(target)
    # All are written before any is waited for, so that the disk may take them in one go.
    for written in (*targets, *folders):
        _sync(written)


def replace(path: Path, data: bytes) -> None:
    """Put a file in the place of another at once: a reader sees the old or the new. OSError."""
    draft = path.with_name(f".{path.name}.new")
    _write(draft, data)
    replace_with(draft, path)


def replace_with(draft: Path, path: Path) -> None:
    """Give a whole file its name, in the place of what had it. Raises OSError."""
    _sync(draft)
    os.rename(draft, path)  # noqa: PTH104 - by the name under which the tests make it fail
    _sync(path.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make_folder(folder: Path, made: set[Path]) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent, made)
    os.mkdir(folder)  # noqa: PTH102 - as above
    made.add(folder.parent)


def _write(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    finally:
        os.close(descriptor)
