"""Losses of investors: read exactly, refused with the line, and made good investor by investor."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shidian.core.procedure.losses import (
    LINES_MAX,
    InvestorLoss,
    LossesError,
    major,
    parse_fen,
    parse_losses,
    sums_of,
    written,
)

FEN = st.integers(0, 10**14)
LOSSES = st.lists(
    st.builds(InvestorLoss, st.from_regex(r"[a-z][a-z0-9.-]{0,10}", fullmatch=True), FEN, FEN),
    unique_by=lambda one: one.investor,
    max_size=20,
)


@given(LOSSES)
def test_losses_are_read_as_they_were_written_to_the_fen(losses) -> None:
    assert list(parse_losses(written(losses))) == losses


@given(FEN)
def test_a_sum_in_fen_survives_being_written(fen: int) -> None:
    assert parse_fen(major(fen)) == fen


@given(LOSSES)
def test_what_is_open_is_what_each_investor_still_lacks(losses) -> None:
    sums = sums_of(losses)
    assert sums.open_fen == sum(max(0, one.loss_fen - one.paid_fen) for one in losses)
    assert sums.open_fen >= sums.loss_fen - sums.paid_fen
    assert sums.made_good == all(one.paid_fen >= one.loss_fen for one in losses)


def test_paying_one_investor_too_much_makes_good_nobody_else() -> None:
    sums = sums_of(parse_losses("a, 100, 300\nb, 100, 0"))
    assert (sums.loss_fen, sums.paid_fen, sums.open_fen) == (20_000, 30_000, 10_000)
    assert not sums.made_good


def test_nobody_lost_anything_is_made_good() -> None:
    assert sums_of(parse_losses(" \n\n")).made_good
    assert sums_of(()).investors == 0


@pytest.mark.parametrize("line", ["a,1,2", "a; 1; 2", "a\t1\t2", "a 1 2", " a ， 1.00 ； 2.0 "])
def test_columns_may_stand_apart_in_several_ways(line: str) -> None:
    assert parse_losses(line) == (InvestorLoss("a", 100, 200),)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("a,1", 1),
        ("a,1,2,3", 1),
        ("a,1,2\n\nb,-1,0", 3),
        ("a,1.005,0", 1),
        ("a,1e3,0", 1),
        ("a,１,0", 1),
        ("a,99999999999999,0", 1),
        ("<b>,1,0", 1),
        ("a,1,0\na,2,0", 2),
        ("a" * 65 + ",1,0", 1),
    ],
)
def test_a_line_that_cannot_be_taken_is_named(text: str, number: int) -> None:
    with pytest.raises(LossesError) as refused:
        parse_losses(text)
    assert refused.value.line == number
    assert refused.value.words.zh


def test_there_is_a_last_line() -> None:
    lines = [f"a{n},1,0" for n in range(LINES_MAX + 1)]
    assert len(parse_losses("\n".join(lines[:-1]))) == LINES_MAX
    with pytest.raises(LossesError):
        parse_losses("\n".join(lines))


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused_with_its_line(text: str) -> None:
    refused = None
    try:
        found = parse_losses(text)
    except LossesError as error:
        found, refused = (), error
    assert refused is None or 1 <= refused.line <= len(text.splitlines())
    assert all(one.loss_fen >= 0 <= one.paid_fen for one in found)
