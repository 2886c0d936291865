"""Demo City is fictional on its face, whole, and its dates are sensible whenever it is loaded."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import chinese_calendar
from demo.cast import AUTHORITIES, FIRMS, PLAYERS, signer_of
from demo.days import Diary, anchor, last_known_day
from demo.form import answers
from demo.projects import PROJECTS
from hypothesis import given
from hypothesis import strategies as st

from shidian.apps.accounts.uscc import validate_uscc
from shidian.core.rulebook.load import load_file


def test_every_firm_says_that_it_is_fictional_and_has_a_valid_code() -> None:
    for number, firm in enumerate(FIRMS, start=1):
        assert any(word in firm.name_zh for word in ("示范", "演示", "示例"))
        validate_uscc(firm.uscc(number))
        assert firm.uscc(number).startswith("91999900DEM")


def test_people_have_one_part_at_a_place_that_exists() -> None:
    firms = {firm.id for firm in FIRMS}
    authorities = {authority for authority, *_ in AUTHORITIES}
    assert len({player.username for player in PLAYERS}) == len(PLAYERS)
    for player in PLAYERS:
        if player.part in ("drafter", "signer", "assessor"):
            assert player.where in firms
        elif player.part != "expert":
            assert player.where in authorities


def test_every_project_has_a_signer_and_known_partners() -> None:
    firms = {firm.id for firm in FIRMS}
    for project in PROJECTS.values():
        assert signer_of(project.lead)
        assert {firm for firm, _ in project.partners} <= firms


def test_answers_fill_every_required_question_of_the_rulebook() -> None:
    from pathlib import Path

    rulebook = load_file(Path("rulebooks/demo-city.yaml")).rulebook
    for project in PROJECTS.values():
        given_answers = answers(project, date(2026, 1, 5))
        for section in rulebook.form:
            known = {question.id for question in section.questions}
            assert set(given_answers[section.id]) <= known
            for question in section.questions:
                value = given_answers[section.id].get(question.id)
                if question.required:
                    assert value is not None
                    assert value is not False
                    assert value not in ("", [])
                if question.max_length and isinstance(value, str):
                    assert len(value) <= question.max_length
                if question.options and value:
                    allowed = {option.id for option in question.options}
                    assert set(value if isinstance(value, list) else [value]) <= allowed


@given(st.dates(min_value=date(2025, 6, 1), max_value=date(2035, 1, 1)), st.integers(0, 200))
def test_diary_counts_back_in_working_days_only(today: date, back: int) -> None:
    moment = datetime(today.year, today.month, today.day, 4, tzinfo=UTC)
    diary = Diary(anchor(moment))
    day = diary.workday(back)
    assert chinese_calendar.is_workday(day)
    assert day <= diary.today <= last_known_day() - timedelta(days=30)
    if back:
        assert day < diary.workday(back - 1)
