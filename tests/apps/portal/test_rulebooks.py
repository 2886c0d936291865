"""Public pages of rulebooks: law to read, files to take away, regimes side by side."""

from __future__ import annotations

import json
import re
import time
from functools import cache
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from shidian.apps.notices.models import PublishedSnapshot, SnapshotKind
from shidian.apps.portal import readings
from shidian.apps.supervision.publish.library import publish_library
from shidian.apps.supervision.publish.refresh import publish_everything
from shidian.core.rulebook.load import from_document, load_file, load_text

pytestmark = pytest.mark.rendering

LONGER = ("starts: notice.opened, length: 5", "starts: notice.opened, length: 7")


@cache
def regimes():
    """Two regimes, one of them in two versions."""
    text = Path("rulebooks/demo-city.yaml").read_text(encoding="utf-8")
    newer = load_text(
        text.replace('version: "2026.1"', 'version: "2026.2"').replace(*LONGER),
        name="demo-city.yaml",
        resolve=lambda name: Path(f"rulebooks/{name}.yaml").read_text(encoding="utf-8"),
    )
    return [load_file("rulebooks/demo-city.yaml"), load_file("rulebooks/eu-dlt.yaml"), newer]


@pytest.fixture
def library(db):
    """They are published, to be read; an operator may repeat it."""
    publish_library(regimes())
    publish_library(regimes())
    publish_everything()
    return regimes()


def read(client, address, language="en"):
    return client.get(address, headers={"accept-language": language})


def test_snapshot_carries_the_document_that_has_its_digest(library):
    for snapshot in PublishedSnapshot.objects.filter(kind=SnapshotKind.RULEBOOK):
        for body in (snapshot.body_zh, snapshot.body_en):
            assert from_document(body["document"]).digest == body["digest"]


def test_rulebook_reads_like_law_with_annexes_and_sources(client, library):
    page = read(client, reverse("rulebook-version", args=["demo-city", "2026.1"]), "zh-hans").text
    assert "第一章" in page
    assert "公示期为5个工作日，自公示发布之次日起计算，期满次日可转入下一阶段" in page
    assert 'id="duties"' in page
    assert 'id="form-scale"' in page
    assert page.count("<svg") >= 1
    assert "style=" not in page
    targets = set(re.findall(r'popovertarget="([^"]+)"', page))
    assert targets <= set(re.findall(r'popover class="source-text" id="([^"]+)"', page))


def test_older_version_says_what_has_taken_its_place(client, library):
    old = read(client, reverse("rulebook-version", args=["demo-city", "2026.1"])).text
    new = read(client, reverse("rulebook", args=["demo-city"])).text
    assert "Version 2026.2 has taken the place of this text." in old
    assert "has taken the place" not in new
    assert "counted from the day after the public notice is published" in new
    assert "The period is 7 working days" in new


def test_difference_speaks_of_rules_in_either_language(client, library):
    address = reverse("rulebook-diff") + "?from=demo-city/2026.1&to=demo-city/2026.2"
    chinese, english = (read(client, address, language).text for language in ("zh-hans", "en"))
    assert "公示期" in chinese
    assert "7个工作日" in chinese
    assert "7 working days" in english
    assert "#clocks-publicity" in english


def test_regimes_stand_side_by_side_with_their_articles(client, library):
    page = read(client, reverse("rulebook-compare") + "?r=demo-city&r=eu-dlt")
    assert page.status_code == 200
    assert page.text.count("<tr>") > 10
    for link in re.findall(r'href="(/rulebooks/(?:demo-city|eu-dlt)/[^"#]+/#[^"]+)"', page.text):
        address, _, anchor = link.partition("#")
        assert f'id="{anchor}"' in read(client, address).text


def test_comparison_takes_two_to_six(client, library):
    address = reverse("rulebook-compare")
    assert "Which rulebooks?" in read(client, address).text
    too_few = read(client, address + "?choose=1&r=demo-city")
    assert "Choose between 2 and 6 rulebooks." in too_few.text
    many = "&".join(f"r=scheme-{number}" for number in range(9))
    assert read(client, f"{address}?{many}").status_code == 400


@pytest.mark.parametrize(
    "address",
    [
        "/rulebooks/no-such/",
        "/rulebooks/demo-city/1999.1/",
        "/rulebooks/demo-city/1999.1/text.pdf",
        "/rulebooks/demo-city/1999.1/document.json",
        "/rulebooks/compare/?r=no-such&r=demo-city",
        "/rulebooks/difference/",
        "/rulebooks/difference/?from=demo-city/2026.1&to=../../etc",
    ],
)
def test_what_is_not_published_is_not_found(client, library, address):
    assert client.get(address).status_code == 404


def test_files_to_take_away(client, library):
    pdf = client.get(reverse("rulebook-pdf", args=["demo-city", "2026.1"]))
    assert pdf["Content-Type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF-")
    document = client.get(reverse("rulebook-document", args=["demo-city", "2026.1"]))
    assert from_document(json.loads(document.content)).digest == library[0].digest
    schema = client.get(reverse("rulebook-schema"))
    assert "$schema" in json.loads(schema.content)


def test_library_page_lists_every_regime_with_its_share(client, library):
    page = read(client, reverse("rulebook-list")).text
    assert page.count('name="r"') == 2
    assert "2 versions" in page


def test_pages_ask_little_of_the_database_and_read_snapshots_alone(client, library):
    for address, most in (
        (reverse("rulebook-list"), 2),
        (reverse("rulebook", args=["demo-city"]), 3),
        (reverse("rulebook-diff") + "?from=demo-city/2026.1&to=demo-city/2026.2", 5),
        (reverse("rulebook-compare") + "?r=demo-city&r=eu-dlt", 6),
    ):
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        asked = [one["sql"] for one in captured if "SAVEPOINT" not in one["sql"]]
        assert all("notices_publishedsnapshot" in sql for sql in asked), address
        assert len(asked) <= most, asked


def test_page_read_before_is_drafted_only_once(client, library, monkeypatch):
    address = reverse("rulebook", args=["demo-city"])
    client.get(address)
    monkeypatch.setattr(readings, "read", None)
    monkeypatch.setattr(readings, "from_document", None)
    begun = time.perf_counter()
    assert client.get(address).status_code == 200
    assert time.perf_counter() - begun < 1  # 15 ms alone on a machine
