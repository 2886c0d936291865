"""Text scalars → typed values, by the model's annotations alone, with errors that know their line.

Two results: what pydantic is to validate, and the same document in canonical text (`05` → `5`,
`60 s` → `60000000us`), which is what the digests are taken over.
"""

from __future__ import annotations

import re
import types
import typing
from enum import Enum
from typing import Annotated, Any, Literal, Union

from pydantic import BaseModel, BeforeValidator, ValidationError

from shidian.core.rulebook.model import Rulebook, Text, Threshold, parse_duration_us
from shidian.core.rulebook.patterns import asked
from shidian.core.rulebook.problems import PROBLEMS_MAX, Problem, did_you_mean
from shidian.core.rulebook.tree import Map, Node, Scalar, Seq, children, escape, step_name

if typing.TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic.fields import FieldInfo

    from shidian.core.rulebook.loaded import Json, Mark

_WRONG: Any = object()


def typed(root: Map) -> tuple[Rulebook | None, dict[str, Json], list[Problem]]:
    """The rulebook, its canonical document, and what is wrong; no rulebook where something is."""
    typist = _Typist()
    try:
        value, canonical = typist.model(root, Rulebook, "")
    except _EnoughError:
        return None, {}, typist.problems
    if typist.problems:
        return None, canonical, typist.problems
    try:
        return Rulebook.model_validate(value), canonical, []
    except ValidationError as error:
        return None, canonical, [_placed(root, dict(found)) for found in error.errors()]


class _EnoughError(Exception):
    """So much is wrong that the rest need not be said."""


class _Typist:
    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def wrong(
        self, path: str, node: Node | Mark, message: Text, expected: Text
    ) -> tuple[Any, Json]:
        mark = node.mark if isinstance(node, Scalar | Map | Seq) else node
        self.problems.append(Problem(path, mark.file, mark.line, message, expected))
        if len(self.problems) >= PROBLEMS_MAX:
            raise _EnoughError
        return _WRONG, None

    def value(
        self, node: Node, annotation: Any, metadata: Iterable[Any], path: str
    ) -> tuple[Any, Json]:
        """(what pydantic is given, canonical text) for one node."""
        annotation, metadata = unwrap(annotation, metadata)
        branches = branches_of(annotation)
        if isinstance(node, Scalar) and node.text is None:
            if type(None) in branches:
                return None, None
            return self.wrong(path, node, _IS_NULL, _write(described(annotation, metadata)))
        branches = [branch for branch in branches if branch is not type(None)]
        if len(branches) > 1:
            return self._union(node, branches, path)
        annotation, metadata = unwrap(branches[0], metadata)
        return self._single(node, annotation, metadata, path)

    def _single(
        self, node: Node, annotation: Any, metadata: list[Any], path: str
    ) -> tuple[Any, Json]:
        origin = typing.get_origin(annotation)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            if not parser_of(metadata):
                if isinstance(node, Map):
                    return self.model(node, annotation, path)
                return self.wrong(path, node, _NO_MAPPING, _keys_of(annotation))
        elif origin is tuple:
            return self._items(node, typing.get_args(annotation), path)
        elif origin is dict:
            return self._mapping(node, typing.get_args(annotation), path)
        if not isinstance(node, Scalar) or node.text is None:
            is_kind = _IS_MAPPING if isinstance(node, Map) else _IS_LIST
            return self.wrong(path, node, is_kind, _write(described(annotation, metadata)))
        return self._leaf(node, node.text, annotation, metadata, path)

    def model(self, node: Map, model: type[BaseModel], path: str) -> tuple[Any, dict[str, Json]]:
        """A mapping with declared keys."""
        fields = {(field.alias or name): field for name, field in model.model_fields.items()}
        value: dict[str, Any] = {}
        canonical: dict[str, Json] = {}
        for key, child in node.entries.items():
            below = f"{path}/{escape(key)}"
            if key not in fields:
                self.wrong(below, node.keys[key], unknown_key(key), did_you_mean(key, fields))
                continue
            field = fields[key]
            value[key], canonical[key] = self.value(child, field.annotation, field.metadata, below)
        for key, field in fields.items():
            if field.is_required() and key not in node.entries:
                self._missing(node, key, field, path)
        return value, canonical

    def _missing(self, node: Map, key: str, field: FieldInfo, path: str) -> None:
        kind = described(*unwrap(field.annotation, field.metadata))
        where = f"{path}/{escape(key)}"
        message = Text(zh=f"缺少“{key}”", en=f"'{key}' is missing")
        expected = Text(zh=f"请补充 {key}：{kind.zh}", en=f"add {key}: {kind.en}")
        self.wrong(where, node, message, expected)

    def _items(self, node: Node, args: tuple[Any, ...], path: str) -> tuple[Any, Json]:
        if not isinstance(node, Seq):
            return self.wrong(path, node, _NO_LIST, _LIST_FORM)
        repeated = len(args) == 2 and args[1] is Ellipsis  # noqa: PLR2004 - tuple[X, ...]
        if not repeated and len(node.items) != len(args):
            count = len(node.items)
            message = Text(zh=f"有 {count} 项", en=f"has {count} items")
            exactly = Text(zh=f"请写 {len(args)} 项", en=f"write exactly {len(args)}")
            return self.wrong(path, node, message, exactly)
        pairs = [
            self.value(
                item,
                args[0] if repeated else args[index],
                (),
                f"{path}/{escape(step_name(item, index))}",
            )
            for index, item in enumerate(node.items)
        ]
        return [value for value, _ in pairs], [canonical for _, canonical in pairs]

    def _mapping(self, node: Node, args: tuple[Any, ...], path: str) -> tuple[Any, Json]:
        if not isinstance(node, Map):
            form = Text(zh="请写成“键: 值”", en="write key: value")
            return self.wrong(path, node, _NO_MAPPING, form)
        value: dict[str, Any] = {}
        canonical: dict[str, Json] = {}
        for key, child in node.entries.items():
            below = f"{path}/{escape(key)}"
            named, _ = self._leaf(Scalar(key, node.keys[key]), key, args[0], [], below)
            if named is not _WRONG:
                value[key], canonical[key] = self.value(child, args[1], (), below)
        return value, canonical

    def _union(self, node: Node, branches: list[Any], path: str) -> tuple[Any, Json]:
        """The first branch that fits; the only unions are words beside a parsed form."""
        for branch in branches:
            attempt = _Typist()
            result = attempt.value(node, branch, (), path)
            if not attempt.problems:
                return result
        expected = _either([described(*unwrap(branch, ())) for branch in branches])
        message = Text(zh="不合要求", en="this does not fit")
        if isinstance(node, Scalar):
            message = Text(zh=f"“{_short(node.text)}”不合要求", en=f"{_quoted(node)} does not fit")
        return self.wrong(path, node, message, _write(expected))

    def _leaf(
        self, node: Scalar, text: str, annotation: Any, metadata: list[Any], path: str
    ) -> tuple[Any, Json]:
        parse = parser_of(metadata)
        if parse is not None:
            return self._parsed(node, text, parse, path)
        if annotation is bool and text not in ("true", "false"):
            message = Text(
                zh=f"“{_short(text)}”既不是 true 也不是 false",
                en=f"'{_short(text)}' is neither true nor false",
            )
            return self.wrong(path, node, message, _write(described(annotation, metadata)))
        if annotation is int and not re.fullmatch(r"-?[0-9]{1,18}", text):
            message = Text(
                zh=f"“{_short(text)}”不是整数", en=f"'{_short(text)}' is no whole number"
            )
            return self.wrong(path, node, message, _write(described(annotation, metadata)))
        if annotation in (bool, int):
            value = text == "true" if annotation is bool else int(text)
            return value, text if annotation is bool else str(value)
        words = words_of(annotation)
        if words and text not in words:
            message = Text(zh=f"此处没有“{_short(text)}”", en=f"'{_short(text)}' is not known here")
            return self.wrong(path, node, message, did_you_mean(text, words))
        return text, text

    def _parsed(self, node: Scalar, text: str, parse: Any, path: str) -> tuple[Any, Json]:
        try:
            value = parse(text)
        except ValueError:
            return self.wrong(path, node, *_unparsed(text, parse))
        if isinstance(value, Threshold):
            operand = f"plan.{value.plan}" if value.plan else str(value.value)
            return value, f"{value.comparison}{operand}"
        if parse is parse_duration_us:
            return value, f"{value}us"
        return value, str(value)


def unwrap(annotation: Any, metadata: Iterable[Any]) -> tuple[Any, list[Any]]:
    collected = list(metadata)
    while typing.get_origin(annotation) is Annotated:
        annotation, *more = typing.get_args(annotation)
        collected += more
    return annotation, collected


def branches_of(annotation: Any) -> list[Any]:
    if typing.get_origin(annotation) in (Union, types.UnionType):
        return list(typing.get_args(annotation))
    return [annotation]


def parser_of(metadata: Iterable[Any]) -> Any:
    for item in metadata:
        if isinstance(item, BeforeValidator):
            return item.func
    return None


def words_of(annotation: Any) -> list[str]:
    if typing.get_origin(annotation) is Literal:
        return [str(word) for word in typing.get_args(annotation)]
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return [str(member.value) for member in annotation]
    return []


def _keys_of(model: type[BaseModel]) -> Text:
    names = [field.alias or name for name, field in model.model_fields.items()]
    return Text(
        zh=f"请写成映射，可用的键：{'、'.join(names)}",
        en=f"write a mapping with {', '.join(names)}",
    )


def described(annotation: Any, metadata: Iterable[Any]) -> Text:
    """What belongs here, in words."""
    parse = parser_of(metadata)
    if parse is parse_duration_us:
        return Text(zh="时长，如 5m", en="a duration such as 5m")
    if parse is not None:
        return Text(zh="加引号的阈值，如 '>3%'", en="a threshold in quotes such as '>3%'")
    branches = [branch for branch in branches_of(annotation) if branch is not type(None)]
    if branches != [annotation]:
        inner = [unwrap(branch, metadata if len(branches) == 1 else ()) for branch in branches]
        return _either([described(*branch) for branch in inner])
    words = words_of(annotation)
    if words:
        return Text(
            zh="或".join(filter(None, ("、".join(words[:-1]), words[-1]))),
            en=" or ".join(filter(None, (", ".join(words[:-1]), words[-1]))),
        )
    return _kind(annotation)


def _kind(annotation: Any) -> Text:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        names = [field.alias or name for name, field in annotation.model_fields.items()]
        form = "{" + ", ".join(f"{name}: …" for name in names[:6]) + "}"
        return Text(zh=form, en=form)
    if annotation in _KINDS:
        return _KINDS[annotation]
    is_list = typing.get_origin(annotation) is tuple
    return Text(zh="列表", en="a list") if is_list else Text(zh="映射", en="a mapping")


_KINDS = {
    bool: Text(zh="true 或 false", en="true or false"),
    int: Text(zh="整数", en="a whole number"),
    str: Text(zh="文本", en="a text"),
}
_IS_NULL = Text(zh="为空（null）", en="is null")
_IS_LIST = Text(zh="是列表", en="is a list")
_IS_MAPPING = Text(zh="是映射", en="is a mapping")
_NO_LIST = Text(zh="不是列表", en="is no list")
_NO_MAPPING = Text(zh="不是映射", en="is no mapping")
_LIST_FORM = Text(zh="请写成 [ … ]，或各行以 - 开头", en="write [ … ] or lines that begin with -")
_SEE_PAGE = Text(zh="参见语言说明", en="see the language's page")


def unknown_key(key: str) -> Text:
    """What to say of a key that the language does not have."""
    return Text(zh=f"没有“{_short(key)}”这个键", en=f"unknown key '{_short(key)}'")


def _short(text: str | None) -> str:
    """Enough of a text to know it again."""
    if text is None:
        return "null"
    return text if len(text) <= 60 else f"{text[:60]}…"  # noqa: PLR2004 - fits a line


def _quoted(node: Scalar) -> str:
    return f"'{_short(node.text)}'"


def _write(kind: Text) -> Text:
    return Text(zh=f"请写{kind.zh}", en=f"write {kind.en}")


def _either(kinds: list[Text]) -> Text:
    return Text(
        zh="，或".join(kind.zh for kind in kinds), en=" or ".join(kind.en for kind in kinds)
    )


def _unparsed(text: str, parse: Any) -> tuple[Text, Text]:
    """What to say of a duration or threshold that cannot be read."""
    shown = _short(text)
    if parse is parse_duration_us:
        return (
            Text(zh=f"“{shown}”不是时长", en=f"'{shown}' is not a duration"),
            Text(
                zh="请写数和单位 us、ms、s、m、h 或 d，如 5m",
                en="write a number and us, ms, s, m, h or d: 5m",
            ),
        )
    operand = re.sub(r"^\s*(>=|<=|>|<)\s*", "", text, count=1)
    if operand == text:
        return (
            Text(zh=f"“{shown}”不是阈值", en=f"'{shown}' is not a threshold"),
            Text(
                zh="请写 >、>=、< 或 <= 加一个数，如 '>3%'",
                en="write >, >=, < or <= and a number: '>3%'",
            ),
        )
    shown = _short(operand.strip())
    return (
        Text(zh=f"“{shown}”不是数", en=f"'{shown}' is not a number"),
        Text(zh="请写 12、0.5 或 3%", en="write 12, 0.5 or 3%"),
    )


def _placed(root: Map, found: dict[str, Any]) -> Problem:
    """A pydantic error at the line it speaks of."""
    node: Node = root
    path = ""
    for step in found["loc"]:
        steps = list(children(node))
        if isinstance(step, int) and isinstance(node, Seq) and step < len(steps):
            name, node = steps[step]
        elif isinstance(node, Map) and step in node.entries:
            name, node = str(step), node.entries[str(step)]
        else:
            break
        path = f"{path}/{escape(name)}"
    message, expected = _constraint(found, found.get("ctx", {}))
    return Problem(path, node.mark.file, node.mark.line, message, expected)


def _constraint(found: dict[str, Any], context: dict[str, Any]) -> tuple[Text, Text]:
    given = found["input"]
    known = isinstance(given, str | int)
    zh = f"“{_short(str(given))}”" if known else "此项"
    en = f"'{_short(str(given))}'" if known else "this"
    match found["type"]:
        case "greater_than_equal":
            return (
                Text(zh=f"{zh}过小", en=f"{en} is too small"),
                Text(zh=f"不得小于 {context['ge']}", en=f"write {context['ge']} or more"),
            )
        case "less_than_equal":
            return (
                Text(zh=f"{zh}过大", en=f"{en} is too large"),
                Text(zh=f"不得大于 {context['le']}", en=f"write {context['le']} or less"),
            )
        case "string_pattern_mismatch":
            wrong = Text(zh=f"{zh}格式不对", en=f"{en} has the wrong form")
            return wrong, asked(context["pattern"])
        case "too_short" | "string_too_short":
            least = context.get("min_length", 1)
            return (
                Text(zh="内容为空", en="is empty"),
                Text(zh=f"至少写 {least} 项或字", en=f"write at least {least}"),
            )
        case "string_too_long" | "too_long":
            most = context.get("max_length")
            return Text(zh="过长", en="is too long"), Text(
                zh=f"最多 {most}", en=f"write at most {most}"
            )
        case _:
            message = str(found["msg"]).removeprefix("Value error, ")
            return Text(zh=message, en=message), _SEE_PAGE
