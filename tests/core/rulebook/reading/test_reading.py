"""A rulebook read: every value is spoken for, in both languages, with its mark."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shidian.core.rulebook import model
from shidian.core.rulebook.model import Text
from shidian.core.rulebook.reading import Reading, Sentence, read, words
from shidian.core.rulebook.reading.numbers import chinese_number, duration, each, money
from shidian.core.rulebook.reading.pen import Pen, val
from shidian.core.rulebook.reading.text import point_number, resolved_yaml, to_text
from tests.core.rulebook.reading.complete import complete
from tests.core.rulebook.reading.library import NAMES, of_library, regime

if TYPE_CHECKING:
    from shidian.core.rulebook.loaded import Loaded


def sentences(reading: Reading) -> list[Sentence]:
    found = [one for a in reading.articles for one in (*a.sentences, *a.points)]
    return found + [one for section in reading.form for one in section.sentences]


def unspoken(loaded: Loaded) -> list[str]:
    """Values with a basis that no article speaks for. What did happen governs nothing."""
    spoken = read(loaded).paths
    found = []
    for path, provenance in loaded.provenance.items():
        around = path
        while around and around not in spoken:
            around = around.rpartition("/")[0]
        if provenance.because and not around and not path.startswith("/history/"):
            found.append(path)
    return found


@of_library
def test_every_value_of_the_library_is_spoken_for(name: str) -> None:
    assert unspoken(regime(name)) == []


def test_every_keyword_of_the_model_is_spoken_for() -> None:
    assert unspoken(complete()) == []


@of_library
def test_reading_names_articles_once_and_marks_that_exist(name: str) -> None:
    reading = read(regime(name))
    ids = [article.id for article in reading.articles]
    assert len(set(ids)) == len(ids)
    assert [article.number for article in reading.articles] == list(range(1, len(ids) + 1))
    notes = [piece.note for one in sentences(reading) for piece in (*one.zh, *one.en)]
    assert all(0 <= note < len(reading.notes) for note in notes if note is not None)


@of_library
def test_both_languages_state_the_same_values(name: str) -> None:
    for one in sentences(read(regime(name))):
        zh, en = ({p for piece in side for p in piece.paths} for side in (one.zh, one.en))
        assert zh == en, one.plain("en")


@of_library
def test_english_has_no_chinese_and_sentences_read_on(name: str) -> None:
    for one in sentences(read(regime(name))):
        english = one.plain("en")
        assert not any("一" <= letter <= "鿿" for letter in english), english
        assert "  " not in english


def test_notice_period_reads_as_a_drafter_writes_it() -> None:
    reading = read(regime("demo-city"))
    [article] = [one for one in reading.articles if one.id == "clocks-publicity"]
    said = "".join(one.plain("zh") for one in article.sentences)
    assert said == (
        "公示期为5个工作日，自公示发布之次日起计算，期满次日可转入下一阶段。该期限属法定期限。"
    )
    assert article.sentences[0].plain("en") == (
        "The period is 5 working days, counted from the day after the public notice is published;"
        " from the day after it expires the case may move to the next stage."
    )


def test_article_on_one_source_bears_its_mark_at_the_heading_alone() -> None:
    for article in read(regime("demo-city")).articles:
        inside = [p.note for one in (*article.sentences, *article.points) for p in one.zh]
        if article.note is not None:
            assert set(inside) <= {None}
        else:
            assert len(set(inside) - {None}) != 1


def test_articles_bear_their_weakest_basis() -> None:
    reading = read(regime("demo-city"))
    basis = {article.id: article.basis for article in reading.articles}
    assert basis["general-principles"] is model.Basis.REPORTED
    assert basis["clocks-publicity"] is model.Basis.ASSUMED


def test_text_that_is_not_official_says_so() -> None:
    for name in NAMES:
        loaded = regime(name)
        official = loaded.rulebook.status is model.Status.OFFICIAL
        assert (read(loaded).disclaimer is None) is official


def test_calendars_bear_the_names_that_the_caller_knows() -> None:
    loaded = regime("demo-city")
    names = {loaded.rulebook.calendars.deadlines: Text(zh="某地工作日", en="somewhere's days")}
    reading = read(loaded, calendar_names=names)
    assert "somewhere's days" in to_text(reading, "en")
    assert "某地工作日" in to_text(reading, "zh")


def test_sentence_that_forgets_a_value_in_one_language_cannot_be_written() -> None:
    pen = Pen(regime("demo-city"), {})
    with pytest.raises(ValueError, match="not stated"):
        pen.sentence("期限为{length}。", "There is a period.", length=val("5", "/clocks"))
    with pytest.raises(ValueError, match="no value 'length'"):
        pen.sentence("期限为{length}。", "{length}")


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, "一"),
        (10, "十"),
        (12, "十二"),
        (20, "二十"),
        (100, "一百"),
        (105, "一百零五"),
        (310, "三百一十"),
    ],
)
def test_numbers_read_as_in_a_law(number: int, text: str) -> None:
    assert chinese_number(number) == text


def test_points_are_lettered_past_z() -> None:
    assert [point_number(n, "en") for n in (0, 25, 26)] == ["(a)", "(z)", "(aa)"]


def test_lengths_of_time_read_in_their_largest_unit() -> None:
    assert duration(300_000_000).en == "5 minutes"
    assert duration(90_000_000).zh == "90秒"
    assert each(60_000_000).zh == "每分钟"
    assert each(5_000_000).en == "every 5 seconds"


def test_money_is_in_the_currency_of_the_place() -> None:
    rulebook = regime("demo-city").rulebook
    name, code = rulebook.place.currency_name.zh, rulebook.currency
    from fractions import Fraction

    assert money(rulebook, Fraction(6_000_000_000)).zh == f"60亿{name}"
    assert money(rulebook, Fraction(500_000)).en == f"{code} 500,000"
    assert money(rulebook, Fraction(1234)).zh == f"1,234{name}"


def test_every_closed_set_has_words() -> None:
    for table, kinds in (
        (words.BASIS, model.Basis),
        (words.STATUS, model.Status),
        (words.ROLE, model.AuthorityRole),
        (words.MODE, model.IntakeMode),
        (words.QUESTION_KIND, model.QuestionKind),
        (words.STAGE_KIND, model.StageKind),
        (words.STAGE_DOES, model.StageKind),
        (words.CONSULTATION, model.ConsultationKind),
        (words.EFFECT, model.LegalEffect),
        (words.FORCE, model.Force),
        (words.FIELD_TYPE, model.FieldType),
        (words.TAKE, model.Take),
        (words.SEVERITY, model.Severity),
        (words.COMPARISON, model.Comparison),
    ):
        assert set(table) == set(kinds)
    from typing import get_args

    for table, literal in (
        (words.ACT, model.ActName),
        (words.ON_BREACH, model.OnBreach),
        (words.STARTS, model.Clock.model_fields["starts"].annotation),
        (words.PERMIT_MODE, model.PermitRules.model_fields["mode"].annotation),
        (words.PLAN_TYPE, model.PlanParameter.model_fields["type"].annotation),
        (words.REPORT_KIND, model.ReportDuty.model_fields["kind"].annotation),
        (words.MEASURED, model.Limit.model_fields["measured"].annotation),
    ):
        assert set(table) == set(get_args(literal))


@of_library
def test_resolved_document_is_yaml_with_each_values_origin(name: str) -> None:
    import yaml

    loaded = regime(name)
    text = resolved_yaml(loaded)
    again = yaml.load(text, Loader=yaml.BaseLoader)
    expected = {key: value for key, value in loaded.document.items() if key != "because"}
    assert _texts(again) == _texts(expected)
    assert text.count(".yaml:") >= len(loaded.provenance)


def _texts(value: object) -> object:
    if isinstance(value, dict):
        return {key: _texts(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_texts(child) for child in value]
    return "null" if value is None else value
