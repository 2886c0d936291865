"""Marks a view as open to everyone. The portal uses this, since it may not know accounts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.http import HttpResponseBase

_View = TypeVar("_View", bound=Callable[..., HttpResponseBase])


def public(view: _View) -> _View:
    """Declare `view` public: the access middleware refuses views that declare nothing."""
    view.access_rule = "public"  # type: ignore[attr-defined]
    return view
