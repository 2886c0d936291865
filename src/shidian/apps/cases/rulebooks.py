"""Published rulebooks, typed: parsed once per process, since they cannot change."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from shidian.apps.cases.models import RulebookVersion
from shidian.core.rulebook.load import from_document

if TYPE_CHECKING:
    from shidian.core.rulebook.loaded import Loaded
    from shidian.core.rulebook.model import Rulebook

_loaded: dict[str, Loaded] = {}
_lock = Lock()


def loaded_rulebook(version_id: int, digest: str | None = None) -> Loaded:
    """The rulebook with provenance and digests. The document is read once a process.

    One short query for the digest, unless the caller has it from the version's row already.
    Raises ValueError where the stored document does not have its digest.
    """
    if digest is None:
        digest = RulebookVersion.objects.values_list("digest", flat=True).get(pk=version_id)
    with _lock:
        if digest not in _loaded:
            document = RulebookVersion.objects.values_list("document", flat=True).get(pk=version_id)
            loaded = from_document(document)
            if loaded.digest != digest:
                raise ValueError(f"rulebook version {version_id}: the document is not {digest}")
            _loaded[digest] = loaded
        return _loaded[digest]


def rulebook_of(version_id: int, digest: str | None = None) -> Rulebook:
    """The typed rules of a published version."""
    return loaded_rulebook(version_id, digest).rulebook
