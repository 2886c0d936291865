"""Share cards, link previews and structured data say what the page says, and nothing else."""

from __future__ import annotations

import json
import re
import struct
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from shidian.apps.notices.domain import publish_snapshot, withdraw_snapshot
from shidian.apps.notices.models import SnapshotKind
from shidian.apps.portal import cards, head_data
from shidian.apps.portal.views import sharing
from shidian.config import Settings
from tests.sweeps.bodies import PAGES, body_of
from tests.sweeps.payloads import payloads

if TYPE_CHECKING:
    from django.test import Client

KEY = "x-0"
KINDS = sorted(cards.DRAWN)


def publish(kind: SnapshotKind, text: str = "一个项目", **more: Any) -> dict[str, Any]:
    known = dict.fromkeys(("slug", "public_id", "reference"), KEY)
    known |= {"opens_on": "2026-01-01", "closes_on": "2026-02-01", "replaced_by": []}
    body = body_of(PAGES[kind], text, **known) | more
    publish_snapshot(kind=kind, key=KEY, zh=body, en=body | {"title": "A project"})
    return body


def address(kind: SnapshotKind, language: str = "zh") -> str:
    return reverse("share-card", args=[language, kind, KEY])


@pytest.mark.django_db
@pytest.mark.parametrize("kind", KINDS)
def test_a_card_is_a_picture_of_the_size_that_previews_take(
    client: Client, kind: SnapshotKind
) -> None:
    publish(kind)
    answer = client.get(address(kind))
    assert answer["Content-Type"] == "image/png"
    assert answer.content.startswith(b"\x89PNG")
    assert struct.unpack(">II", answer.content[16:24]) == (cards.WIDTH, cards.HEIGHT)
    assert client.get(address(kind, "en")).content != answer.content
    same = client.get(address(kind), headers={"if-none-match": answer["ETag"]})
    assert (same.status_code, same.content) == (304, b"")
    withdraw_snapshot(kind=kind, key=KEY)
    assert client.get(address(kind)).status_code == 404


@pytest.mark.django_db
def test_a_card_shows_the_named_fields_alone(client: Client) -> None:
    publish(SnapshotKind.PILOT)
    before = client.get(address(SnapshotKind.PILOT)).content
    publish(SnapshotKind.PILOT, promises=["内情"] * 9, orders=[], complaint="内情", case="z-9")
    assert client.get(address(SnapshotKind.PILOT)).content == before
    publish(SnapshotKind.PILOT, lead="另一机构")
    assert client.get(address(SnapshotKind.PILOT)).content != before


@pytest.mark.django_db
def test_there_is_no_card_of_what_is_not_published_or_not_drawn(client: Client) -> None:
    publish(SnapshotKind.PILOT)
    for wrong in (
        "/share/zh/notice/x-0.png",
        "/share/fr/pilot/x-0.png",
        "/share/zh/figures/home.png",
        "/share/zh/nothing/x-0.png",
    ):
        assert client.get(wrong).status_code == 404, wrong
    assert client.post(address(SnapshotKind.PILOT)).status_code == 405


@pytest.mark.django_db
def test_a_demonstration_says_so_on_the_card(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(SnapshotKind.PILOT)
    real = client.get(address(SnapshotKind.PILOT)).content
    for module in (sharing, head_data):
        monkeypatch.setattr(module, "settings", lambda: Settings(demo=True))
    assert client.get(address(SnapshotKind.PILOT)).content != real
    assert "一个项目 · 演示" in client.get(reverse("pilot", args=[KEY])).text


@pytest.mark.parametrize("text", payloads()[::9])
def test_whatever_a_title_says_it_is_drawn_as_text(text: str) -> None:
    card = cards.Card(
        kind=text[:20], title=cards.cut(text, 90), lines=(cards.cut(text, 80),), foot=""
    )
    assert cards.drawn(card, "zh", product="试点", demo="").startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("a\u202egnp.exe\u200b\n b", "a gnp.exe b"),
        ("é" + "\u0301" * 60 + "x", "éx"),
        ("长" * 200, "长" * 89 + "…"),
        ("\ue000\ufffe", ""),
    ],
)
def test_what_cannot_be_seen_is_not_passed_on(text: str, cut: str) -> None:
    assert cards.cut(text, 90) == cut


OG = re.compile(r'<meta property="og:(\w+)(?::\w+)?" content="([^"]*)">')
DATA = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["一个项目", '</script><script>alert("1")</script>&amp;'])
@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (SnapshotKind.CALL, "call"),
        (SnapshotKind.NOTICE, "notice"),
        (SnapshotKind.PILOT, "pilot"),
        (SnapshotKind.CASE, "case-timeline"),
        (SnapshotKind.LESSON, "lesson"),
    ],
)
def test_a_page_tells_programs_its_title_and_where_it_stands(
    client: Client, kind: SnapshotKind, name: str, text: str
) -> None:
    publish(kind, text)
    page = client.get(reverse(name, args=[KEY])).text
    told = {key: unescape(value) for key, value in OG.findall(page)[::-1]}
    assert told["title"] == text
    assert told["url"] == f"http://testserver{reverse(name, args=[KEY])}"
    image = unescape(re.search(r'property="og:image" content="([^"]+)"', page)[1])
    assert client.get(image.removeprefix("http://testserver")).status_code == 200
    assert f'rel="canonical" href="{told["url"]}"' in page
    data = json.loads(DATA.search(page)[1])
    web_page, trail = data["@graph"]
    assert (web_page["name"], web_page["url"]) == (text, told["url"])
    assert web_page["inLanguage"] == "zh-CN"
    assert trail["itemListElement"][-1]["name"] == text
    assert page.count("</script>") == page.count("<script")


@pytest.mark.django_db
def test_another_version_has_another_address_of_its_card(client: Client) -> None:
    publish(SnapshotKind.PILOT)
    page = reverse("pilot", args=[KEY])
    assert "x-0.png?v=1" in client.get(page).text
    publish(SnapshotKind.PILOT, state="closed")
    assert "x-0.png?v=2" in client.get(page).text
