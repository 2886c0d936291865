"""Default deny: a view that declares no access rule is refused as if it did not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.cache import add_never_cache_headers
from django.views.defaults import page_not_found

from shidian.apps.cases.errors import ForbiddenError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


class DefaultDenyMiddleware:
    """Refuses views without `access_rule`; the rule itself is enforced by the view's decorator.

    What a signed-in person was shown is never cached: the next person at the machine is another.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if getattr(request, "user", None) is not None and request.user.is_authenticated:
            add_never_cache_headers(response)
        return response

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., HttpResponseBase],
        args: Sequence[object],
        kwargs: dict[str, object],
    ) -> None:
        """Raise Http404 where the view declares nothing."""
        del request, args, kwargs
        if getattr(view, "access_rule", None) is None:
            raise Http404

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponseBase | None:
        """A verb that refuses the person, whom the page still let through, is a 404 as well."""
        return page_not_found(request, exception) if isinstance(exception, ForbiddenError) else None


def undeclared_views() -> list[str]:
    """Every route whose view declares no access rule; the test suite wants none."""
    return [
        route
        for route, view in routed_views(get_resolver().url_patterns)
        if getattr(view, "access_rule", None) is None
    ]


def routed_views(
    patterns: Sequence[URLPattern | URLResolver], prefix: str = ""
) -> Iterator[tuple[str, Any]]:
    """Every (route, view) of a URL configuration, nested ones included."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routed_views(pattern.url_patterns, route)
        else:
            yield route, pattern.callback
