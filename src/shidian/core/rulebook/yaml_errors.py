"""What is wrong with a text as YAML, said to its author rather than to a parser's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from shidian.core.rulebook.model import Text
from shidian.core.rulebook.problems import Problem, RulebookErrors

if TYPE_CHECKING:
    import yaml

Said: TypeAlias = "tuple[Text, Text]"
"""What is wrong, and what would be right."""

_FOREIGN = re.compile(
    # controls, marks that reorder what is shown, line ends that only some programs know
    r"[^\t\n\r\x20-\x7e\xa0-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufefe\uff00-\ufffd"
    r"\U00010000-\U0010ffff]"
)
_NEEDS_QUOTES = frozenset("%>@`&*!|")
_NOT_YAML = Text(zh="不是有效的 YAML", en="this is not YAML")


def check_characters(text: str, name: str) -> None:
    """Refuse characters that no reader sees, or sees elsewhere. Raises RulebookErrors."""
    bad = _FOREIGN.search(text)
    if bad is None:
        return
    line = text.count("\n", 0, bad.start()) + 1
    shown = f"U+{ord(bad[0]):04X}"
    message = Text(
        zh=f"文本中不应有字符 {shown}", en=f"the character {shown} does not belong in a text"
    )
    raise RulebookErrors([Problem("", name, line, message, Text(zh="请删除", en="remove it"))])


def rephrased(error: yaml.MarkedYAMLError, text: str, name: str) -> Problem:
    """A parser's error at the line its author has to mend."""
    mark = error.problem_mark or error.context_mark
    problem, context = str(error.problem or ""), str(error.context or "")
    if mark is None:
        return Problem("", name, 0, _NOT_YAML, Text(zh=problem, en=problem))
    lines = text.split("\n")
    index = min(mark.line, len(lines) - 1)
    before, here = lines[index][: mark.column], lines[index][mark.column :]
    start = error.context_mark.line + 1 if error.context_mark else index + 1
    if "end of stream" in problem and "quoted" in context:
        return Problem("", name, start, *_quotation_open())
    if "cannot start any token" in problem and here[:1] == "\t":
        said = _tab()
    elif "cannot start any token" in problem and here[:1] in _NEEDS_QUOTES:
        said = _bare(re.split(r"[,}\]]|\s#|$", here, maxsplit=1)[0].strip()[:80])
    elif "mapping values are not allowed" in problem:
        said = _second_colon()
    elif "flow" in context:
        said = _bracket_open(start, "}" if "mapping" in context else "]")
    else:
        after = before.strip()[-40:]
        said = (
            Text(
                zh=f"“{after}”之后不是有效的 YAML（{problem}）",
                en=f"not YAML after {after!r}: {problem}",
            ),
            Text(zh="请检查缩进和引号", en="check indentation and quotes"),
        )
    return Problem("", name, index + 1, *said)


def unmarked(error: yaml.YAMLError, name: str) -> Problem:
    """A parser's error that knows no line."""
    return Problem("", name, 0, _NOT_YAML, Text(zh=str(error)[:200], en=str(error)[:200]))


def _quotation_open() -> Said:
    return (
        Text(zh="引号由此开始，未闭合", en="a quotation mark opens here and never closes"),
        Text(zh="补上结尾的引号", en="close it"),
    )


def _tab() -> Said:
    return (
        Text(zh="缩进处使用了制表符", en="a tab stands where the indentation is"),
        Text(zh="请用空格缩进", en="indent with spaces"),
    )


def _bare(word: str) -> Said:
    return (
        Text(zh=f"{word} 不加引号不能写在此处", en=f"{word} cannot stand bare here"),
        Text(zh=f'请加引号："{word}"', en=f'put it in quotes: "{word}"'),
    )


def _second_colon() -> Said:
    return (
        Text(
            zh="一行中有两个冒号，或某个键与相邻各键缩进不一致",
            en="a second colon on one line, or a key indented differently from its neighbours",
        ),
        Text(
            zh="含“: ”的文字请加引号；同一映射的键缩进须一致",
            en="put a text that holds ': ' in quotes, and indent keys of one mapping alike",
        ),
    )


def _bracket_open(start: int, closing: str) -> Said:
    return (
        Text(
            zh=f"第 {start} 行开始的括号到此仍未闭合",
            en=f"the bracket opened on line {start} is not closed before this",
        ),
        Text(zh=f"补上 , 或 {closing}", en=f"write , or {closing}"),
    )
