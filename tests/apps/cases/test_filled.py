"""What answers amount to: what is asked, what follows, what does not fit, what is to be handed in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation

from shidian.apps.cases.answers import MATERIALS
from shidian.apps.cases.filled import fill_form
from shidian.apps.cases.form import section_form
from shidian.apps.cases.views.intake import fee_words, window_words
from shidian.core.rulebook.model import Fee, QuestionKind, Rulebook, Window
from tests.factories import loaded
from tests.files import pdf

if TYPE_CHECKING:
    from shidian.apps.cases.form import SectionForm


def dlt() -> Rulebook:
    return loaded("demo-dlt").rulebook


def two_stage() -> Rulebook:
    return loaded("demo-two-stage").rulebook


def asked(rulebook: Rulebook, section: str, answers: dict[str, Any]) -> tuple[str, ...]:
    filled = fill_form(rulebook, {section: answers})
    return filled.asked(rulebook.section(section))


def test_a_question_is_asked_and_missing_only_while_its_condition_holds() -> None:
    section = dlt().section("instruments")

    without = fill_form(dlt(), {"instruments": {"kinds": ["shares"]}})
    with_bonds = fill_form(dlt(), {"instruments": {"kinds": ["bonds"]}})

    assert "bond-issue-size" not in without.asked(section)
    assert "bond-issue-size" not in without.missing(section)
    assert {"bond-issue-size", "no-derivative"} <= set(with_bonds.missing(section))


def test_an_answer_to_a_hidden_question_is_kept_and_does_not_count() -> None:
    typed = {"kinds": ["shares"], "bond-issue-size": "5000000000.00"}

    filled = fill_form(dlt(), {"instruments": typed})

    assert "bond-issue-size" not in filled.answers["instruments"]
    assert filled.saved["instruments"] == typed
    assert filled.failed == ()


def test_a_section_without_a_question_that_applies_is_left_out() -> None:
    closed = fill_form(dlt(), {"exemptions": {"access": "intermediaries"}})
    opened = fill_form(dlt(), {"exemptions": {"access": "retail"}})

    assert "retail" not in {one.id for one in closed.sections}
    assert "retail" not in closed.incomplete()
    assert "retail" in opened.incomplete()


def test_a_check_that_does_not_hold_is_named_with_its_section() -> None:
    answers = {"kinds": ["bonds"], "bond-issue-size": "1000000000.00", "cap": "1.00"}

    filled = fill_form(dlt(), {"instruments": answers})

    assert [check.id for check in filled.failed_in("instruments")] == ["bond-threshold"]
    assert filled.failed_in("business") == ()


def test_a_computed_answer_follows_from_others_and_is_not_asked() -> None:
    answers = {"users-one": 100, "users-two": 450}

    filled = fill_form(two_stage(), {"test-plan": answers})

    assert filled.answers["test-plan"]["added"] == 350
    assert "added" not in asked(two_stage(), "test-plan", answers)
    assert "added" not in section_form(two_stage().section("test-plan")).fields


def test_partners_decide_what_is_asked_and_handed_in() -> None:
    alone = fill_form(two_stage(), {}, partners=0)
    joined = fill_form(two_stage(), {}, partners=1)

    assert "partner-agreement" not in {one.id for one in alone.materials()}
    assert "partner-agreement" in {one.id for one in joined.missing_materials()}
    assert "partner-role" in joined.asked(two_stage().section("applicant"))


def test_a_document_of_a_later_stage_is_no_part_of_what_was_submitted() -> None:
    plain = fill_form(two_stage(), {})
    later = fill_form(two_stage(), {MATERIALS: {"stage-two-application": {"sha256": "a"}}})
    now = fill_form(two_stage(), {MATERIALS: {"registration-copy": {"sha256": "a"}}})

    assert plain.sha256 == later.sha256 != now.sha256
    assert [one.id for one in plain.materials("stage-two")] == ["stage-two-application"]


def waivers(**posted: Any) -> SectionForm:
    section = two_stage().section("relaxations")
    return section_form(section, data=posted, files={}, rulebook=two_stage())


def test_a_waiver_needs_reason_and_measure_before_it_is_complete() -> None:
    half = waivers(
        **{"requested": ["net-worth"], "requested-reason-net-worth": "小规模", "need": "x"}
    )
    whole = waivers(
        **{
            "requested": ["net-worth"],
            "requested-reason-net-worth": "小规模",
            "requested-measure-net-worth": "托管",
            "need": "x",
        }
    )

    section = two_stage().section("relaxations")
    assert half.is_valid()
    assert fill_form(two_stage(), {section.id: half.answers()}).missing(section) == ["requested"]
    assert whole.is_valid()
    assert fill_form(two_stage(), {section.id: whole.answers()}).missing(section) == []
    assert whole.answers()["requested"] == [
        {"rule": "net-worth", "reason": "小规模", "measure": "托管"}
    ]


@pytest.mark.parametrize(
    ("rule", "says"),
    [("kyc", "never relaxed: Know your customer"), ("everything", "Choose among the rules")],
)
def test_a_rule_that_is_not_relaxable_is_refused(rule: str, says: str) -> None:
    with translation.override("en"):
        form = waivers(requested=[rule], need="x")

        assert not form.is_valid()
        assert says in str(form.errors["requested"])


def test_a_new_upload_is_no_answer_until_it_is_kept() -> None:
    rulebook = loaded().rulebook
    section, name = next(
        (section, question.id)
        for section in rulebook.form
        for question in section.questions
        if question.kind is QuestionKind.FILE
    )
    upload = SimpleUploadedFile("a.pdf", pdf())
    before = {name: {"attachment": 1, "name": "b.pdf", "sha256": "0", "size": 1}}

    form = section_form(section, data={}, files={name: upload}, saved=before, rulebook=rulebook)

    assert form.is_valid()
    assert form.answers()[name] == before[name]
    assert set(form.uploads()) == {name}


def test_money_is_in_the_rulebooks_currency() -> None:
    with translation.override("en"):
        form = section_form(dlt().section("instruments"), rulebook=dlt())

        assert form.fields["cap"].unit == "euro"  # type: ignore[attr-defined]


def test_windows_and_fees_are_said_in_words() -> None:
    window = Window(every_months=3, length=14)
    intake = two_stage().intake
    assert intake is not None
    fee = Fee(
        id="entry",
        name={"zh": "费", "en": "Fee"},  # type: ignore[arg-type]
        amount="10000",
        free_for=("partner-firm",),
    )

    with translation.override("en"):
        assert window_words(window) == "14 calendar days, every 3 months"
        assert fee_words(fee, intake, two_stage()).startswith("10,000 ")
        assert fee_words(fee, intake, two_stage()).endswith("free for Partner firm")
