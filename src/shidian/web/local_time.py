"""Times on a page are those of the scheme it is about; what a view set ends with its request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponseBase


class LocalTimeMiddleware:
    """Begins every request in the site's zone, and gives the thread back as it was.

    Loaders of one scheme's things activate that scheme's zone: `apps.cases.zones`.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with timezone.override(timezone.get_default_timezone()):
            return self.get_response(request)
