"""Ed25519 keys: made, kept as PEM files, named by their own digest."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from typing import TYPE_CHECKING

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

if TYPE_CHECKING:
    from pathlib import Path

_TAG = "ed25519:"


class KeyFormatError(ValueError):
    """The text or file is not an Ed25519 key in a form that is understood."""


def generate() -> Ed25519PrivateKey:
    """A fresh private key from the operating system's randomness."""
    return Ed25519PrivateKey.generate()


def public_text(key: Ed25519PublicKey) -> str:
    """Public key → one line, `ed25519:<base64 of 32 bytes>`, the form that records carry."""
    return _TAG + base64.b64encode(_raw(key)).decode()


def load_public(text: str) -> Ed25519PublicKey:
    """One line `ed25519:…` or a PEM public key → key. Raises KeyFormatError."""
    text = text.strip()
    try:
        if text.startswith(_TAG):
            raw = base64.b64decode(text.removeprefix(_TAG), validate=True)
            return Ed25519PublicKey.from_public_bytes(raw)
        key = serialization.load_pem_public_key(text.encode())
    except (ValueError, binascii.Error, UnsupportedAlgorithm) as error:
        raise KeyFormatError(
            "not a public key; give the line ed25519:… or the PEM text that keygen printed"
        ) from error
    if not isinstance(key, Ed25519PublicKey):
        raise KeyFormatError("the key is of another algorithm; Ed25519 is wanted")
    return key


def key_id(key: Ed25519PublicKey) -> str:
    """The key's name: `ed25519-` and 32 hex digits of its SHA-256."""
    return f"ed25519-{hashlib.sha256(_raw(key)).hexdigest()[:32]}"


def private_pem(key: Ed25519PrivateKey) -> bytes:
    """Private key → unencrypted PEM (PKCS 8)."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def save_private(path: Path, key: Ed25519PrivateKey) -> None:
    """Write PEM (PKCS 8) with mode 0600. Raises FileExistsError: a key is never overwritten."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(private_pem(key))


def load_private(path: Path) -> Ed25519PrivateKey:
    """Read a PEM file. Raises KeyFormatError, and OSError where it cannot be read."""
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyFormatError(f"{path} is not an unencrypted PEM private key") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFormatError(f"{path} holds a key of another algorithm; Ed25519 is wanted")
    return key


def _raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
