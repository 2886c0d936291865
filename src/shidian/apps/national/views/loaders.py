"""What these views load before the access rule is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.cases.models import Scheme
from shidian.apps.cases.zones import show_times_of
from shidian.apps.national.models import Dispatch, RiskTip

if TYPE_CHECKING:
    from django.http import HttpRequest


def dispatch_by_reference(_request: HttpRequest, dispatch: str, **_rest: object) -> Dispatch:
    """Raises DoesNotExist. Times on the page are the scheme's."""
    found = (
        Dispatch.objects.select_related(
            "scheme", "sender", "receiver", "drafted_by", "rulebook_version"
        )
        .defer("rulebook_version__document")
        .get(reference=dispatch)
    )
    show_times_of(found.rulebook_version)
    return found


def scheme_by_slug(_request: HttpRequest, slug: str, **_rest: object) -> Scheme:
    """Raises DoesNotExist."""
    return Scheme.objects.get(slug=slug)


def tip_by_reference(_request: HttpRequest, tip: str, **_rest: object) -> RiskTip:
    """Raises DoesNotExist."""
    return RiskTip.objects.select_related("authority", "sent_by").get(reference=tip)
