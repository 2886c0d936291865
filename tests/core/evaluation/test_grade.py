"""How an outcome was compared decides the words."""

from __future__ import annotations

import pytest

from shidian.core.evaluation.analysis import MISMATCHED_LOT, VERDICTS
from shidian.core.evaluation.estimate import Estimate, Method
from shidian.core.evaluation.grade import (
    ALLOWED,
    NAMES,
    Claim,
    Grade,
    Scale,
    overclaims,
    sentence,
)
from shidian.core.evaluation.words import Words

OUTCOME, UNIT = Words("投诉", "complaints"), Words("件", "cases")
ESTIMATE = Estimate(-2.5, -4.0, -1.0, 0.95, Method.WELCH_T, (50, 50))
SPOKEN = [
    (grade, scale)
    for grade in Grade
    for scale in Scale
    if (scale is Scale.LEVEL) == (grade is Grade.DESCRIPTION)
    and (grade, scale) != (Grade.CONTROLLED_BEFORE_AFTER, Scale.RATIO)
]


@pytest.mark.parametrize(("grade", "scale"), SPOKEN)
def test_sentence_of_a_grade_says_no_more_than_the_grade_allows(grade: Grade, scale: Scale) -> None:
    assert overclaims(grade, sentence(grade, scale, OUTCOME, UNIT, ESTIMATE)) == ()


@pytest.mark.parametrize(("grade", "scale"), SPOKEN)
def test_sentence_of_a_grade_says_too_much_for_every_weaker_one(grade: Grade, scale: Scale) -> None:
    """In both languages."""
    said = sentence(grade, scale, OUTCOME, UNIT, ESTIMATE)

    for weaker in Grade:
        if ALLOWED[weaker] < ALLOWED[grade]:
            assert {found.language for found in overclaims(weaker, said)} == {"zh", "en"}


def test_each_grade_allows_something_else_and_none_allows_proof() -> None:
    assert len(set(ALLOWED.values())) == len(Grade)
    assert not any(Claim.PROOF in allowed for allowed in ALLOWED.values())
    assert set(NAMES) == set(Grade)


@pytest.mark.parametrize("grade", list(Grade))
@pytest.mark.parametrize("text", [*VERDICTS.values(), MISMATCHED_LOT, *NAMES.values()])
def test_what_is_said_of_margins_and_grades_claims_nothing(grade: Grade, text: Words) -> None:
    assert overclaims(grade, text) == ()


@pytest.mark.parametrize(
    ("grade", "zh", "en", "words"),
    [
        (Grade.RANDOMISED, "数据证明", "This proves it", ["证明", "proves"]),
        (
            Grade.CONTROLLED_BEFORE_AFTER,
            "试点导致投诉下降",
            "The pilot caused complaints to fall",
            ["导致", "caused"],
        ),
        (Grade.BEFORE_AFTER, "投诉少于对照组", "Fewer than the control group", ["于对照组", "than the control"]),
        (Grade.DESCRIPTION, "投诉减少", "Complaints FELL", ["减少", "FELL"]),
        (Grade.DESCRIPTION, "三件投诉", "Fellow investors made three complaints", []),
    ],
)  # fmt: skip
def test_word_beyond_the_grade_is_found_where_it_stands(
    grade: Grade, zh: str, en: str, words: list[str]
) -> None:
    found = overclaims(grade, Words(zh, en))

    assert [hit.word for hit in found] == words
    for hit in found:
        assert (zh if hit.language == "zh" else en)[hit.at :].startswith(hit.word)


def test_sentence_bears_figure_interval_and_unit_in_both_languages() -> None:
    said = sentence(Grade.RANDOMISED, Scale.DIFFERENCE, OUTCOME, UNIT, ESTIMATE)

    assert "by −2.5 cases (95 % interval −4 to −1)" in said.en
    assert "−2.5 件（95% 区间 −4 至 −1）" in said.zh


def test_share_is_told_in_percent_and_a_difference_of_shares_in_percentage_points() -> None:
    share = Estimate(0.031, 0.02, 0.045, 0.95, Method.WILSON, (900,))

    level = sentence(Grade.DESCRIPTION, Scale.LEVEL, OUTCOME, None, share)
    difference = sentence(Grade.COMPARED, Scale.DIFFERENCE, OUTCOME, None, share)

    assert "3.1 % (95 % interval 2 to 4.5)" in level.en
    assert "3.1%（95% 区间 2 至 4.5）" in level.zh
    assert "by 3.1 percentage points (" in difference.en
    assert "相差 3.1 个百分点（" in difference.zh


def test_ratio_has_no_unit() -> None:
    ratio = Estimate(2.0, 1.5, float("inf"), 0.95, Method.RATE_RATIO_EXACT, (9, 4))

    said = sentence(Grade.COMPARED, Scale.RATIO, OUTCOME, None, ratio)

    assert "is 2 (95 % interval 1.5 to ∞) times as high" in said.en
    assert "之比为 2（95% 区间 1.5 至 ∞）。" in said.zh
