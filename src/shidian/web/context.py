"""What every page knows: the product's name, whether this is a demonstration, languages, zone."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shidian.apps.accounts.roles import roles_of
from shidian.apps.portal import record_log
from shidian.config import settings as shidian_settings

if TYPE_CHECKING:
    from django.http import HttpRequest

PRODUCT_NAME = _("Shidian")


def product(request: HttpRequest) -> dict[str, Any]:
    """Context of every template. `other_language` is the one a reader could switch to."""
    config = shidian_settings()
    # As the view left it: the scheme's, on a page about one.
    shown = timezone.get_current_timezone_name()
    active = getattr(request, "LANGUAGE_CODE", settings.LANGUAGE_CODE)
    return {
        "product_name": PRODUCT_NAME,
        "demo": config.demo,
        "zone": config.zone,
        "other_zone": shown if shown != settings.TIME_ZONE else "",
        "gate_url": config.gate_url,
        "may_see_board": _is_officer(request),
        "record_size": cache(_record_size),  # called where a template asks, once a page
        "other_languages": [item for item in settings.LANGUAGES if item[0] != active],
    }


def _is_officer(request: HttpRequest) -> bool:
    user = getattr(request, "user", None)
    return bool(user is not None and user.is_authenticated and roles_of(user).is_officer)


def _record_size() -> int | None:
    """Leaves that the newest checkpoint of the public record covers."""
    newest = record_log.checkpoint()
    return newest.size if newest else None
