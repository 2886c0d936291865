"""YAML text → a tree of text scalars that know their lines. Nothing is typed here.

Built from the parser's events rather than by its composer: anchors, tags and depth are refused when
they are met, so that no document can grow beyond its own text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn, TypeAlias

import yaml

from shidian.core.rulebook.loaded import Json, Mark
from shidian.core.rulebook.model import Text
from shidian.core.rulebook.problems import PROBLEMS_MAX, Problem, RulebookErrors
from shidian.core.rulebook.yaml_errors import check_characters, rephrased, unmarked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shidian.core.rulebook.model import Because

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

SIZE_MAX_BYTES = 1024 * 1024
DEPTH_MAX = 24
NODES_MAX = 30_000
SCALAR_MAX_CHARS = 20_000


@dataclass(slots=True)
class Scalar:
    """A text, or null; `because` is filled in by `because.py`."""

    text: str | None
    mark: Mark
    because: Because | None = None


@dataclass(slots=True)
class Map:
    """Keys in the order written; `keys` places each."""

    mark: Mark
    entries: dict[str, Node] = field(default_factory=dict)
    keys: dict[str, Mark] = field(default_factory=dict)


@dataclass(slots=True)
class Seq:
    """Items in the order written."""

    mark: Mark
    items: list[Node] = field(default_factory=list)


Node: TypeAlias = "Scalar | Map | Seq"


def escape(part: str) -> str:
    """One step of a JSON pointer."""
    return part.replace("~", "~0").replace("/", "~1")


def unescape(part: str) -> str:
    """The key that a step of a JSON pointer names."""
    return part.replace("~1", "/").replace("~0", "~")


def id_of(node: Node) -> str | None:
    """The `id` of a mapping that has one."""
    if isinstance(node, Map):
        named = node.entries.get("id")
        if isinstance(named, Scalar):
            return named.text
    return None


def step_name(item: Node, index: int) -> str:
    """How a list item is addressed: by its id, otherwise by its place."""
    return id_of(item) or str(index)


def children(node: Node) -> Iterator[tuple[str, Node]]:
    """Steps below a node, unescaped."""
    if isinstance(node, Map):
        yield from node.entries.items()
    elif isinstance(node, Seq):
        for index, item in enumerate(node.items):
            yield step_name(item, index), item


def walk(node: Node, path: str = "") -> Iterator[tuple[str, Node]]:
    """Every node with its JSON pointer, parents first."""
    yield path, node
    for name, child in children(node):
        yield from walk(child, f"{path}/{escape(name)}")


def to_json(node: Node) -> Json:
    """The tree as JSON-able values."""
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Map):
        return {key: to_json(child) for key, child in node.entries.items()}
    return [to_json(item) for item in node.items]


def from_json(value: object, mark: Mark, path: str = "", depth: int = 0) -> Node:
    """JSON-able values → tree, every node at `mark`. Raises RulebookErrors."""
    if depth > DEPTH_MAX:
        raise RulebookErrors([_too_deep(path, mark)])
    if value is None or isinstance(value, str):
        return Scalar(value, mark)
    if isinstance(value, dict):
        node = Map(mark)
        for key, child in value.items():
            if not isinstance(key, str):
                wrong = Text(zh=f"键 {key!r} 不是文本", en=f"the key {key!r} is no text")
                quoted = Text(zh="请加引号", en="quote it")
                raise RulebookErrors([Problem(path, mark.file, mark.line, wrong, quoted)])
            node.entries[key] = from_json(child, mark, f"{path}/{escape(key)}", depth + 1)
            node.keys[key] = mark
        return node
    if isinstance(value, list | tuple):
        items = [from_json(v, mark, f"{path}/{i}", depth + 1) for i, v in enumerate(value)]
        return Seq(mark, items)
    kind = type(value).__name__
    message = Text(zh=f"{value!r} 是 {kind}", en=f"{value!r} is a {kind}")
    expected = Text(
        zh="定稿文档只含文本、null、列表和映射",
        en="a resolved document holds text, null, lists and mappings alone",
    )
    raise RulebookErrors([Problem(path, mark.file, mark.line, message, expected)])


def parse(text: str, name: str) -> Map:
    """The one mapping that `text` holds. Raises RulebookErrors naming `name` and the line."""
    if len(text) > SIZE_MAX_BYTES or len(text.encode("utf-8", "replace")) > SIZE_MAX_BYTES:
        raise RulebookErrors([too_large(name)])
    check_characters(text, name)
    builder = _Builder(name)
    try:
        for event in yaml.parse(text, Loader=_Loader):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        raise RulebookErrors([rephrased(error, text, name)]) from error
    except yaml.YAMLError as error:
        raise RulebookErrors([unmarked(error, name)]) from error
    return builder.result()


def too_large(name: str) -> Problem:
    """The problem of a file over the limit."""
    message = Text(zh="文件超过 1 MiB", en="the file is larger than 1 MiB")
    expected = Text(zh="制度文本最大为 1 MiB", en="a rulebook is text of at most 1 MiB")
    return Problem("", name, 0, message, expected)


def _too_deep(path: str, mark: Mark) -> Problem:
    message = Text(zh=f"嵌套超过 {DEPTH_MAX} 层", en=f"nested deeper than {DEPTH_MAX} levels")
    expected = Text(
        zh="没有哪个关键字在如此深的层级", en="no keyword of the language lies that deep"
    )
    return Problem(path, mark.file, mark.line, message, expected)


class _Builder:
    """Takes the parser's events one by one; keeps an explicit stack, so depth is bounded."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._stack: list[tuple[Map | Seq, str | None]] = []
        self._root: Node | None = None
        self._nodes = 0
        self._problems: list[Problem] = []

    def result(self) -> Map:
        root = self._root
        if root is None or (isinstance(root, Scalar) and not root.text):
            message = Text(zh="文件为空", en="the file is empty")
            expected = Text(zh="请写 rulebook:、version: 等", en="write rulebook:, version:, …")
            self._problems.append(Problem("", self._name, 1, message, expected))
        elif not isinstance(root, Map):
            message = Text(zh="文件不是映射", en="the file is no mapping")
            expected = Text(zh="请写成“键: 值”，如 rulebook: …", en="write keys: rulebook: …")
            self._problems.append(Problem("", self._name, 1, message, expected))
        if self._problems or not isinstance(root, Map):
            raise RulebookErrors(self._problems)
        return root

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self._stack.pop()
            self._value_done()
            return
        if not isinstance(event, yaml.NodeEvent):
            return
        mark = Mark(self._name, event.start_mark.line + 1 if event.start_mark else 0)
        if self._root is not None and not self._stack:
            self._stop(
                mark,
                "",
                Text(zh="此处开始了第二个文档", en="a second document begins"),
                Text(zh="一个文件只写一份制度文本", en="one file holds one rulebook"),
            )
        self._nodes += 1
        if len(self._problems) >= PROBLEMS_MAX:
            raise RulebookErrors(self._problems)
        if self._nodes > NODES_MAX:
            self._stop(
                mark,
                "",
                Text(zh=f"超过 {NODES_MAX} 个值", en=f"more than {NODES_MAX} values"),
                Text(zh="请用 extends 拆分", en="split the rulebook by extends"),
            )
        self._refuse_machinery(event, mark)
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event, mark)
        elif isinstance(event, yaml.MappingStartEvent):
            self._open(Map(mark))
        else:
            self._open(Seq(mark))

    def _stop(self, mark: Mark, path: str, message: Text, expected: Text) -> NoReturn:
        self._problems.append(Problem(path, mark.file, mark.line, message, expected))
        raise RulebookErrors(self._problems)

    def _refuse_machinery(self, event: yaml.NodeEvent, mark: Mark) -> None:
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            sign = "*" if isinstance(event, yaml.AliasEvent) else "&"
            self._stop(
                mark,
                self._path(),
                Text(
                    zh=f"{sign}{event.anchor} 是 YAML 锚点或别名",
                    en=f"{sign}{event.anchor} is a YAML anchor or alias",
                ),
                Text(
                    zh="请直接写出内容；几份制度共用的内容放在它们所继承的文本中",
                    en="write the value out; what rulebooks share goes into the one they extend",
                ),
            )
        tag = getattr(event, "tag", None)
        if tag is not None:
            self._stop(
                mark,
                self._path(),
                Text(
                    zh=f"此处不用 YAML 标签 {tag[:80]}",
                    en=f"the YAML tag {tag[:80]} is not used here",
                ),
                Text(
                    zh="请删去；值的类型由关键字决定",
                    en="leave it out; the language gives values types",
                ),
            )

    def _path(self) -> str:
        """Of the value that is being read; items already known by their id are named by it."""
        parts = []
        for depth, (node, key) in enumerate(self._stack):
            if isinstance(node, Map):
                parts += [] if key is None else [escape(key)]
            elif depth + 1 < len(self._stack):
                parts.append(escape(step_name(self._stack[depth + 1][0], len(node.items) - 1)))
            else:
                parts.append(str(len(node.items)))
        return "".join(f"/{part}" for part in parts)

    def _open(self, node: Map | Seq) -> None:
        if len(self._stack) >= DEPTH_MAX:
            self._problems.append(_too_deep(self._path(), node.mark))
            raise RulebookErrors(self._problems)
        self._add(node)
        self._stack.append((node, None))

    def _scalar(self, event: yaml.ScalarEvent, mark: Mark) -> None:
        text: str = event.value
        plain = not event.style  # libyaml says "", the Python scanner None
        parent = self._stack[-1][0] if self._stack else None
        if len(text) > SCALAR_MAX_CHARS:
            self._stop(
                mark,
                self._path(),
                Text(zh=f"文本长达 {len(text)} 个字符", en=f"a text of {len(text)} characters"),
                Text(
                    zh=f"一段文本最多 {SCALAR_MAX_CHARS} 个字符",
                    en=f"a text has at most {SCALAR_MAX_CHARS} characters",
                ),
            )
        if isinstance(parent, Map) and self._stack[-1][1] is None:
            self._key(parent, text, mark, plain=plain)
            return
        if plain and text == "" and parent is not None:
            self._problems.append(
                Problem(
                    self._path(),
                    mark.file,
                    mark.line,
                    Text(zh="没有值", en="has no value"),
                    Text(
                        zh="请写出值或 null；花括号内含逗号的文字须加引号",
                        en="write one, or null; inside braces a text with a comma needs quotes",
                    ),
                )
            )
        self._add(Scalar(None if plain and text == "null" else text, mark))
        self._value_done()

    def _key(self, parent: Map, text: str, mark: Mark, *, plain: bool) -> None:
        if plain and text == "<<":
            self._stop(
                mark,
                self._path(),
                Text(
                    zh="<< 依靠锚点合并，此处不用",
                    en="<< merges by anchors, which are not used here",
                ),
                Text(zh="请用 extends", en="use extends"),
            )
        if text in parent.keys:
            first = parent.keys[text].line
            message = Text(
                zh=f"“{text[:80]}”重复，首次出现在第 {first} 行",
                en=f"'{text[:80]}' stands twice; first on line {first}",
            )
            where = f"{self._path()}/{escape(text)}"
            keep = Text(zh="只保留一处", en="keep one")
            self._problems.append(Problem(where, mark.file, mark.line, message, keep))
        parent.keys.setdefault(text, mark)
        self._stack[-1] = (parent, text)

    def _add(self, node: Node) -> None:
        if not self._stack:
            self._root = node
            return
        parent, key = self._stack[-1]
        if isinstance(parent, Seq):
            parent.items.append(node)
        elif key is None:
            self._stop(
                node.mark,
                self._path(),
                Text(zh="键是列表或映射", en="a key is a list or a mapping"),
                Text(zh="键须为一个词", en="a key is one word"),
            )
        else:
            parent.entries.setdefault(key, node)

    def _value_done(self) -> None:
        """The next scalar of the mapping around is a key again."""
        if self._stack:
            self._stack[-1] = (self._stack[-1][0], None)
