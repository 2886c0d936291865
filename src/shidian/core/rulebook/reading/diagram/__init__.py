"""The stages as a picture: the main line runs down, branches and returns curve beside it."""

from shidian.core.rulebook.reading.diagram.layout import Box, Layout, Move, lay_out
from shidian.core.rulebook.reading.diagram.svg import diagram_svg

__all__ = ["Box", "Layout", "Move", "diagram_svg", "lay_out"]
