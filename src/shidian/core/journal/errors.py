"""Why the writer of a journal does not do what it is asked for."""

from __future__ import annotations

from shidian.core.journal.controls import ControlError
from shidian.core.journal.permits import PermitRefusedError


class UnknownProjectError(LookupError):
    """The project has no rulebook activation in this journal."""


class ProjectClosedError(RuntimeError):
    """The project's case is closed: its log holds what was decided on, and takes nothing more."""


class DepartedProjectError(RuntimeError):
    """The project has left for another journal, which takes its events from now on."""


class JournalClosedError(RuntimeError):
    """The journal takes nothing more."""


REFUSALS = (
    ControlError,
    PermitRefusedError,
    DepartedProjectError,
    ProjectClosedError,
    UnknownProjectError,
)
"""Raised before anything was written."""
