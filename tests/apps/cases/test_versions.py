"""Filed versions: compared word by word, and kept as PDF and Word files that say the same."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from docx import Document
from hypothesis import given
from hypothesis import strategies as st

from shidian.apps.accounts.models import Person
from shidian.apps.cases import domain as cases
from shidian.apps.cases import paper
from shidian.apps.cases.comparing import Run, runs
from shidian.apps.cases.containers import is_whole_pdf
from shidian.core.rulebook.model import StageKind
from tests.apps.cases.test_filed import BACKEND, CANARY, amend

if TYPE_CHECKING:
    from shidian.apps.cases.models import Case
    from tests.factories import Walk

TEXTS = st.text(st.sampled_from("三年五 ab12\n，。"), max_size=40)


@given(TEXTS, TEXTS)
def test_both_texts_can_be_read_out_of_the_comparison(before: str, after: str) -> None:
    found = runs(before, after)

    assert "".join(one.text for one in found if one.mark != "ins") == before
    assert "".join(one.text for one in found if one.mark != "del") == after
    assert all(one.text for one in found)


def test_words_are_marked_whole_and_chinese_by_the_character() -> None:
    assert runs("共三年", "共五年") == [
        Run("same", "共"),
        Run("del", "三"),
        Run("ins", "五"),
        Run("same", "年"),
    ]
    assert Run("ins", "20,000") in runs("at most 10,000 yuan", "at most 20,000 yuan")


def test_texts_too_long_for_words_are_compared_by_the_line() -> None:
    long = "".join(f"第{n}行。\n" for n in range(1500))

    found = runs(long, long.replace("第7行", "第八行"))

    assert [one.text for one in found if one.mark == "ins"] == ["第八行。\n"]


@pytest.fixture
def amended(walk: Walk) -> Case:
    """Filed, asked about, amended and not yet answered."""
    case = walk.to(StageKind.SCREENING)
    cases.request_information(case=case, question="请补充", by=walk.officer, at=walk.tick())
    amend(case, walk.world.drafter, walk.tick())
    return case


def reader(person: Person) -> Client:
    client = Client()
    client.force_login(Person.objects.get(pk=person.pk), backend=BACKEND)
    return client


def words_of(answer: Any) -> str:
    document = Document(io.BytesIO(answer.content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(one.text for one in document.paragraphs), *cells])


def test_officers_compare_what_was_filed_and_parties_what_they_change_too(
    walk: Walk, amended: Case
) -> None:
    address = f"/cases/{amended.reference}/application/versions/"
    officer, drafter = reader(walk.officer), reader(walk.world.drafter)

    assert CANARY not in officer.get(address).content.decode()
    assert officer.get(f"{address}?before=1&after=now").status_code == 404
    own = drafter.get(address).content.decode()
    assert "<ins>" in own
    assert CANARY in own

    cases.answer_information(
        case=amended, request="r1", answer="已补充", by=walk.world.drafter, at=walk.tick()
    )

    page = officer.get(address).content.decode()
    assert CANARY in page
    assert "<del>" in page
    assert drafter.get(f"{address}?before=2&after=1").status_code == 200
    assert officer.get(f"{address}?before=1&after=9").status_code == 404


def test_an_outsider_and_an_expert_see_no_versions(walk: Walk) -> None:
    case = walk.to(StageKind.REVIEW)
    walk.form_panel()
    for person in (walk.world.rival_signer, walk.world.outsider, walk.world.experts[0].person):
        for page in ("versions/", "receipt.pdf", "export/docx/"):
            answer = reader(person).get(f"/cases/{case.reference}/application/{page}")
            assert answer.status_code == 404, (person, page)


def test_exports_hold_what_their_reader_may_know(walk: Walk, amended: Case) -> None:
    address = f"/cases/{amended.reference}/application/export/docx/"
    officers, own = (
        words_of(reader(one).get(address)) for one in (walk.officer, walk.world.drafter)
    )

    assert CANARY not in officers
    assert CANARY in own
    for section in amended.rulebook.form:
        assert section.title.zh in officers
    filed = amended.events.get(kind="case.submitted").data["sha256"]
    assert filed in officers
    assert filed not in own


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_receipt_and_form_are_whole_pdfs_and_downloads(walk: Walk, language: str) -> None:
    case = walk.to(StageKind.SCREENING)
    client = reader(walk.world.signer)
    client.cookies["django_language"] = language
    for page in ("receipt.pdf", "export/pdf/"):
        answer = client.get(f"/cases/{case.reference}/application/{page}")

        assert answer.status_code == 200
        assert answer["Content-Disposition"].startswith("attachment")
        assert is_whole_pdf(io.BytesIO(answer.content))
    assert client.get(f"/cases/{case.reference}/application/export/exe/").status_code == 404


@pytest.mark.parametrize(
    "hostile", ['"]) #read("/etc/passwd")', "#panic()", "a\x00b\x0b", "𰻝面", "\\u{41} $x$ <w:p>"]
)
def test_no_answer_speaks_to_the_typesetter(hostile: str) -> None:
    made = paper.Paper(
        title=hostile,
        subtitle=hostile,
        language="zh",
        facts=((hostile, hostile),),
        chapters=(paper.Chapter(hostile, (paper.Entry(hostile, (hostile, hostile)),)),),
        banners=(hostile,),
        footer=hostile,
    )

    assert is_whole_pdf(io.BytesIO(paper.to_pdf(made)))
    assert Document(io.BytesIO(paper.to_docx(made))).tables[0].rows[0].cells[0].text
