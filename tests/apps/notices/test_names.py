"""Names are the same, look the same, or neither."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shidian.apps.notices.names import NAME_LENGTH_MAX, plain, shape

WORDS = st.text(max_size=60)


@pytest.mark.parametrize(
    "typed",
    [
        "P-2025-0001",
        "p-2025-0001",
        "Ｐ－２０２５－０００１",
        " P 2025 0001 ",
        "P\u20112025\u20110001",
        "P\u200b-2025-\u202e0001",
    ],
)
def test_what_an_honest_person_types_is_the_same(typed: str) -> None:
    assert plain(typed) == plain("P-2025-0001")


@pytest.mark.parametrize("typed", ["P-2O25-0001", "Р-2025-0001", "P-2025-000l", "P-2025-οοο1"])
def test_what_only_looks_alike_is_not_the_same(typed: str) -> None:
    assert plain(typed) != plain("P-2025-0001")
    assert shape(typed) == shape("P-2025-0001")


@pytest.mark.parametrize("typed", ["P-2025-0002", "P-2025-001", "P-2025-00011", "智能投顾"])
def test_another_number_does_not_look_alike(typed: str) -> None:
    assert shape(typed) != shape("P-2025-0001")


@given(WORDS)
def test_a_name_is_the_same_in_any_form_and_however_often_it_is_read(text: str) -> None:
    assert plain(plain(text)) == plain(text)
    assert plain(unicodedata.normalize("NFKC", text)) == plain(text)
    assert shape(shape(text)) == shape(text)
    assert shape(plain(text)) == shape(text)


@given(st.text())
def test_a_name_has_nothing_invisible_and_is_bounded(text: str) -> None:
    assert plain(text).isalnum() or not plain(text)
    assert len(plain(text)) <= NAME_LENGTH_MAX
