"""Addresses of the pages that the tour leads to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse

from shidian.apps.notices.models import Notice

if TYPE_CHECKING:
    from collections.abc import Iterable

    from demo.director import Director
    from demo.stage import Scene


def places(director: Director, scenes: Iterable[Scene] = ()) -> dict[str, str]:
    """Address by the key that `demo.tour` uses."""
    found = {
        "desk": reverse("cases:desk"),
        "board": reverse("supervision:board"),
        "orders": reverse("supervision:orders"),
        "rulebooks": reverse("rulebook", args=["demo-city"]),
    }
    for project, case in director.cases.items():
        found[f"case:{project}"] = reverse("cases:case", args=[case.reference])
        # Before an expert declares, the case's own page does not exist for them; the sheet does.
        found[f"review:{project}"] = reverse("review:sheet", args=[case.reference])
    for scene in scenes:
        found[f"scheme:{scene.scheme.rulebook}"] = reverse("scheme", args=[scene.scheme.rulebook])
        for project, case in scene.cases.items():
            found[f"case:{project}"] = reverse("cases:case", args=[case.reference])
    for registration in director.registrations:
        key = registration.project
        found[f"pilot:{key}"] = reverse("supervision:pilot", args=[registration.public_id])
        found[f"public-pilot:{key}"] = reverse("pilot", args=[registration.public_id])
    notice = Notice.objects.get(case=director.cases["voice"])
    found["notice:voice"] = reverse("notice", args=[notice.slug])
    return found
