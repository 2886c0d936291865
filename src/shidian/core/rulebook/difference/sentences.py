"""What changed, as a sentence: `Notice period: 5 → 7 working days`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.difference.labels import label
from shidian.core.rulebook.difference.leaves import id_of
from shidian.core.rulebook.difference.naming import joined, quoted_apart
from shidian.core.rulebook.digest import is_text
from shidian.core.rulebook.model import Text
from shidian.core.rulebook.tree import unescape

if TYPE_CHECKING:
    from shidian.core.rulebook.difference.naming import Names
    from shidian.core.rulebook.loaded import Json

_SAYS = {
    "clocks": ("length", "unit"),
    "limits": ("max",),
    "criteria": ("weight",),
    "plan": ("type", "unit"),
    "reports": ("kind",),
    "consultations": ("authority", "kind"),
    "objections": ("body",),
    "dispatches": ("authority", "kind"),
    "codes": ("code",),
    "authorities": ("role",),
    "alerts": ("levels",),
    "fees": ("amount",),
}
"""List → the keys of a new item that its announcement says."""


def changed(names: Names, path: str, before: Text, after: Text) -> Text:
    """A value that was another before."""
    said = names.subject(path)
    if before == after:  # the difference lies behind what a sentence shows
        return Text(zh=f"{said.zh}有改动：{after.zh}", en=f"{said.en}: reworded, {after.en}")
    return Text(
        zh=f"{said.zh}由{before.zh}改为{after.zh}", en=f"{said.en}: {before.en} → {after.en}"
    )


def added(names: Names, path: str, value: Json) -> Text:
    """Something that the newer rules say and the older did not."""
    said = names.subject(path)
    if _is_item(path, value):
        detail = _detail(names, path, value)
        if detail is None:
            return Text(zh=f"新增{said.zh}", en=f"{said.en}: new")
        return Text(zh=f"新增{said.zh}（{detail.zh}）", en=f"{said.en}: new ({detail.en})")
    shown = shown_value(names, path, value)
    return Text(zh=f"新增{said.zh}：{shown.zh}", en=f"{said.en}: new, {shown.en}")


def removed(names: Names, path: str, value: Json) -> Text:
    """Something that the older rules said and the newer do not."""
    said = names.subject(path)
    if _is_item(path, value):
        return Text(zh=f"取消{said.zh}", en=f"{said.en}: no longer there")
    shown = shown_value(names, path, value)
    return Text(
        zh=f"不再规定{said.zh}（原为{shown.zh}）",
        en=f"{said.en}: no longer stated (was {shown.en})",
    )


def _is_item(path: str, value: Json) -> bool:
    """Whether it is a thing with a name of its own: of a list, or a source."""
    return isinstance(value, dict) and (id_of(value) is not None or path.startswith("/sources/"))


def shown_value(names: Names, path: str, value: Json) -> Text:
    """A value for a sentence: the items of a list by their names, not all that is in them."""
    if isinstance(value, list) and value and all(id_of(item) is not None for item in value):
        found = [names.name(f"{path}/{id_of(item)}") for item in value]
        return joined([Text(zh=f"“{one.zh}”", en=f"“{one.en}”") for one in found if one])
    return names.value(path, value)


def list_changed(names: Names, path: str, before: list[Json], after: list[Json]) -> Text:
    """A list of words or texts: what came, what went, or that the order is another."""
    came = [item for item in after if item not in before]
    went = [item for item in before if item not in after]
    key = unescape(path.rpartition("/")[2])
    if key == "next":
        return _moves(names, path, came, went)
    if "/signoff/" in path and key in ("all_of", "of"):
        return _signers(names, path, came, went)
    said = names.subject(path)
    new, old = names.value(path, came), names.value(path, went)
    if came and went:
        return Text(
            zh=f"{said.zh}：增加{new.zh}，删去{old.zh}", en=f"{said.en}: {new.en} for {old.en}"
        )
    if came:
        return Text(zh=f"{said.zh}：增加{new.zh}", en=f"{said.en}: {new.en} added")
    if went:
        return Text(zh=f"{said.zh}：删去{old.zh}", en=f"{said.en}: {old.en} dropped")
    return reordered(names, path)


def reordered(names: Names, path: str) -> Text:
    """The same items in another order."""
    said = names.subject(path)
    return Text(zh=f"{said.zh}的先后顺序改变", en=f"{said.en}: in another order")


def renamed(names: Names, path: str, old: str, new: str) -> Text:
    """The same thing under another id."""
    said = names.subject(path)
    return Text(
        zh=f"{said.zh}的标识由 {old} 改为 {new}", en=f"{said.en}: its id is now {new}, was {old}"
    )


def text_changed(names: Names, path: str, before: dict[str, Json], after: dict[str, Json]) -> Text:
    """A text in two languages; where only one language changed, that one is named."""
    if before.get("zh") == after.get("zh"):
        said = names.subject(path)
        return Text(
            zh=f"{said.zh}的英文改写：{after.get('en')}"[:200],
            en=f"{said.en}: English reworded: {after.get('en')}"[:200],
        )
    zh = quoted_apart(before.get("zh"), after.get("zh"), "“{}”")
    en = quoted_apart(before.get("en"), after.get("en"), "“{}”")
    old, new = (Text(zh=one, en=other) for one, other in zip(zh, en, strict=True))
    return changed(names, path, old, new)


def basis_changed(names: Names, path: str, before: Text, after: Text, count: int) -> Text:
    """A value that stays, on another ground."""
    said = names.subject(path)
    values = "value" if count == 1 else "values"
    return Text(
        zh=f"{said.zh}：{count}项取值的依据由{before.zh}改为{after.zh}",
        en=f"{said.en}: basis of {count} {values}: {before.en} → {after.en}",
    )


def _detail(names: Names, path: str, value: Json) -> Text | None:
    """What a new item says first."""
    if not isinstance(value, dict):
        return None
    steps = path.split("/")
    wanted = _SAYS.get(steps[-2] if len(steps) > 1 else "", ())
    found = {key: value[key] for key in wanted if key in value}
    if not found:
        return None
    if set(found) == {"length", "unit"}:
        return names.value(path, found)
    said = []
    for key, one in found.items():
        told = names.value(f"{path}/{key}", one)
        plain = is_text(one) or key in ("kind", "role", "type")
        about = label(steps[-2], key)
        said.append(told if plain else Text(zh=f"{about.zh}{told.zh}", en=f"{about.en} {told.en}"))
    return Text(zh="，".join(one.zh for one in said), en=", ".join(one.en for one in said))


def _moves(names: Names, path: str, came: list[Json], went: list[Json]) -> Text:
    stage = names.name(path.rpartition("/")[0]) or Text(zh="阶段", en="stage")
    zh, en = [], []
    if came:
        to = names.value(path, came)
        zh.append(f"“{stage.zh}”可转入{to.zh}")
        en.append(f"“{stage.en}” may now lead to {to.en}")
    if went:
        to = names.value(path, went)
        zh.append(f"“{stage.zh}”不再转入{to.zh}")
        en.append(f"“{stage.en}” no longer leads to {to.en}")
    if not zh:
        return Text(
            zh=f"“{stage.zh}”各去向的先后改变",
            en=f"ways onward from “{stage.en}”: in another order",
        )
    return Text(zh="；".join(zh), en="; ".join(en))


def _signers(names: Names, path: str, came: list[Json], went: list[Json]) -> Text:
    stage = names.name(path.partition("/signoff/")[0]) or Text(zh="阶段", en="stage")
    zh, en = [], []
    if came:
        who = names.value(path, came)
        zh.append(f"“{stage.zh}”增加{who.zh}会签")
        en.append(f"sign-off of {who.en} now needed in “{stage.en}”")
    if went:
        who = names.value(path, went)
        zh.append(f"“{stage.zh}”不再需要{who.zh}会签")
        en.append(f"sign-off of {who.en} no longer needed in “{stage.en}”")
    if not zh:
        return reordered(names, path)
    return Text(zh="；".join(zh), en="; ".join(en))
