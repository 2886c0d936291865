"""A case from first draft to closing, by the verbs of everyone who has a part in it."""

from __future__ import annotations

import pytest

from shidian.apps.cases.models import CaseEvent, Outbox, Task
from shidian.core.rulebook.model import StageKind
from tests.factories import ORDER, Walk


def test_case_walks_from_draft_to_closed(walk: Walk) -> None:
    case = walk.to(StageKind.CLOSED)

    assert case.stage == "closed"
    assert case.outcome == "graduated"
    assert case.number == f"{walk.world.lead.uscc}-2025-0001"
    assert not Task.objects.open().filter(case=case).exists()
    seqs = list(CaseEvent.objects.filter(case=case).values_list("seq", flat=True))
    assert seqs == list(range(1, case.last_seq + 1))
    topics = list(Outbox.objects.filter(case=case).values_list("topic", flat=True))
    assert topics.count("pilot.admitted") == 1
    assert topics.count("pilot.closed") == 1


@pytest.mark.parametrize("kind", ORDER[:-1])
def test_every_open_stage_says_whose_turn_it_is(walk: Walk, kind: StageKind) -> None:
    case = walk.to(kind)

    tasks = Task.objects.open().filter(case=case)
    assert tasks.exists()
    assert all(task.what_zh and task.what_en for task in tasks)
