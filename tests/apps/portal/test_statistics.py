"""Public statistics: what they count, what they keep back, and how they are drawn."""

from __future__ import annotations

import csv
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from shidian.apps.cases.filed import filed_form
from shidian.apps.notices.domain import publish_snapshot
from shidian.apps.notices.models import SnapshotKind
from shidian.apps.supervision.publish.matrix import NAMED_MAX, institutions_body, matrix_of
from shidian.apps.supervision.publish.refresh import publish_statistics
from shidian.apps.supervision.publish.statistics import FEWEST, statistics_body
from shidian.core.rulebook.model import StageKind
from tests.apps.supervision.things import run_outbox
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


def test_technologies_and_scenes_are_counted_as_projects_say_of_themselves(walk, client) -> None:
    walk.to(StageKind.RUNNING)
    run_outbox()
    publish_statistics()
    pilot = walk.case.pilot
    form = {one.id: one for section in walk.world.rulebook.form for one in section.questions}
    filed = filed_form(walk.case).answers
    chosen = {
        name: [one.name.en for one in form[name].options if one.id in filed[section][name]]
        for section, name in (("technology", "technologies"), ("scenario", "direction"))
    }
    assert all(chosen.values())

    [scheme] = statistics_body("en")["schemes"]
    matrix = scheme["matrix"]
    assert {row["label"] for row in matrix["rows"]} == set(chosen["technologies"])
    assert {column["label"] for column in matrix["columns"]} == set(chosen["direction"])
    for row in matrix["rows"]:
        assert row["n"] == 1
        for cell in row["cells"]:
            assert [one["public_id"] for one in cell["pilots"]] == [pilot.public_id]
    page = client.get("/statistics/", headers={"accept-language": "en"}).text
    assert f'href="/pilots/{pilot.public_id}/"' in page
    told = client.get("/statistics/?format=json", headers={"accept-language": "en"}).json()
    assert told["schemes"] == [scheme]
    api = client.get("/api/v1/statistics?language=en").json()
    assert api["body"] == told
    rows = client.get("/statistics/?format=csv", headers={"accept-language": "en"}).text
    assert f"technology,{chosen['technologies'][0]},1" in rows


def test_the_matrix_counts_a_project_once_in_each_row_and_names_no_more_than_twenty() -> None:
    tags = [{"id": "ai", "title": "AI"}, {"id": "cloud", "title": "Cloud"}]
    scene = [{"id": "risk", "title": "Risk"}]
    pilots = [
        {"public_id": f"P-{n}", "title": str(n), "technologies": tags[: 1 + n % 2], "scenes": scene}
        for n in range(50)
    ]
    earlier = {"public_id": "P-old", "title": "of an earlier release"}
    matrix = matrix_of([*pilots, earlier])
    assert [(row["label"], row["n"]) for row in matrix["rows"]] == [("AI", 50), ("Cloud", 25)]
    assert matrix["columns"] == [{"label": "Risk", "n": 50}]
    assert [row["cells"][0]["n"] for row in matrix["rows"]] == [50, 25]
    assert [len(row["cells"][0]["pilots"]) for row in matrix["rows"]] == [NAMED_MAX, NAMED_MAX]


def test_who_answers_for_pilots_is_listed_by_name(walk, client) -> None:
    walk.to(StageKind.RUNNING)
    run_outbox()
    publish_statistics()
    page = client.get("/institutions/").text
    assert walk.case.lead.name_zh in page
    [line] = institutions_body("zh")["institutions"]
    assert (line["pilots"], line["running"]) == (1, 1)


def test_regions_are_compared_where_there_are_two(client, db) -> None:
    def scheme(slug: str, n: int) -> dict[str, object]:
        filed = [{"label": "x", "n": n}]
        empty = dict.fromkeys(("outcomes", "stays", "months", "complaints"), ())
        return {"slug": slug, "title": f"Scheme {slug}", "reached": filed, **empty}

    def shown(*schemes: dict[str, object]) -> str:
        body = {"as_of": "2026-01-01T00:00:00+08:00", "fewest": 3, "schemes": list(schemes)}
        publish_snapshot(kind=SnapshotKind.FIGURES, key="statistics", zh=body, en=body)
        return client.get("/statistics/", headers={"accept-language": "en"}).text

    assert "By region" not in shown(scheme("a", 3))
    assert "By region" in shown(scheme("a", 3), scheme("b", 5))


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
