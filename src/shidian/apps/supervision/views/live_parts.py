"""Live parts of pages: many open pages ask for theirs at the same moment."""

from __future__ import annotations

import threading
from functools import wraps
from typing import TYPE_CHECKING

from django.http import HttpResponse

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

AT_ONCE = 2
"""Live parts that a process makes at a time: half of its threads stay for people who do something.
"""
RETRY_AFTER_S = 3
_making = threading.BoundedSemaphore(AT_ONCE)


def few_at_once(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Put off with 503 what would be one too many; `live.js` asks again, each at its own time.

    Stands before the view's rule: nothing is read for whoever is put off.
    """

    @wraps(view)
    def limited(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if not _making.acquire(blocking=False):
            return HttpResponse(
                status=503,
                content_type="text/plain; charset=utf-8",
                headers={"Retry-After": str(RETRY_AFTER_S), "Cache-Control": "no-store"},
            )
        try:
            return view(request, *args, **kwargs)
        finally:
            _making.release()

    return limited
