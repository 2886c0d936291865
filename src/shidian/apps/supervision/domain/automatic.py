"""What an act that nobody decided must name."""

from __future__ import annotations

from importlib.metadata import version as installed_version


def by_rule(rule: str, rulebook_digest: str) -> dict[str, str]:
    """Its rule, the rulebook, the software."""
    return {"rule": rule, "rulebook": rulebook_digest, "software": installed_version("shidian")}
