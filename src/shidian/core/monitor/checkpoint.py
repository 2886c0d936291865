"""The evaluator after an entry, on disk: a restart need not read the journal from its start.

A checkpoint is never needed and never trusted: what follows it is evaluated anew and held against
the store, and one that cannot be read, or was written by another release, is as good as none.
"""

from __future__ import annotations

import hashlib
import os
import pickle
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from typing_extensions import Buffer

    from shidian.core.monitor.evaluator import Evaluator
    from shidian.core.monitor.events import Ints

_MAGIC = b"shidian checkpoint 6\n"
_DIGEST_BYTES = 32
_MODULES = frozenset(
    {"builtins", "collections", "copyreg", "datetime", "decimal", "fractions", "numpy", "pyarrow"}
)
_BUILTINS = frozenset({"set", "frozenset", "object", "bytearray", "complex", "range", "slice"})

_LONG = 1 << 10
_KINDS = (np.uint8, np.uint16, np.uint32)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The evaluator after entry `entry` of that hash; `digest` is of the `items` stored by then."""

    release: str
    entry: int
    entry_sha256: bytes
    items: int
    digest: str
    evaluator: Evaluator


def save(
    path: Path, *, entry: int, entry_sha256: bytes, items: int, digest: str, evaluator: Evaluator
) -> None:
    """Replace the checkpoint at `path`, or leave the old one: durable before it is visible."""
    state = Checkpoint(version("shidian"), entry, entry_sha256, items, digest, evaluator)
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("wb") as file:
        # Nothing of it is held in memory beside the state itself; its digest is known last.
        file.write(_MAGIC + bytes(_DIGEST_BYTES))
        hashing = _Hashing(file)
        _Writer(hashing, protocol=5).dump(state)
        file.seek(len(_MAGIC))
        file.write(hashing.sha256.digest())
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def load(path: Path) -> Checkpoint | None:
    """The checkpoint at `path`; None where there is none that this release can use."""
    try:
        with path.open("rb") as file:
            head = file.read(len(_MAGIC) + _DIGEST_BYTES)
            if head != _MAGIC + hashlib.file_digest(file, "sha256").digest():
                return None
            file.seek(len(head))
            found = _Reader(file).load()
    except FileNotFoundError:
        return None
    except Exception:  # noqa: BLE001 - whatever is wrong with it, the journal has it all
        return None
    if not isinstance(found, Checkpoint) or found.release != version("shidian"):
        return None
    return found


class _Hashing:
    """Writes on, and hashes what passes."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.sha256 = hashlib.sha256()

    def write(self, part: Buffer) -> int:
        """See `io.RawIOBase.write`."""
        self.sha256.update(part)
        return self._file.write(part)


class _Writer(pickle.Pickler):
    """Writes long columns of integers in as few bytes as hold them."""

    def reducer_override(self, obj: Any) -> Any:
        """Columns alone; everything else as it is."""
        if type(obj) is np.ndarray and obj.dtype == np.int64 and obj.size >= _LONG:
            shorter = narrow(obj)
            return NotImplemented if shorter is None else (wide, shorter)
        return NotImplemented


def narrow(column: Ints) -> tuple[int, Any, tuple[int, ...]] | None:
    """A column's least value, what each is more than that in a shorter type (None: nothing), shape.

    None where no shorter type holds it.
    """
    low, high = int(column.min()), int(column.max())
    span = high - low
    if span == 0:
        return low, None, column.shape
    for kind in _KINDS:
        if span <= np.iinfo(kind).max:
            return low, (column - low).astype(kind), column.shape
    return None


def wide(low: int, more: Any, shape: tuple[int, ...]) -> Ints:
    """The column again."""
    if more is None:
        return np.full(shape, low, np.int64)
    found: Ints = more.astype(np.int64)
    found += low
    return found


class _Reader(pickle.Unpickler):
    """Reads our own classes and plain containers; anything else is refused."""

    def find_class(self, module: str, name: str) -> Any:
        ours = module.startswith("shidian.core.")
        known = module.partition(".")[0] in _MODULES
        if not ours and (not known or (module == "builtins" and name not in _BUILTINS)):
            raise pickle.UnpicklingError(f"{module}.{name} has no place in a checkpoint")
        return super().find_class(module, name)
