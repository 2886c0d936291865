"""Personal data in free text: found with its check digits, in whatever writing, and never quoted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shidian.core.journal.personal import DIGITS_MIN, compact, personal_data

ID = "11010519491231002X"
CARD = "6222021234567890128"


def luhn(body):
    total = sum(
        d if place % 2 else sum(divmod(2 * d, 10))
        for place, d in enumerate(map(int, reversed(body)))
    )
    return body + str(-total % 10)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"客户身份证{ID}", "identity"),
        (f"id:{ID.lower()}.", "identity"),
        ("110105 19491231 002X", "identity"),
        ("１１０１０５１９４９１２３１００２Ｘ", "identity"),
        ("110105194912310021", None),
        ("11010519490231002X", None),
        ("99010519491231002X", None),
        ("电话13800138000", "phone"),
        ("+86 138-0013-8000", "phone"),
        ("0086 13800138000", "phone"),
        ("12800138000", None),
        ("订单138001380001", None),
        (luhn("622202123456789012"), "card"),
        ("4111 1111 1111 1111", "card"),
        ("4111 1111 1111 1112", None),
        ("一切正常 2023-01-01 09:30", None),
        ("", None),
    ],
)
def test_number_is_personal_only_if_its_digits_hold(text, kind):
    found = personal_data(text)
    assert (found is None) if kind is None else (kind in found)


@given(st.text(max_size=60))
def test_text_with_few_digits_holds_none(text):
    digits = sum(character in "0123456789０１２３４５６７８９" for character in text)
    if digits < DIGITS_MIN:
        assert personal_data(text) is None


@given(st.integers(10**14, 10**15 - 1), st.integers(0, 9))
def test_card_is_told_by_its_check_digit_alone(body, digit):
    number = f"4{body}"[:15]
    whole = luhn(number)
    given_one = number + str(digit)
    assert (personal_data(given_one) == "a bank card number") == (given_one == whole)


@given(st.text("0123456789 -x", max_size=40))
def test_separators_hide_nothing(text):
    assert personal_data(text) == personal_data(compact(text))
