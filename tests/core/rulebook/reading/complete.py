"""A document that states every keyword of the model once, made from the model itself."""

from __future__ import annotations

import re
import types
import typing
from enum import Enum
from typing import Annotated, Any, Literal, Union

from pydantic import BaseModel, BeforeValidator

from shidian.core.rulebook.load import from_document
from shidian.core.rulebook.model import Rulebook, Text, Threshold

if typing.TYPE_CHECKING:
    from shidian.core.rulebook.loaded import Loaded

_WORDS = ("a", "https://a.example", "a.b", "2024-01-02", "2024", "ABC", "1", "5m", "1/2")
_TEXTS = {
    "show_if": "partners > 0",
    "computed": "partners + 1",
    "when": "partners > 0",
    "rule": "partners > 0",
    "where": "a > 0",
    "max": "plan.a",
}


def complete() -> Loaded:
    """Every keyword, each list with one item, everything called `a`, all of it assumed."""
    document = _model(Rulebook)
    document["because"] = {"basis": "assumed", "source": "a"}
    return from_document(document)


def _model(model: type[BaseModel]) -> dict[str, Any]:
    if model is Text:
        return {"zh": "文", "en": "Text"}
    return {
        (field.alias or name): _value(field.annotation, field.metadata, name)
        for name, field in model.model_fields.items()
    }


def _value(annotation: Any, metadata: list[Any], name: str) -> Any:  # noqa: PLR0911 - one a shape
    if typing.get_origin(annotation) is Annotated:
        annotation, *more = typing.get_args(annotation)
        return _value(annotation, [*more, *metadata], name)
    origin = typing.get_origin(annotation)
    if origin in (Union, types.UnionType):
        branches = [one for one in typing.get_args(annotation) if one is not type(None)]
        return _value(branches[0], metadata, name)
    if origin is Literal:
        return str(typing.get_args(annotation)[-1])
    if origin is tuple:
        items = typing.get_args(annotation)
        kept = items[:1] if items[-1] is Ellipsis else items
        return [_value(one, [], name) for one in kept]
    if origin is dict:
        key, value = typing.get_args(annotation)
        return {_value(key, [], name): _value(value, [], name)}
    if (
        isinstance(annotation, type)
        and issubclass(annotation, BaseModel)
        and annotation is not Threshold
    ):
        return _model(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return list(annotation)[-1].value
    return _scalar(annotation, metadata, name)


def _scalar(annotation: Any, metadata: list[Any], name: str) -> str:
    if annotation is Threshold:
        return ">1"
    if annotation is bool:
        return "true"
    if annotation is int:
        if any(isinstance(one, BeforeValidator) for one in metadata):
            return "5m"
        return str(next((one.ge for one in _constraints(metadata) if getattr(one, "ge", None)), 1))
    if name in _TEXTS:
        return _TEXTS[name]
    patterns = [one.pattern for one in _constraints(metadata) if getattr(one, "pattern", None)]
    return next(word for word in _WORDS if all(re.search(one, word) for one in patterns))


def _constraints(metadata: list[Any]) -> list[Any]:
    found = []
    for one in metadata:
        found += [one, *getattr(one, "metadata", [])]
    return found
