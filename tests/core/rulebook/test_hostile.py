"""Bombs, floods and noise: refused quickly, with a Problem, never with a crash."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shidian.core.rulebook.load import RulebookErrors, from_document, load_file
from tests.core.rulebook.texts import SMALL, load, problems

if TYPE_CHECKING:
    from pathlib import Path

BOMB = "a: &a [x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


def test_alias_bomb_is_refused_at_its_first_anchor() -> None:
    [problem] = problems(BOMB)

    assert (problem.line, problem.message.en) == (1, "&a is a YAML anchor or alias")


def test_file_of_50_mb_is_refused_in_under_a_second(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    with path.open("wb") as file:
        file.truncate(50 * 1024 * 1024)
    started = time.perf_counter()

    with pytest.raises(RulebookErrors) as caught:
        load_file(path)

    assert time.perf_counter() - started < 1
    assert caught.value.problems[0].message.en == "the file is larger than 1 MiB"


@pytest.mark.parametrize("text", ["[" * 900_000, "{a: " * 200_000, "- " * 400_000])
def test_depth_is_bounded(text: str) -> None:
    started = time.perf_counter()

    [problem] = problems(text)

    assert problem.message.en == "nested deeper than 24 levels"
    assert time.perf_counter() - started < 2


def test_flood_of_values_is_refused() -> None:
    [problem] = problems("a: [" + "1," * 100_000 + "]\n")

    assert problem.message.en == "more than 60000 values"


def test_endless_text_is_refused() -> None:
    [problem] = problems("a: " + "x" * 30_000)

    assert problem.message.en == "a text of 30000 characters"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("# nothing\n", "the file is empty"),
        ("null\n", "the file is empty"),
        ("words\n", "the file is no mapping"),
        ("- a\n", "the file is no mapping"),
        (f"{SMALL}---\na: 1\n", "a second document begins"),
        ("a: \x01\n", "the character U+0001 does not belong in a text"),
        ("? [a, b]\n: 1\n", "a key is a list or a mapping"),
        ('a: "x\n', "a quotation mark opens here and never closes"),
    ],
)
def test_what_is_no_rulebook_is_said(text: str, message: str) -> None:
    assert problems(text)[0].message.en == message


def test_text_that_is_not_utf8_is_refused_at_its_line(tmp_path: Path) -> None:
    path = tmp_path / "gbk.yaml"
    path.write_bytes("rulebook: x\ntitle: 试点\n".encode("gbk"))

    with pytest.raises(RulebookErrors) as caught:
        load_file(path)

    assert (caught.value.problems[0].line, caught.value.problems[0].expected.en) == (
        2,
        "save it as UTF-8",
    )


def test_byte_order_mark_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL, encoding="utf-8-sig")

    assert load_file(path).rulebook.rulebook == "small"


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300))
def test_any_text_loads_or_is_refused_with_problems(text: str) -> None:
    for problem in problems(text):
        assert problem.message.en
        assert problem.expected.en


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, len(SMALL) - 1),
    st.integers(0, 12),
    st.text(alphabet="[]{}:,#&*!|>'\"%@`-? \n\tnull0no", max_size=8),
)
def test_any_edit_of_a_rulebook_loads_or_is_refused_with_lines(
    start: int, length: int, inserted: str
) -> None:
    text = SMALL[:start] + inserted + SMALL[start + length :]

    for problem in problems(text):
        assert problem.file == "small.yaml"
        assert 0 <= problem.line <= text.count("\n") + 2


JSON = st.recursive(
    st.none() | st.text(max_size=10) | st.integers() | st.booleans(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(load(SMALL).document)), JSON)
def test_any_document_reads_or_is_refused(key: str, value: object) -> None:
    document = {**load(SMALL).document, key: value}

    try:
        loaded = from_document(document)
    except RulebookErrors:
        return
    assert from_document(loaded.document).digest == loaded.digest
