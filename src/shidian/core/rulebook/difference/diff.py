"""What changed between two rulebooks, in terms of what they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.difference import sentences
from shidian.core.rulebook.difference.change import Aspect, Change, ChangeKind
from shidian.core.rulebook.difference.leaves import Leaves, leaves_of
from shidian.core.rulebook.difference.naming import Names
from shidian.core.rulebook.difference.walk import Walk
from shidian.core.rulebook.model import Text
from shidian.core.rulebook.reading.words import BASIS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shidian.core.rulebook.loaded import Loaded
    from shidian.core.rulebook.model import Because

_SECTIONS = (
    "stages",
    "clocks",
    "consultations",
    "objections",
    "dispatches",
    "letters",
    "authorities",
    "limits",
    "plan",
    "promises",
    "scale_up",
    "tiers",
    "waivers",
    "criteria",
    "intake",
    "form",
    "materials",
    "orders",
    "acts",
    "reports",
    "incidents",
    "indicators",
    "alerts",
    "safeguards",
    "oversight",
    "exit",
    "notice",
    "register",
    "clauses",
    "streams",
    "monitoring",
    "calendars",
    "place",
    "principles",
)
"""Weightiest first: who decides and by when, then how much, then what is told to whom."""

_KINDS = list(ChangeKind)
_ASPECTS = (Aspect.ADDED, Aspect.REMOVED, Aspect.CHANGED, Aspect.RENAMED, Aspect.REORDERED)
_RULE_DEPTH = 3


def diff(older: Loaded, newer: Loaded) -> tuple[Change, ...]:
    """Every change, weightiest first; empty if and only if both documents have one digest.

    Each leaf that differs, in its value or in its basis, is covered by exactly one change. No
    change is of kind `rules` if and only if both have one `rules_digest`.
    """
    if older.digest == newer.digest:
        return ()
    one, other = leaves_of(older), leaves_of(newer)
    changes = [*Walk(one, other).run(), *_bases(one, other)]
    order = {id(change): place for place, change in enumerate(changes)}
    return tuple(sorted(changes, key=lambda change: (_weight(change), order[id(change)])))


def _weight(change: Change) -> tuple[int, int, int]:
    top = change.path.split("/")[1] if "/" in change.path else ""
    section = _SECTIONS.index(top) if top in _SECTIONS else len(_SECTIONS)
    item = _ASPECTS.index(change.aspect) if change.path.count("/") < _RULE_DEPTH else len(_ASPECTS)
    return _KINDS.index(change.kind), section, item


def _bases(older: Leaves, newer: Leaves) -> Iterator[Change]:
    """Values that stay as they are on another ground, told once for each rule and ground."""
    names = Names((newer.document, older.document))
    groups: dict[tuple[str, Because | None, Because | None], list[str]] = {}
    for path, value in newer.values.items():
        if path not in older.values or older.values[path] != value:
            continue
        before, after = older.bases.get(path), newer.bases.get(path)
        if before != after:
            steps = path.split("/")
            rule = "/".join(steps[:_RULE_DEPTH]) if len(steps) > _RULE_DEPTH else path
            groups.setdefault((rule, before, after), []).append(path)
    for (rule, before, after), covered in groups.items():
        was, now = _basis(names, before), _basis(names, after)
        said = sentences.basis_changed(names, rule, was, now, len(covered))
        yield Change(rule, ChangeKind.BASIS, Aspect.CHANGED, said, was, now, covers=tuple(covered))


def _basis(names: Names, because: Because | None) -> Text:
    """`verified (source, article 3)`."""
    if because is None:
        return Text(zh="无", en="none")
    grade = BASIS[because.basis]
    zh, en = [], []
    for key, mark in (("source", ("", "")), ("borrowed_from", ("借自", "borrowed from "))):
        name = getattr(because, key)
        if name is not None:
            said = names.value(f"/{key}", name)
            zh.append(f"{mark[0]}{said.zh}")
            en.append(f"{mark[1]}{said.en}")
    for extra in (because.article, because.date):
        if extra:
            zh.append(extra)
            en.append(extra)
    if because.note is not None and not zh:
        zh.append(because.note.zh)
        en.append(because.note.en)
    return Text(
        zh=f"{grade.zh}（{'，'.join(zh)}）" if zh else grade.zh,
        en=f"{grade.en} ({', '.join(en)})" if en else grade.en,
    )
