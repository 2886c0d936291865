"""Picking the text of one language out of what has two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from shidian.core.rulebook.model import Text

Language: TypeAlias = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")


class Named(Protocol):
    """Has a Chinese name and perhaps an English one."""

    name_zh: str
    name_en: str


class Titled(Protocol):
    """Has a Chinese title and perhaps an English one."""

    title_zh: str
    title_en: str


def text(value: Text, language: Language) -> str:
    """A rulebook's text."""
    return value.zh if language == "zh" else value.en


def name(thing: Named, language: Language) -> str:
    """A name; Chinese where there is no English one."""
    return thing.name_zh if language == "zh" or not thing.name_en else thing.name_en


def title(thing: Titled, language: Language) -> str:
    """A title; Chinese where there is no English one."""
    return thing.title_zh if language == "zh" or not thing.title_en else thing.title_en
