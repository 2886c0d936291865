"""Publishing the library of regimes as readable rulebooks: no authority, no call, no case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.cases.domain.schemes import found_scheme, publish_rulebook

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from shidian.apps.cases.models import RulebookVersion
    from shidian.core.rulebook.loaded import Loaded


def publish_library(
    regimes: Iterable[Loaded], *, at: datetime | None = None
) -> list[RulebookVersion]:
    """Publish each regime to be read and compared; an operator's act, repeated without harm.

    A scheme that exists keeps its authorities and gets the version if it lacks it. The pages
    themselves follow from the outbox, or from `publish_everything`. Raises DomainError
    (`published-already`) where a version was published with other contents.
    """
    versions = []
    for loaded in regimes:
        scheme = found_scheme(loaded=loaded, authorities={})
        versions.append(publish_rulebook(scheme=scheme, loaded=loaded, by=None, at=at))
    return versions
