"""Lists cost the same number of queries for one case and for three."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from shidian.apps.accounts.models import Person
from shidian.apps.cases.queries import (
    cases_visible_to,
    open_calls,
    tasks_for,
    timeline_of,
    waiting_on_others,
)
from shidian.apps.review.queries import assignments_for, has_declared, parties_to_declare
from shidian.core.rulebook.model import StageKind

if TYPE_CHECKING:
    from shidian.apps.cases.models import Task
    from tests.factories import Walk

ROLES = 4
"""Queries that read a person's roles, once per request."""


def task_line(task: Task) -> tuple[object, ...]:
    return (task.case.title, task.case.scheme.title, task.case.lead.name, task.authority, task.what)


@pytest.mark.parametrize("size", [1, 3])
def test_lists_of_an_officer_have_constant_query_counts(
    walk: Walk, size: int, django_assert_num_queries: Any
) -> None:
    for _ in range(size):
        walk.to(StageKind.SCREENING)
    officer = Person.objects.get(pk=walk.officer.pk)

    with django_assert_num_queries(ROLES + 2):
        rows = [
            (case.title, case.scheme.title, case.lead.name, [task.what for task in case.open_tasks])
            for case in cases_visible_to(officer)
        ]
    assert len(rows) == size
    with django_assert_num_queries(1):
        assert len([task_line(task) for task in tasks_for(officer)]) == size
    with django_assert_num_queries(1):
        assert [task_line(task) for task in waiting_on_others(officer)] == []


@pytest.mark.parametrize("size", [1, 3])
def test_an_experts_assignments_have_a_constant_query_count(
    walk: Walk, size: int, django_assert_num_queries: Any
) -> None:
    for _ in range(size):
        walk.to(StageKind.REVIEW)
        walk.form_panel()
    person = Person.objects.get(pk=walk.world.experts[0].person_id)

    with django_assert_num_queries(3):
        rows = [
            (parties_to_declare(assignment), has_declared(assignment))
            for assignment in assignments_for(person)
        ]

    assert len(rows) == size


@pytest.mark.parametrize("size", [1, 3])
def test_a_timeline_has_a_constant_query_count(
    walk: Walk, size: int, django_assert_num_queries: Any
) -> None:
    case = walk.to([StageKind.SCREENING, StageKind.REVIEW, StageKind.ADMISSION][size - 1])

    with django_assert_num_queries(1):
        rows = [(event.kind, event.person, event.institution) for event in timeline_of(case)]

    assert len(rows) == case.last_seq


def test_open_calls_are_those_of_the_day(walk: Walk) -> None:
    assert list(open_calls()) == [walk.world.call]
