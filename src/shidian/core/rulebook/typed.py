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

from shidian.core.rulebook.model import Rulebook, Threshold, parse_duration_us
from shidian.core.rulebook.problems import Problem, did_you_mean
from shidian.core.rulebook.tree import Map, Node, Scalar, Seq, children, escape, step_name

if typing.TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic.fields import FieldInfo

    from shidian.core.rulebook.loaded import Json

_WRONG: Any = object()


def typed(root: Map) -> tuple[Rulebook | None, dict[str, Json], list[Problem]]:
    """The rulebook, its canonical document, and what is wrong; no rulebook where something is."""
    typist = _Typist()
    value, canonical = typist.model(root, Rulebook, "")
    if typist.problems:
        return None, canonical, typist.problems
    try:
        return Rulebook.model_validate(value), canonical, []
    except ValidationError as error:
        return None, canonical, [_placed(root, dict(found)) for found in error.errors()]


class _Typist:
    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def wrong(self, path: str, node: Node, message: str, expected: str) -> tuple[Any, Json]:
        mark = node.mark
        self.problems.append(Problem(path, mark.file, mark.line, message, expected))
        return _WRONG, None

    def value(
        self, node: Node, annotation: Any, metadata: Iterable[Any], path: str
    ) -> tuple[Any, Json]:
        """(what pydantic is given, canonical text) for one node."""
        annotation, metadata = _unwrap(annotation, metadata)
        branches = _branches(annotation)
        if isinstance(node, Scalar) and node.text is None:
            if type(None) in branches:
                return None, None
            return self.wrong(path, node, "is null", f"write {described(annotation, metadata)}")
        branches = [branch for branch in branches if branch is not type(None)]
        if len(branches) > 1:
            return self._union(node, branches, path)
        annotation, metadata = _unwrap(branches[0], metadata)
        return self._single(node, annotation, metadata, path)

    def _single(
        self, node: Node, annotation: Any, metadata: list[Any], path: str
    ) -> tuple[Any, Json]:
        origin = typing.get_origin(annotation)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            if not _before(metadata):
                if isinstance(node, Map):
                    return self.model(node, annotation, path)
                return self.wrong(path, node, "is no mapping", _keys_of(annotation))
        elif origin is tuple:
            return self._items(node, typing.get_args(annotation), path)
        elif origin is dict:
            return self._mapping(node, typing.get_args(annotation), path)
        if not isinstance(node, Scalar) or node.text is None:
            kind = "a mapping" if isinstance(node, Map) else "a list"
            return self.wrong(path, node, f"is {kind}", f"write {described(annotation, metadata)}")
        return self._leaf(node, node.text, annotation, metadata, path)

    def model(self, node: Map, model: type[BaseModel], path: str) -> tuple[Any, dict[str, Json]]:
        """A mapping with declared keys."""
        fields = {(field.alias or name): field for name, field in model.model_fields.items()}
        value: dict[str, Any] = {}
        canonical: dict[str, Json] = {}
        for key, child in node.entries.items():
            below = f"{path}/{escape(key)}"
            if key not in fields:
                mark = node.keys[key]
                suggestion = did_you_mean(key, fields)
                self.problems.append(
                    Problem(below, mark.file, mark.line, f"unknown key '{key}'", suggestion)
                )
                continue
            field = fields[key]
            value[key], canonical[key] = self.value(child, field.annotation, field.metadata, below)
        for key, field in fields.items():
            if field.is_required() and key not in node.entries:
                self._missing(node, key, field, path)
        return value, canonical

    def _missing(self, node: Map, key: str, field: FieldInfo, path: str) -> None:
        kind = described(*_unwrap(field.annotation, field.metadata))
        where = f"{path}/{escape(key)}"
        self.wrong(where, node, f"'{key}' is missing", f"add {key}: {kind}")

    def _items(self, node: Node, args: tuple[Any, ...], path: str) -> tuple[Any, Json]:
        if not isinstance(node, Seq):
            return self.wrong(path, node, "is no list", "write [ … ] or lines that begin with -")
        repeated = len(args) == 2 and args[1] is Ellipsis  # noqa: PLR2004 - tuple[X, ...]
        if not repeated and len(node.items) != len(args):
            message = f"has {len(node.items)} items"
            return self.wrong(path, node, message, f"write exactly {len(args)}")
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
            return self.wrong(path, node, "is no mapping", "write key: value")
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
        expected = " or ".join(described(*_unwrap(branch, ())) for branch in branches)
        shown = repr(node.text) if isinstance(node, Scalar) else "this"
        return self.wrong(path, node, f"{shown} does not fit", f"write {expected}")

    def _leaf(
        self, node: Scalar, text: str, annotation: Any, metadata: list[Any], path: str
    ) -> tuple[Any, Json]:
        before = _before(metadata)
        if before is not None:
            return self._parsed(node, text, before, path)
        expected = f"write {described(annotation, metadata)}"
        if annotation is bool and text not in ("true", "false"):
            return self.wrong(path, node, f"'{text}' is neither true nor false", expected)
        if annotation is int and not re.fullmatch(r"-?[0-9]{1,18}", text):
            return self.wrong(path, node, f"'{text}' is no whole number", expected)
        if annotation in (bool, int):
            value = text == "true" if annotation is bool else int(text)
            return value, text if annotation is bool else str(value)
        words = _words(annotation)
        if words and text not in words:
            return self.wrong(path, node, f"'{text}' is not known here", did_you_mean(text, words))
        return text, text

    def _parsed(self, node: Scalar, text: str, before: Any, path: str) -> tuple[Any, Json]:
        try:
            value = before(text)
        except ValueError as error:
            message, _, expected = str(error).partition("; ")
            return self.wrong(path, node, message, expected or "see the language's page")
        if isinstance(value, Threshold):
            operand = f"plan.{value.plan}" if value.plan else str(value.value)
            return value, f"{value.comparison}{operand}"
        if before is parse_duration_us:
            return value, f"{value}us"
        return value, str(value)


def _unwrap(annotation: Any, metadata: Iterable[Any]) -> tuple[Any, list[Any]]:
    collected = list(metadata)
    while typing.get_origin(annotation) is Annotated:
        annotation, *more = typing.get_args(annotation)
        collected += more
    return annotation, collected


def _branches(annotation: Any) -> list[Any]:
    if typing.get_origin(annotation) in (Union, types.UnionType):
        return list(typing.get_args(annotation))
    return [annotation]


def _before(metadata: Iterable[Any]) -> Any:
    for item in metadata:
        if isinstance(item, BeforeValidator):
            return item.func
    return None


def _words(annotation: Any) -> list[str]:
    if typing.get_origin(annotation) is Literal:
        return [str(word) for word in typing.get_args(annotation)]
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return [str(member.value) for member in annotation]
    return []


def _keys_of(model: type[BaseModel]) -> str:
    names = [field.alias or name for name, field in model.model_fields.items()]
    return f"write a mapping with {', '.join(names)}"


def described(annotation: Any, metadata: Iterable[Any]) -> str:
    """What belongs here, in words."""
    before = _before(metadata)
    if before is parse_duration_us:
        return "a duration such as 5m"
    if before is not None:
        return "a threshold in quotes such as '>3%'"
    branches = [branch for branch in _branches(annotation) if branch is not type(None)]
    if branches != [annotation]:
        inner = [_unwrap(branch, metadata if len(branches) == 1 else ()) for branch in branches]
        return " or ".join(described(*branch) for branch in inner)
    words = _words(annotation)
    if words:
        return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))
    return _kind(annotation)


def _kind(annotation: Any) -> str:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        names = [field.alias or name for name, field in annotation.model_fields.items()]
        return "{" + ", ".join(f"{name}: …" for name in names[:6]) + "}"
    named = {bool: "true or false", int: "a whole number", str: "a text"}
    return named.get(
        annotation, "a list" if typing.get_origin(annotation) is tuple else "a mapping"
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
    context = found.get("ctx", {})
    message, expected = _constraint(found, context)
    return Problem(path, node.mark.file, node.mark.line, message, expected)


def _constraint(found: dict[str, Any], context: dict[str, Any]) -> tuple[str, str]:
    given = f"'{found['input']}'" if isinstance(found["input"], str | int) else "this"
    match found["type"]:
        case "greater_than_equal":
            return f"{given} is too small", f"write {context['ge']} or more"
        case "less_than_equal":
            return f"{given} is too large", f"write {context['le']} or less"
        case "string_pattern_mismatch":
            return f"{given} has the wrong form", f"write text of the form {context['pattern']}"
        case "too_short" | "string_too_short":
            return "is empty", f"write at least {context.get('min_length', 1)}"
        case "string_too_long" | "too_long":
            return "is too long", f"write at most {context.get('max_length')}"
        case _:
            message, _, expected = str(found["msg"]).removeprefix("Value error, ").partition("; ")
            return message, expected or "see the language's page"
