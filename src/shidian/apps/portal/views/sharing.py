"""What goes along when a page is passed on: its share card."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django.http import Http404, HttpResponse
from django.utils import translation
from django.utils.cache import patch_cache_control
from django.utils.http import quote_etag
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from shidian.apps.notices.models import SnapshotKind
from shidian.apps.notices.public import public
from shidian.apps.portal import cards, snapshots
from shidian.config import settings

if TYPE_CHECKING:
    from django.http import HttpRequest

LANGUAGES: dict[str, cards.Lang] = {"zh": "zh", "en": "en"}
_CODES = {"zh": "zh-hans", "en": "en"}
KEPT_S = 3600


@public
@require_safe
def share_card(request: HttpRequest, language: str, kind: str, key: str) -> HttpResponse:
    """The card of what is published now, as PNG in the language that the address names."""
    if language not in LANGUAGES or kind not in SnapshotKind or kind not in cards.DRAWN:
        raise Http404
    with translation.override(_CODES[language]):
        card = cards.card_of(SnapshotKind(kind), snapshots.body(SnapshotKind(kind), key))
        demo = str(_("Demonstration")) if settings().demo else ""
        content = cards.drawn(card, LANGUAGES[language], product=str(_("Shidian")), demo=demo)
    etag = quote_etag(hashlib.sha256(content).hexdigest()[:32])
    same = request.headers.get("If-None-Match") == etag
    answer = HttpResponse(b"" if same else content, status=304 if same else 200)
    answer["Content-Type"], answer["ETag"] = "image/png", etag
    patch_cache_control(answer, public=True, max_age=KEPT_S)
    return answer
