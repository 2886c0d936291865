"""A rulebook as people read it: every rulebook of the library, both languages, every value marked."""

from __future__ import annotations

from pathlib import Path

import pytest

from shidian.apps.supervision.publish.rulebook_text import rulebook_body, words
from shidian.apps.supervision.publish.rulebook_text.writer import chinese_number
from shidian.core.rulebook import model
from shidian.core.rulebook.load import load_file

LIBRARY = sorted(Path("rulebooks").glob("*.yaml"))


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, "一"),
        (10, "十"),
        (12, "十二"),
        (20, "二十"),
        (100, "一百"),
        (105, "一百零五"),
        (310, "三百一十"),
    ],
)
def test_numbers_read_as_in_a_law(number, text):
    assert chinese_number(number) == text


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_rulebook_can_be_read(path, language):
    body = rulebook_body(load_file(path), language)
    articles = [a for chapter in body["chapters"] for a in chapter["articles"]]
    assert articles
    assert len({a["id"] for a in articles}) == len(articles)
    runs = [r for a in articles for r in a["runs"]] + [
        r for a in articles for point in a["points"] for r in point
    ]
    marks = len(body["marks"])
    assert all(0 <= run["m"] < marks for run in runs if "m" in run)
    assert all(set(run) <= {"t", "m"} for run in runs)
    if language == "en":
        chinese = [r["t"] for r in runs if any("一" <= c <= "鿿" for c in r["t"])]
        assert chinese == []


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_the_share_counts_every_value_once(path):
    loaded = load_file(path)
    share = rulebook_body(loaded, "zh")["share"]
    values = [p for p in loaded.provenance.values() if p.because is not None]
    assert share["total"] == len(values)
    assert share["verified"] + share["reported"] + share["assumed"] == share["total"]


def test_both_languages_have_the_same_articles():
    loaded = load_file(Path("rulebooks/demo-city.yaml"))
    ids = [
        [
            a["id"]
            for chapter in rulebook_body(loaded, language)["chapters"]
            for a in chapter["articles"]
        ]
        for language in ("zh", "en")
    ]
    assert ids[0] == ids[1]


def test_a_text_that_is_not_official_says_so():
    for path in LIBRARY:
        loaded = load_file(path)
        if loaded.rulebook.status is not model.Status.OFFICIAL:
            assert rulebook_body(loaded, "zh")["disclaimer"]


def test_every_closed_set_has_words():
    for table, kinds in (
        (words.STATUS, model.Status),
        (words.ROLE, model.AuthorityRole),
        (words.MODE, model.IntakeMode),
        (words.STAGE_KIND, model.StageKind),
        (words.UNIT, model.Unit),
        (words.FORCE, model.Force),
        (words.FIELD_TYPE, model.FieldType),
        (words.TAKE, model.Take),
        (words.SEVERITY, model.Severity),
        (words.COMPARISON, model.Comparison),
    ):
        assert set(table) == set(kinds)
