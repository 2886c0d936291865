"""The published JSON Schema of a rulebook as its author writes it.

Generated from the model. Authors' documents differ from resolved ones: `because` may stand on any
mapping, scalars may be quoted or not, and what extends a base states only what differs, items of
lists by their `id`. So each mapping is described twice: whole, and in `<Name>Change` as a child may
write it. Draft 7, since that is what editors complete from.
"""

from __future__ import annotations

import json
import typing
from typing import Any

from pydantic import BaseModel

from shidian.core.rulebook.keywords import (
    attribute_of,
    default_text,
    fields_of,
    inner_models,
)
from shidian.core.rulebook.meanings import meaning
from shidian.core.rulebook.model import (
    Because,
    Rulebook,
    parse_duration_us,
)
from shidian.core.rulebook.typed import branches_of, parser_of, unwrap, words_of

if typing.TYPE_CHECKING:
    from collections.abc import Iterable

Schema = dict[str, Any]

_OWN = ("rulebook", "version", "status", "title")
"""What every file says of itself: never inherited."""

_CHANGE = "Change"
_DURATION = r"^\s*[0-9]{1,9}\s*(us|ms|s|m|h|d)\s*$"
_THRESHOLD = (
    r"^\s*(>=|<=|>|<)\s*(plan\.[a-z][a-z0-9_-]*|[+-]?[0-9][0-9,_]{0,29}(\.[0-9]{1,12})?\s*%?)\s*$"
)


def schema() -> Schema:
    """The JSON Schema of an authored rulebook."""
    definitions: dict[str, Schema] = {}
    for model in models():
        if model is not Rulebook:
            definitions[model.__name__] = _object(model, "")
            definitions[model.__name__ + _CHANGE] = _object(model, _CHANGE)
    definitions["because"] = _because()
    top: dict[str, Schema] = {
        **_properties(Rulebook, _CHANGE),
        "remove": {
            "type": "array",
            "items": {"type": "string", "pattern": "^/"},
            "description": "Paths of the base to delete before this file is laid over it: "
            "/clocks/screening.",
        },
        "because": {"$ref": "#/definitions/because"},
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Rulebook",
        "description": "One immutable version of a scheme's rules.",
        "type": "object",
        "properties": top,
        "required": list(_OWN),
        "additionalProperties": False,
        "if": {"not": {"required": ["extends"]}},
        "then": {"properties": _properties(Rulebook, ""), "not": {"required": ["remove"]}},
        "definitions": dict(sorted(definitions.items())),
    }


def text() -> str:
    """The schema as it is published in `rulebooks/rulebook.schema.json`."""
    return json.dumps(schema(), ensure_ascii=False, indent=1) + "\n"


def models() -> list[type[BaseModel]]:
    """Every model that a document is made of, the rulebook first, then as they are met."""
    found: dict[type[BaseModel], None] = {}

    def meet(model: type[BaseModel]) -> None:
        if model in found:
            return
        found[model] = None
        for field in model.model_fields.values():
            for inner in inner_models(field.annotation, field.metadata):
                meet(inner)

    meet(Rulebook)
    return list(found)


def _object(model: type[BaseModel], change: str) -> Schema:
    own = {keyword: field.is_required() for keyword, field in fields_of(model)}
    required = [keyword for keyword, must in own.items() if must]
    if change and model.__name__ != "Text":  # a text in two languages is replaced whole
        required = [keyword for keyword in required if keyword == "id"]
    found: Schema = {
        "type": "object",
        "description": (model.__doc__ or "").partition("\n\n")[0].strip(),
        "properties": {
            **_properties(model, change),
            "because": {"$ref": "#/definitions/because"},
        },
        "additionalProperties": False,
    }
    return {**found, "required": required} if required else found


def _properties(model: type[BaseModel], change: str) -> dict[str, Schema]:
    return {
        keyword: _described(
            _value(field.annotation, field.metadata, change),
            meaning(model.__name__, keyword),
            default_text(field),
        )
        for keyword, field in fields_of(model)
    }


def _described(found: Schema, said: str, default: str) -> Schema:
    if default not in ("must be said", "—"):
        said = f"{said} Default: {default}."
    if "$ref" in found:  # draft 7 ignores what stands beside a $ref
        return {"description": said, "allOf": [found]}
    return {"description": said, **found}


def _value(annotation: Any, metadata: Iterable[Any], change: str) -> Schema:
    annotation, metadata = unwrap(annotation, metadata)
    branches = branches_of(annotation)
    if len(branches) == 1:
        return _single(branches[0], list(metadata), change)
    known = [branch for branch in branches if branch is not type(None)]
    metadata = metadata if len(known) == 1 else ()
    found = [_single(*_pair(unwrap(branch, metadata)), change) for branch in known]
    if len(known) < len(branches):
        found.append({"type": "null"})
    return {"anyOf": found}


def _pair(found: tuple[Any, Iterable[Any]]) -> tuple[Any, list[Any]]:
    return found[0], list(found[1])


def _single(annotation: Any, metadata: list[Any], change: str) -> Schema:
    parse = parser_of(metadata)
    if parse is parse_duration_us:
        return {"type": "string", "pattern": _DURATION}
    if parse is not None:
        return {"type": "string", "pattern": _THRESHOLD}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {"$ref": f"#/definitions/{annotation.__name__}{change}"}
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is tuple:
        return _list(arguments, metadata, change)
    if origin is dict:
        return _by_key(arguments, metadata, change)
    return _scalar(annotation, metadata)


def _list(arguments: tuple[Any, ...], metadata: list[Any], change: str) -> Schema:
    if arguments[1:] == (Ellipsis,):
        # a list whose items have no id is replaced whole, so that its items are whole too
        inner = list(inner_models(arguments[0], ()))
        whole = not any("id" in model.model_fields for model in inner)
        found = {"type": "array", "items": _value(arguments[0], (), "" if whole else change)}
        return {**found, **_bounds(metadata, "minItems", "maxItems")}
    count = len(arguments)
    items = [_value(argument, (), change) for argument in arguments]
    return {"type": "array", "items": items, "minItems": count, "maxItems": count}


def _by_key(arguments: tuple[Any, ...], metadata: list[Any], change: str) -> Schema:
    found: Schema = {
        "type": "object",
        "properties": {"because": {"$ref": "#/definitions/because"}},
        "additionalProperties": _value(arguments[1], (), change),
    }
    words = words_of(arguments[0])
    if words:
        found["propertyNames"] = {"enum": [*words, "because"]}
    return {**found, **_bounds(metadata, "minProperties", "maxProperties")}


def _scalar(annotation: Any, metadata: list[Any]) -> Schema:
    words = words_of(annotation)
    if words:
        return {"enum": words}
    if annotation is bool:
        return {"enum": [True, False, "true", "false"]}
    if annotation is int:
        return {
            "type": ["integer", "string"],
            "pattern": "^-?[0-9]{1,18}$",
            **_bounds(metadata, "minimum", "maximum"),
        }
    pattern = attribute_of(metadata, "pattern")
    if pattern is not None:
        # an amount or a year may stand without quotes; letters make it a text
        kinds: Any = ["string", "number"] if "0-9" in pattern[:6] or r"\d" in pattern else "string"
        return {"type": kinds, "pattern": pattern, **_bounds(metadata, "minLength", "maxLength")}
    return {
        "type": ["string", "number", "boolean"],
        **_bounds(metadata, "minLength", "maxLength"),
    }


def _bounds(metadata: list[Any], low: str, high: str) -> Schema:
    found = {}
    for names, key in ((("ge", "min_length"), low), (("le", "max_length"), high)):
        for name in names:
            value = attribute_of(metadata, name)
            if value is not None:
                found[key] = value
    return found


def _because() -> Schema:
    claim = {
        "type": "object",
        "properties": _properties(Because, ""),
        "required": ["basis"],
        "additionalProperties": False,
    }
    return {
        "description": "The basis of every value below; `of` overrides it by path.",
        "type": "object",
        "properties": {
            **_properties(Because, ""),
            "of": {
                "type": "object",
                "description": "Path relative to this mapping → basis: /length.",
                "propertyNames": {"pattern": "^/"},
                "additionalProperties": claim,
            },
        },
        "anyOf": [{"required": ["basis"]}, {"required": ["of"]}],
        "additionalProperties": False,
    }
