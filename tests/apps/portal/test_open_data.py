"""The open API, the feeds and the map say what the pages say, in the form that they declare."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pydantic import TypeAdapter

from shidian.apps.notices.bodies import CallBody, NoticeBody, SchemeBody
from shidian.apps.notices.domain import withdraw_snapshot
from shidian.apps.notices.models import PublishedSnapshot, SnapshotKind
from shidian.apps.notices.pilot_bodies import CaseBody, PilotBody
from shidian.apps.portal.api import Item, Page, RulebookBody
from shidian.core.rulebook.model import StageKind
from tests.apps.supervision.things import run_outbox

ATOM = "{http://www.w3.org/2005/Atom}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
LISTS: dict[str, Any] = {
    "calls": CallBody,
    "notices": NoticeBody,
    "pilots": PilotBody,
    "cases": CaseBody,
    "schemes": SchemeBody,
    "rulebooks": RulebookBody,
}


@pytest.fixture
def site(walk):
    """A pilot that runs, its notice and its call, as published by the outbox."""
    walk.to(StageKind.NOTICE)
    run_outbox()
    walk.pass_notice()
    walk.admit()
    run_outbox()
    return walk


@pytest.mark.parametrize("language", ["zh", "en"])
def test_answers_have_the_form_that_the_description_declares(client, site, language) -> None:
    for name, body in LISTS.items():
        answer = client.get(f"/api/v1/{name}", {"language": language})
        page = TypeAdapter(Page[body]).validate_json(answer.content, strict=False)
        assert page.count == len(page.items) > 0, name
        column = "body_zh" if language == "zh" else "body_en"
        for raw, item in zip(answer.json()["items"], page.items, strict=True):
            kind = SnapshotKind(name.removesuffix("s"))
            known = PublishedSnapshot.objects.current().get(kind=kind, key=item.key)
            shown = getattr(known, column)
            assert raw["body"].items() <= shown.items()
            assert raw["digest"] == known.digest
            one = client.get(f"/api/v1/{name}/{item.key}", {"language": language})
            TypeAdapter(Item[body]).validate_json(one.content)
            assert one.json() == raw
            path = raw["page"].removeprefix("http://testserver")
            assert client.get(path).status_code == 200


def test_the_description_is_openapi_and_names_every_answer(client, db) -> None:
    described = json.loads(client.get("/api/v1/openapi.json").content)
    assert described["openapi"].startswith("3.1")
    for path, verbs in described["paths"].items():
        assert set(verbs) == {"get"}, path
        answers = set(verbs["get"]["responses"])
        of_one = "{" in path or path.endswith("/statistics")
        assert answers == ({"200", "404", "422"} if of_one else {"200", "422"}), path


def test_a_stretch_of_a_list_has_its_bounds(client, site) -> None:
    everything = client.get("/api/v1/rulebooks").json()
    assert client.get("/api/v1/rulebooks?offset=1000").json()["items"] == []
    assert client.get("/api/v1/rulebooks?limit=1").json()["items"] == everything["items"][:1]
    for wrong in ("limit=0", "limit=101", "offset=-1", "offset=99999999999", "language=fr"):
        assert client.get(f"/api/v1/rulebooks?{wrong}").status_code == 422, wrong


@pytest.mark.parametrize("key", ["none", "%00", "a" * 500, "..%2f..", "试点"])
def test_what_is_not_published_is_not_found(client, db, key) -> None:
    answer = client.get(f"/api/v1/pilots/{key}")
    assert answer.status_code == 404


def test_what_was_withdrawn_is_gone_from_answers_feeds_and_map(client, site) -> None:
    key = client.get("/api/v1/pilots").json()["items"][0]["key"]
    everywhere = ("/api/v1/pilots", "/feeds/zh/pilots.atom", "/feeds/en/all.atom", "/sitemap.xml")
    assert all(key in client.get(address).text for address in everywhere)
    withdraw_snapshot(kind=SnapshotKind.PILOT, key=key)
    assert not any(key in client.get(address).text for address in everywhere)
    assert client.get(f"/api/v1/pilots/{key}").status_code == 404


def test_an_answer_that_did_not_change_is_not_sent_again(client, site) -> None:
    first = client.get("/api/v1/pilots")
    again = client.get("/api/v1/pilots", headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert first["Access-Control-Allow-Origin"] == "*"


def test_lists_ask_the_database_twice_however_long(client, site) -> None:
    for limit in (1, 100):
        with CaptureQueriesContext(connection) as captured:
            client.get("/api/v1/rulebooks", {"limit": limit})
        assert len(captured) == 2


@pytest.mark.parametrize("language", ["zh", "en"])
def test_feeds_are_well_formed_in_the_language_of_their_address(client, site, language) -> None:
    for kind in ("all", "calls", "notices", "pilots", "rulebooks"):
        text = client.get(f"/feeds/{language}/{kind}.atom", headers={"accept-language": "en"}).text
        feed = ET.fromstring(text)
        entries = feed.findall(f"{ATOM}entry")
        assert entries, kind
        ids = [entry.findtext(f"{ATOM}id") for entry in entries]
        assert len(set(ids)) == len(ids)
        assert all(one.startswith("urn:sha256:") for one in ids)
    assert ("公示" in text or "制度文本" in text) == (language == "zh")


def test_a_feed_that_does_not_exist_is_not_found(client, db) -> None:
    assert client.get("/feeds/fr/all.atom").status_code == 404
    assert client.get("/feeds/zh/cases.atom").status_code == 404


def test_every_page_of_the_map_opens(client, site) -> None:
    text = client.get("/sitemap.xml").text
    addresses = [one.text for one in ET.fromstring(text).iter(f"{SITEMAP}loc")]
    assert len(addresses) > 9
    for address in addresses:
        assert client.get(address.removeprefix("http://testserver")).status_code == 200, address


def test_robots_are_told_what_needs_an_account(client, db) -> None:
    said = client.get("/robots.txt").text
    assert "Disallow: /cases/" in said
    assert "Sitemap: http://testserver/sitemap.xml" in said
