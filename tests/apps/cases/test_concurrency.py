"""Two people act on one case at the same moment: one wins, the other is told what happened."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

from django.db import connection

from shidian.apps.cases import domain as cases
from shidian.apps.cases.errors import DomainError, OvertakenError, StaleForm
from shidian.apps.cases.models import Case, CaseEvent, FormSection
from shidian.core.rulebook.model import StageKind
from tests.factories import Walk, full_answers, make_world

if TYPE_CHECKING:
    from collections.abc import Callable


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Do all at the same moment, each on a connection of its own; results or the errors raised."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        try:
            barrier.wait(timeout=20)
            return act()
        except DomainError as refused:
            return refused
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_of_two_decisions_at_once_one_wins(committed_db: None) -> None:
    walk = Walk(make_world())
    case = walk.to(StageKind.SCREENING)
    findings = {
        one.id: {"met": True, "reason": ""}
        for one in walk.world.rulebook.criteria
        if one.stage == case.stage
    }
    seen, at = case.last_seq, walk.tick()
    bureau, finance = walk.world.case_officer.values()

    results = at_once(
        lambda: cases.advance_case(
            case=Case.objects.get(pk=case.pk),
            reason="通过",
            findings=findings,
            by=bureau,
            at=at,
            expected_seq=seen,
        ),
        lambda: cases.reject_case(
            case=Case.objects.get(pk=case.pk), reason="不符", by=finance, at=at, expected_seq=seen
        ),
    )

    refused = [one for one in results if isinstance(one, DomainError)]
    assert len(refused) == 1
    assert isinstance(refused[0], OvertakenError)
    assert refused[0].last_seq > seen
    seqs = list(CaseEvent.objects.filter(case=case).order_by("seq").values_list("seq", flat=True))
    assert seqs == list(range(1, len(seqs) + 1))
    case.refresh_from_db()
    assert case.stage in {"review", "closed"}


def test_the_last_two_consents_at_once_admit_once(committed_db: None) -> None:
    walk = Walk(make_world())
    case = walk.to(StageKind.ADMISSION)
    at = walk.tick()

    results = at_once(
        *(
            lambda person=person: cases.sign_off(
                case=Case.objects.get(pk=case.pk), consent=True, by=person, at=at
            )
            for person in walk.world.signing_officer.values()
        )
    )

    assert not [one for one in results if isinstance(one, DomainError)]
    assert CaseEvent.objects.filter(case=case, kind="case.admitted").count() == 1


def test_cases_started_at_once_have_references_of_their_own(committed_db: None) -> None:
    world = make_world()

    def start() -> object:
        return Walk(world).to(StageKind.DRAFT).reference

    references = at_once(start, start, start)

    assert len(set(references)) == 3


def test_of_two_savings_at_once_one_is_told_of_the_other(committed_db: None) -> None:
    walk = Walk(make_world())
    case = walk.to(StageKind.DRAFT)
    section = walk.world.rulebook.form[0]
    text = next(question.id for question in section.questions)

    def save(value: str) -> Callable[[], object]:
        return lambda: cases.save_section(
            case=case,
            section=section.id,
            answers={**full_answers(section), text: value},
            base_version=0,
            by=walk.world.drafter,
        )

    results = at_once(save("甲"), save("乙"))

    stale = [one for one in results if isinstance(one, StaleForm)]
    assert len(stale) == 1
    assert {stale[0].yours[text], stale[0].theirs.answers[text]} == {"甲", "乙"}
    assert FormSection.objects.filter(case=case, section=section.id).count() == 1
