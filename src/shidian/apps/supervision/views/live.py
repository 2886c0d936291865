"""Short tokens with which an open page may hear that something changed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from django.http import HttpRequest, JsonResponse

from shidian import keyring
from shidian.apps.accounts.access import Permission, rule
from shidian.apps.supervision.queries import visible_pilots
from shidian.apps.supervision.views.loaders import case_of_pilot
from shidian.config import settings
from shidian_kit.wire.token import TOPICS_MAX, make_live_token

if TYPE_CHECKING:
    from collections.abc import Collection

    from shidian.apps.cases.models import Case

TOKEN_S = 120


def token_for(topics: Collection[str]) -> dict[str, object]:
    """What `live.js` needs: address, token, seconds until it must be renewed."""
    keyring.ensure_keys(settings().keys)
    secret = keyring.live_secret(settings().keys)
    token = make_live_token(secret, topics, int(time.time()) + TOKEN_S)
    return {"url": f"{settings().gate_url}/v1/live", "token": token, "renew_s": TOKEN_S - 20}


@rule(Permission.BOARD_READ)
def board_token(request: HttpRequest) -> JsonResponse:
    """A token for the schemes whose pilots the person sees."""
    slugs = (
        visible_pilots(request.user)
        .order_by()
        .values_list("case__scheme__slug", flat=True)
        .distinct()[:TOPICS_MAX]
    )
    topics = [f"board:{slug}" for slug in slugs]
    return JsonResponse(token_for(topics) if topics else {})


@rule(Permission.PILOT_READ, obj=case_of_pilot)
def pilot_token(request: HttpRequest, case: Case, public_id: str) -> JsonResponse:
    """A token for one pilot."""
    del request, case
    return JsonResponse(token_for([f"pilot:{public_id}"]))
