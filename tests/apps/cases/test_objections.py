"""A refusal tells how to object; the objection is decided by others, and can open the case again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from shidian.apps.cases import domain as cases
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.history import state_of
from shidian.apps.cases.models import Case, Outbox, Task
from shidian.core.procedure.types import Verb
from shidian.core.rulebook.model import StageKind
from tests.factories import Walk, make_officer

if TYPE_CHECKING:
    from django.test import Client

    from shidian.apps.accounts.models import Person

GROUNDS = "评分未计入补充材料"


def refused(walk: Walk, kind: StageKind = StageKind.REVIEW) -> Case:
    case = walk.to(kind)
    cases.reject_case(case=case, reason="风险措施不足", by=walk.officer, at=walk.tick())
    return case


def reviewer(walk: Walk, name: str = "case-province") -> Person:
    return make_officer(walk.world.authorities["province"], name, "case-officer")


def object_to(walk: Walk, case: Case) -> None:
    cases.file_objection(case=case, grounds=GROUNDS, by=walk.world.signer, at=walk.tick())


def page(client: Client, person: Person, case: Case) -> str:
    client.force_login(person)
    return client.get(reverse("cases:case", args=[case.reference])).content.decode()


def test_objection_is_the_body_s_task_until_it_is_decided(walk: Walk) -> None:
    case = refused(walk)
    object_to(walk, case)
    task = Task.objects.open().get(case=case)
    assert (task.verb, task.authority) == (
        Verb.DECIDE_OBJECTION.value,
        walk.world.authorities["province"],
    )
    assert task.due is not None
    cases.decide_objection(
        case=case, outcome="upheld", reason="原决定无误", by=reviewer(walk), at=walk.tick()
    )
    case.refresh_from_db()
    assert (case.outcome, Task.objects.open().filter(case=case).count()) == ("rejected", 0)


@pytest.mark.parametrize(("outcome", "stage"), [("changed", "admission"), ("sent-back", "review")])
def test_case_goes_on_where_the_decision_does_not_stand(
    walk: Walk, outcome: str, stage: str
) -> None:
    case = refused(walk)
    object_to(walk, case)
    cases.decide_objection(
        case=case, outcome=outcome, reason="事实不清", by=reviewer(walk), at=walk.tick()
    )
    case.refresh_from_db()
    assert (case.stage, case.outcome) == (stage, "")
    assert case in Case.objects.visible_to(walk.world.signer)
    assert Task.objects.open().filter(case=case).exists()


@pytest.mark.parametrize("who", ["drafter", "rival_signer", "partner_drafter", "outsider"])
def test_only_the_lead_s_signer_objects(walk: Walk, who: str) -> None:
    case = refused(walk)
    with pytest.raises(ForbiddenError):
        cases.file_objection(
            case=case, grounds=GROUNDS, by=getattr(walk.world, who), at=walk.tick()
        )


def test_neither_those_who_decided_nor_other_authorities_decide(walk: Walk) -> None:
    case = refused(walk)
    object_to(walk, case)
    for person in (walk.officer, walk.world.national, walk.world.outsider):
        with pytest.raises(ForbiddenError):
            cases.decide_objection(case=case, outcome="upheld", reason="x", by=person)


def test_who_refused_and_has_since_moved_to_the_body_does_not_decide(
    walk: Walk, client: Client
) -> None:
    case = refused(walk)
    object_to(walk, case)
    from shidian.apps.accounts import domain as accounts

    accounts.appoint_officer(
        person=walk.officer, authority=walk.world.authorities["province"], role="case-officer"
    )
    with pytest.raises(DomainError) as error:
        cases.decide_objection(
            case=case, outcome="upheld", reason="x", by=walk.officer, at=walk.tick()
        )
    assert error.value.code == "first-decider"
    assert "decide-objection" not in page(client, walk.officer, case)


def test_case_page_says_how_to_object_by_when_and_on_what_basis(
    walk: Walk, client: Client, settings: Any
) -> None:
    settings.LANGUAGE_CODE = "en"
    case = refused(walk)
    window = next(one for one in state_of(case, walk.at).clocks if one.clock == "objecting")
    assert window.due is not None
    seen = page(client, walk.world.signer, case)
    assert "示范省金融局" in seen or "Demo Province Financial Bureau" in seen
    assert "风险措施不足" in seen
    assert "source-" in seen
    assert 'id="objection"' in seen


def test_time_to_object_is_over_after_its_last_day(walk: Walk, client: Client) -> None:
    case = refused(walk)
    assert "do/file-objection/" not in page(client, walk.world.signer, case)  # long ago by now
    walk.sleep(30)
    with pytest.raises(DomainError) as error:
        object_to(walk, case)
    assert error.value.code == "window-closed"


def test_objection_and_its_answer_are_told_to_both_sides(walk: Walk) -> None:
    case = refused(walk)
    object_to(walk, case)
    mail = Outbox.objects.filter(case=case, topic="mail.officer").latest("pk")
    assert (mail.payload["kind"], mail.payload["authority"]) == ("objection.filed", "province")
    cases.decide_objection(
        case=case, outcome="upheld", reason="无误", by=reviewer(walk), at=walk.tick()
    )
    told = Outbox.objects.filter(case=case, topic="mail.applicant").latest("pk")
    assert told.payload["kind"] == "objection.decided"


def test_sealed_ending_says_what_it_was_after_the_case_goes_on(walk: Walk) -> None:
    from shidian.apps.record.leaves import statement_of

    case = refused(walk, StageKind.SCREENING)
    object_to(walk, case)
    rows = Outbox.objects.filter(case=case, topic="record.leaf")
    before = {row.pk: statement_of(row) for row in rows}
    cases.decide_objection(
        case=case, outcome="sent-back", reason="事实不清", by=reviewer(walk), at=walk.tick()
    )
    for row in rows.all():
        if row.pk in before:
            assert statement_of(row) == before[row.pk]
    decided = statement_of(rows.latest("pk"))
    assert decided.sealed
    assert decided.document["outcome"] == "sent-back"
