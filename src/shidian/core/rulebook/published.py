"""Publish once: a version, once published, never changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.model import Text
from shidian.core.rulebook.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shidian.core.rulebook.loaded import Loaded


def check_publishable(
    existing_digest_by_version: Mapping[str, str], loaded: Loaded
) -> Problem | None:
    """None where `loaded` may be published beside the rulebook's published versions.

    The same version with the same digest is the same act again, and allowed.
    """
    rulebook = loaded.rulebook
    published = existing_digest_by_version.get(rulebook.version)
    if published is None or published == loaded.digest:
        return None
    mark = loaded.mark("/version")
    return Problem(
        "/version",
        mark.file,
        mark.line,
        Text(
            zh=f"{rulebook.rulebook} {rulebook.version} 已经发布，内容与此不同"
            f"（{published[:19]}…，现为 {loaded.digest[:19]}…）",
            en=f"{rulebook.rulebook} {rulebook.version} is published already with other contents "
            f"({published[:19]}…, now {loaded.digest[:19]}…)",
        ),
        Text(zh="修改后的文本请用新的版本号", en="give the changed text a new version"),
    )
