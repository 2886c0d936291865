"""Published rulebooks, read: typed, drafted and rendered once a process, by digest.

A snapshot carries the resolved document. What is read from it can only change with the software, so
that a digest is the whole key.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from shidian.core.rulebook.difference import compare, diff
from shidian.core.rulebook.load import from_document
from shidian.core.rulebook.model import Text
from shidian.core.rulebook.reading import read
from shidian.core.rulebook.reading.diagram import diagram_svg
from shidian.core.rulebook.reading.typeset import to_pdf

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from django.utils.safestring import SafeString

    from shidian.core.rulebook.difference import Change, Table
    from shidian.core.rulebook.loaded import Loaded
    from shidian.core.rulebook.reading import Lang, Reading

_Value = TypeVar("_Value")


class Shelf(Generic[_Value]):
    """The `size` things asked for last. Each is made once, by one thread at a time."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._held: OrderedDict[tuple[str, ...], _Value] = OrderedDict()
        self._lock = Lock()

    def get(self, key: tuple[str, ...], make: Callable[[], _Value]) -> _Value:
        with self._lock:
            if key not in self._held:
                self._held[key] = make()
                while len(self._held) > self._size:
                    self._held.popitem(last=False)
            self._held.move_to_end(key)
            return self._held[key]


_loaded: Shelf[Loaded] = Shelf(64)
_readings: Shelf[Reading] = Shelf(64)
_pages: Shelf[SafeString] = Shelf(64)
_pdfs: Shelf[bytes] = Shelf(24)
_tables: Shelf[Table] = Shelf(64)
_changes: Shelf[tuple[Change, ...]] = Shelf(64)
_anchors: Shelf[dict[str, str]] = Shelf(64)


def loaded_of(body: Mapping[str, Any]) -> Loaded:
    """The rules of a snapshot's body, with provenance and digests."""
    return _loaded.get((body["digest"],), lambda: from_document(body["document"]))


def reading_of(body: Mapping[str, Any]) -> Reading:
    """The rules read, with the names that the snapshot gives to calendars."""

    def make() -> Reading:
        names = {key: Text(**name) for key, name in body["calendars"].items()}
        return read(loaded_of(body), calendar_names=names)

    return _readings.get((body["digest"],), make)


def text_of(body: Mapping[str, Any], lang: Lang) -> SafeString:
    """Chapters, annexes and source marks as HTML."""

    def make() -> SafeString:
        svg = diagram_svg(loaded_of(body).rulebook, lang)
        context = {
            "reading": reading_of(body),
            "lang": lang,
            "diagram": mark_safe(svg),  # noqa: S308 - drawn by us, every text escaped
            "moves": _moves(loaded_of(body), lang),
        }
        return render_to_string("portal/_reading.html", context)

    return _pages.get((body["digest"], lang), make)


def _moves(loaded: Loaded, lang: Lang) -> list[tuple[str, list[str]]]:
    """Each stage with those it leads to, by name: the diagram in words."""
    stages = loaded.rulebook.stages
    names = {one.id: one.names.staff.zh if lang == "zh" else one.names.staff.en for one in stages}
    return [(names[one.id], [names[to] for to in one.next if to in names]) for one in stages]


def pdf_of(body: Mapping[str, Any], lang: Lang) -> bytes:
    """The rulebook as PDF. Half a second when it is asked for first, one at a time."""

    def make() -> bytes:
        svg = diagram_svg(loaded_of(body).rulebook, lang, plain=True)
        return to_pdf(reading_of(body), lang, svg)

    return _pdfs.get((body["digest"], lang), make)


def table_of(bodies: Sequence[Mapping[str, Any]]) -> Table:
    """Rulebooks side by side."""
    return _tables.get(
        tuple(body["digest"] for body in bodies),
        lambda: compare([loaded_of(body) for body in bodies]),
    )


def changes_of(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """What differs in meaning between two rulebooks."""
    return _changes.get(
        (before["digest"], after["digest"]), lambda: diff(loaded_of(before), loaded_of(after))
    )


def address_in(body: Mapping[str, Any], path: str | None) -> str:
    """The fragment of the rulebook's page that speaks for a path; empty where none does."""
    anchors = _anchors.get((body["digest"],), lambda: _anchors_of(reading_of(body)))
    around = path or ""
    while around and around not in anchors:
        around = around.rpartition("/")[0]
    return f"#{anchors[around]}" if around else ""


def _anchors_of(reading: Reading) -> dict[str, str]:
    """Path → id of the article or form section that speaks for it, or first for what is in it."""
    spoken = [(one.id, one.paths) for one in reading.articles]
    spoken += [
        (f"form-{section.id}", tuple(p for one in section.sentences for p in one.paths))
        for section in reading.form
    ]
    exact = {path: anchor for anchor, paths in reversed(spoken) for path in paths}
    within: dict[str, str] = {}
    for anchor, paths in spoken:
        for path in paths:
            around = path.rpartition("/")[0]
            while around.count("/") > 1:  # a whole chapter is no one article's
                within.setdefault(around, anchor)
                around = around.rpartition("/")[0]
    return within | exact
