"""The pen: sentences drafted in two languages around the same values, articles, numbered chapters.

A sentence is a template in each language; `{name}` stands for a value. Both languages must state
the same values: a sentence that forgets one in English cannot be written.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from string import Formatter
from typing import TYPE_CHECKING, TypeAlias

from shidian.core.rulebook.model import Basis, Text
from shidian.core.rulebook.reading.numbers import both
from shidian.core.rulebook.reading.structure import Article, Chapter, Lang, Note, Piece, Sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from shidian.core.rulebook.loaded import Loaded
    from shidian.core.rulebook.model import Because

_WEAKEST_FIRST = (Basis.ASSUMED, Basis.REPORTED, Basis.VERIFIED)


@dataclass(frozen=True, slots=True)
class Value:
    """What a sentence states, and the paths it states it for (each with all below it)."""

    text: Text
    paths: tuple[str, ...]


Stated: TypeAlias = "Value | Sequence[Value]"


def val(text: Text | str, *paths: str) -> Value:
    """A value with its paths; a plain text is the same in both languages."""
    return Value(both(text) if isinstance(text, str) else text, paths)


@dataclass
class Draft:
    """An article in the making."""

    id: str
    heading: Text
    sentences: list[Sentence] = field(default_factory=list)
    points: list[Sentence] = field(default_factory=list)


class Pen:
    """Writes the articles of one rulebook; numbers them; collects the marks."""

    def __init__(self, loaded: Loaded, calendar_names: Mapping[str, Text]) -> None:
        self.loaded = loaded
        self.rulebook = loaded.rulebook
        self.calendar_names = calendar_names
        self.notes: list[Note] = []
        self.chapters: list[Chapter] = []
        self._note_of: dict[tuple[object, ...], int] = {}
        self._because = _index(loaded)
        self._articles: list[Draft] = []
        self._article_count = 0

    def sentence(self, zh: str, en: str, **values: Stated) -> Sentence:
        """One sentence. Raises ValueError where a template leaves a value out or names none."""
        return Sentence(self._pieces(zh, values, "zh"), self._pieces(en, values, "en"))

    def _pieces(self, template: str, values: Mapping[str, Stated], lang: Lang) -> tuple[Piece, ...]:
        pieces: list[Piece] = []
        used = set()
        for literal, name, _, _ in Formatter().parse(template):
            if literal:
                pieces.append(Piece(literal))
            if name is None:
                continue
            if name not in values:
                raise ValueError(f"no value {name!r} for: {template}")
            used.add(name)
            pieces += self._stated(values[name], lang)
        if missing := set(values) - used:
            raise ValueError(f"{sorted(missing)} not stated in: {template}")
        return _settled(_capitalised(pieces) if lang == "en" and "." in template else pieces)

    def _stated(self, stated: Stated, lang: Lang) -> list[Piece]:
        many = [stated] if isinstance(stated, Value) else list(stated)
        pieces: list[Piece] = []
        for index, value in enumerate(many):
            if index:
                last = index == len(many) - 1
                pieces.append(Piece("、" if lang == "zh" else " and " if last else ", "))
            text = value.text.zh if lang == "zh" else value.text.en
            pieces.append(Piece(text, value.paths, self.note(*value.paths)))
        return pieces

    def note(self, *paths: str) -> int | None:
        """Index of the mark of the weakest basis at or below these paths."""
        found = [one for path in paths for one in self._because.get(path, ())]
        if not found:
            return None
        weakest = min(found, key=lambda one: _WEAKEST_FIRST.index(one.basis))
        key = tuple(weakest.model_dump(exclude={"note"}).values())
        key = (*key, weakest.note.zh if weakest.note else "")
        if key not in self._note_of:
            self._note_of[key] = len(self.notes)
            self.notes.append(self._new_note(weakest))
        return self._note_of[key]

    def _new_note(self, because: Because) -> Note:
        return Note(
            number=len(self.notes) + 1,
            basis=because.basis,
            source_id=because.source or "",
            source=self.rulebook.sources.get(because.source or ""),
            article=because.article or "",
            date=because.date or "",
            text=because.note,
            borrowed_from=because.borrowed_from or "",
            lender=self.rulebook.sources.get(because.borrowed_from or ""),
        )

    def has(self, path: str) -> bool:
        """Whether the rulebook itself states something at this path."""
        return path in self.loaded.marks

    def article(self, article_id: str, heading: Text | tuple[str, str]) -> Draft:
        """A new article of the chapter in hand."""
        text = heading if isinstance(heading, Text) else Text(zh=heading[0], en=heading[1])
        draft = Draft(article_id, text)
        self._articles.append(draft)
        return draft

    def say(self, draft: Draft, zh: str, en: str, **values: Stated) -> None:
        """Add a sentence to an article."""
        draft.sentences.append(self.sentence(zh, en, **values))

    def point(self, draft: Draft, zh: str, en: str, **values: Stated) -> None:
        """Add a point to an article's list."""
        draft.points.append(self.sentence(zh, en, **values))

    def quote(self, draft: Draft, text: Text | None, path: str) -> None:
        """Add a sentence of the rulebook's own words."""
        if text is not None:
            self.say(draft, "{text}", "{text}", text=val(text, path))

    def chapter(self, chapter_id: str, zh: str, en: str) -> None:
        """Close the articles written since the last call as a chapter; none makes no chapter."""
        drafts = [one for one in self._articles if one.sentences or one.points]
        self._articles = []
        if not drafts:
            return
        articles = []
        for draft in drafts:
            self._article_count += 1
            articles.append(self._finished(draft, chapter_id, self._article_count))
        number = len(self.chapters) + 1
        self.chapters.append(Chapter(chapter_id, number, Text(zh=zh, en=en), tuple(articles)))

    def _finished(self, draft: Draft, chapter_id: str, number: int) -> Article:
        article = Article(
            id=f"{chapter_id}-{draft.id}".replace(".", "-").replace("_", "-"),
            number=number,
            heading=draft.heading,
            sentences=_run_together(draft.sentences),
            points=_closed(draft.points),
            basis=None,
            note=None,
        )
        bases = {one.basis for path in article.paths for one in self._because.get(path, ())}
        weakest = next((basis for basis in _WEAKEST_FIRST if basis in bases), None)
        article = replace(article, basis=weakest)
        note = shared_note((*article.sentences, *article.points))
        if note is None:
            return article
        return replace(
            article,
            note=note,
            sentences=unmarked(article.sentences),
            points=unmarked(article.points),
        )


def _capitalised(pieces: list[Piece]) -> list[Piece]:
    """A sentence may begin with a value, whose words stand in mid-sentence form."""
    for index, piece in enumerate(pieces):
        bare = piece.text.lstrip()
        if bare:
            space = piece.text[: len(piece.text) - len(bare)]
            if not (piece.paths and "." in bare.split()[0]):  # an event's type keeps its case
                pieces[index] = replace(piece, text=space + bare[:1].upper() + bare[1:])
            break
    return pieces


def _run_together(sentences: list[Sentence]) -> tuple[Sentence, ...]:
    """A mark speaks for the words before it: sentences in a row on one source bear it once."""
    kept: list[Sentence] = []
    following: int | None = None
    for sentence in reversed(sentences):
        notes = [piece.note for piece in sentence.zh if piece.note is not None]
        first = notes[0] if notes else None
        if notes and set(notes) == {following}:
            [sentence] = unmarked([sentence])  # noqa: PLW2901 - the same, its mark stands later
        following = first
        kept.append(sentence)
    return tuple(reversed(kept))


def _closed(points: list[Sentence]) -> tuple[Sentence, ...]:
    """The last point of a list ends the sentence: 。 for ；."""
    if not points:
        return ()
    last = points[-1]
    ended = Sentence(_ended(last.zh, "；", "。"), _ended(last.en, ";", "."))
    return (*points[:-1], ended)


def _ended(pieces: tuple[Piece, ...], mark: str, stop: str) -> tuple[Piece, ...]:
    *others, last = pieces
    if not last.text.endswith(mark):
        return pieces
    return (*others, replace(last, text=last.text[: -len(mark)] + stop))


def shared_note(sentences: Iterable[Sentence]) -> int | None:
    """The one mark that all values of these sentences bear; None where there are several."""
    notes = {piece.note for one in sentences for piece in one.zh if piece.note is not None}
    return notes.pop() if len(notes) == 1 else None


def unmarked(sentences: Iterable[Sentence]) -> tuple[Sentence, ...]:
    """The same without marks."""
    return tuple(
        Sentence(
            tuple(replace(piece, note=None) for piece in sentence.zh),
            tuple(replace(piece, note=None) for piece in sentence.en),
        )
        for sentence in sentences
    )


def _index(loaded: Loaded) -> dict[str, list[Because]]:
    """Every path → the distinct bases at and below it, in the document's order."""
    found: dict[str, dict[int, Because]] = {}
    for path, provenance in loaded.provenance.items():
        because = provenance.because
        if because is None:
            continue
        around = path
        while around:
            found.setdefault(around, {}).setdefault(id(because), because)
            around = around.rpartition("/")[0]
    return {path: list(ones.values()) for path, ones in found.items()}


def _settled(pieces: list[Piece]) -> tuple[Piece, ...]:
    """Neighbouring values with one mark bear it once; a sentence with one mark bears it last."""
    marks = [piece.note for piece in pieces if piece.paths]
    if marks and marks[0] is not None and len(set(marks)) == 1:
        bare = [replace(piece, note=None) for piece in pieces]
        return (*bare[:-1], replace(bare[-1], note=marks[0]))
    settled: list[Piece] = []
    following: int | None = None
    for piece in reversed(pieces):
        if piece.paths:
            settled.append(replace(piece, note=None) if piece.note == following else piece)
            following = piece.note
        else:
            settled.append(piece)
    return tuple(reversed(settled))
