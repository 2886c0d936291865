"""The texts that a draft builds on: what it extends, and what it starts from."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import yaml

from shidian.apps.cases.models import RulebookVersion
from shidian.apps.lab.models import DraftRevision, DraftState
from shidian.config import settings
from shidian.core.rulebook.load import RulebookErrors, load_text

if TYPE_CHECKING:
    from pathlib import Path

_ID = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")


def base_text(rulebook_id: str) -> str:
    """The YAML of a rulebook that a draft extends. Raises LookupError.

    The newest published version counts: its own text where the lab published it, else the file of
    the library, else the published document written out.
    """
    newest = (
        RulebookVersion.objects.filter(scheme__slug=rulebook_id)
        .order_by("-pk")
        .defer("document")
        .first()
    )
    written = _text_of_the_lab(newest) if newest else None
    if written is not None:
        return written
    file = library_file(rulebook_id)
    if file is not None:
        return file.read_text(encoding="utf-8-sig")
    if newest is None:
        raise LookupError(rulebook_id)
    return _written_out(newest)


def text_of_version(version: RulebookVersion) -> str:
    """The YAML from which a new draft of this version starts: the very text where one is kept.

    The library's file is taken where it still says what was published, digest for digest.
    """
    written = _text_of_the_lab(version)
    if written is not None:
        return written
    file = library_file(version.scheme.slug)
    if file is not None:
        text = file.read_text(encoding="utf-8-sig")
        if _digest(text, str(file)) == version.digest:
            return text
    return _written_out(version)


def library_file(rulebook_id: str) -> Path | None:
    """The library's file of that id; None where there is none, or the id is none."""
    if not _ID.fullmatch(rulebook_id):
        return None
    file = settings().library / f"{rulebook_id}.yaml"
    return file if file.is_file() else None


def _text_of_the_lab(version: RulebookVersion) -> str | None:
    return (
        DraftRevision.objects.filter(draft__published=version, draft__state=DraftState.PUBLISHED)
        .order_by("-number")
        .values_list("text", flat=True)
        .first()
    )


def _written_out(version: RulebookVersion) -> str:
    """The resolved document as YAML: it stands alone, and so extends nothing."""
    document = {key: value for key, value in version.document.items() if key != "extends"}
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=100)


@lru_cache(maxsize=32)
def _digest(text: str, name: str) -> str:
    try:
        return load_text(text, name=name, resolve=base_text).digest
    except RulebookErrors:
        return ""
