"""A limit on what a request may carry, before anything of it is written to a disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase


class BodyLimitMiddleware:
    """Refuses larger bodies with 413. Without it the CSRF check parses, and Django spools, any.

    A body without Content-Length is none to WSGI, so there is no way around the header.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        length = str(request.META.get("CONTENT_LENGTH") or "0")
        largest_mib = int(settings.BODY_SIZE_MAX_MIB)
        if not length.isdecimal() or int(length) > largest_mib * 2**20:
            text = _("At most %(mib)d MiB can be sent at once.") % {"mib": largest_mib}
            return HttpResponse(text, status=413, content_type="text/plain; charset=utf-8")
        return self.get_response(request)
