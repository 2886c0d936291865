"""What a draft changes in meaning against the version it is based on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.cases.rulebooks import loaded_rulebook
from shidian.core.rulebook.difference import ChangeKind, diff

if TYPE_CHECKING:
    from shidian.apps.cases.models import RulebookVersion
    from shidian.core.rulebook.difference import Change
    from shidian.core.rulebook.loaded import Loaded

SHOWN = (ChangeKind.RULES, ChangeKind.WORDING)
"""Sources and the document's own data change with every version; readers ask for the rules."""


def changes(base: RulebookVersion, draft: Loaded) -> tuple[Change, ...]:
    """Each change of a rule, then of a name, in words."""
    found = diff(loaded_rulebook(base.pk, base.digest), draft)
    return tuple(one for one in found if one.kind in SHOWN)
