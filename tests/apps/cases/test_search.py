"""Words of two characters are found, in Chinese and English, alike on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shidian.apps.cases import domain as cases
from shidian.apps.cases.models import Case, CaseText
from shidian.apps.cases.search import TOKENS_MAX, strings_in, terms_of, tokens_of
from shidian.apps.cases.search_index import CASES
from shidian.core.rulebook.model import StageKind
from tests.factories import Walk

if TYPE_CHECKING:
    from shidian.apps.accounts.models import Person

WORDS = st.text(st.sampled_from("试点管理𠮷证券abC9 ，。é"), max_size=30)


def found(query: str, person: Person) -> set[str]:
    ids = CASES.matching(query)
    assert ids is not None
    return set(
        Case.objects.visible_to(person).filter(pk__in=ids).values_list("title_zh", flat=True)
    )


@given(WORDS)
def test_every_text_is_found_by_every_part_of_itself(text: str) -> None:
    tokens = tokens_of([text])
    for start in range(len(text)):
        for end in range(start + 1, len(text) + 1):
            for term in terms_of(text[start:end]):
                whole = term.token in tokens
                assert (
                    whole
                    or any(one.startswith(term.token) for one in tokens)
                    or (
                        # The middle of a Latin word is no word.
                        term.token.startswith("w")
                    )
                )


@given(st.text(max_size=200))
def test_tokens_are_plain_ascii_whatever_the_text(text: str) -> None:
    for token in [*tokens_of([text]), *(term.token for term in terms_of(text))]:
        assert token.isascii()
        assert token.isalnum()


def test_tokens_are_bounded() -> None:
    text = "".join(chr(0x4E00 + n % 20_000) + chr(0x4E00 + n * 7 % 20_000) for n in range(40_000))
    assert len(tokens_of([text])) == TOKENS_MAX


def test_keys_of_answers_are_not_words() -> None:
    assert list(strings_in({"title": ["甲", {"x": "乙"}], "n": 3})) == ["甲", "乙"]


@pytest.mark.parametrize(
    ("query", "hits"),
    [
        ("风控", {"智能风控平台"}),
        ("智能", {"智能风控平台", "智能投顾 RoboAdvisor"}),
        ("风 平台", {"智能风控平台"}),
        ("控风", set()),
        ("robo", {"智能投顾 RoboAdvisor"}),
        ("ＲＯＢＯ", {"智能投顾 RoboAdvisor"}),
        ("advisor", set()),
        ("投", {"智能投顾 RoboAdvisor"}),
        ("顾", {"智能投顾 RoboAdvisor"}),
        ("𠮷野", {"𠮷野家数据"}),
        ("2025 0003", {"𠮷野家数据"}),
        ("不存在", set()),
    ],
)
def test_search_finds_words_of_two_characters(walk: Walk, query: str, hits: set[str]) -> None:
    for title in ("智能风控平台", "智能投顾 RoboAdvisor", "𠮷野家数据"):
        Walk(walk.world, title=title).to(StageKind.DRAFT)

    assert found(query, walk.world.signer) == hits


@pytest.mark.parametrize("query", ["", "  ", "，。", "\x00", '"*(', "' & !"])
def test_a_query_without_a_word_asks_nothing(query: str) -> None:
    assert CASES.matching(query) is None


@pytest.mark.parametrize(
    "query", ['试点" OR 1', "a' | 'b", "NEAR(a b)", "cases_search:试点", "试点%_\\"]
)
def test_signs_of_query_languages_are_no_signs_here(walk: Walk, query: str) -> None:
    walk.to(StageKind.DRAFT)
    assert found(query, walk.world.signer) == set()


def test_a_drafts_form_is_not_searched_until_it_is_submitted(walk: Walk) -> None:
    walk.create()
    walk.fill()
    assert found("测试内容", walk.world.signer) == set()

    cases.submit_case(case=walk.case, by=walk.world.signer, at=walk.tick())
    assert found("测试内容", walk.officer) == {walk.title}


def test_what_is_edited_after_a_return_is_not_searched_before_it_is_sent_again(walk: Walk) -> None:
    case = walk.to(StageKind.SCREENING)
    before = CaseText.objects.get(case=case).tokens
    cases.return_to_applicant(case=case, reason="材料不全", by=walk.officer, at=walk.tick())

    assert CaseText.objects.get(case=case).tokens == before


def test_the_index_follows_when_words_are_written_anew(walk: Walk) -> None:
    walk.create()
    row = CaseText.objects.get(case=walk.case)
    row.tokens = " ".join(tokens_of(["别的"]))
    row.save()

    assert found("别的", walk.world.signer) == {walk.title}
    assert found("测试", walk.world.signer) == set()
