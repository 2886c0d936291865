"""What lists are cut with costs the same number of queries for one case and for three."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from shidian.apps.accounts.models import Person
from shidian.apps.cases.models import Case, Task
from shidian.apps.review.models import Assignment
from shidian.core.rulebook.model import StageKind

if TYPE_CHECKING:
    from tests.factories import Walk

ROLES = 1
"""Queries that read a person's roles, once per request."""


@pytest.mark.parametrize("size", [1, 3])
def test_lists_of_an_officer_have_constant_query_counts(
    walk: Walk, size: int, django_assert_num_queries: Any
) -> None:
    for _ in range(size):
        walk.to(StageKind.SCREENING)
    officer = Person.objects.get(pk=walk.officer.pk)

    with django_assert_num_queries(ROLES + 1):
        assert len(Case.objects.visible_to(officer).select_related("lead", "scheme")) == size
    with django_assert_num_queries(1):
        assert len(Task.objects.open().reaching(officer).select_related("case")) == size


@pytest.mark.parametrize("size", [1, 3])
def test_an_experts_assignments_have_a_constant_query_count(
    walk: Walk, size: int, django_assert_num_queries: Any
) -> None:
    for _ in range(size):
        walk.to(StageKind.REVIEW)
        walk.form_panel()
    person = Person.objects.get(pk=walk.world.experts[0].person_id)

    with django_assert_num_queries(1):
        assert len(Assignment.objects.of_expert(person).select_related("panel__case")) == size
    with django_assert_num_queries(ROLES + 1):
        assert len(Task.objects.open().reaching(person)) == size


@pytest.mark.parametrize("kind", [StageKind.SCREENING, StageKind.RUNNING])
def test_an_act_costs_the_same_however_long_the_history(
    walk: Walk, kind: StageKind, django_assert_max_num_queries: Any
) -> None:
    case = walk.to(kind)
    walk.world.signer = Person.objects.get(pk=walk.world.signer.pk)
    from shidian.apps.cases import domain as cases

    with django_assert_max_num_queries(60):
        cases.withdraw_case(case=case, reason="退出", by=walk.world.signer, at=walk.tick())
