"""Comparing rulebooks: what a new version changes, and how regimes stand beside one another."""

from shidian.core.rulebook.difference.change import Aspect, Change, ChangeKind
from shidian.core.rulebook.difference.diff import diff

__all__ = ["Aspect", "Change", "ChangeKind", "diff"]
