"""What people send that is wrong, long or rare: a deadline mid-edit, Word's markup, 300 pages, names."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import typst
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from docx import Document

from shidian.apps.cases import domain as cases
from shidian.apps.cases import paper
from shidian.apps.cases.answers import file_answer
from shidian.apps.cases.errors import DomainError
from shidian.apps.cases.filled import filled_form
from shidian.core.procedure.calendars import WorkingCalendar
from shidian.core.rulebook.model import StageKind
from tests.apps.national.things import reader
from tests.factories import full_answers

if TYPE_CHECKING:
    from tests.factories import Walk

NAMES = "𠮷龘䶮㛃𬭎𬺈㐱犇昇峣"
"""Of the table of 8,105 standard characters and beyond it, in names that registers hold."""
NOWHERE = "\U0003fffd"
"""No font has it: drawn as the box that stands for whatever is missing."""
MARKUP = (
    '<p class=MsoNormal><span lang=EN-US style="mso-ansi-language:EN-US">风险</span><o:p></o:p></p>',
    "<!--[if gte mso 9]><xml><w:WordDocument></w:WordDocument></xml><![endif]-->风险",
    "风险<o:p>&nbsp;</o:p>",
)
PLAIN = ("a < b, c > d", "<p>段落</p>", "风险\u00a0“措施”—\u2028\uf0b7 第一", "MsoNormal 是样式名")


def test_a_call_that_closes_while_its_applicant_writes_keeps_the_draft_and_says_why(
    walk: Walk,
) -> None:
    walk.create()
    call = walk.case.call
    type(call).objects.filter(pk=call.pk).update(closes_on=walk.at.date())
    walk.fill()
    walk.sleep(1)
    walk.case = type(walk.case).objects.get(pk=walk.case.pk)
    section = walk.world.rulebook.form[0]
    before = filled_form(walk.case).saved[section.id]
    row = cases.save_section(
        case=walk.case,
        section=section.id,
        answers=full_answers(section),
        base_version=1,
        by=walk.world.signer,
        at=walk.tick(),
    )
    assert row.answers == before
    with pytest.raises(DomainError) as refused:
        cases.submit_case(case=walk.case, by=walk.world.signer, at=walk.tick())
    assert refused.value.code == "call-closed"
    assert str(walk.at.date() - timedelta(1)) in str(refused.value)
    walk.case.refresh_from_db()
    assert (walk.case.stage, filled_form(walk.case).incomplete()) == ("draft", [])


@pytest.mark.parametrize("text", MARKUP)
def test_words_markup_is_refused_with_what_was_found_and_the_rest_stays(
    walk: Walk, text: str
) -> None:
    walk.create()
    address = reverse("cases:section", args=[walk.case.reference, "innovation"])
    client = reader(walk.world.drafter)
    asked = client.get(address).context["form"].fields
    sent = {"base_version": "0", "asked": ",".join(asked), "summary": text}
    answer = client.post(address, sent)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "formatting code of a word processor" in page
    assert "Ctrl+Shift+V" in page
    assert "风险" in page
    assert "<o:p>" not in page


@pytest.mark.parametrize("text", PLAIN)
def test_what_is_no_markup_of_word_is_kept_to_the_letter(walk: Walk, text: str) -> None:
    walk.create()
    address = reverse("cases:section", args=[walk.case.reference, "innovation"])
    client = reader(walk.world.drafter)
    client.post(address, {"base_version": "0", "asked": "summary", "summary": text})
    assert filled_form(walk.case).saved["innovation"]["summary"] == text


def test_an_officers_reason_is_no_place_for_it_either(walk: Walk) -> None:
    walk.to(StageKind.SCREENING)
    address = reverse("cases:act", args=[walk.case.reference, "request-information"])
    sent = {"seq": str(walk.case.last_seq), "question": MARKUP[0], "due_working_days": "5"}
    answer = reader(walk.officer).post(address, sent)
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"question"}


def test_an_attachment_of_three_hundred_pages_is_kept_and_read_back_whole(walk: Walk) -> None:
    page = "#lorem(120)\n#pagebreak(weak: true)\n"
    contents = bytes(typst.compile((page * 300).encode(), format="pdf", timestamp=0))
    assert len(re.findall(rb"/Type\s*/Page\b", contents)) == 300
    walk.create()
    upload = SimpleUploadedFile("三百页.pdf", contents)
    kept = cases.attach_file(
        case=walk.case,
        section="security",
        question="assessment",
        upload=upload,
        by=walk.world.drafter,
    )
    section = walk.world.rulebook.section("security")
    answers = full_answers(section) | {"assessment": file_answer(kept)}
    cases.save_section(
        case=walk.case, section="security", answers=answers, base_version=0, by=walk.world.drafter
    )
    answer = reader(walk.world.drafter).get(
        reverse("cases:attachment", args=[walk.case.reference, kept.pk])
    )
    assert b"".join(answer) == contents


@pytest.mark.parametrize("style", ["paper.typ", "letter.typ"])
def test_rare_characters_of_names_are_drawn_in_papers_and_letters(style: str) -> None:
    """Each looks like itself: none is the box that stands for a character that no font has."""
    text = (paper.resources.files("shidian.apps.cases") / style).read_text("utf-8")
    fonts = re.search(r'\((?:"[^"]+",?\s*)+\)', text)
    assert fonts
    drawn = {
        one: bytes(
            typst.compile(
                f"#set page(width: 30pt, height: 30pt, margin: 2pt)\n"
                f"#text(20pt, font: {fonts[0]}, {paper.literal(one)})".encode(),
                format="png",
            )
        )
        for one in (*NAMES, NOWHERE)
    }
    assert len(set(drawn.values())) == len(NAMES) + 1


def test_a_name_of_rare_characters_stands_in_the_word_file_to_the_letter() -> None:
    made = paper.Paper(title=NAMES, subtitle="", language="zh", facts=(("姓名", NAMES),))
    document = Document(io.BytesIO(paper.to_docx(made)))
    assert document.tables[0].rows[0].cells[1].text == NAMES


def test_a_clock_whose_year_is_missing_says_so_on_the_case_and_guesses_no_day(
    walk: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk.to(StageKind.SCREENING)
    empty = WorkingCalendar.from_rows("cn-working-day", "0", [])
    for module in ("history", "views.case", "views.threshold_fields"):
        name = f"shidian.apps.cases.{module}.calendar_of"
        monkeypatch.setattr(name, lambda _rulebook: empty)
    answer = reader(walk.officer).get(f"/cases/{walk.case.reference}/")
    assert answer.status_code == 200
    assert "calendar of that year is missing" in answer.content.decode()
