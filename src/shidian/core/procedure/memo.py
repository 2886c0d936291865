"""Looking a rulebook up once; the procedure asks for the same things at every act."""

from __future__ import annotations

from shidian.core.rulebook.memo import per_rulebook

__all__ = ["per_rulebook"]
