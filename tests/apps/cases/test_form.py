"""Sections as forms, answers as canonical JSON, saving without loss, uploads judged by bytes."""

from __future__ import annotations

import io
import json
import zipfile
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

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


def office(*parts: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for part in ("[Content_Types].xml", *parts):
            archive.writestr(part, "<x/>")
    return buffer.getvalue()


CONTENTS = {
    PDF: b"%PDF-1.7 rest",
    PNG: b"\x89PNG\r\n\x1a\nrest",
    JPEG: b"\xff\xd8\xff\xe0rest",
    DOCX: office("word/document.xml"),
    XLSX: office("xl/workbook.xml"),
}


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
        office("word/document.xml", "word/vbaProject.bin"),
        office("something/else.xml"),
    ],
)
def test_other_contents_are_not_known(contents: bytes) -> None:
    assert sniff(SimpleUploadedFile("looks-like.pdf", contents)) is None


@given(st.binary(max_size=200))
def test_sniffing_never_fails(contents: bytes) -> None:
    assert sniff(SimpleUploadedFile("x", contents)) in {*CONTENTS, None}


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
    [(b"", "empty-file"), (CONTENTS[PNG], "wrong-type"), (b"text", "wrong-type")],
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
