"""An expert says that they are away, and is left out of proposals until they are back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.test import Client
from django.utils import timezone

from shidian.apps.accounts.models import Expert
from shidian.apps.review.pool import candidates
from shidian.core.rulebook.model import StageKind

if TYPE_CHECKING:
    from tests.factories import Walk


def test_an_expert_who_is_away_is_not_offered_and_nobody_else_can_say_so(walk: Walk) -> None:
    case = walk.to(StageKind.SCREENING)
    expert = walk.world.experts[0]
    client = Client()
    client.force_login(expert.person, backend="django.contrib.auth.backends.ModelBackend")
    today = timezone.localdate()
    page = "/review/availability/"
    assert page in client.get("/cases/").content.decode()

    assert client.post(page, {"until": today - timedelta(days=1)}).status_code == 422
    assert client.post(page, {"until": today}).status_code == 302
    tied = {one.pk for one, candidate in candidates(case).items() if candidate.ties}
    assert tied == {expert.pk}
    assert client.post(page, {"until": ""}).status_code == 302
    assert not any(one.ties for one in candidates(case).values())

    client.force_login(walk.officer, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(page).status_code == 404
    assert not Expert.objects.exclude(away_until=None).exists()
