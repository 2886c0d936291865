"""The two further schemes: told to the end, and who sees which of their cases."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from demo.abroad import FIRMS, PLAYERS, SCHEMES
from demo.abroad_story import STORIES
from demo.cast import PLAYERS as AT_HOME
from demo.days import Diary

from shidian.apps.accounts.models import Person
from shidian.apps.accounts.uscc import validate_lei
from shidian.apps.cases.errors import DomainError
from shidian.apps.cases.models import Case, Task
from shidian.apps.cases.rules import reads_sensitive

if TYPE_CHECKING:
    from demo.stage import Scene

pytestmark = pytest.mark.django_db


def test_every_firm_abroad_has_a_valid_lei_of_no_issuer() -> None:
    for number, firm in enumerate(FIRMS, start=1):
        validate_lei(firm.lei(number))
        assert firm.lei(number).startswith("DEMO")
        assert any(word in firm.name_zh for word in ("示范", "演示", "示例"))


def test_no_two_people_share_an_account() -> None:
    names = [player.username for player in (*PLAYERS, *AT_HOME)]
    assert len(set(names)) == len(names)


@pytest.fixture
def scenes() -> list[Scene]:
    from demo.seed import found_abroad

    from shidian.apps.cases.calendars import load_calendars

    found = found_abroad(Diary(date(2026, 10, 20)), date(2024, 1, 1))
    load_calendars()
    for scene in found:
        STORIES[scene.scheme.rulebook](scene)
    return found


def person(name: str) -> Person:
    return Person.objects.get(username=name)


def test_stories_are_told_to_their_end(scenes: list[Scene]) -> None:
    stages = {
        name: Case.objects.get(pk=case.pk).stage
        for scene in scenes
        for name, case in scene.cases.items()
    }

    assert stages == {
        "fund-units": "running",
        "bonds": "assessment",
        "small-shares": "screening",
        "green-bonds": "draft",
        "tickets": "closed",
        "saving": "stage-one",
        "answers": "screening",
        "nominee": "draft",
    }
    number = Case.objects.get(pk=scenes[0].cases["fund-units"].pk).number
    assert number == f"{FIRMS[1].lei(2)}-2026-0001"
    assert {scene.scheme for scene in scenes} == set(SCHEMES)


def test_who_is_consulted_sees_that_case_and_no_other(scenes: list[Scene]) -> None:
    union, officer = person("union-officer"), person("dlt-officer")
    consulted = {scenes[0].cases[name].pk for name in ("bonds", "fund-units")}

    seen = set(Case.objects.visible_to(union).values_list("pk", flat=True))

    assert seen == consulted
    assert set(Case.objects.visible_to(officer).values_list("pk", flat=True)) > consulted
    tasks = Task.objects.open().visible_to(union)
    assert {task.case_id for task in tasks} <= consulted
    assert not reads_sensitive(union, scenes[0].cases["bonds"])
    assert not Case.objects.visible_to(person("board-officer")).filter(pk__in=consulted).exists()


def test_stage_two_waits_for_its_ninety_days(scenes: list[Scene]) -> None:
    from shidian.apps.cases.domain import advance_case
    from shidian.apps.cases.models import CaseEvent

    case = Case.objects.get(pk=scenes[1].cases["saving"].pk)
    entered = CaseEvent.objects.filter(case=case).latest("seq").at

    with pytest.raises(DomainError) as refused:
        advance_case(
            case=case,
            to="stage-two",
            reason="x",
            findings={
                one.id: {"met": True, "reason": "x"}
                for one in case.rulebook.criteria
                if one.stage == "stage-two"
            },
            thresholds={"stage-two-approved": {"met": True, "reason": "x"}},
            by=person("board-officer"),
            at=entered.replace(hour=23),
        )

    assert refused.value.code == "too-early"
    assert datetime.now(UTC) > entered
