"""The two names of a rulebook: of its whole document, and of what governs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.because import DOCUMENT_KEYS, KEY
from shidian_kit.wire import canonical as wire
from shidian_kit.wire.digest import sha256_tag

if TYPE_CHECKING:
    from shidian.core.rulebook.loaded import Json

NOT_RULES = DOCUMENT_KEYS | {KEY, "sources", "history"}
"""Left out of `rules_digest` at the top: they say what the document is and why, not what holds."""

TITLE_KEYS = frozenset(
    {"title", "name", "names", "currency_name", "summary", "disclaimer", "guidance"}
)
"""Texts under these keys name or explain. What is asked and judged (label, question, …) governs."""


def digest_of(canonical: dict[str, Json]) -> str:
    """`sha256:<hex>` over the canonical JSON (RFC 8785) of a document."""
    return sha256_tag(wire.dumps(canonical))


def rules_of(canonical: dict[str, Json]) -> dict[str, Json]:
    """What governs: without sources, bases, history, titles, explanations and translations."""
    return _pruned_map({key: v for key, v in canonical.items() if key not in NOT_RULES}, "")


def _pruned(value: Json, key: str) -> Json:
    if isinstance(value, list):
        return [_pruned(item, key) for item in value]
    return _pruned_map(value, key) if isinstance(value, dict) else value


def _pruned_map(value: dict[str, Json], key: str) -> dict[str, Json]:
    if is_text(value):
        return {"zh": value.get("zh")}
    return {
        name: _pruned(child, name)
        for name, child in value.items()
        if not (is_text(child) and (name in TITLE_KEYS or key == "names"))
    }


def is_text(value: Json) -> bool:
    """Whether a value is one text in two languages. A stream's field may be called `name`."""
    return isinstance(value, dict) and bool(value) and value.keys() <= {"zh", "en"}
