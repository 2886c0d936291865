"""Who asks: behind a permission rule that is always a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404

from shidian.apps.accounts.models import Person

if TYPE_CHECKING:
    from django.http import HttpRequest


def asker(request: HttpRequest) -> Person:
    """The signed-in person. Raises Http404 where there is none."""
    if not isinstance(request.user, Person):
        raise Http404
    return request.user
