"""Sections as forms, answers as canonical JSON, saving without loss, uploads judged by bytes."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from demo.documents import document
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from PIL import Image

from shidian.apps.cases import domain as cases
from shidian.apps.cases.answers import (
    canonical_answers,
    file_answer,
    form_sha256,
    plan_in,
    promises_in,
)
from shidian.apps.cases.errors import DomainError, ForbiddenError, StaleForm
from shidian.apps.cases.filled import fill_form, filled_form
from shidian.apps.cases.form import section_form
from shidian.apps.cases.uploads import DOCX, JPEG, PDF, PNG, XLSX, sniff
from shidian.core.rulebook.model import QuestionKind, Rulebook, StageKind
from tests.factories import Walk, full_answers, loaded
from tests.files import docx, jpeg, office, pdf, png, xlsx

if TYPE_CHECKING:
    from shidian.apps.cases.answers import Answers
    from shidian.apps.cases.models import FormSection


def rulebook() -> Rulebook:
    return loaded().rulebook


def posted(answers: Answers) -> dict[str, Any]:
    """Canonical answers as a browser would send them."""
    sent: dict[str, Any] = {}
    for name, value in answers.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            sent[name] = "\n".join(one["text"] for one in value)
        elif value is True:
            sent[name] = "on"
        else:
            sent[name] = value if isinstance(value, list) else str(value)
    return sent


@pytest.mark.parametrize("section", rulebook().form, ids=lambda section: section.id)
def test_answers_survive_the_form_unchanged(section: Any) -> None:
    answers = full_answers(section)
    form = section_form(section, data=posted(answers), files={})

    assert form.is_valid(), form.errors
    assert form.answers() == answers
    assert fill_form(rulebook(), {section.id: form.answers()}).missing(section) == []


def test_an_incomplete_draft_is_valid_and_says_what_is_missing() -> None:
    section = rulebook().form[0]
    form = section_form(section, data={}, files={})

    assert form.is_valid()
    assert form.answers() == {}
    assert fill_form(rulebook(), {}).missing(section) == [
        one.id for one in section.questions if one.required
    ]


def test_labels_are_in_the_readers_language() -> None:
    section = rulebook().form[0]
    question = section.questions[0]
    with translation.override("en"):
        assert section_form(section).fields[question.id].label == question.label.en
    with translation.override("zh-hans"):
        assert section_form(section).fields[question.id].label == question.label.zh


@given(st.decimals(min_value=0, max_value=10**12, places=2, allow_nan=False, allow_infinity=False))
def test_money_is_kept_exactly(amount: Decimal) -> None:
    section = rulebook().section("scale")
    form = section_form(section, data={"turnover-max": str(amount)}, files={})

    assert form.is_valid(), form.errors
    kept = form.answers().get("turnover-max")
    assert Decimal(kept or 0) == amount
    assert not isinstance(kept, float)


def test_money_of_a_fraction_of_a_fen_is_refused() -> None:
    form = section_form(rulebook().section("scale"), data={"turnover-max": "1.005"}, files={})

    assert not form.is_valid()


def test_the_forms_hash_does_not_depend_on_order() -> None:
    one = {"a": {"x": 1, "y": "二"}, "b": {}}
    other = json.loads('{"b": {}, "a": {"y": "二", "x": 1}}')

    assert form_sha256(one) == form_sha256(other)
    assert form_sha256({"a": {"x": 2}}) != form_sha256({"a": {"x": 1}})


def test_plan_and_promises_come_from_the_answers() -> None:
    answers = {section.id: full_answers(section) for section in rulebook().form}

    assert fill_form(rulebook(), answers).incomplete() == []
    assert set(plan_in(rulebook(), answers)) == {
        "investors_max",
        "turnover_daily_max",
        "losses_max",
        "investors_promised",
        "failures_promised",
    }
    assert [one["id"] for one in promises_in(rulebook(), answers)] == ["p1", "p2"]


def test_a_hard_gate_left_empty_is_incomplete() -> None:
    answers = {section.id: full_answers(section) for section in rulebook().form}
    gates = [section.id for section in rulebook().form if section.hard_gate]
    answers[gates[0]] = {}

    assert fill_form(rulebook(), answers).incomplete() == [gates[0]]


def save(walk: Walk, value: str, base: int) -> FormSection:
    section = rulebook().form[0]
    return cases.save_section(
        case=walk.case,
        section=section.id,
        answers={section.questions[0].id: value},
        base_version=base,
        by=walk.world.drafter,
    )


def test_a_stale_form_keeps_both_versions(walk: Walk) -> None:
    walk.create()
    save(walk, "甲", 0)
    save(walk, "乙", 1)

    with pytest.raises(StaleForm) as stale:
        save(walk, "丙", 1)

    question = rulebook().form[0].questions[0].id
    assert stale.value.theirs.answers[question] == "乙"
    assert stale.value.yours[question] == "丙"
    assert save(walk, "丙", 2).version == 3


def test_saving_what_is_there_writes_no_version(walk: Walk) -> None:
    walk.create()
    first = save(walk, "甲", 0)

    assert save(walk, "甲", 0) == first


def test_a_submitted_form_cannot_be_changed(walk: Walk) -> None:
    walk.to(StageKind.SCREENING)

    with pytest.raises(DomainError) as refused:
        save(walk, "晚了", 1)

    assert refused.value.code == "not-editable"


def test_another_firm_cannot_save(walk: Walk) -> None:
    walk.create()
    section = rulebook().form[0]

    with pytest.raises(ForbiddenError):
        cases.save_section(
            case=walk.case,
            section=section.id,
            answers={},
            base_version=0,
            by=walk.world.rival_signer,
        )


def test_unknown_questions_are_refused(walk: Walk) -> None:
    walk.create()

    with pytest.raises(DomainError):
        cases.save_section(
            case=walk.case,
            section=rulebook().form[0].id,
            answers={"no-such-question": "x"},
            base_version=0,
            by=walk.world.drafter,
        )


CONTENTS = {PDF: pdf(), PNG: png(), JPEG: jpeg(), DOCX: docx(), XLSX: xlsx()}
MACROS = "application/vnd.ms-word.document.macroEnabled.main+xml"
OUTSIDE = (
    '<Relationships><Relationship Id="r9" Type="x/attachedTemplate"'
    ' Target="https://elsewhere.example/t.dotm" TargetMode="External"/></Relationships>'
)
BOMB = '<!DOCTYPE t [<!ENTITY a "aaaa">]><t>&a;</t>'


@pytest.mark.parametrize("content_type", CONTENTS)
def test_type_is_found_in_the_bytes(content_type: str) -> None:
    assert sniff(SimpleUploadedFile("whatever.exe", CONTENTS[content_type])) == content_type


@pytest.mark.parametrize(
    "contents",
    [
        b"",
        b"MZ executable",
        b"<html>",
        b"PK\x03\x04 broken archive",
        office(**{"word/vbaProject.bin": "x"}),
        office(main=MACROS),
        office(types=f'<Override PartName="/x" ContentType="{MACROS}"/>'),
        office(**{"word/_rels/settings.xml.rels": OUTSIDE}),
        office(**{"word/_rels/settings.xml.rels": BOMB}),
        office("something/else.xml"),
        office("xl/workbook.xml"),
        b"%PDF-1.7 rest",
        b"%PDF-1.4\n%%EOF\n",
        b"%PDF-1.4\nstartxref\n9\n%%EOF\n",
        b"%PDF-1.4\nxref\n0 0\ntrailer\n<< /Prev 9 >>\nstartxref\n9\n%%EOF\n",
        b"\x89PNG\r\n\x1a\nrest",
        b"\xff\xd8\xff\xe0rest",
        png().replace(b"IHDR", b"IHDX"),
        jpeg().replace(b"\xff\xd9", b""),
    ],
)
def test_other_contents_are_not_known(contents: bytes) -> None:
    assert sniff(SimpleUploadedFile("looks-like.pdf", contents)) is None


@pytest.mark.parametrize("content_type", CONTENTS)
@given(data=st.data())
def test_a_file_that_is_cut_off_is_not_taken(content_type: str, data: st.DataObject) -> None:
    whole = CONTENTS[content_type]
    length = data.draw(st.integers(0, len(whole) - 2))  # a last line break may be missing

    assert sniff(SimpleUploadedFile("x", whole[:length])) is None


def test_what_typesetters_write_is_taken() -> None:
    set_by_typst = document()
    workbook = io.BytesIO()
    Workbook().save(workbook)
    picture = io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "JPEG", progressive=True)

    found = [
        sniff(SimpleUploadedFile("x", one))
        for one in (set_by_typst, workbook.getvalue(), picture.getvalue())
    ]
    assert found == [PDF, XLSX, JPEG]


@given(
    st.sampled_from([b"", b"%PDF-1.4\n", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"PK\x03\x04"]),
    st.binary(max_size=200),
)
def test_sniffing_never_fails(head: bytes, contents: bytes) -> None:
    assert sniff(SimpleUploadedFile("x", head + contents)) in {*CONTENTS, None}


def attach(walk: Walk, contents: bytes, name: str = "评估.pdf") -> Any:
    return cases.attach_file(
        case=walk.case,
        section="security",
        question="assessment",
        upload=SimpleUploadedFile(name, contents),
        by=walk.world.drafter,
    )


def test_an_upload_is_kept_by_its_hash_and_named_in_the_answer(walk: Walk) -> None:
    walk.create()
    attachment = attach(walk, CONTENTS[PDF], name="..\\..\\etc/评估.pdf")

    assert attachment.name == "评估.pdf"
    assert attachment.content_type == PDF
    with default_storage.open(attachment.path) as kept:
        assert kept.read() == CONTENTS[PDF]
    section = rulebook().section("security")
    answers = full_answers(section) | {"assessment": file_answer(attachment)}
    row = cases.save_section(
        case=walk.case, section="security", answers=answers, base_version=0, by=walk.world.drafter
    )
    assert filled_form(walk.case).answers["security"] == row.answers


@pytest.mark.parametrize(
    ("contents", "code"),
    [
        (b"", "empty-file"),
        (CONTENTS[PNG], "wrong-type"),
        (b"text", "wrong-type"),
        (b"%PDF-1.4", "damaged-file"),
    ],
)
def test_an_upload_of_the_wrong_kind_is_refused(walk: Walk, contents: bytes, code: str) -> None:
    walk.create()

    with pytest.raises(DomainError) as refused:
        attach(walk, contents)

    assert refused.value.code == code


def test_an_upload_over_the_limit_is_refused(walk: Walk) -> None:
    walk.create()
    question = next(q for q in rulebook().section("security").questions if q.id == "assessment")
    too_large = CONTENTS[PDF] + b"0" * ((question.size_max_mib or 20) * 2**20)

    with pytest.raises(DomainError) as refused:
        attach(walk, too_large)
    assert refused.value.code == "too-large"

    form = section_form(
        rulebook().section("security"),
        data={},
        files={"assessment": SimpleUploadedFile("a.pdf", too_large)},
    )
    assert not form.is_valid()


def test_a_file_not_asked_for_is_refused(walk: Walk) -> None:
    walk.create()

    with pytest.raises(DomainError):
        cases.attach_file(
            case=walk.case,
            section="security",
            question="level",
            upload=SimpleUploadedFile("a.pdf", CONTENTS[PDF]),
            by=walk.world.drafter,
        )


def test_every_kind_of_question_is_in_the_library() -> None:
    kinds = {question.kind for section in rulebook().form for question in section.questions}
    assert kinds == set(QuestionKind)


def test_canonical_answers_drop_what_is_empty() -> None:
    section = rulebook().form[0]

    assert canonical_answers(section, {section.questions[0].id: "  "}) == {}
