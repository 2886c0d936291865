"""What a rulebook's register does not show of a pilot is on no public page, feed, file or answer.

A pilot whose parties, dates, limits, plan and outcome are like nothing else on the site is published
with each word of the register left out in turn, and everything that a stranger can fetch is read.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from shidian.apps.cases.models import Case, CaseParty
from shidian.apps.notices.models import (
    PublishedCard,
    PublishedName,
    PublishedSnapshot,
    PublishedText,
    SnapshotKind,
)
from shidian.apps.portal.cards import DRAWN, card_of
from shidian.apps.supervision.domain import exit_reports
from shidian.apps.supervision.domain.instants import to_us
from shidian.apps.supervision.models import IndicatorReading, Pilot
from shidian.apps.supervision.publish import pilots
from shidian.apps.supervision.publish.refresh import publish_everything
from shidian.core.rulebook.model import Register, StageKind, Text
from tests.apps.supervision.things import run_outbox
from tests.factories import Walk, make_world
from tests.sweeps.strangers import everything, public_addresses

if TYPE_CHECKING:
    from collections.abc import Iterable

pytestmark = [pytest.mark.rendering]

FIRST, LAST = date(2031, 3, 7), date(2033, 4, 19)
PLAN = {"investors_max": "4321987", "failures_promised": "7654321", "permit_mode": "full-stop"}
USED = 3210789
FEWEST = 5
LANGUAGES = ("zh-hans", "en")
MARKS = {
    "parties": ("隐名牵头证券", "Nameless Lead Securities", "隐名参与科技", "Nameless Partner"),
    "dates": (
        *("2031-03-07", "2031年3月7日", "7 March 2031", "20310307"),
        *("2033-04-19", "2033年4月19日", "19 April 2033", "20330419"),
    ),
    "limits": ("4321987", "4,321,987", str(USED), f"{USED:,}"),
    "plan": ("7654321", "7,654,321"),
    "outcome": ("隐去的结局", "a hidden ending"),
}
"""Word of the register → every way in which its values are written somewhere."""


@pytest.fixture
def closed(db: None, monkeypatch: pytest.MonkeyPatch) -> Walk:
    """A pilot that has ended, with its exit report; nothing of it is published yet."""
    walk = Walk(make_world())
    lead, partner = walk.world.lead, walk.world.partner
    lead.name_zh, lead.name_en = MARKS["parties"][:2]
    partner.name_zh, partner.name_en = MARKS["parties"][2:]
    lead.save()
    partner.save()
    walk.to(StageKind.CLOSED)
    CaseParty.objects.create(case=walk.case, institution=partner)
    report = exit_reports.write_exit_report(
        case=walk.case,
        text=exit_reports.ReportText(summary_zh="期满结束。", lessons_zh="按周复核"),
        by=walk.officer,
        at=walk.tick(),
    )
    exit_reports.agree_exit_report(report=report, by=walk.world.signer)
    run_outbox()
    pilot = Pilot.objects.get(case=walk.case)
    Pilot.objects.update(starts_on=FIRST, ends_on=LAST)
    now_us = to_us(timezone.now())
    IndicatorReading.objects.create(
        pilot=pilot, indicator="investors", instant_us=now_us - 60_000_000, value=USED
    )
    monkeypatch.setattr(pilots, "plan_of", lambda _pilot: PLAN)
    return walk


def publish_under(walk: Walk, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> Pilot:
    """The site as it is where the register has these words; rules whose outcomes are called like
    no others."""
    rulebook = walk.world.rulebook
    name = {"name": Text(zh=MARKS["outcome"][0], en=MARKS["outcome"][1])}
    stages = tuple(
        stage.model_copy(
            update={"outcomes": tuple(one.model_copy(update=name) for one in stage.outcomes)}
        )
        for stage in rulebook.stages
    )
    register = rulebook.public_register.model_copy(update={"public": words})
    changed = rulebook.model_copy(update={"public_register": register, "stages": stages})
    monkeypatch.setattr(Case, "rulebook", property(lambda _: changed))
    publish_everything()
    return Pilot.objects.get(case=walk.case)


def addresses(walk: Walk, pilot: Pilot) -> list[str]:
    """All of them; search and check are asked for the pilot and for each value."""
    asked = [pilot.public_id, *(one for marks in MARKS.values() for one in marks)]
    queries = [f"/{page}/?q={quote(one)}" for page in ("search", "check") for one in asked]
    return [*public_addresses(walk, pilot), *queries]


def read(places: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Language and address → all that it answers; and what lists, cards and search rest on."""
    clients = {language: Client(headers={"accept-language": language}) for language in LANGUAGES}
    found = {
        (language, address): everything(clients[language], address).replace(asked_in(address), "")
        for language, address in places
    }
    for language in LANGUAGES:
        with translation.override(language):
            for row in PublishedCard.objects.filter(kind__in=DRAWN):
                card = card_of(SnapshotKind(row.kind), row.snapshot.body)
                found[language, f"card {row.kind} {row.key}"] = str(card)
    for model in (PublishedCard, PublishedText, PublishedName):
        found["", model.__name__] = str(list(model._base_manager.values()))
    found["", "snapshots"] = str(list(PublishedSnapshot.objects.current().values()))
    return found


def asked_in(address: str) -> str:
    """What the page says again because it was asked for it."""
    return unquote(address.partition("?q=")[2]) or "\0"


def told(found: dict[tuple[str, str], str], word: str) -> set[tuple[str, str]]:
    """Where a value of that word stands."""
    return {where for where, text in found.items() if any(mark in text for mark in MARKS[word])}


@pytest.mark.prove
def test_each_word_of_the_register_governs_all_that_is_published(
    closed: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = closed.world.rulebook.public_register.public
    assert set(MARKS) <= set(words)
    pilot = publish_under(closed, words, monkeypatch)
    places = [(one, address) for one in LANGUAGES for address in addresses(closed, pilot)]
    found = read(places)
    for word in MARKS:
        assert len(told(found, word)) > FEWEST, word
    telling = [place for place in places if any(place in told(found, word) for word in MARKS)]

    publish_under(closed, (), monkeypatch)
    found = read(places)
    assert {word: told(found, word) for word in MARKS if told(found, word)} == {}

    for word in MARKS:
        publish_under(closed, tuple(one for one in words if one != word), monkeypatch)
        found = read(telling)
        assert told(found, word) == set()
        assert not [other for other in MARKS if other != word and not told(found, other)]


def test_a_page_says_that_something_is_kept_back_and_not_that_there_is_none(
    closed: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    pilot = publish_under(closed, (), monkeypatch)
    client = Client(headers={"accept-language": "en"})
    page = client.get(reverse("pilot", args=[pilot.public_id])).text
    assert "do not have the limits of a pilot shown" in page
    assert "set no numeric limit" not in page
    check = client.get(reverse("check"), {"q": pilot.public_id}).text
    assert "do not have the firms of a pilot shown" in check
    assert "is not named above" not in check
    body = client.get(f"/api/v1/pilots/{pilot.public_id}", {"language": "en"}).json()
    assert body["body"]["withheld"] == ["parties", "dates", "plan", "limits", "outcome"]


def test_a_rulebook_that_names_no_register_keeps_nothing_back_of_what_a_pilot_is() -> None:
    shown = Register().public
    assert {"parties", "dates", "limits", "outcome"} <= set(shown)
    assert not {"orders", "incidents", "alerts", "evaluation", "promises"} & set(shown)
