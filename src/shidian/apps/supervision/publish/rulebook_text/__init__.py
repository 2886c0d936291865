"""A rulebook as people read it: chapters and articles, each value with its source."""

from shidian.apps.supervision.publish.rulebook_text.body import rulebook_body

__all__ = ["rulebook_body"]
