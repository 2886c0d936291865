"""The authorization matrix, and the proof that every predicate of it is needed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from shidian.apps.accounts.access import Permission
from tests import matrix

if TYPE_CHECKING:
    from tests.factories import Walk

AS_AGREED = Path(__file__).with_name("authorization.txt")
"""Who has which permission. To renew it, set WRITE_MATRIX=1 and read the difference."""

SAMPLE = ("sees", "is_not_denied", "declared_no_conflict")
"""Removed one by one in `make test`; `make prove` removes all."""

BEHIND_ANOTHER_DOOR = {
    "is_auditor": "no page asks for audit:log:read yet",
    "drafts_for_the_lead": "what it opens is of a pilot, which a case in review has not",
    "has_letters": "the list is cut to who issues, watches and was served",
    "is_the_expert": "the page loads the reader's own sheet and no other",
    "is_undenied": "who is denied has no sheet that another condition would open",
}
"""Predicates of reading whose absence no page shows today, and why. The matrix shows each."""


@pytest.fixture
def stage(walk: Walk) -> matrix.Stage:
    return matrix.Stage(walk)


@pytest.mark.parametrize("every", [False, pytest.param(True, marks=pytest.mark.prove)])
def test_everyone_has_the_permissions_that_were_agreed_and_no_page_opens_without_one(
    stage: matrix.Stage, every: bool
) -> None:
    allowed = matrix.cells(stage)
    found = matrix.written(allowed, stage)
    if os.environ.get("WRITE_MATRIX"):
        AS_AGREED.write_text(found, encoding="utf-8")
    assert found == AS_AGREED.read_text(encoding="utf-8")
    everything = {
        (permission, label, name)
        for permission in Permission
        if every or matrix.is_to_read(permission)
        for label in stage.objects(permission)
        for name in stage.names
    }
    # Who has it on one object may open its page: what that shows is the next test's.
    having = {(permission, name) for permission, _label, name in allowed}
    lacking = {cell for cell in everything if (cell[0], cell[2]) not in having}
    assert len(lacking) > 100
    assert matrix.pages_that_leak(stage, lacking) == []
    assert matrix.texts_that_leak(stage) == []
    assert matrix.opened(stage, "signed-in", matrix.NOBODY) == []


def test_each_predicate_stands_in_a_permission() -> None:
    unused = [name for name, one in matrix.predicates().items() if not matrix.permissions_of(one)]
    assert unused == []
    assert len(matrix.predicates()) > 25


def missed_without(stage: matrix.Stage, name: str) -> list[str]:
    """What the tests fail to notice when a predicate is gone: nothing, where all is well."""
    predicate = matrix.predicates()[name]
    touched = matrix.permissions_of(predicate)
    before = matrix.cells(stage, only=touched)
    with matrix.removed(predicate):
        gained = matrix.cells(stage, only=touched) - before
        reading = {cell for cell in gained if matrix.is_to_read(cell[0])}
        leaks = matrix.pages_that_leak(stage, reading) or matrix.texts_that_leak(stage)
    missed = []
    if not gained:
        missed.append(f"{name}: the matrix stays as it is")
    if any(map(matrix.is_to_read, touched)) and not leaks and name not in BEHIND_ANOTHER_DOOR:
        missed.append(f"{name}: no page shows more")
    if leaks and name in BEHIND_ANOTHER_DOOR:
        missed.append(f"{name}: {leaks[0]} shows it now; say so no more")
    return missed


def test_without_a_predicate_the_tests_fail(stage: matrix.Stage) -> None:
    assert [line for name in SAMPLE for line in missed_without(stage, name)] == []


@pytest.mark.prove
def test_without_any_one_predicate_the_tests_fail(stage: matrix.Stage) -> None:
    missed = [line for name in matrix.predicates() for line in missed_without(stage, name)]
    assert missed == []
    assert matrix.texts_that_leak(stage) == []  # each was put back
