"""Long texts in a difference are cut where they are alike, never where they differ."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shidian.core.rulebook.difference.naming import AROUND, SHOWN_MAX, quoted_apart

BEFORE = (
    "A securities firm records, for each order, who placed it, when, what it was and how it came."
)
AFTER = BEFORE[:-1] + "; where an order is split, it records which part belongs to which order."


def test_quoted_apart_shows_what_was_added_at_the_end_of_a_long_text() -> None:
    before, after = quoted_apart(BEFORE, AFTER, "“{}”")
    assert before == "“…it was and how it came.”"
    assert after == (
        "“…it was and how it came; where an order is split, it records which part belongs to which"
        " order.”"
    )


def test_quoted_apart_leaves_short_texts_whole() -> None:
    assert quoted_apart("每月", "每季度", "“{}”") == ("“每月”", "“每季度”")


def test_quoted_apart_cuts_the_end_that_both_share() -> None:
    before, after = quoted_apart("旧" + "同" * 90, "新" + "同" * 90, "{}")
    assert before == "旧" + "同" * AROUND + "…"
    assert after == "新" + "同" * AROUND + "…"


@given(st.text(max_size=200), st.text("ab ", max_size=90), st.text("ab ", max_size=90))
def test_quoted_apart_tells_different_texts_apart(shared: str, one: str, other: str) -> None:
    before, after = quoted_apart(shared + one, shared + other, "{}")
    texts = {shared + one or "—", shared + other or "—"}
    assert (before == after) == (len(texts) == 1) or max(map(len, texts)) <= SHOWN_MAX
