"""The pen: articles as runs of text, where a run that states a value carries its source mark."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shidian.core.rulebook.loaded import Loaded, Provenance
    from shidian.core.rulebook.model import Because, Text

Language: TypeAlias = Literal["zh", "en"]
Run: TypeAlias = "dict[str, str | int]"
"""`{"t": text}` or `{"t": text, "m": index into the body's marks}`."""

_DIGITS = "零一二三四五六七八九"


def chinese_number(number: int) -> str:
    """1 → 一, 12 → 十二, 105 → 一百零五. For 1 … 999: articles and chapters of a rulebook."""
    if not 0 < number < 1000:  # noqa: PLR2004 - three places
        raise ValueError(f"{number} is outside 1 … 999")
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    text = f"{_DIGITS[hundreds]}百" if hundreds else ""
    if tens:
        text += "十" if tens == 1 and not hundreds else f"{_DIGITS[tens]}十"
    elif hundreds and ones:
        text += "零"
    return text + (_DIGITS[ones] if ones else "")


@dataclass
class Article:
    """One article: a heading, sentences as runs, and points below them."""

    id: str
    number: str
    heading: str
    runs: list[Run] = field(default_factory=list)
    points: list[list[Run]] = field(default_factory=list)

    def as_json(self) -> dict[str, object]:
        """The article as a body keeps it."""
        return {
            "id": self.id,
            "number": self.number,
            "heading": self.heading,
            "runs": self.runs,
            "points": self.points,
        }


class Writer:
    """Writes one rulebook in one language; numbers chapters and articles; collects marks."""

    def __init__(self, loaded: Loaded, language: Language) -> None:
        self.loaded = loaded
        self.rulebook = loaded.rulebook
        self.language: Language = language
        self.marks: list[dict[str, str]] = []
        self.chapters: list[dict[str, object]] = []
        self._mark_index: dict[tuple[str, ...], int] = {}
        self._articles: list[Article] = []
        self._chapter_id = ""
        self._chapter_title = ""
        self._article_count = 0

    def say(self, zh: str, en: str) -> str:
        """The text in the writer's language."""
        return zh if self.language == "zh" else en

    def text(self, text: Text) -> str:
        """A rulebook's own text in the writer's language."""
        return text.zh if self.language == "zh" else text.en

    def joined(self, items: Iterable[str]) -> str:
        """A list within a sentence."""
        return self.say("、", ", ").join(items)

    def chapter(self, chapter_id: str, zh: str, en: str) -> None:
        """Begin a chapter; one that gets no article does not appear."""
        self.finish()
        self._chapter_id, self._chapter_title = chapter_id, self.say(zh, en)

    def finish(self) -> None:
        """Close the chapter in hand."""
        if not self._articles:
            return
        number = len(self.chapters) + 1
        self.chapters.append(
            {
                "id": self._chapter_id,
                "number": self.say(f"第{chinese_number(number)}章", f"Chapter {number}"),
                "title": self._chapter_title,
                "articles": [article.as_json() for article in self._articles],
            }
        )
        self._articles = []

    def article(self, article_id: str, heading: str) -> Article:
        """A new article of the chapter in hand. Numbers run through the whole rulebook."""
        self._article_count += 1
        number = self._article_count
        article = Article(
            id=f"{self._chapter_id}-{article_id}",
            number=self.say(f"第{chinese_number(number)}条", f"Article {number}"),
            heading=heading,
        )
        self._articles.append(article)
        return article

    def value(self, text: str, *pointers: str) -> Run:
        """A run that states a value, with the mark of the first pointer that has a basis."""
        mark = self.mark(*pointers)
        return {"t": text} if mark is None else {"t": text, "m": mark}

    def plain(self, zh: str, en: str) -> Run:
        """A run that states nothing of its own."""
        return {"t": self.say(zh, en)}

    def mark(self, *pointers: str) -> int | None:
        """Index of the mark of the first pointer that has a basis, itself or below it."""
        for pointer in pointers:
            provenance = self._provenance(pointer)
            if provenance is not None and provenance.because is not None:
                return self._index_of(provenance.because)
        return None

    def _provenance(self, pointer: str) -> Provenance | None:
        exact = self.loaded.provenance.get(pointer)
        if exact is not None and exact.because is not None:
            return exact
        below = pointer + "/"
        for key, provenance in self.loaded.provenance.items():
            if key.startswith(below) and provenance.because is not None:
                return provenance
        return None

    def _index_of(self, because: Because) -> int:
        source = self.rulebook.sources.get(because.source or "")
        mark = {
            "basis": because.basis.value,
            "source": self.text(source.title) if source else "",
            "source_id": because.source or "",
            "url": (source.url or "") if source else "",
            "grade": source.grade.value if source and source.grade else "",
            "article": because.article or "",
            "date": because.date or "",
            "note": self.text(because.note) if because.note else "",
            "borrowed_from": because.borrowed_from or "",
        }
        key = tuple(mark.values())
        if key not in self._mark_index:
            self._mark_index[key] = len(self.marks)
            self.marks.append(mark)
        return self._mark_index[key]

    def points(self, article: Article, points: Sequence[list[Run]]) -> None:
        """Put points below an article."""
        article.points.extend(points)
