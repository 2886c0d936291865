"""A consulted authority without an account is asked and answers by letter."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import transaction
from django.test import Client

from shidian.apps.accounts.models import Person
from shidian.apps.cases import domain as cases
from shidian.apps.cases.domain.serving import SECTION
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.history import state_of
from shidian.apps.cases.letter_templates import draft_of
from shidian.apps.cases.models import Attachment
from shidian.core.procedure.types import EventKind, Position
from shidian.core.rulebook.model import StageKind
from tests.apps.cases.letter_things import scan, today

if TYPE_CHECKING:
    from datetime import date

    from shidian.apps.cases.domain import Performed
    from tests.factories import Walk

BACKEND = "django.contrib.auth.backends.ModelBackend"
ASKED, WORD, NUMBER = "province-view", "不持异议字样，请关注数据安全。", "省金函〔2025〕12号"


def reader(person: Person) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(Person.objects.get(pk=person.pk), backend=BACKEND)
    return client


@pytest.fixture
def asked(walk: Walk) -> Walk:
    walk.to(StageKind.REVIEW)
    cases.consult(case=walk.case, consultation=ASKED, by=walk.officer, at=walk.tick())
    return walk


def enter(walk: Walk, *, by: Person | None = None, dated: date | None = None) -> Performed:
    return cases.enter_opinion(
        case=walk.case,
        consultation=ASKED,
        position=Position.NO_OBJECTION,
        text=WORD,
        dated=dated or today(walk),
        number=NUMBER,
        scan=scan("reply"),
        by=by or walk.officer,
        at=walk.tick(),
    )


def test_the_letter_that_asks_is_drawn_from_the_consultation(asked: Walk) -> None:
    state = state_of(asked.case, asked.at)
    found = draft_of(asked.case, state, "consultation", "bureau", "zh")
    assert found is not None
    text, consultation = found
    assert consultation == ASKED
    assert text.recipients == ("authority-province",)
    assert asked.case.title_zh in text.title
    english = draft_of(asked.case, state, "consultation", "bureau", "en")
    assert english is not None
    assert english[0].title != text.title


def test_the_answer_counts_as_the_authoritys_word_and_names_letter_and_officer(
    asked: Walk,
) -> None:
    event = enter(asked).event(EventKind.OPINION_GIVEN)
    kept = Attachment.objects.get(case=asked.case, section=SECTION)
    assert (event.data["sha256"], event.data["number"]) == (kept.sha256, NUMBER)
    assert event.person == asked.officer
    given = state_of(asked.case, asked.at).consultations[ASKED]
    assert (given.position, given.text) == (Position.NO_OBJECTION, WORD)
    page = reader(asked.officer).get(f"/cases/{asked.case.reference}/").content.decode()
    assert WORD in page
    assert NUMBER in page
    scans = f"/cases/{asked.case.reference}/letters/scans/{kept.pk}/"
    assert scans in page
    assert b"".join(reader(asked.officer).get(scans)).startswith(b"%PDF-")
    # Neither the parties nor anyone else: it is the authorities' own.
    for person in (asked.world.signer, asked.world.rival_signer, asked.world.outsider):
        assert reader(person).get(scans).status_code == 404
        assert (
            reader(person).get(f"/cases/{asked.case.reference}/files/{kept.pk}/").status_code == 404
        )


def test_what_was_not_asked_or_has_no_scan_or_day_is_refused_and_nothing_is_kept(
    asked: Walk,
) -> None:
    with pytest.raises(DomainError) as early, transaction.atomic():
        enter(asked, dated=today(asked) - timedelta(days=30))
    assert early.value.field == "dated"
    with pytest.raises(ForbiddenError), transaction.atomic():
        enter(asked, by=asked.world.signing_officer["bureau"])
    assert not Attachment.objects.filter(case=asked.case, section=SECTION).exists()


def test_it_is_entered_in_the_browser(asked: Walk) -> None:
    client = reader(asked.officer)
    address = f"/cases/{asked.case.reference}/do/enter-opinion/"
    form = client.get(address)
    assert form.status_code == 200
    given = {
        "seq": asked.case.last_seq,
        "consultation": ASKED,
        "number": NUMBER,
        "dated": today(asked).isoformat(),
        "position": "support",
        "text": WORD,
    }
    missing = client.post(address, given)
    assert missing.status_code == 422
    assert "Upload the scan of the letter." in missing.content.decode()
    posted = client.post(address, given | {"scan": scan("reply")})
    assert posted.status_code == 302, posted.content.decode()[-3000:]
    assert state_of(asked.case).consultations[ASKED].position is Position.SUPPORT
