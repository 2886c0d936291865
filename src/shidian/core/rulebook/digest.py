"""The two names of a rulebook: of its whole document, and of what governs."""

from __future__ import annotations

import hashlib
from typing import cast

import rfc8785

from shidian.core.rulebook.because import DOCUMENT_KEYS, KEY
from shidian.core.rulebook.loaded import Json

NOT_RULES = DOCUMENT_KEYS | {KEY, "sources", "history"}
"""Left out of `rules_digest` at the top: they say what the document is and why, not what holds."""

_NAMES = frozenset({"title", "name", "names", "summary", "disclaimer", "guidance"})


def digest_of(canonical: dict[str, Json]) -> str:
    """`sha256:<hex>` over the canonical JSON (RFC 8785) of a document."""
    return (
        f"sha256:{hashlib.sha256(rfc8785.dumps(cast('dict[str, object]', canonical))).hexdigest()}"
    )


def rules_of(canonical: dict[str, Json]) -> dict[str, Json]:
    """What governs: without sources, bases, history, titles, explanations and translations."""
    kept = {key: value for key, value in canonical.items() if key not in NOT_RULES}
    pruned = _pruned(kept)
    assert isinstance(pruned, dict)  # noqa: S101 - a mapping stays one
    return pruned


def _pruned(value: Json) -> Json:
    if isinstance(value, list):
        return [_pruned(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value and value.keys() <= {"zh", "en"}:
        return {key: text for key, text in value.items() if key == "zh"}
    return {key: _pruned(child) for key, child in value.items() if key not in _NAMES}
