"""Every keyword of the language with its place, type and meaning: read off the model."""

from __future__ import annotations

import typing
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from shidian.core.rulebook.meanings import meaning
from shidian.core.rulebook.model import (
    Because,
    Expression,
    Identifier,
    Rulebook,
    Text,
    parse_duration_us,
)
from shidian.core.rulebook.typed import branches_of, described, parser_of, unwrap, words_of

if typing.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(frozen=True, slots=True)
class Keyword:
    """One row of the table. `where`: path with `[]` for a list's items and `*` for any key."""

    keyword: str
    where: str
    type: str
    meaning: str
    default: str


def keywords() -> Iterator[Keyword]:
    """Every keyword, in the order of the model; what stands in several places, where it is first.

    The two languages of a text are told once, where the language's page speaks of texts.
    """
    done: set[type[BaseModel]] = {Text}
    yield from _rows(Rulebook, "", done)
    yield from _rows(Because, "because", done)


def table() -> str:
    """The keywords as a table in Markdown."""
    rows = ["| where | keyword | type | meaning | default |", "|---|---|---|---|---|"]
    for row in keywords():
        where = f"`{row.where}`" if row.where else ""
        cells = (where, f"`{row.keyword}`", row.type, row.meaning, row.default)
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows) + "\n"


def inner_models(annotation: Any, metadata: Iterable[Any]) -> Iterator[type[BaseModel]]:
    """Models that a document's value of this annotation is written as."""
    annotation, metadata = unwrap(annotation, metadata)
    if parser_of(metadata) is not None:
        return  # written as one word, such as a threshold
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in typing.get_args(annotation):
        yield from inner_models(inner, ())


def _rows(model: type[BaseModel], where: str, done: set[type[BaseModel]]) -> Iterator[Keyword]:
    if model in done:
        return
    done.add(model)
    for keyword, field in fields_of(model):
        path = f"{where}/{keyword}"
        yield Keyword(
            keyword,
            where,
            _type_text(field.annotation, field.metadata),
            meaning(model.__name__, keyword),
            default_text(field),
        )
        for inner in inner_models(field.annotation, field.metadata):
            yield from _rows(inner, f"{path}{_step(field.annotation)}", done)


def _type_text(annotation: Any, metadata: Iterable[Any]) -> str:  # noqa: PLR0911 - one a shape
    """The type of a value as the table says it."""
    annotation, metadata = unwrap(annotation, metadata)
    branches = [branch for branch in branches_of(annotation) if branch is not type(None)]
    if len(branches) > 1:
        return " or ".join(_type_text(branch, ()) for branch in branches)
    annotation, metadata = unwrap(branches[0], metadata)
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if parser_of(metadata) is not None:
        return described(annotation, metadata).en
    if origin is tuple and arguments[1:] == (Ellipsis,):
        return f"list: {_type_text(arguments[0], ())}"
    if origin is tuple:
        return f"[{', '.join(_type_text(argument, ()) for argument in arguments)}]"
    if origin is dict:
        return f"{_type_text(arguments[0], ())} → {_type_text(arguments[1], ())}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "text in zh and en" if annotation is Text else "mapping"
    return _word_text(annotation, metadata)


def _word_text(annotation: Any, metadata: list[Any]) -> str:
    words = words_of(annotation)
    if words:
        return " · ".join(f"`{word}`" for word in words)
    pattern = attribute_of(metadata, "pattern")
    if pattern is not None and pattern == attribute_of(unwrap(Identifier, ())[1], "pattern"):
        return "id"
    if attribute_of(metadata, "max_length") == attribute_of(
        unwrap(Expression, ())[1], "max_length"
    ):
        return "expression"
    if annotation is int:
        low, high = (attribute_of(metadata, name) for name in ("ge", "le"))
        bounds = (
            [] if low is None and high is None else [str(low), "…" if high is None else str(high)]
        )
        return "whole number" + (f" {'–'.join(bounds)}" if bounds else "")
    if annotation is bool:
        return "`true` · `false`"
    return f"text `{pattern}`" if pattern else "text"


def _step(annotation: Any) -> str:
    annotation, _ = unwrap(annotation, ())
    for branch in branches_of(annotation):
        origin = typing.get_origin(branch)
        if origin is tuple:
            return "[]"
        if origin is dict:
            return "/*"
    return ""


def default_text(field: FieldInfo) -> str:
    if field.is_required():
        return "must be said"
    value = field.get_default(call_default_factory=True)
    if value is None or value in ((), {}) or isinstance(value, BaseModel):
        return "—"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and any(
        parser_of(unwrap(branch, field.metadata)[1]) is parse_duration_us
        for branch in branches_of(field.annotation)
    ):
        return _duration_text(value)
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _duration_text(value_us: int) -> str:
    for unit, size_us in (("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000)):
        if value_us and value_us % size_us == 0:
            return f"{value_us // size_us}{unit}"
    return f"{value_us}us" if value_us else "0s"


def fields_of(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        yield field.alias or name, field


def attribute_of(metadata: Iterable[Any], name: str) -> Any:
    """A bound or pattern among the metadata; inside a list's items it is still a FieldInfo's."""
    for item in metadata:
        value = (
            attribute_of(item.metadata, name)
            if isinstance(item, FieldInfo)
            else getattr(item, name, None)
        )
        if value is not None:
            return value
    return None
