"""Comparing rulebooks: what a new version changes, and how regimes stand beside one another."""

from shidian.core.rulebook.difference.change import Aspect, Change, ChangeKind
from shidian.core.rulebook.difference.compare import Cell, Column, Row, Table, compare
from shidian.core.rulebook.difference.diff import diff

__all__ = [
    "Aspect",
    "Cell",
    "Change",
    "ChangeKind",
    "Column",
    "Row",
    "Table",
    "compare",
    "diff",
]
