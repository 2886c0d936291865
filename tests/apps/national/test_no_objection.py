"""The national body's word before admission, where the rulebook has it: asked, waited for, binding."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shidian.apps.cases import domain as cases
from shidian.apps.cases import outbox
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.models import NewsItem
from shidian.core.rulebook.model import StageKind
from tests.apps.national.things import changed, reader
from tests.factories import Walk, make_world

if TYPE_CHECKING:
    from shidian.apps.cases.models import Case

ASKED = "national-word"
LARGE = ("scale.turnover_max >= 500000000", "scale.turnover_max >= 1000000")
"""Demo City asks for it where the daily turnover is large; here that of every walk is."""


@pytest.fixture
def walk(db: None) -> Walk:
    return Walk(make_world(changed(LARGE)))


def before_admission(walk: Walk) -> Case:
    walk.to(StageKind.ADMISSION)
    walk.drill_exit()
    return walk.case


def sign(walk: Walk) -> None:
    for person in walk.world.signing_officer.values():
        cases.sign_off(case=walk.case, consent=True, by=person, at=walk.tick())


def test_admission_waits_for_the_national_bodys_word(walk: Walk) -> None:
    case = before_admission(walk)
    cases.consult(case=case, consultation=ASKED, by=walk.officer, at=walk.tick())
    with pytest.raises(DomainError):
        sign(walk)
    while outbox.deliver_pending():
        pass
    assert NewsItem.objects.filter(person=walk.world.national, case=case).exists()
    client = reader(walk.world.national)
    for path in ("/national/", "/cases/"):
        assert case.title in client.get(path).content.decode()
    address = f"/cases/{case.reference}/do/give-opinion/"
    assert client.get(address).status_code == 200
    cases.give_opinion(
        case=case,
        consultation=ASKED,
        position="no-objection",
        text="无异议。",
        by=walk.world.national,
        at=walk.tick(),
    )
    sign(walk)
    case.refresh_from_db()
    assert case.stage_rule.kind is StageKind.RUNNING


def test_a_binding_objection_stops_it(walk: Walk) -> None:
    case = before_admission(walk)
    cases.consult(case=case, consultation=ASKED, by=walk.officer, at=walk.tick())
    cases.give_opinion(
        case=case,
        consultation=ASKED,
        position="object",
        text="限额依据不足。",
        by=walk.world.national,
        at=walk.tick(),
    )
    with pytest.raises(DomainError):
        sign(walk)


def test_nobody_but_the_body_that_is_asked_says_it(walk: Walk) -> None:
    case = before_admission(walk)
    cases.consult(case=case, consultation=ASKED, by=walk.officer, at=walk.tick())
    for person in (walk.officer, walk.world.auditor, walk.world.outsider, walk.world.signer):
        with pytest.raises(ForbiddenError):
            cases.give_opinion(
                case=case, consultation=ASKED, position="no-objection", text="x", by=person
            )


def test_a_smaller_pilot_is_admitted_without_it(db: None) -> None:
    walk = Walk(make_world())
    before_admission(walk)
    with pytest.raises(DomainError):
        cases.consult(case=walk.case, consultation=ASKED, by=walk.officer, at=walk.tick())
    sign(walk)
    walk.case.refresh_from_db()
    assert walk.case.stage_rule.kind is StageKind.RUNNING
