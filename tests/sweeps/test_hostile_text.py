"""Whatever anyone has written, pages, feeds, tables, the API and PDFs hold it as text.

The oracle is the page itself: with harmless texts of the same length in all places it has certain
elements in a certain order, and with hostile ones it has the same.
"""

from __future__ import annotations

import csv
import json
import re
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from shidian.apps.notices.models import PublishedSnapshot
from shidian.apps.portal import api
from tests.sweeps.payloads import FORMULAS, payloads, some
from tests.sweeps.planting import LAW, asked, lists, pages, plant
from tests.sweeps.skeleton import Skeleton

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.rendering, pytest.mark.django_db]

SIZES = [
    pytest.param(8, id="some"),
    pytest.param(60, id="many", marks=pytest.mark.prove),
]
HAN = re.compile("[\u4e00-\u9fff]")
LATIN = re.compile("[A-Za-z]{3}")
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


class Planted:
    """The site as a stranger reads it, once with these texts in it."""

    def __init__(self, texts: list[str]) -> None:
        self.texts = texts
        self.client = Client()

    def read(self, address: str) -> str:
        answer = self.client.get(address)
        assert answer.status_code in {200, 400, 404, 422}, f"{address}: {answer.status_code}"
        content = b"".join(answer) if answer.streaming else answer.content
        return content.decode()


def harmless(texts: list[str]) -> list[str]:
    """Of the same lengths, so that whatever is cut is cut alike; each a word of its own.

    Of the same language as well: a page says which of its texts are in the other one.
    """
    found = []
    for n, text in enumerate(texts):
        word = f"w{n}1"
        if HAN.search(text):
            word = f"w{n}字"
        elif LATIN.search(text):
            word = f"w{n}aaa"
        found.append(word + word[-1] * (len(text) - len(word)))
    return found


def site_of(texts: list[str], *, laws: int = 0) -> Iterator[Planted]:
    """Published, looked at, and gone again."""
    with transaction.atomic():
        plant(texts, laws=laws)
        yield Planted(texts)
        transaction.set_rollback(True)


def everywhere(site: Planted, *, laws: int = 1) -> dict[str, Skeleton]:
    found = {address: Skeleton(site.read(address)) for address in lists()}
    for n, _ in enumerate(site.texts):
        for address in pages(n, law=n < laws):
            found[address] = Skeleton(site.read(address))
    return found


@pytest.mark.parametrize("count", SIZES)
def test_hostile_text_changes_no_element_of_any_page(count: int) -> None:
    texts = some(count)
    for site in site_of(harmless(texts), laws=1):
        wanted = everywhere(site)
    for site in site_of(texts, laws=1):
        found = everywhere(site)

    assert found.keys() == wanted.keys()
    for address, page in found.items():
        assert not page.running, address
        assert page.parts == wanted[address].parts, address


@pytest.mark.parametrize("count", SIZES)
def test_what_a_reader_asks_for_adds_no_element_to_the_answer(count: int) -> None:
    texts = some(count)
    for site in site_of(harmless(texts[:3])):
        known = {part for page in everywhere(site, laws=0).values() for part in page.parts}
        for ask in ("w0", "nothing such", "?"):
            known |= {part for address in asked(ask) for part in Skeleton(site.read(address)).parts}
    for site in site_of(texts[:3]):
        for text in texts:
            for address in asked(text):
                page = Skeleton(site.read(address))
                assert set(page.parts) <= known, address
                assert not page.running, address


@pytest.mark.parametrize("count", SIZES)
def test_a_comment_and_a_complaint_are_said_back_as_text(count: int) -> None:
    def said_back(site: Planted, text: str) -> list[Skeleton]:
        notice, pilot = reverse("notice", args=["x-0"]), reverse("complain", args=["x-0"])
        sent = (
            (notice, {"body": text, "name": text[:100], "contact": text[:200], "step": "preview"}),
            (notice, {"body": "", "name": text, "contact": text * 30, "step": text}),
            (pilot, {"category": text, "body": text, "channel": text, "contact": text * 30}),
            (reverse("complaint-status"), {"receipt": text}),
        )
        return [Skeleton(site.client.post(*one).content.decode()) for one in sent]

    for site in site_of(["x"]):
        for text in (one for one in some(count) if one.strip()):
            wanted, found = said_back(site, *harmless([text])), said_back(site, text)
            for page, plain in zip(found, wanted, strict=True):
                assert page.parts == plain.parts, text
                assert not page.running, text


@pytest.mark.parametrize("count", SIZES)
def test_feeds_and_the_site_map_stay_well_formed(count: int) -> None:
    texts = some(count)
    addresses = [
        *(reverse("feed", args=["zh", kind]) for kind in ("all", "calls", "notices", "pilots")),
        reverse("feed", args=["en", "rulebooks"]),
        reverse("sitemap"),
    ]

    def shape(site: Planted) -> list[list[tuple[str, tuple[str, ...]]]]:
        trees = [ET.fromstring(site.read(one)) for one in addresses]
        return [[(one.tag, tuple(one.attrib)) for one in tree.iter()] for tree in trees]

    for site in site_of(harmless(texts)):
        wanted = shape(site)
    for site in site_of(texts):
        assert shape(site) == wanted


@pytest.mark.parametrize("count", SIZES)
def test_the_open_api_answers_json_that_no_browser_reads_as_a_page(count: int) -> None:
    texts = some(count)
    kinds = {"calls": "title", "notices": "text", "pilots": "lead", "schemes": "summary"}
    for site in site_of(texts):
        for kind, name in kinds.items():
            for n, text in enumerate(texts):
                answer = site.client.get(f"/api/v1/{kind}/x-{n}")
                assert answer["Content-Type"].startswith("application/json")
                assert answer["X-Content-Type-Options"] == "nosniff"
                assert json.loads(answer.content)["body"][name] == text
        listed = json.loads(site.read(f"/api/v1/pilots?limit={api.LIMIT_MAX}"))
        assert listed["count"] == len(texts)


def test_no_table_has_a_cell_that_a_spreadsheet_runs() -> None:
    texts = [*FORMULAS, *payloads()[::40]]
    tables = [f"{reverse(name)}?format=csv" for name in ("call-list", "notice-list", "pilot-list")]
    for site in site_of(texts):
        tables += [reverse("pilot-series", args=[f"x-{n}"]) for n in range(len(texts))]
        for address in [*tables, reverse("statistics") + "?format=csv"]:
            rows = list(csv.reader(site.read(address).removeprefix("\ufeff").splitlines()))
            assert len(rows) > 1, address
            cells = [cell for row in rows for cell in row if not is_number(cell)]
            assert not [cell for cell in cells if cell.startswith(FORMULA_SIGNS)], address


def is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def test_a_law_that_speaks_to_the_typesetter_is_set_as_text() -> None:
    text = "".join(one for one in payloads() if one.startswith("#"))
    for site in site_of([text], laws=1):
        answer = site.client.get(reverse("rulebook-pdf", args=[LAW, "1"]))
        assert answer.content.startswith(b"%PDF-")
        document = json.loads(site.read(reverse("rulebook-document", args=[LAW, "1"])))
        assert document["title"]["zh"] == text


def test_a_byte_that_no_text_has_is_refused_before_it_is_kept() -> None:
    for site in site_of(["x"]):
        sent = {"body": "a\x00b", "step": "preview"}
        answer = site.client.post(reverse("notice", args=["x-0"]), sent)
        assert 'role="alert"' in answer.content.decode()


def test_the_sweep_would_see_a_page_that_shows_text_as_it_is() -> None:
    """Else the tests above would prove nothing."""
    for text in (one for one in payloads() if one.startswith(("<", '"><', "</"))):
        assert Skeleton(f"<p>{text}</p>").parts != ["<p >", "</p>"], text
    assert PublishedSnapshot.objects.count() == 0
