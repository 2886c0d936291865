"""What is restricted is on no public page, in no feed, answer, file, log or mail: not even its length.

A word of its own stands in every restricted place (`canaries`), and everything that a stranger can
fetch is searched for all of them.
"""

from __future__ import annotations

import logging
import re
from urllib.parse import quote

import pytest
import time_machine
from django.core import mail
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from shidian.apps.cases.models import Outbox
from shidian.apps.notices.models import (
    PublishedCard,
    PublishedLeaf,
    PublishedName,
    PublishedSnapshot,
    PublishedText,
    Submission,
)
from shidian.core.rulebook.model import StageKind
from tests.factories import Walk, make_world
from tests.sweeps.canaries import WORD, Sown, reached, sow, text_columns
from tests.sweeps.columns import CODED, PUBLIC, SOWN_ELSEWHERE
from tests.sweeps.strangers import everything, public_addresses

pytestmark = [pytest.mark.rendering]

SIZES = [
    pytest.param(6, id="some"),
    # Four words a comment, and three a complaint.
    pytest.param(170, id="a thousand", marks=pytest.mark.prove),
]
LANGUAGES = ("zh-hans", "en")
ASKED = ("search", "check")
PER_VISIT = re.compile(
    r'name="(?:csrfmiddlewaretoken|sending)" value="[^"]+"|[0-9a-f]{64}|"[0-9a-f]{32}"'
)
"""Made anew at each visit."""


@pytest.fixture(params=SIZES)
def sown(request: pytest.FixtureRequest, db: None, caplog: pytest.LogCaptureFixture) -> Sown:
    caplog.set_level(logging.DEBUG, "shidian")
    made = sow(Walk(make_world()), count=request.param)
    assert reached(made)
    return made


def said_of(address: str, text: str) -> set[str]:
    """Words in the answer beyond those of the question."""
    return set(WORD.findall(text)) - set(WORD.findall(address))


def test_no_restricted_word_reaches_the_public(
    sown: Sown, caplog: pytest.LogCaptureFixture
) -> None:
    found: dict[str, set[str]] = {}
    for language in LANGUAGES:
        client = Client(headers={"accept-language": language})
        for address in public_addresses(sown.walk, sown.pilot):
            if leaked := said_of(address, everything(client, address)):
                found[address] = {sown.words.get(one, one) for one in leaked}
    assert found == {}
    assert not WORD.search(caplog.text)
    assert not [one for one in mail.outbox if WORD.search(f"{one.subject}{one.body}")]
    _nothing_is_published(sown)


def _nothing_is_published(sown: Sown) -> None:
    """Nor is a restricted word in what is published, or on its way to the record."""
    published = (PublishedSnapshot, PublishedCard, PublishedText, PublishedName, Submission)
    for model in (*published, PublishedLeaf):
        rows = str(list(model._base_manager.values()))
        assert not {sown.words[one] for one in WORD.findall(rows)}, model
    leaves = Outbox.objects.filter(topic="record.leaf").values_list("payload", flat=True)
    assert not WORD.search(str(list(leaves)))


def test_no_search_finds_anything_by_a_restricted_word(sown: Sown) -> None:
    client = Client()
    places = {place: word for word, place in sown.words.items()}
    assert len(places) > 20
    unknown = {name: everything(client, f"{reverse(name)}?q=canary0000000000") for name in ASKED}
    for place, word in places.items():
        for name in ASKED:
            answer = everything(client, f"{reverse(name)}?q={quote(word)}")
            assert answer.replace(word, "canary0000000000") == unknown[name], place


def test_every_place_that_holds_a_text_is_sown_or_known_to_hold_none(sown: Sown) -> None:
    """A new column fails here until it is sown, or said to be public or no text of anyone's."""
    every = {f"{model._meta.label}.{column.name}" for model, column in text_columns()}
    told = PUBLIC | CODED | SOWN_ELSEWHERE
    assert every - sown.columns() - told == set()
    assert told - every == set()
    assert not sown.columns() & (PUBLIC | CODED)


@pytest.mark.parametrize("route", ["notice", "pilot", "case-timeline", "complain", "call"])
def test_what_there_is_and_may_not_be_seen_answers_like_what_there_is_not(
    walk: Walk, route: str
) -> None:
    walk.title = "canary0123456789"
    walk.to(StageKind.REVIEW)
    client = Client()
    there, nowhere = (
        everything(client, reverse(route, args=[key])).replace(key, "")
        for key in (walk.case.reference, "demo-2025-9999")
    )
    assert there == nowhere


def test_neither_a_byte_nor_a_query_depends_on_how_much_is_hidden(db: None) -> None:
    """Two sites that differ only in what is restricted, in its words and in its length: no header,
    ETag, length or number of queries tells them apart."""

    def seen(length: int) -> dict[str, tuple[str, int]]:
        with transaction.atomic(), time_machine.travel("2025-06-02T01:00:00Z", tick=False):
            sown = sow(Walk(make_world()), count=1, length=length)
            client, answers = Client(), {}
            for address in public_addresses(sown.walk, sown.pilot):
                if "receipt" in address or "comments/C-" in address:
                    continue
                with CaptureQueriesContext(connection) as captured:
                    text = PER_VISIT.sub("", everything(client, address))
                answers[address] = (text, len(captured))
            transaction.set_rollback(True)
        return answers

    short, long = seen(1), seen(100)
    assert short.keys() == long.keys()
    differing = [address for address in short if short[address] != long[address]]
    assert differing == []
