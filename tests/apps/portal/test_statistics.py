"""Public statistics: what they count, what they keep back, and how they are drawn."""

from __future__ import annotations

import csv
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from shidian.apps.supervision.publish.refresh import publish_statistics
from shidian.apps.supervision.publish.statistics import FEWEST, statistics_body
from shidian.core.rulebook.model import StageKind
from tests.factories import Walk


@pytest.fixture
def three(walk):
    """Three cases beyond their notice, one of them closed; a fourth is a draft."""
    walks = [walk, *(Walk(walk.world, title=f"第{n}个项目") for n in (2, 3))]
    walks[0].to(StageKind.CLOSED)
    for one in walks[1:]:
        one.to(StageKind.ADMISSION)
    Walk(walk.world, title="草稿项目").to(StageKind.DRAFT)
    return walks


def numbers(lines) -> dict[str, int]:
    return {line["label"]: line["n"] for line in lines}


def test_cases_are_counted_by_the_public_stages_that_they_came_to(three) -> None:
    [scheme] = statistics_body("en")["schemes"]
    reached = numbers(scheme["reached"])
    assert reached["Filed"] == 3
    assert reached["On public notice"] == 3
    assert reached["Running"] == 1
    assert sum(numbers(scheme["outcomes"]).values()) == 1
    assert [filed for _, filed, _ in scheme["months"]].count(0) < len(scheme["months"])
    assert sum(filed for _, filed, _ in scheme["months"]) == 3


def test_stages_without_a_public_name_are_not_told(three) -> None:
    body = str(statistics_body("zh"))
    rulebook = three[0].world.rulebook
    hidden = [stage for stage in rulebook.stages if stage.names.public is None]
    assert hidden
    assert not any(stage.names.staff.zh in body for stage in hidden)


def test_a_time_is_told_of_no_fewer_than_three_stays(three) -> None:
    [scheme] = statistics_body("en")["schemes"]
    assert {line["label"] for line in scheme["stays"]} == {"On public notice"}
    assert all(line["n"] >= FEWEST for line in scheme["stays"])


def test_where_nothing_was_filed_there_is_nothing_to_tell(walk) -> None:
    walk.to(StageKind.DRAFT)
    assert statistics_body("zh")["schemes"] == []


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_page_draws_what_was_published_and_gives_the_numbers(client, three, language) -> None:
    publish_statistics()
    page = client.get("/statistics/", headers={"accept-language": language})
    assert ("项目进展" if language == "zh-hans" else "How far applications got") in page.text
    table = client.get("/statistics/?format=csv", headers={"accept-language": language}).text
    rows = list(csv.DictReader(io.StringIO(table.removeprefix("\ufeff"))))
    assert {row["figure"] for row in rows} == {
        "reached",
        "outcomes",
        "complaints",
        "stays",
        "filed",
        "closed",
    }


def test_without_figures_the_page_says_what_will_be_here(client, db) -> None:
    assert "有项目申报后" in client.get("/statistics/").text


def test_building_asks_the_database_alike_however_many_cases(walk) -> None:
    counts = []
    for n in range(2):
        Walk(walk.world, title=f"项目{n}").to(StageKind.SCREENING)
        statistics_body("zh")
        with CaptureQueriesContext(connection) as captured:
            statistics_body("zh")
        counts.append(len(captured))
    assert counts[0] == counts[1]
