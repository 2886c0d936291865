"""Every address of the site as a stranger has it, and all of what it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import get_resolver, reverse

from shidian.web.access import routed_views
from tests.leaks import ARGUMENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

    from shidian.apps.supervision.models import Pilot
    from tests.factories import Walk


def public_addresses(walk: Walk, pilot: Pilot) -> Iterator[str]:
    """Every address of the site, with the public names of the case."""
    comment = walk.notice.comments.first()
    known = {
        "reference": walk.case.reference,
        "public_id": pilot.public_id,
        "slug": walk.world.call.slug,
        "scheme": walk.world.scheme.slug,
        "version": walk.world.version.version,
        "kind": "all",
        "language": "zh",
        "rulebook": walk.world.scheme.slug,
        "index": "0",
        "path": "checkpoint",
        "receipt": comment.receipt if comment else "x",
        "number": "1",
        "pk": "1",
    }
    keys = (walk.world.call.slug, walk.notice.slug, pilot.public_id, walk.case.reference)
    for route, _view in routed_views(get_resolver().url_patterns):
        names = {match["name"] for match in ARGUMENT.finditer(route)}
        for key in (*keys, walk.world.scheme.slug) if "key" in names else ("",):
            values = {**known, "key": key}
            filled = ARGUMENT.sub(lambda match, v=values: v.get(match["name"], "x"), route)
            if not filled.endswith((".pdf", ".schema.json")):
                yield f"/{filled}"
    for name in ("call-list", "notice-list", "pilot-list", "statistics"):
        yield f"{reverse(name)}?format=csv"
    yield f"{reverse('statistics')}?format=json"
    named = ("call", keys[0]), ("notice", keys[1]), ("pilot", keys[2]), ("case", keys[3])
    for kind, key in named:
        yield reverse("share-card", args=["zh", kind, key])


def everything(client: Client, address: str) -> str:
    """Status, headers and body."""
    answer = client.get(address)
    content = b"".join(answer) if answer.streaming else answer.content
    headers = "\n".join(
        f"{name}: {value}"
        for name, value in answer.headers.items()
        if name.lower() != "x-request-id"  # drawn anew at each answer
    )
    return f"{answer.status_code}\n{headers}\n\n{content.decode(errors='replace')}"
