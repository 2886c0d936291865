"""Sessions in the database, as Django keeps them, but for one word: away is not deleted."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError

from shidian.web.outage import is_away


class SessionStore(db.SessionStore):
    """Django takes any failure to save for a session that was deleted meanwhile, and answers 400.

    Where the server is away that is an outage, which `OutageMiddleware` bridges.
    """

    def save(self, must_create: bool = False) -> Any:
        try:
            return super().save(must_create)
        except UpdateError as error:
            if (cause := error.__context__) is not None and is_away(cause):
                raise cause from cause.__cause__
            raise
