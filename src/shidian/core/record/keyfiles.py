"""The log's private keys as files: `log-1.key`, `log-2.key`, …, readable by their owner alone."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from shidian.core.record.disk import replace_with
from shidian_kit.wire import keys
from shidian_kit.wire.refusal import RecordError, Refusal

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def key_path(folder: Path, number: int) -> Path:
    """Where the log's n-th key lies."""
    return folder / f"log-{number}.key"


def ensure_key(folder: Path, number: int) -> Ed25519PrivateKey:
    """The n-th key, made where it is missing and then durable. Raises RecordError key-…, OSError.

    A half-written draft of an earlier attempt is not mistaken for a key: the file is linked whole.
    """
    return ensure_key_file(key_path(folder, number))


def ensure_key_file(path: Path) -> Ed25519PrivateKey:
    """The key in this file, made where it is missing. Raises as `ensure_key` does."""
    if not path.exists():
        draft = path.with_suffix(".draft")
        draft.unlink(missing_ok=True)
        keys.save_private(draft, keys.generate())
        replace_with(draft, path)
    return load_key(path)


def load_key(path: Path) -> Ed25519PrivateKey:
    """A private key whose file nobody else may read. Raises RecordError key-loose, key-differs."""
    try:
        found = path.stat()
    except OSError as error:
        raise RecordError(Refusal.KEY_DIFFERS, f"no key: {error}") from None
    if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise RecordError(
            Refusal.KEY_LOOSE,
            f"{path} has mode {stat.S_IMODE(found.st_mode):04o} and owner {found.st_uid}; "
            f"it must be its owner's alone: chmod 600 {path}",
        )
    try:
        return keys.load_private(path)
    except (keys.KeyFormatError, OSError) as error:
        raise RecordError(Refusal.KEY_DIFFERS, str(error)) from None
