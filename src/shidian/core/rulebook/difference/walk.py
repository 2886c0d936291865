"""Two documents walked side by side: each difference once, at the place where it is one change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.difference import sentences
from shidian.core.rulebook.difference.change import Aspect, Change, ChangeKind
from shidian.core.rulebook.difference.leaves import ORDER, Leaves, id_of
from shidian.core.rulebook.difference.naming import Names
from shidian.core.rulebook.difference.renames import renames_of
from shidian.core.rulebook.digest import is_text
from shidian.core.rulebook.tree import escape

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shidian.core.rulebook.loaded import Json
    from shidian.core.rulebook.model import Text

_ABSENT = object()
_DOCUMENT = frozenset({"rulebook", "version", "status", "extends", "history"})
_TOGETHER = (("length", "unit"), ("due", "due_unit"), ("every_months", "every_weeks"))
"""Keys that say one thing between them."""


class Walk:
    """Collects the changes of two documents' values. `older` and `newer` are their leaves."""

    def __init__(self, older: Leaves, newer: Leaves) -> None:
        self._older, self._newer = older, newer
        self._names = Names((newer.document, older.document))
        self._open = {
            path: None
            for path in (*older.values, *newer.values)
            if older.values.get(path, _ABSENT) != newer.values.get(path, _ABSENT)
        }
        self._renamed: dict[str, str] = {}
        self.changes: list[Change] = []

    def run(self) -> list[Change]:
        """Every change of a value; afterwards no differing leaf is left untold."""
        self._maps(self._older.document, self._newer.document, "", "")
        for path in list(self._open):
            self._leaf(path)
        return self.changes

    def _leaf(self, path: str) -> None:
        """What no rule of grouping told: one leaf by itself."""
        if path in self._open:
            before, after = self._older.values.get(path), self._newer.values.get(path)
            shown = [self._names.value(path, value) for value in (before, after)]
            said = sentences.changed(self._names, path, *shown)
            self._tell(path, Aspect.CHANGED, said, {path}, shown[0], shown[1])

    def _tell(
        self,
        path: str,
        aspect: Aspect,
        text: Text,
        covers: Iterable[str],
        *shown: Text | None,
    ) -> None:
        """Write a change down; `shown` is what was and what is, as said."""
        told = [leaf for leaf in dict.fromkeys(covers) if leaf in self._open]
        for leaf in told:
            del self._open[leaf]
        if told:
            kind = self._kind(path, told)
            before, after = shown or (None, None)
            self.changes.append(Change(path, kind, aspect, text, before, after, tuple(told)))

    def _kind(self, path: str, told: list[str]) -> ChangeKind:
        old, new = self._older.rules, self._newer.rules
        if any(old.get(leaf, _ABSENT) != new.get(leaf, _ABSENT) for leaf in told):
            return ChangeKind.RULES
        top = path.split("/")[1]
        if top == "sources":
            return ChangeKind.BASIS
        return ChangeKind.DOCUMENT if top in _DOCUMENT else ChangeKind.WORDING

    def _below(self, *paths: str) -> list[str]:
        return [
            leaf
            for leaf in self._open
            if any(leaf == path or leaf.startswith(f"{path}/") for path in paths)
        ]

    def _values(self, old: Json, new: Json, was: str, now: str) -> None:
        if isinstance(old, dict) and isinstance(new, dict):
            if is_text(old) or is_text(new):
                self._text(old, new, was, now)
            else:
                self._maps(old, new, was, now)
        elif isinstance(old, list) and isinstance(new, list):
            if _has_ids(old) and _has_ids(new):
                self._items(old, new, was, now)
            else:
                self._list(old, new, was, now)
        elif old != new:
            self._scalar(old, new, was, now)

    def _text(self, old: dict[str, Json], new: dict[str, Json], was: str, now: str) -> None:
        if old != new:
            said = sentences.text_changed(self._names, now, old, new)
            shown = [self._names.value(now, value) for value in (old, new)]
            self._tell(now, Aspect.CHANGED, said, self._below(was, now), shown[0], shown[1])

    def _maps(self, old: dict[str, Json], new: dict[str, Json], was: str, now: str) -> None:
        told: set[str] = set()
        for pair in _TOGETHER:
            stated = [key for key in pair if key in old or key in new]
            if len(stated) > 1 and any(old.get(key) != new.get(key) for key in pair):
                self._pair(pair, old, new, was, now)
                told.update(pair)
        for key in [*old, *(key for key in new if key not in old)]:
            if key in told:
                continue
            before, after = f"{was}/{escape(key)}", f"{now}/{escape(key)}"
            if key not in new:
                self._gone(old[key], before)
            elif key not in old:
                self._come(new[key], after)
            else:
                self._values(old[key], new[key], before, after)

    def _pair(
        self,
        pair: tuple[str, str],
        old: dict[str, Json],
        new: dict[str, Json],
        was: str,
        now: str,
    ) -> None:
        """Length and unit, or the like: said as one, `5 → 7 working days`."""
        names = self._names
        before = names.value(was, _length(old, pair))
        after = names.value(now, _length(new, pair))
        length_alone = pair == ("length", "unit")
        place = now if length_alone else f"{now}/{pair[0]}"
        covers = self._below(*(f"{side}/{key}" for side in (was, now) for key in pair))
        said = sentences.changed(names, place, before, after)
        self._tell(f"{now}/{pair[0]}", Aspect.CHANGED, said, covers, before, after)

    def _gone(self, value: Json, path: str) -> None:
        if _has_ids(value) and isinstance(value, list) and value:
            for item in value:
                self._gone(item, f"{path}/{escape(id_of(item) or '')}")
            self._rest(path)
            return
        said = sentences.removed(self._names, path, value)
        shown = sentences.shown_value(self._names, path, value)
        self._tell(path, Aspect.REMOVED, said, self._below(path), shown, None)

    def _come(self, value: Json, path: str) -> None:
        if _has_ids(value) and isinstance(value, list) and value:
            for item in value:
                self._come(item, f"{path}/{escape(id_of(item) or '')}")
            self._rest(path)
            return
        said = sentences.added(self._names, path, value)
        shown = sentences.shown_value(self._names, path, value)
        self._tell(path, Aspect.ADDED, said, self._below(path), None, shown)

    def _rest(self, *paths: str) -> None:
        """The list itself, and the order of its items, belong to the last change of an item."""
        left = [
            leaf
            for path in dict.fromkeys(paths)
            for leaf in (path, f"{path}/{ORDER}")
            if leaf in self._open and self.changes and self.changes[-1].path.startswith(path)
        ]
        if left:
            last = self.changes.pop()
            for leaf in left:
                self._open.pop(leaf, None)
            kind = self._kind(last.path, [*last.covers, *left])
            covers = (*last.covers, *left)
            self.changes.append(
                Change(last.path, kind, last.aspect, last.text, last.before, last.after, covers)
            )

    def _scalar(self, old: Json, new: Json, was: str, now: str) -> None:
        shown = [self._names.value(now, value) for value in (old, new)]
        said = sentences.changed(self._names, now, *shown)
        self._tell(now, Aspect.CHANGED, said, self._below(was, now), shown[0], shown[1])

    def _list(self, old: list[Json], new: list[Json], was: str, now: str) -> None:
        if old != new:
            said = sentences.list_changed(self._names, now, old, new)
            shown = [self._names.value(now, value) for value in (old, new)]
            self._tell(now, Aspect.CHANGED, said, self._below(was, now), shown[0], shown[1])

    def _items(self, old: list[Json], new: list[Json], was: str, now: str) -> None:
        before = {id_of(item) or "": item for item in old}
        after = {id_of(item) or "": item for item in new}
        renamed = renames_of(before, after)
        count = len(self.changes)
        for name, item in before.items():
            new_name = renamed.get(name, name)
            old_path, new_path = f"{was}/{escape(name)}", f"{now}/{escape(new_name)}"
            if new_name not in after:
                self._gone(item, old_path)
                continue
            self._values(_without_id(item), _without_id(after[new_name]), old_path, new_path)
            if name != new_name:
                said = sentences.renamed(self._names, new_path, name, new_name)
                self._tell(new_path, Aspect.RENAMED, said, self._below(old_path, new_path))
        for name, item in after.items():
            if name not in before and name not in renamed.values():
                self._come(item, f"{now}/{escape(name)}")
        kept_then = [renamed.get(name, name) for name in before if renamed.get(name, name) in after]
        kept_now = [name for name in after if name in kept_then]
        if kept_then != kept_now:
            said = sentences.reordered(self._names, now)
            order = (f"{was}/{ORDER}", f"{now}/{ORDER}")
            self._tell(now, Aspect.REORDERED, said, order)
        if len(self.changes) > count:
            self._rest(now, was)


def _has_ids(value: Json) -> bool:
    return isinstance(value, list) and all(id_of(item) is not None for item in value)


def _without_id(item: Json) -> Json:
    if not isinstance(item, dict):
        return item
    return {key: value for key, value in item.items() if key != "id"}


def _length(value: dict[str, Json], pair: tuple[str, str]) -> Json:
    """What two keys say, in the form of a length of time."""
    one, other = (value.get(key) for key in pair)
    if pair == ("every_months", "every_weeks"):
        return {"length": one or other, "unit": "month" if one else "week"}
    if one is None and other is None:
        return None
    return {"length": one, "unit": other}
