"""Items that stay what they were under another id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.digest import is_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shidian.core.rulebook.loaded import Json

ALIKE_MIN = 0.8
"""Share of equal leaves from which two items under different ids are one."""


def renames_of(before: Mapping[str, Json], after: Mapping[str, Json]) -> dict[str, str]:
    """Old id → new id, where an item went and one came that says the same but for its id.

    Evident only: the best match must be mutual, alike in most leaves, and be named alike.
    """
    gone = [name for name in before if name not in after]
    come = [name for name in after if name not in before]
    if not gone or not come:
        return {}
    leaves = {
        **{("-", name): set(_leaves(before[name], "")) for name in gone},
        **{("+", name): set(_leaves(after[name], "")) for name in come},
    }
    pairs = sorted(
        ((_alike(leaves["-", old], leaves["+", new]), old, new) for old in gone for new in come),
        reverse=True,
    )
    found: dict[str, str] = {}
    for share, old, new in pairs:
        if share >= ALIKE_MIN and old not in found and new not in found.values():
            found[old] = new
    return {old: found[old] for old in gone if old in found}


def _alike(one: set[tuple[str, str | None]], other: set[tuple[str, str | None]]) -> float:
    return len(one & other) / max(len(one | other), 1)


def _leaves(value: Json, path: str) -> Iterator[tuple[str, str | None]]:
    if isinstance(value, dict):
        for key, child in value.items():
            if path or key != "id":
                yield from _leaves(child, f"{path}/{key}")
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _leaves(child, f"{path}/{index}")
    else:
        yield path, value
    if is_text(value):
        yield f"{path}#text", None
