"""A rulebook as leaves: each value with its path, whether it governs, and its basis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shidian.core.rulebook import because
from shidian.core.rulebook.digest import rules_of
from shidian.core.rulebook.loaded import Mark
from shidian.core.rulebook.tree import Map, escape, from_json
from shidian.core.rulebook.typed import typed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shidian.core.rulebook.loaded import Json, Loaded
    from shidian.core.rulebook.model import Because

ORDER = "#order"
"""Last step of the leaf that says in which order a list's items stand, by their ids."""


@dataclass(frozen=True, slots=True)
class Leaves:
    """`values`: JSON pointer → canonical scalar; `rules`: those that govern; `bases`: whence.

    Items of lists are named by their id where they have one. Empty lists and mappings are leaves
    too, and so is the order of a list whose items have ids.
    """

    document: dict[str, Json]
    values: Mapping[str, str | None]
    rules: Mapping[str, str | None]
    bases: Mapping[str, Because | None]


def leaves_of(loaded: Loaded) -> Leaves:
    """Flatten the resolved document, in canonical text: `05` and `5` are one value."""
    root = from_json(loaded.document, Mark(loaded.rulebook.rulebook, 0))
    assert isinstance(root, Map)  # noqa: S101 - a resolved document is a mapping
    because.attach(root)
    _, canonical, _ = typed(root)
    return Leaves(
        document=canonical,
        values=dict(_flat(canonical, "")),
        rules=dict(_flat(rules_of(canonical), "")),
        bases={path: found.because for path, found in loaded.provenance.items()},
    )


def _flat(value: Json, path: str) -> Iterator[tuple[str, str | None]]:
    if isinstance(value, dict):
        if not value:
            yield path, "{}"
        for key, child in value.items():
            yield from _flat(child, f"{path}/{escape(key)}")
    elif isinstance(value, list):
        if not value:
            yield path, "[]"
        names = [id_of(item) for item in value]
        if value and all(name is not None for name in names):
            yield f"{path}/{ORDER}", " ".join(escape(name or "") for name in names)
        for index, item in enumerate(value):
            yield from _flat(item, f"{path}/{escape(names[index] or str(index))}")
    else:
        yield path, value


def id_of(item: Json) -> str | None:
    """The id of a mapping that has one."""
    found = item.get("id") if isinstance(item, dict) else None
    return found if isinstance(found, str) else None
