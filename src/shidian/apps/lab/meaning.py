"""What a draft changes in meaning against the version it is based on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.cases.rulebooks import loaded_rulebook

if TYPE_CHECKING:
    from shidian.apps.cases.models import RulebookVersion
    from shidian.core.rulebook.difference import Change
    from shidian.core.rulebook.loaded import Loaded


def changes(base: RulebookVersion, draft: Loaded) -> tuple[Change, ...]:
    """Each change of a rule, in words, in the order of the rulebook."""
    from shidian.core.rulebook.difference import diff

    return diff(loaded_rulebook(base.pk, base.digest), draft)
