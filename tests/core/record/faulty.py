"""A disk that fails at its n-th operation, or loses power there with all that was not fsynced."""

from __future__ import annotations

import errno
import os
import shutil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


class PowerCutError(BaseException):
    """The machine stops here: nothing after this line runs."""


class FaultyOs:
    """Stands in for `os` in `shidian.core.record.disk`.

    `fail_at` is the number of the operation that fails (from 1), with ENOSPC after half of a
    write, or, if `cut`, by PowerCutError, whereupon `lose` makes the files what a disk may hold:
    names in folders and bytes in files that were not fsynced are gone.
    """

    def __init__(self, fail_at: int, *, cut: bool) -> None:
        self._fail_at, self._cut = fail_at, cut
        self.count = 0
        self._paths: dict[int, Path] = {}
        self._unsynced: set[Path] = set()
        self._names: dict[Path, bytes | None] = {}
        """A name whose folder is not synced → what it named before, or None for nothing."""

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    @property
    def failed(self) -> bool:
        return self.count >= self._fail_at

    def open(self, path: Path, flags: int, mode: int = 0o777) -> int:
        self._count()
        if flags & os.O_CREAT and not path.exists():
            self._names.setdefault(path, None)
        descriptor = os.open(path, flags, mode)
        self._paths[descriptor] = path
        return descriptor

    def close(self, descriptor: int) -> None:
        del self._paths[descriptor]
        os.close(descriptor)

    def write(self, descriptor: int, data: memoryview) -> int:
        self._unsynced.add(self._paths[descriptor])
        if self.count + 1 == self._fail_at:
            os.write(descriptor, data[: len(data) // 2])
        self._count()
        # Short writes are allowed: some are made here.
        return os.write(descriptor, data[: max(1, len(data) - len(data) % 7)])

    def fsync(self, descriptor: int) -> None:
        self._count()
        path = self._paths[descriptor]
        self._unsynced.discard(path)
        for name in [one for one in self._names if one.parent == path]:
            del self._names[name]

    def rename(self, draft: Path, path: Path) -> None:
        self._count()
        self._names.setdefault(path, path.read_bytes() if path.exists() else None)
        draft.rename(path)

    def mkdir(self, path: Path) -> None:
        self._count()
        self._names.setdefault(path, None)
        path.mkdir()

    def point(self) -> None:
        """A place that is no operation of the disk, but at which power may fail too."""
        self._count()

    def lose(self) -> None:
        """Make of the files what is on the disk after power was lost."""
        for path in self._unsynced:
            if path.exists():
                os.truncate(path, path.stat().st_size // 2)
        for path, before in self._names.items():
            if path.is_dir():
                shutil.rmtree(path)
            elif before is None:
                path.unlink(missing_ok=True)
            else:
                path.write_bytes(before)

    def _count(self) -> None:
        self.count += 1
        if self.count == self._fail_at:
            if self._cut:
                raise PowerCutError
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
