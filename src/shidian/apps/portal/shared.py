"""Public pages that are the same for everyone without a session, and may be kept for a moment."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.cache import patch_cache_control
from django.views.decorators.cache import cache_page
from django.views.decorators.http import conditional_page

from shidian.config import settings as shidian_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    View = Callable[..., HttpResponse]

CACHE = "pages"


def shared(view: View) -> View:
    """Serve the page as it was made up to `SHIDIAN_PAGE_CACHE_S` seconds ago, with an ETag.

    A crowd that reads one notice then costs one rendering, and caches on the way may keep the page
    as long. Who has a session gets it made anew. The page must not hold a token of its reader:
    LookupError where the view made one.
    """

    @wraps(view)
    def made(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if "CSRF_COOKIE" in request.META and request.META.get("CSRF_COOKIE_NEEDS_UPDATE"):
            raise LookupError(f"{request.path} holds a token of its reader: it cannot be shared")
        patch_cache_control(response, public=True)
        return response

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        reads = request.method in ("GET", "HEAD")
        if not reads or settings.SESSION_COOKIE_NAME in request.COOKIES:
            return view(request, *args, **kwargs)
        kept: View = cache_page(shidian_settings().page_cache_s, cache=CACHE)(made)
        answered: HttpResponse = conditional_page(kept)(request, *args, **kwargs)
        return answered

    return answer
