"""Why a supervision verb refuses: words for the person who asked."""

from __future__ import annotations


class SupervisionError(ValueError):
    """The verb was refused and wrote nothing. `field` names the input at fault, if one is."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field
