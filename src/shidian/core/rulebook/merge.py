"""`extends`: a child is laid over its base, path by path, list items by their `id`."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from shidian.core.rulebook.because import DOCUMENT_KEYS
from shidian.core.rulebook.model import Text
from shidian.core.rulebook.problems import PROBLEMS_MAX, Problem, did_you_mean
from shidian.core.rulebook.tree import (
    Map,
    Node,
    Scalar,
    Seq,
    children,
    escape,
    id_of,
    unescape,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

OWN_KEYS = DOCUMENT_KEYS | {"title", "summary", "history"}
"""What a child never inherits: its name, its standing and its past are its own."""


def repeated_ids(root: Map) -> Iterator[Problem]:
    """Items of one list that bear the same id."""
    for path, node in walk(root):
        if not isinstance(node, Seq):
            continue
        first: dict[str, int] = {}
        for item in node.items:
            name = id_of(item)
            if name is None:
                continue
            if name in first:
                message = Text(
                    zh=f"此列表中 id “{name}”重复，首次出现在第 {first[name]} 行",
                    en=f"the id '{name}' stands twice in this list; first on line {first[name]}",
                )
                where = f"{path}/{escape(name)}"
                rename = Text(zh="请改其中一个", en="rename one")
                yield Problem(where, item.mark.file, item.mark.line, message, rename)
            first.setdefault(name, item.mark.line)


def lay_over(base: Map, child: Map) -> tuple[Map, list[Problem]]:
    """The child's document with everything it does not state taken from `base`.

    Both trees belong to the result afterwards. `remove` of the child is carried out on the base
    first, so that an item can be removed and stated anew.
    """
    problems: list[Problem] = []
    inherited = Map(base.mark)
    for key, node in base.entries.items():
        if key not in OWN_KEYS:
            inherited.entries[key] = node
            inherited.keys[key] = base.keys[key]
    removals = child.entries.pop("remove", None)
    child.keys.pop("remove", None)
    if removals is not None:
        problems += islice(_remove(inherited, removals), PROBLEMS_MAX)
    merged = _over(inherited, child, "", problems)
    assert isinstance(merged, Map)  # noqa: S101 - both are mappings, so is what they make
    return merged, problems


def _over(base: Node, child: Node, path: str, problems: list[Problem]) -> Node:
    if isinstance(base, Map) and isinstance(child, Map) and not _is_text(child):
        return _over_map(base, child, path, problems)
    if isinstance(base, Seq) and isinstance(child, Seq):
        return _over_list(base, child, path, problems)
    return child


def _is_text(node: Map) -> bool:
    """A text in two languages is one value: new Chinese beside old English would lie."""
    return bool(node.entries) and node.entries.keys() <= {"zh", "en"}


def _over_map(base: Map, child: Map, path: str, problems: list[Problem]) -> Map:
    merged = Map(child.mark)
    for key, node in base.entries.items():
        merged.entries[key] = node
        merged.keys[key] = base.keys[key]
    for key, node in child.entries.items():
        if key == "id" and key in merged.entries:
            continue  # that there is such an item is the base's claim, and keeps the base's basis
        below = f"{path}/{escape(key)}"
        if key in merged.entries:
            node = _over(merged.entries[key], node, below, problems)  # noqa: PLW2901 - the merged one
        merged.entries[key] = node
        merged.keys[key] = child.keys[key]
    return merged


def _over_list(base: Seq, child: Seq, path: str, problems: list[Problem]) -> Node:
    if not base.items or any(id_of(item) is None for item in base.items):
        return child
    if not child.items:
        problems.append(
            Problem(
                path,
                child.mark.file,
                child.mark.line,
                Text(
                    zh="空列表不会删去所继承的各项",
                    en="an empty list removes nothing from the base's",
                ),
                Text(
                    zh=f"请在 remove: [{path}/…] 中列出要删的项",
                    en=f"name the items under remove: [{path}/…]",
                ),
            )
        )
    merged = Seq(child.mark, list(base.items))
    places = {id_of(item): index for index, item in enumerate(base.items)}
    for index, item in enumerate(child.items):
        name = id_of(item)
        if name is None:
            problems.append(
                Problem(
                    f"{path}/{index}",
                    item.mark.file,
                    item.mark.line,
                    Text(
                        zh="列表各项都有 id，此项没有",
                        en="an item without an id in a list whose items have ids",
                    ),
                    Text(
                        zh="请加 id:，以明确修改的是哪一项",
                        en="add id:, so that it is known which item it changes",
                    ),
                )
            )
        elif name in places:
            place = places[name]
            below = f"{path}/{escape(name)}"
            merged.items[place] = _over(merged.items[place], item, below, problems)
        else:
            merged.items.append(item)
    return _ordered(merged, base, child)


def _ordered(merged: Seq, base: Seq, child: Seq) -> Seq:
    """A child that names every item of the base sets the order; otherwise new items come last."""
    order = {id_of(item): index for index, item in enumerate(child.items)}
    if all(id_of(item) in order for item in base.items):
        merged.items.sort(key=lambda item: order.get(id_of(item), len(order)))
    return merged


def _remove(root: Map, removals: Node) -> Iterator[Problem]:
    items = removals.items if isinstance(removals, Seq) else [removals]
    for item in items:
        place = ("/remove", item.mark.file, item.mark.line)
        if not isinstance(item, Scalar) or not (item.text or "").startswith("/"):
            yield Problem(
                *place,
                Text(zh="不是路径列表", en="is no list of paths"),
                Text(
                    zh="请写成 remove: [/clocks/screening]", en="write remove: [/clocks/screening]"
                ),
            )
            continue
        wrong = _remove_one(root, item.text or "")
        if wrong is not None:
            message = Text(
                zh=f"所继承的文本中没有“{item.text}”", en=f"'{item.text}' is not in the base"
            )
            yield Problem(*place, message, wrong)


def _remove_one(root: Map, path: str) -> Text | None:
    """None when done; otherwise what would be right."""
    *parents, last = [unescape(part) for part in path.split("/")[1:]]
    node: Node = root
    for part in parents:
        found = dict(children(node)).get(part)
        if found is None:
            return did_you_mean(part, dict(children(node)))
        node = found
    below = dict(children(node))
    if last not in below:
        return did_you_mean(last, below)
    if isinstance(node, Map):
        del node.entries[last]
        del node.keys[last]
    elif isinstance(node, Seq):
        node.items = [item for item in node.items if item is not below[last]]
    return None
