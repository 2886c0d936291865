"""`--set /clocks/publicity/length=10`: a rulebook with some values other than written.

The resolved document is changed at a JSON pointer whose list items are named by their ids, and read
and judged again as any rulebook is.
"""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from shidian.core.rulebook.analysis import analyse
from shidian.core.rulebook.load import from_document
from shidian.core.rulebook.model import Text
from shidian.core.rulebook.problems import Problem, RulebookErrors, did_you_mean
from shidian.core.rulebook.tree import unescape

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shidian.core.rulebook.loaded import Loaded


def changed(loaded: Loaded, settings: Iterable[str]) -> Loaded:
    """The rulebook with each `pointer=value` carried out.

    A value is text as in YAML; one that begins with [ or { is JSON. Raises RulebookErrors.
    """
    document: Any = copy.deepcopy(loaded.document)
    for setting in settings:
        _set(document, setting, loaded.rulebook.rulebook)
    found = from_document(document)
    wrong = [one.problem for one in analyse(found.rulebook) if one.is_error]
    if wrong:
        raise RulebookErrors(replace(one, file=loaded.rulebook.rulebook) for one in wrong)
    return found


def _set(document: Any, setting: str, name: str) -> None:
    pointer, equals, value = setting.partition("=")
    if not equals or not pointer.startswith("/"):
        raise _wrong(
            name,
            pointer,
            Text(zh=f"“{setting}”不是“路径=值”", en=f"{setting!r} is no pointer=value"),
            Text(zh="写法如 /clocks/publicity/length=10", en="write /clocks/publicity/length=10"),
        )
    *parents, last = [unescape(part) for part in pointer[1:].split("/")]
    node, here = document, ""
    for part in parents:
        below = _below(node, part)
        here = f"{here}/{part}"
        if below is None:
            raise _unknown(name, here, part, node)
        node = below
    if isinstance(node, dict):
        node[last] = _value(value, name, pointer)
        return
    index = _index(node, last) if isinstance(node, list) else None
    if index is None:
        raise _unknown(name, pointer, last, node)
    node[index] = _value(value, name, pointer)


def _below(node: Any, part: str) -> Any:
    if isinstance(node, dict):
        return node.get(part)
    index = _index(node, part) if isinstance(node, list) else None
    return None if index is None else node[index]


def _index(items: list[Any], part: str) -> int | None:
    for index, item in enumerate(items):
        if isinstance(item, dict) and item.get("id") == part:
            return index
    if part.isascii() and part.isdigit() and len(part) <= 4 and int(part) < len(items):  # noqa: PLR2004
        return int(part)
    return None


def _value(text: str, name: str, pointer: str) -> Any:
    if not text.startswith(("[", "{")):
        return None if text == "null" else text
    try:
        return json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        raise _wrong(
            name,
            pointer,
            Text(zh="值不是合法的 JSON", en="the value is no JSON"),
            Text(zh='写法如 ["a", "b"]', en='write ["a", "b"]'),
        ) from None


def _unknown(name: str, path: str, part: str, node: Any) -> RulebookErrors:
    known: list[str] = list(node) if isinstance(node, dict) else []
    if isinstance(node, list):
        known = [
            str(one.get("id", n)) if isinstance(one, dict) else str(n) for n, one in enumerate(node)
        ]
    said = Text(zh=f"没有“{part}”", en=f"there is no '{part}'")
    return _wrong(name, path, said, did_you_mean(part, known))


def _wrong(name: str, path: str, message: Text, expected: Text) -> RulebookErrors:
    return RulebookErrors([Problem(path, name, 0, message, expected)])
