"""A letter's state follows from its steps; its digest from its text; its code is read as typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shidian.core.procedure.letters import (
    CODE_DIGITS,
    LetterMark,
    LetterStepKind,
    check_code,
    code_for,
    code_in,
    letter_digest,
    letter_number,
    letter_state,
    signatures_wanted,
)

K = LetterStepKind
DIGEST = "0123456789abcdef" * 4


def state_after(*marks: tuple[LetterStepKind, int] | tuple[LetterStepKind, int, str]):
    """Marks of (kind, version, whom): who signs, or the recipient."""
    return letter_state(
        LetterMark(one[0], one[1], authority=one[2] if len(one) > 2 else "", key=one[-1] if len(one) > 2 else "")
        for one in marks
    )  # fmt: skip


def test_an_edit_takes_signatures_with_it_and_only_the_newest_text_can_be_signed() -> None:
    signed = state_after((K.WRITTEN, 1), (K.SIGNED, 1, "bureau"))
    assert signed.signed == {"bureau"}
    edited = state_after((K.WRITTEN, 1), (K.SIGNED, 1, "bureau"), (K.WRITTEN, 2))
    assert (edited.signed, edited.version) == (frozenset(), 2)
    late = state_after((K.WRITTEN, 1), (K.WRITTEN, 2), (K.SIGNED, 1, "bureau"))
    assert late.signed == frozenset()


def test_what_was_sent_back_waits_for_another_text() -> None:
    back = state_after((K.WRITTEN, 1), (K.SIGNED, 1, "bureau"), (K.SENT_BACK, 1, "finance"))
    assert (back.sent_back, back.signed, back.is_draft) == (True, frozenset(), True)
    again = state_after((K.WRITTEN, 1), (K.SENT_BACK, 1, "finance"), (K.WRITTEN, 2))
    assert not again.sent_back


def test_the_released_text_is_a_version_of_its_own_and_a_scan_is_bound_to_it_alone() -> None:
    out = state_after((K.WRITTEN, 1), (K.RELEASED, 2))
    assert (out.version, out.released, out.stands, out.bound) == (2, 2, True, False)
    assert state_after((K.WRITTEN, 1), (K.RELEASED, 2), (K.BOUND, 2)).bound
    assert not state_after((K.WRITTEN, 1), (K.RELEASED, 2), (K.BOUND, 1)).bound
    taken_back = state_after((K.WRITTEN, 1), (K.RELEASED, 2), (K.BOUND, 2), (K.TAKEN_BACK, 2))
    assert (taken_back.is_draft, taken_back.bound, taken_back.released) == (True, False, None)
    anew = state_after((K.WRITTEN, 1), (K.RELEASED, 2), (K.BOUND, 2), (K.TAKEN_BACK, 2), (K.RELEASED, 3))  # fmt: skip
    assert (anew.released, anew.bound) == (3, False)


def test_service_is_known_by_recipient_and_a_withdrawn_letter_stands_no_more() -> None:
    served = state_after((K.WRITTEN, 1), (K.RELEASED, 2), (K.SERVED, 2, "a"), (K.SERVED, 2, "b"), (K.RECEIVED, 2, "a"))  # fmt: skip
    assert served.served == {"a": K.RECEIVED, "b": K.SERVED}
    gone = state_after((K.WRITTEN, 1), (K.RELEASED, 2), (K.WITHDRAWN, 2))
    assert (gone.stands, gone.is_draft) == (False, False)


@pytest.mark.parametrize(
    ("countersigned", "signed", "wanted"),
    [
        (False, (), ("finance", "province")),
        (True, (), ("bureau", "finance", "province")),
        (True, ("bureau", "province"), ("finance",)),
        (False, ("finance", "province"), ()),
    ],
)
def test_a_joint_issuer_always_signs_and_the_first_where_the_rules_say_so(
    countersigned: bool, signed: tuple[str, ...], wanted: tuple[str, ...]
) -> None:
    state = state_after((K.WRITTEN, 1), *((K.SIGNED, 1, one) for one in signed))
    issuers = ("bureau", "finance", "province")
    assert signatures_wanted(state, issuers, countersigned=countersigned) == wanted


def test_a_number_has_its_year_in_brackets_and_no_zeros_before_it() -> None:
    assert letter_number("示证监函", 2025, 7) == "示证监函〔2025〕7号"


def test_the_digest_is_of_all_that_is_said_in_whatever_order() -> None:
    content = {"title": "函", "body": "正文", "number": None}
    assert letter_digest(content) == letter_digest(dict(reversed(content.items())))
    for key in content:
        assert letter_digest(content | {key: "x"}) != letter_digest(content)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (check_code(DIGEST), DIGEST[:CODE_DIGITS]),
        ("0123-4567-89AB-CDEF", DIGEST[:CODE_DIGITS]),
        (f"  {DIGEST.upper()} ", DIGEST),
        (code_for(DIGEST), DIGEST),
        (f"https://somewhere.example/x?sha256={DIGEST}", DIGEST),
        (DIGEST[: CODE_DIGITS - 1], None),
        (DIGEST + "0", None),
        ("o123 4567 89ab cdef", None),
        ("", None),
    ],
)
def test_a_code_is_read_as_people_and_readers_type_it(typed: str, read: str | None) -> None:
    assert code_in(typed) == read


@given(st.text(alphabet="0123456789abcdef", min_size=64, max_size=64))
def test_every_printed_code_is_read_back(digest: str) -> None:
    assert code_in(code_for(digest)) == digest
    assert code_in(check_code(digest)) == digest[:CODE_DIGITS]


@given(st.text(max_size=100))
def test_whatever_is_typed_gives_a_beginning_of_a_digest_or_nothing(typed: str) -> None:
    found = code_in(typed)
    assert found is None or (CODE_DIGITS <= len(found) <= 64 and set(found) <= set("0123456789abcdef"))  # fmt: skip
