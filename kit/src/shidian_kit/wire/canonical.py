"""Canonical JSON (RFC 8785): one value, one sequence of bytes, one digest."""

from __future__ import annotations

from typing import Any

import rfc8785


def dumps(value: Any) -> bytes:
    """Value → canonical JSON bytes.

    Mapping keys must be text. Integers beyond ±(2^53 − 1), NaN and infinities are refused: such
    numbers travel as strings. Raises ValueError.
    """
    try:
        return rfc8785.dumps(_plain(value))
    except rfc8785.CanonicalizationError as error:
        raise ValueError(f"not canonical JSON: {error}") from error


def _plain(value: Any) -> Any:
    """Subclasses of str (StrEnum) and other mappings as the plain types that rfc8785 knows."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, dict):
        return {_plain(key): _plain(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(member) for member in value]
    return value
