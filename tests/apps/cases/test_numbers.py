"""The register of numbers: each with its letter, for those who may read that; gaps are named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shidian.apps.accounts.models import OfficerRole
from shidian.apps.cases.domain import letters_out
from shidian.apps.cases.models import AccessEffect, AccessRow, LetterNumber
from shidian.apps.cases.numbering import Register, missing_in, registers_of
from shidian.core.rulebook.model import StageKind
from tests.apps.cases.letter_things import released
from tests.apps.national.things import reader
from tests.factories import Walk, make_officer

if TYPE_CHECKING:
    from typing import Any

TITLE = "登记簿公文字样"
PAGE = "/cases/numbers/"


@pytest.fixture
def walk(walk: Walk) -> Walk:
    walk.to(StageKind.SCREENING)
    return walk


def test_each_number_leads_to_its_letter_whatever_became_of_it(walk: Walk) -> None:
    letters = [released(walk, title=f"{TITLE}{n}") for n in range(3)]
    letters_out.take_back_letter(letter=letters[1], reason="更正", by=walk.officer)
    letters_out.withdraw_letter(letter=letters[2], reason="撤销", by=walk.officer)
    page = reader(walk.officer).get(PAGE).content.decode()
    for n, word in enumerate(("released", "taken back, keeps its number", "no longer stands")):
        assert f"〔2025〕{n + 1}号" in page
        assert f"/cases/{walk.case.reference}/letters/{letters[n].number}/" in page
        assert word in page
    assert "Numbers 1 to 3, without a gap." in page


def test_a_number_is_all_that_is_said_of_a_file_that_is_not_the_readers(walk: Walk) -> None:
    released(walk, title=TITLE)
    bureau = walk.world.authorities["bureau"]
    barred = make_officer(bureau, "barred", OfficerRole.CASE)
    AccessRow.objects.create(
        case=walk.case,
        person=barred,
        effect=AccessEffect.DENY,
        starts=walk.at,
        because=walk.case.events.latest("seq"),
    )
    page = reader(barred).get(PAGE).content.decode()
    assert "Given; its letter is not yours to read." in page
    assert TITLE not in page
    assert walk.case.reference not in page


@pytest.mark.parametrize("who", ["signer", "experts", "rival_signer"])
def test_it_is_for_the_authorities_alone(walk: Walk, who: str) -> None:
    released(walk, title=TITLE)
    found: Any = getattr(walk.world, who)
    person = found[0].person if who == "experts" else found
    assert reader(person).get(PAGE).status_code == 404


def test_another_authoritys_register_is_not_opened(walk: Walk) -> None:
    released(walk, title=TITLE)
    (own,) = registers_of(walk.officer)
    for person in (walk.world.case_officer["finance"], walk.world.outsider):
        client = reader(person)
        assert "will be listed here" in client.get(PAGE).content.decode()
        assert client.get(PAGE, {"register": own.key}).status_code == 404
    assert TITLE in reader(walk.world.auditor).get(PAGE).content.decode()


def test_a_number_that_stands_nowhere_is_named(walk: Walk) -> None:
    """The product leaves none out; who repaired a database by hand may have."""
    letter = released(walk, title=TITLE)
    given = LetterNumber.objects.get(letter=letter)
    register = Register(given.authority, given.code, given.year, given=1, last=3)
    assert missing_in(register) == [2, 3]
    assert [register.number(one) for one in (2, 3)] == [
        f"{given.code}〔{given.year}〕{one}号" for one in (2, 3)
    ]


def test_numbers_of_pilots_are_listed_of_cases_that_one_sees(walk: Walk) -> None:
    for step in (walk.pass_screening, walk.pass_review, walk.pass_assessment, walk.pass_notice):
        step()
    walk.admit()
    walk.case.refresh_from_db()
    address = f"{PAGE}?show=pilots"
    page = reader(walk.officer).get(address).content.decode()
    assert walk.case.number in page
    assert walk.case.title in page
    assert walk.case.number not in reader(walk.world.outsider).get(address).content.decode()


@pytest.mark.parametrize("size", [1, 3])
def test_it_asks_the_same_however_long_it_is(
    walk: Walk, size: int, django_assert_num_queries: Any
) -> None:
    for n in range(size):
        released(walk, title=f"{TITLE}{n}")
    client = reader(walk.officer)
    client.get(PAGE)
    with django_assert_num_queries(9):
        assert client.get(PAGE).content.decode().count(TITLE) == size
