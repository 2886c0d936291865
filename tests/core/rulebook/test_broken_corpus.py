"""Each file of `broken/` is refused for exactly what its first lines say, at exactly that line.

A file's head says `# expect: <line> <path> | <message>; <what would be right>`, once for each
problem; the second half may be left out. A message that begins with `warning: ` is said of a
rulebook that loads all the same.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from shidian.core.rulebook.analysis import Level, findings_of
from shidian.core.rulebook.load import RulebookErrors, load_file

if TYPE_CHECKING:
    from shidian.core.rulebook.problems import Problem

CORPUS = sorted((Path(__file__).parent / "broken").glob("*.yaml"))
EXPECT = re.compile(r"# expect: (\d+) (\S.*?) \| (.+)")


def told(path: Path) -> tuple[Problem, ...]:
    """What refuses the file; where nothing does, what it is warned of."""
    try:
        loaded = load_file(path)
    except RulebookErrors as errors:
        return errors.problems
    return tuple(one.problem for one in findings_of(loaded) if one.level is Level.WARNING)


def expected(path: Path) -> list[tuple[int, str, str]]:
    """What the head of the file says."""
    found = [EXPECT.fullmatch(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        (int(match[1]), match[2], match[3].removeprefix("warning: ")) for match in found if match
    ]


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_broken_rulebook_is_told_exactly_what_is_wrong_and_where(path: Path) -> None:
    problems = told(path)

    heads = expected(path)
    assert [(problem.line, problem.path or "/") for problem in problems] == [
        (line, where) for line, where, _ in heads
    ]
    for problem, (_, _, said) in zip(problems, heads, strict=True):
        message, right = problem.message.en, problem.expected.en
        assert said in (message, f"{message}; {right}")
    assert {problem.file for problem in problems} == {str(path)}
    for problem in problems:
        chinese = problem.message.zh + problem.expected.zh
        assert any("\u4e00" <= sign <= "\u9fff" for sign in chinese), problem
        assert not any("\u4e00" <= sign <= "\u9fff" for sign in problem.expected.en), problem


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_broken_rulebook_is_refused_or_only_warned_of(path: Path) -> None:
    warned = "| warning: " in path.read_text(encoding="utf-8")

    if warned:
        load_file(path)
    else:
        with pytest.raises(RulebookErrors):
            load_file(path)


def test_corpus_is_broad() -> None:
    assert len(CORPUS) >= 70
    assert all(expected(path) for path in CORPUS)
