"""Public pages that are kept for seconds: the same for all without a session, never with a token."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.cache import caches
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.test import Client

from shidian.apps.notices.domain import publish_snapshot
from shidian.apps.notices.models import SnapshotKind
from shidian.apps.portal import shared
from shidian.config import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.factories import World


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Pages are kept for a minute, as an operator may set it."""
    monkeypatch.setattr(shared, "shidian_settings", lambda: Settings(page_cache_s=60))
    caches[shared.CACHE].clear()
    yield
    caches[shared.CACHE].clear()


def call(title: str) -> None:
    body = {
        "slug": "c-1",
        "title": title,
        "scheme_title": "",
        "opens_on": "2026-01-01",
        "closes_on": "",
    }
    publish_snapshot(kind=SnapshotKind.CALL, key="c-1", zh=body, en={**body, "title": "Call"})


@pytest.mark.usefixtures("kept")
def test_a_page_is_kept_for_readers_without_a_session_in_each_language(
    client: Client, world: World
) -> None:
    call("第一版")
    first = client.get("/calls/")
    call("第二版")

    assert client.get("/calls/").content == first.content
    assert "Call" in client.get("/calls/", headers={"accept-language": "en"}).text
    assert client.get("/calls/?page=1").content != first.content
    assert "public" in first["Cache-Control"]
    assert "max-age=60" in first["Cache-Control"]
    assert "csrfmiddlewaretoken" not in first.text
    assert not first.cookies


@pytest.mark.usefixtures("kept")
def test_a_reader_who_has_the_page_gets_an_empty_answer(client: Client, world: World) -> None:
    call("第一版")
    first = client.get("/calls/")

    again = client.get("/calls/", headers={"if-none-match": first["ETag"]})

    assert again.status_code == 304
    assert not again.content


@pytest.mark.usefixtures("kept")
def test_who_has_a_session_gets_the_page_made_anew_and_leaves_nothing_behind(
    client: Client, world: World
) -> None:
    call("第一版")
    client.force_login(world.signer)
    own = client.get("/calls/")
    call("第二版")

    assert "第二版" in client.get("/calls/").text
    assert "no-store" in own["Cache-Control"]
    assert str(world.signer) not in Client().get("/calls/").text


@pytest.mark.usefixtures("kept")
def test_a_view_that_makes_a_token_cannot_be_shared(rf) -> None:
    @shared.shared
    def view(request):
        return HttpResponse(get_token(request))

    with pytest.raises(LookupError):
        view(rf.get("/"))
