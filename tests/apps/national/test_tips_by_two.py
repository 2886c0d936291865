"""What is published in the name of a national body takes two of its officers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from shidian.apps.accounts.models import OfficerRole
from shidian.apps.cases import outbox
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.national.domain import tips
from shidian.apps.national.models import RiskTip, TipStep
from tests.apps.national.things import reader
from tests.factories import make_officer, make_world

if TYPE_CHECKING:
    from shidian.apps.accounts.models import Person
    from tests.factories import World


@pytest.fixture
def world(db: None) -> World:
    return make_world()


@pytest.fixture
def second(world: World) -> Person:
    return make_officer(world.authorities["national"], "national-second", OfficerRole.NATIONAL)


def sent(world: World, **more: Any) -> RiskTip:
    return tips.send_tip(
        authority=world.authorities["national"],
        schemes=[world.scheme],
        subject="公开字样",
        text="请核查字样。",
        by=world.national,
        **{"published": True, **more},
    )


def deliver() -> None:
    while outbox.deliver_pending():
        pass


def on_public_site(tip: RiskTip) -> bool:
    deliver()
    return Client().get(f"/risk-tips/{tip.reference}/").status_code == 200


def test_working_groups_have_it_at_once_and_the_public_only_by_two(
    world: World, second: Person
) -> None:
    tip = sent(world)
    assert not on_public_site(tip)
    page = f"/national/tips/{tip.reference}/"
    assert reader(world.case_officer["bureau"]).get(page).status_code == 200
    own = reader(world.national).get(page).content.decode()
    assert "another officer of your authority publishes it" in own
    assert "Publish it" not in own
    with pytest.raises(DomainError) as refused:
        tips.publish_tip(tip=tip, by=world.national)
    assert refused.value.code == "same-officer"
    client = reader(second)
    assert "Publish it" in client.get(page).content.decode()
    assert client.post(f"{page}publish/").status_code == 302
    assert on_public_site(tip)
    assert "On the public site" in client.get(page).content.decode()


def test_it_is_decided_once(world: World, second: Person) -> None:
    tip = sent(world)
    client = reader(second)
    keep = f"/national/tips/{tip.reference}/keep-back/"
    assert client.post(keep, {"text": " "}).status_code == 422
    assert client.post(keep, {"text": "尚待核实字样"}).status_code == 302
    assert not on_public_site(tip)
    assert "尚待核实字样" in client.get(f"/national/tips/{tip.reference}/").content.decode()
    officer = reader(world.case_officer["bureau"])
    theirs = officer.get(f"/national/tips/{tip.reference}/").content.decode()
    assert "尚待核实字样" not in theirs
    for verb in (
        lambda: tips.publish_tip(tip=tip, by=second),
        lambda: tips.keep_tip_back(tip=tip, reason="x", by=second),
    ):
        with pytest.raises(DomainError) as refused:
            verb()
        assert refused.value.code == "decided"


def test_what_was_not_meant_for_the_public_or_is_over_is_not_published(
    world: World, second: Person
) -> None:
    inside, over = sent(world, published=False), sent(world)
    tips.lift_tip(tip=over, reason="已消除", by=world.national)
    for tip in (inside, over):
        with pytest.raises(DomainError):
            tips.publish_tip(tip=tip, by=second)
        assert not on_public_site(tip)


@pytest.mark.parametrize("who", ["bureau", "auditor", "outsider", "signer"])
def test_nobody_else_publishes(world: World, who: str) -> None:
    tip = sent(world)
    person = world.signing_officer["bureau"] if who == "bureau" else getattr(world, who)
    with pytest.raises(ForbiddenError):
        tips.publish_tip(tip=tip, by=person)
    with pytest.raises(ForbiddenError):
        tips.keep_tip_back(tip=tip, reason="x", by=person)
    client = reader(person)
    assert client.post(f"/national/tips/{tip.reference}/publish/").status_code == 404


@pytest.mark.parametrize("meant", [True, False])
def test_the_database_refuses_what_one_alone_published(world: World, meant: bool) -> None:
    tip = sent(world, published=meant)
    second = make_officer(world.authorities["national"], "second", OfficerRole.NATIONAL)
    by = world.national if meant else second
    with pytest.raises(DatabaseError, match="another than its sender"), transaction.atomic():
        TipStep.objects.create(
            tip=tip, kind="published", at=timezone.now(), by=by, authority=tip.authority
        )
