"""Published rulebooks, typed: parsed once per process, since they cannot change."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from shidian.core.rulebook.load import Loaded, from_document

if TYPE_CHECKING:
    from shidian.apps.cases.models import RulebookVersion
    from shidian.core.rulebook.model import Rulebook

_documents: dict[str, dict[str, Any]] = {}


@lru_cache(maxsize=256)
def _loaded(digest: str) -> Loaded:
    return from_document(_documents.pop(digest))


def loaded_rulebook(version: RulebookVersion) -> Loaded:
    """The rulebook with provenance and digests. Raises ValueError if the document was tampered with."""
    _documents[version.digest] = version.document
    try:
        loaded = _loaded(version.digest)
    finally:
        _documents.pop(version.digest, None)
    if loaded.digest != version.digest:
        raise ValueError(f"{version}: the stored document does not have its digest")
    return loaded


def rulebook_of(version: RulebookVersion) -> Rulebook:
    """The typed rules of a published version."""
    return loaded_rulebook(version).rulebook
