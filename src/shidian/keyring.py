"""The house's own keys as files: who may tell the gate what, and who may hand out live tokens.

`worker.key` signs what the worker tells the gate, `worker.pub` is what the gate checks it by,
`live.secret` is shared by the web, which makes live tokens, and the gate, which reads them.
`gate.key` signs the permits that the gate issues, `gate.pub` is what the gate is known by.
`django.secret` signs sessions and receipts, `second-factor.key` encrypts the secrets of
authenticator apps; both are the web's alone.
"""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from cryptography.fernet import Fernet

from shidian_kit.wire import keys

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

WORKER_KEY = "worker.key"
WORKER_PUBLIC = "worker.pub"
GATE_KEY = "gate.key"
GATE_PUBLIC = "gate.pub"
LIVE_SECRET = "live.secret"  # noqa: S105 - a file's name
DJANGO_SECRET = "django.secret"  # noqa: S105 - a file's name
SECOND_FACTOR_KEY = "second-factor.key"
_SECRET_BYTES = 32


def ensure_keys(folder: Path) -> None:
    """Make whichever of the files are missing. Safe when several processes start at once.

    Where `worker.pub` is given without `worker.key` (a gate on its own machine), no key is made;
    nor where `gate.pub` is given without `gate.key` (a worker on its own).
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not (folder / WORKER_PUBLIC).exists():
        make_once(folder / WORKER_KEY, keys.private_pem(keys.generate()))
        public = keys.load_private(folder / WORKER_KEY).public_key()
        make_once(folder / WORKER_PUBLIC, f"{keys.public_text(public)}\n".encode())
    if not (folder / GATE_PUBLIC).exists():
        make_once(folder / GATE_KEY, keys.private_pem(keys.generate()))
        public = keys.load_private(folder / GATE_KEY).public_key()
        make_once(folder / GATE_PUBLIC, f"{keys.public_text(public)}\n".encode())
    make_once(folder / LIVE_SECRET, secrets.token_hex(_SECRET_BYTES).encode())


def worker_key(folder: Path) -> Ed25519PrivateKey:
    """The worker's private key. Raises OSError, KeyFormatError."""
    return keys.load_private(folder / WORKER_KEY)


def worker_public_key(folder: Path) -> Ed25519PublicKey:
    """The worker's public key. Raises OSError, KeyFormatError."""
    return keys.load_public((folder / WORKER_PUBLIC).read_text())


def gate_key(folder: Path) -> Ed25519PrivateKey:
    """The gate's private key. Raises OSError, KeyFormatError."""
    return keys.load_private(folder / GATE_KEY)


def gate_public_key(folder: Path) -> Ed25519PublicKey:
    """The gate's public key. Raises OSError, KeyFormatError."""
    return keys.load_public((folder / GATE_PUBLIC).read_text())


def rotate_gate_key(folder: Path) -> Ed25519PublicKey:
    """Replace the gate's key by a new one, and return its public half. The old one is gone.

    A gate that runs signs with the old one until it is started again. Raises OSError, and
    FileNotFoundError where the private key is on another machine.
    """
    (folder / GATE_KEY).unlink()
    (folder / GATE_PUBLIC).unlink(missing_ok=True)
    ensure_keys(folder)
    return gate_public_key(folder)


def live_secret(folder: Path) -> bytes:
    """The secret that live tokens are made and read with. Raises OSError."""
    return bytes.fromhex((folder / LIVE_SECRET).read_text().strip())


def django_secret(folder: Path) -> str:
    """The key that signs sessions, made on first use. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    make_once(folder / DJANGO_SECRET, secrets.token_urlsafe(64).encode())
    return (folder / DJANGO_SECRET).read_text().strip()


def second_factor_key(folder: Path) -> bytes:
    """The Fernet key of stored TOTP secrets, made on first use. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    make_once(folder / SECOND_FACTOR_KEY, Fernet.generate_key())
    return (folder / SECOND_FACTOR_KEY).read_bytes().strip()


def make_once(path: Path, content: bytes) -> None:
    """Write a whole file with mode 0600, unless it is there: whoever links it first wins."""
    if path.exists():
        return
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
