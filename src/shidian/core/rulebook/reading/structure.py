"""What a reading of a rulebook is: chapters of numbered articles, in both languages.

Terminal, page and PDF render these same objects; none of them words a rule of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from shidian.core.rulebook.model import Basis, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shidian.core.rulebook.model import Source

Lang: TypeAlias = Literal["zh", "en"]

SIGNS: Mapping[Basis, str] = {Basis.VERIFIED: "●", Basis.REPORTED: "◐", Basis.ASSUMED: "○"}
"""The source mark that stands behind a value."""


def say(text: Text, lang: Lang) -> str:
    """A text in one language."""
    return text.zh if lang == "zh" else text.en


@dataclass(frozen=True, slots=True)
class Note:
    """Why a value is what it is, as its mark tells it. `number` counts from 1 in a reading."""

    number: int
    basis: Basis
    source_id: str = ""
    source: Source | None = None
    article: str = ""
    date: str = ""
    text: Text | None = None
    borrowed_from: str = ""
    lender: Source | None = None
    """The source that `borrowed_from` names, where it is one of the rulebook's own."""

    @property
    def sign(self) -> str:
        """●, ◐ or ○."""
        return SIGNS[self.basis]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a sentence. `paths`: the values it states; `note`: index of its mark, if any."""

    text: str
    paths: tuple[str, ...] = ()
    note: int | None = None


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, or one point of a list, drafted in each language."""

    zh: tuple[Piece, ...]
    en: tuple[Piece, ...]

    def pieces(self, lang: Lang) -> tuple[Piece, ...]:
        """The sentence in one language."""
        return self.zh if lang == "zh" else self.en

    def plain(self, lang: Lang) -> str:
        """Its words alone."""
        return "".join(piece.text for piece in self.pieces(lang))

    @property
    def paths(self) -> tuple[str, ...]:
        """The values that it states."""
        return tuple(dict.fromkeys(path for piece in self.zh for path in piece.paths))


@dataclass(frozen=True, slots=True)
class Article:
    """One article. `id` is unique in the reading and safe as an anchor."""

    id: str
    number: int
    heading: Text
    sentences: tuple[Sentence, ...]
    points: tuple[Sentence, ...]
    basis: Basis | None
    """The weakest among its values; None where it states none."""
    note: int | None
    """Index of the mark that all its values share, where they share one: it stands at the heading,
    and at no sentence."""

    @property
    def paths(self) -> tuple[str, ...]:
        """The rulebook paths that the article speaks for."""
        found = (path for one in (*self.sentences, *self.points) for path in one.paths)
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Chapter:
    """Articles on one subject."""

    id: str
    number: int
    title: Text
    articles: tuple[Article, ...]


@dataclass(frozen=True, slots=True)
class FormQuestion:
    """A question as the applicant meets it; `facts`: what else holds of it, in words.

    `offered` says in a sentence what `options` lists. `note`: index of the mark that all of it
    shares, as in an article.
    """

    id: str
    kind: str
    label: Sentence
    guidance: Text | None
    options: tuple[Text, ...]
    facts: tuple[Sentence, ...]
    offered: Sentence | None = None
    note: int | None = None

    @property
    def sentences(self) -> Iterator[Sentence]:
        """All that it says."""
        yield self.label
        yield from self.facts
        if self.offered is not None:
            yield self.offered


@dataclass(frozen=True, slots=True)
class FormSection:
    """A section of the form; `lead`: what holds of the whole, `checks`: what must agree.

    `note`: index of the mark that the whole section shares.
    """

    id: str
    title: Text
    guidance: Text | None
    lead: tuple[Sentence, ...]
    questions: tuple[FormQuestion, ...]
    checks: tuple[Sentence, ...]
    note: int | None = None

    @property
    def sentences(self) -> Iterator[Sentence]:
        """All that it says."""
        yield from self.lead
        for question in self.questions:
            yield from question.sentences
        yield from self.checks


@dataclass(frozen=True, slots=True)
class Duty:
    """What one role must do. `when`: its clock in words; `path`: the value it follows from."""

    what: Text
    when: Text | None
    stage: Text | None
    path: str


@dataclass(frozen=True, slots=True)
class RoleDuties:
    """All duties of one role; `role` is its id: `applicant`, `officer`, an authority's id, …"""

    role: str
    name: Text
    duties: tuple[Duty, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """A whole rulebook, read."""

    id: str
    version: str
    status: Text
    title: Text
    summary: Text | None
    disclaimer: Text | None
    """What the page says of its standing; None for an official text."""
    extends: str
    digest: str
    rules_digest: str
    chapters: tuple[Chapter, ...]
    form: tuple[FormSection, ...]
    duties: tuple[RoleDuties, ...]
    notes: tuple[Note, ...]
    sources: Mapping[str, Source]

    @property
    def articles(self) -> Iterator[Article]:
        """Every article in order."""
        for chapter in self.chapters:
            yield from chapter.articles

    @property
    def paths(self) -> frozenset[str]:
        """Every path that some article or the form's annex speaks for."""
        form = (path for part in self.form for one in part.sentences for path in one.paths)
        return frozenset((*form, *(path for one in self.articles for path in one.paths)))
