"""Filings, requests and reports: two officers send one, the other side answers it on a clock."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import DatabaseError, transaction

from shidian.apps.accounts.models import OfficerRole
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.national.domain import answering, dispatching
from shidian.apps.national.models import Dispatch, DispatchState, DispatchVersion
from shidian.core.rulebook.model import StageKind
from tests.apps.national.things import SUBJECT, TEXT, begin, changed, send, sent
from tests.factories import START, Walk, make_officer, make_world

if TYPE_CHECKING:
    from tests.factories import World

ANSWER = "答复字样"


def test_an_answer_is_due_by_the_rulebooks_period_and_calendar(world: World) -> None:
    # Ten working days after Monday, 3 March 2025.
    assert sent(world).due == date(2025, 3, 17)
    assert sent(world, "rule-question").due == date(2025, 3, 31)
    assert sent(world, "special", first=date(2025, 2, 1), last=date(2025, 2, 28)).due is None


def test_who_drafted_it_does_not_send_it(world: World) -> None:
    both = make_officer(world.authorities["bureau"], "both", OfficerRole.CASE)
    from shidian.apps.accounts import domain as accounts

    accounts.appoint_officer(
        person=both,
        authority=world.authorities["bureau"],
        role=OfficerRole.SIGNING,
        starts=date(2020, 1, 1),
    )
    made = begin(world, by=both)
    with pytest.raises(DomainError) as error:
        dispatching.send_dispatch(dispatch=made, edition=1, by=both)
    assert error.value.code == "same-officer"
    send(world, made)
    assert made.state == DispatchState.SENT


def test_what_was_sent_is_fixed_whatever_is_saved_later(world: World) -> None:
    made = sent(world)
    answering.send_back(dispatch=made, version=1, reason="请补充", by=world.national)
    dispatching.revise_dispatch(
        dispatch=made,
        subject="另一主题",
        text="另一正文",
        edition=1,
        by=world.case_officer["finance"],
    )
    first = made.versions.get(number=1).content
    assert (first["subject"], first["text"]) == (SUBJECT, TEXT)
    assert first["rules_digest"] == world.version.rules_digest
    send(world, made, at=START + timedelta(days=8))
    assert made.versions.count() == 2
    # The clock of the second version runs from the day on which that was sent.
    assert made.due == date(2025, 3, 25)
    with pytest.raises(DatabaseError), transaction.atomic():
        DispatchVersion.objects.filter(dispatch=made).update(canonical="{}")


def test_a_filing_is_noted_and_a_request_decided(world: World) -> None:
    filing, request = sent(world), sent(world, "rule-question")
    answering.confirm_receipt(dispatch=filing, by=world.national)
    answering.answer_dispatch(
        dispatch=filing, version=1, position="noted", text="", by=world.national
    )
    for position, text, code in (("noted", ANSWER, "position"), ("agreed", " ", "text")):
        with pytest.raises(DomainError) as error:
            answering.answer_dispatch(
                dispatch=request, version=1, position=position, text=text, by=world.national
            )
        assert error.value.code == code
    answering.answer_dispatch(
        dispatch=request, version=1, position="agreed", text=ANSWER, by=world.national
    )
    kinds = [list(one.steps.values_list("kind", flat=True)) for one in (filing, request)]
    assert kinds == [
        ["drafted", "sent", "received", "answered"],
        ["drafted", "sent", "answered"],
    ]
    assert request.steps.last().position == "agreed"


def test_of_two_who_act_at_once_one_wins_and_the_other_sees_why(world: World) -> None:
    made = sent(world)
    with pytest.raises(DomainError) as stale:
        answering.answer_dispatch(
            dispatch=made, version=2, position="noted", text="", by=world.national
        )
    assert stale.value.code == "overtaken"
    answering.answer_dispatch(
        dispatch=made, version=1, position="noted", text="", by=world.national
    )
    for late in (
        lambda: answering.send_back(dispatch=made, version=1, reason="x", by=world.national),
        lambda: answering.confirm_receipt(dispatch=made, by=world.national),
        lambda: dispatching.withdraw_dispatch(
            dispatch=made, reason="x", by=world.signing_officer["bureau"]
        ),
        lambda: send(world, made),
    ):
        with pytest.raises(DomainError) as error:
            late()
        assert error.value.code == "not-open"


def test_a_draft_that_somebody_saved_meanwhile_is_read_first(world: World) -> None:
    made = begin(world)
    dispatching.revise_dispatch(
        dispatch=made, subject="甲", text="甲", edition=1, by=world.case_officer["bureau"]
    )
    for act in (
        lambda: dispatching.revise_dispatch(
            dispatch=made, subject="乙", text="乙", edition=1, by=world.case_officer["finance"]
        ),
        lambda: dispatching.send_dispatch(
            dispatch=made, edition=1, by=world.signing_officer["bureau"]
        ),
    ):
        with pytest.raises(DomainError) as error:
            act()
        assert error.value.code == "overtaken"
    made.refresh_from_db()
    assert made.subject == "甲"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"subject": " "}, "subject"),
        ({"subject": "长" * 201}, "subject"),
        ({"text": "\n"}, "text"),
        ({"text": "长" * 20_001}, "text"),
        ({"rule": "nothing"}, "no-such-dispatch"),
        ({"rule": "quarterly"}, "days"),
        ({"rule": "quarterly", "first": date(2025, 3, 1), "last": date(2025, 2, 1)}, "days"),
        ({"rule": "quarterly", "first": date(2025, 1, 1), "last": date(2025, 3, 31)}, "days"),
    ],
)
def test_a_draft_that_says_nothing_or_too_much_is_refused(
    world: World, given: dict[str, object], code: str
) -> None:
    with pytest.raises(DomainError) as error:
        begin(world, **given)  # type: ignore[arg-type]
    assert error.value.code == code
    assert not Dispatch.objects.exists()


@pytest.mark.parametrize(
    "who", ["rival_signer", "signer", "outsider", "auditor", "national", "assessor"]
)
def test_nobody_else_begins_or_sends(world: World, who: str) -> None:
    made = begin(world)
    person = getattr(world, who)
    with pytest.raises(ForbiddenError):
        begin(world, by=person)
    with pytest.raises(ForbiddenError):
        dispatching.send_dispatch(dispatch=made, edition=1, by=person)
    with pytest.raises(ForbiddenError):
        dispatching.withdraw_dispatch(dispatch=made, reason="x", by=person)


@pytest.mark.parametrize("who", ["rival_signer", "signer", "outsider", "auditor", "assessor"])
def test_nobody_else_answers(world: World, who: str) -> None:
    made = sent(world)
    for person in (getattr(world, who), world.case_officer["bureau"]):
        with pytest.raises(ForbiddenError):
            answering.answer_dispatch(
                dispatch=made, version=1, position="noted", text="", by=person
            )


def test_only_cases_of_the_scheme_that_one_sees_are_named(walk: Walk) -> None:
    walk.create()  # a draft of the lead's: no authority sees it
    with pytest.raises(DomainError) as error:
        begin(walk.world, cases=[walk.case])
    assert error.value.code == "cases"


def test_a_case_stands_in_what_is_sent(walk: Walk) -> None:
    case = walk.to(StageKind.RUNNING)
    made = sent(walk.world, cases=[case], at=walk.tick())
    assert json.loads(made.versions.get().canonical)["cases"] == [case.reference]


def test_where_the_rules_name_no_period_nothing_is_due(db: None) -> None:
    world = make_world(
        changed(
            (
                "authority: national\n    answer_within: {length: 10, unit: working-day}",
                "authority: national",
            )
        )
    )
    assert sent(world).due is None
