"""The public finds what is published, nothing else, and learns whether a pilot is genuine."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from shidian.apps.notices import search
from shidian.apps.notices.domain import publish_snapshot, withdraw_snapshot
from shidian.apps.notices.domain.finding import find_what_was_published
from shidian.apps.notices.models import PublishedName, PublishedText, SnapshotKind
from shidian.apps.portal.views.finding import AROUND_CHARS, piece_around

pytestmark = pytest.mark.django_db


def pilot_body(key: str, title: str, **more: object) -> dict[str, object]:
    body: dict[str, object] = {
        "public_id": key,
        "number": f"N{key}",
        "case": "demo-1",
        "title": title,
        "what": [{"label": "是什么", "text": "按投资者的说明下单，随时可以停止。"}],
        "lead": "示范证券",
        "partners": ["示范科技"],
        "authorities": ["示范市金融局"],
        "scheme": "demo-city",
        "scheme_title": "示范市试点",
        "rulebook": "demo-city",
        "rulebook_version": "2026.1",
        "zone": "Asia/Shanghai",
        "state": "running",
        "state_label": "运行中",
        "starts_on": "2026-01-05",
        "ends_on": "2027-01-04",
        "limits": [],
        "promises": [],
        "complaint": "",
        "groups": [],
        "notice": "",
    }
    return {**body, **more}


def publish(key: str = "P-2026-0001", title: str = "智能投顾", **more: object) -> None:
    body = pilot_body(key, title, **more)
    english = {**body, "title": f"Robo adviser {key}"}
    publish_snapshot(kind=SnapshotKind.PILOT, key=key, zh=body, en=english)


def found(query: str) -> list[str]:
    return [key for _, key in search.found(query) or ()]


@pytest.mark.parametrize("query", ["投顾", "Robo", "P-2026-0001", "下单", "示范证券", "ｒｏｂｏ"])
def test_a_published_text_is_found_by_its_words_in_either_language(query: str) -> None:
    publish()
    assert found(query) == ["P-2026-0001"]


def test_what_was_replaced_or_withdrawn_is_not_found() -> None:
    publish(title="旧名字")
    publish(title="新称呼")
    assert (found("旧名"), found("新称")) == ([], ["P-2026-0001"])

    withdraw_snapshot(kind=SnapshotKind.PILOT, key="P-2026-0001")
    assert found("新称") == []
    assert search.known("P-2026-0001") == search.Known()
    assert not PublishedText.objects.exists()
    assert not PublishedName.objects.exists()


def test_a_title_comes_before_a_text_and_the_newer_before_the_older() -> None:
    publish("P-2026-0001", "智能投顾", complaint="请向量子客服投诉")
    publish("P-2026-0002", "量子交易")
    publish("P-2026-0003", "量子清算")
    assert found("量子") == ["P-2026-0003", "P-2026-0002", "P-2026-0001"]


def test_live_figures_are_not_searched() -> None:
    body = {"public_id": "x", "title": "罕见字词"}
    publish_snapshot(kind=SnapshotKind.FIGURES, key="pilot:x", zh=body, en=body)
    assert found("罕见") == []


def test_an_upgrade_finds_what_earlier_releases_published() -> None:
    publish()
    PublishedText.objects.all().delete()
    PublishedName.objects.all().delete()
    find_what_was_published()
    assert found("投顾") == ["P-2026-0001"]
    assert search.known("NP-2026-0001").same == ("P-2026-0001",)


def test_search_narrows_by_kind_and_shows_where_the_word_stands(client) -> None:
    publish()
    page = client.get("/search/?q=下单&kind=pilot").text
    assert "按投资者的说明<mark>下单</mark>，随时可以停止。" in page
    elsewhere = client.get("/search/?q=下单&kind=call").text
    assert "该类别中没有同时含有这些字词的内容。" in elsewhere
    assert "智能投顾" not in elsewhere


@pytest.mark.parametrize(
    "query",
    ["", " ", "，。", "<script>alert(1)</script>", "a' OR 1=1 --", "\x00", "试" * 500, '"*('],
)
def test_a_hostile_query_is_answered_as_any_other(client, query: str) -> None:
    publish()
    for address in ("/search/", "/check/"):
        page = client.get(address, {"q": query, "page": "zzz", "kind": "nothing"})
        assert page.status_code == 200
        assert "<script>alert" not in page.text


def test_search_asks_the_database_alike_for_one_and_for_many(client) -> None:
    publish("P-2026-0001")
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/search/?q=投顾").status_code == 200
        counts.append(len(captured))
        publish("P-2026-0002")
        publish("P-2026-0003")
    assert counts[0] == counts[1] <= 5


@pytest.mark.parametrize("typed", ["P-2026-0001", "p 2026 0001", "NP-2026-0001", "智能投顾"])
def test_a_genuine_pilot_is_known_by_number_and_name(client, typed: str) -> None:
    publish()
    page = client.get("/check/", {"q": typed}, headers={"accept-language": "en"}).text
    assert "is admitted and running" in page
    assert "示范证券" in page
    assert "示范市金融局" in page


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("closed", "nobody may offer it"),
        ("suspended", "may take on no new business now"),
        ("pending", "does not run"),
    ],
)
def test_a_pilot_that_does_not_run_is_not_called_running(client, state: str, said: str) -> None:
    publish(state=state)
    page = client.get("/check/", {"q": "P-2026-0001"}, headers={"accept-language": "en"}).text
    assert said in page
    assert "admitted and running" not in page


def test_a_number_that_only_looks_genuine_is_a_warning(client) -> None:
    publish()
    page = client.get("/check/", {"q": "Р-2O26-0001"}, headers={"accept-language": "en"}).text
    assert "Beware" in page
    assert "admitted and running" not in page


def test_an_unknown_number_is_refused_and_what_is_near_is_named(client) -> None:
    publish()
    for typed in ("P-2026-0009", "投顾宝"):
        page = client.get("/check/", {"q": typed}, headers={"accept-language": "en"}).text
        assert "No pilot is known here" in page
        assert "Pay nothing" in page
    near = client.get("/check/", {"q": "智能"}, headers={"accept-language": "en"}).text
    assert "Is it one of them?" in near
    assert "P-2026-0001" in near


def test_two_pilots_of_one_name_are_both_shown(client) -> None:
    publish("P-2026-0001")
    publish("P-2026-0002")
    page = client.get("/check/", {"q": "智能投顾"}).text
    assert "P-2026-0001" in page
    assert "P-2026-0002" in page


def test_the_pilots_page_carries_a_code_that_opens_the_check(client) -> None:
    publish()
    page = client.get("/pilots/P-2026-0001/").text
    assert 'class="qr"' in page
    assert "/check/?q=P-2026-0001" in page


WORD = st.text(st.sampled_from("试点管理ab1"), min_size=1, max_size=3)


@given(word=WORD, before=st.text(max_size=120), after=st.text(max_size=120))
def test_a_piece_of_text_is_as_it_stands_and_bounded(word: str, before: str, after: str) -> None:
    text = before + word + after
    left, middle, right = piece_around(word, [text])
    assert middle.casefold() == word.casefold()
    assert left.removeprefix("…") + middle + right.removesuffix("…") in text
    assert len(left) <= AROUND_CHARS + 1
    assert len(right) <= AROUND_CHARS + 1
