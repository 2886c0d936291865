"""YAML text → a tree of text scalars that know their lines. Nothing is typed here.

Built from the parser's events rather than by its composer: anchors, tags and depth are refused when
they are met, so that no document can grow beyond its own text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import yaml

from shidian.core.rulebook.loaded import Json, Mark
from shidian.core.rulebook.problems import Problem, RulebookErrors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shidian.core.rulebook.model import Because

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

SIZE_MAX_BYTES = 1024 * 1024
DEPTH_MAX = 24
NODES_MAX = 60_000
SCALAR_MAX_CHARS = 20_000

_NEEDS_QUOTES = frozenset("%>@`&*!|")


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
                wrong = f"the key {key!r} is no text"
                raise RulebookErrors([Problem(path, mark.file, mark.line, wrong, "quote it")])
            node.entries[key] = from_json(child, mark, f"{path}/{escape(key)}", depth + 1)
            node.keys[key] = mark
        return node
    if isinstance(value, list | tuple):
        items = [from_json(v, mark, f"{path}/{i}", depth + 1) for i, v in enumerate(value)]
        return Seq(mark, items)
    message = f"{value!r} is a {type(value).__name__}"
    expected = "a resolved document holds text, null, lists and mappings alone"
    raise RulebookErrors([Problem(path, mark.file, mark.line, message, expected)])


def parse(text: str, name: str) -> Map:
    """The one mapping that `text` holds. Raises RulebookErrors naming `name` and the line."""
    _check_characters(text, name)
    builder = _Builder(name)
    try:
        for event in yaml.parse(text, Loader=_Loader):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        raise RulebookErrors([_rephrased(error, text, name)]) from error
    except yaml.YAMLError as error:
        raise RulebookErrors([Problem("", name, 0, "this is not YAML", str(error))]) from error
    return builder.result()


def _check_characters(text: str, name: str) -> None:
    if len(text) > SIZE_MAX_BYTES or len(text.encode("utf-8", "replace")) > SIZE_MAX_BYTES:
        raise RulebookErrors([too_large(name)])
    bad = re.search(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text)
    if bad:
        line = text.count("\n", 0, bad.start()) + 1
        message = f"the character U+{ord(bad[0]):04X} does not belong in a text"
        raise RulebookErrors([Problem("", name, line, message, "remove it")])


def too_large(name: str) -> Problem:
    """The problem of a file over the limit."""
    return Problem(
        "", name, 0, "the file is larger than 1 MiB", "a rulebook is text of at most 1 MiB"
    )


def _too_deep(path: str, mark: Mark) -> Problem:
    message = f"nested deeper than {DEPTH_MAX} levels"
    return Problem(path, mark.file, mark.line, message, "no keyword of the language lies that deep")


def _rephrased(error: yaml.MarkedYAMLError, text: str, name: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return Problem("", name, 0, "this is not YAML", str(error.problem))
    lines = text.split("\n")
    index = min(mark.line, len(lines) - 1)
    before, here = lines[index][: mark.column], lines[index][mark.column :]
    problem = str(error.problem or "")
    if "cannot start any token" in problem and here[:1] == "\t":
        said = ("a tab stands where the indentation is", "indent with spaces")
    elif "cannot start any token" in problem and here[:1] in _NEEDS_QUOTES:
        word = re.split(r"[,}\]]|\s#|$", here, maxsplit=1)[0].strip()
        said = (f"{word} cannot stand bare here", f'put it in quotes: "{word}"')
    elif "mapping values are not allowed" in problem:
        said = (
            "a second colon on one line, or a key indented differently from its neighbours",
            "put a text that holds ': ' in quotes, and indent keys of one mapping alike",
        )
    elif "end of stream" in problem and "quoted" in str(error.context):
        start = error.context_mark.line + 1 if error.context_mark else index + 1
        return Problem("", name, start, "a quotation mark opens here and never closes", "close it")
    elif "flow" in str(error.context):
        start = error.context_mark.line + 1 if error.context_mark else index + 1
        closing = "}" if "mapping" in str(error.context) else "]"
        said = (
            f"the bracket opened on line {start} is not closed before this",
            f"write , or {closing}",
        )
    else:
        said = (
            f"not YAML after {before.strip()[-40:]!r}: {problem}",
            "check indentation and quotes",
        )
    return Problem("", name, index + 1, *said)


class _Builder:
    """Takes the parser's events one by one; keeps an explicit stack, so depth is bounded."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._stack: list[tuple[Map | Seq, str | None]] = []
        self._root: Node | None = None
        self._nodes = 0
        self._problems: list[Problem] = []

    def result(self) -> Map:
        if self._root is None or (isinstance(self._root, Scalar) and not self._root.text):
            self._problems.append(
                Problem("", self._name, 1, "the file is empty", "write rulebook:, version:, …")
            )
        elif not isinstance(self._root, Map):
            self._problems.append(
                Problem("", self._name, 1, "the file is no mapping", "write keys: rulebook: …")
            )
        if self._problems or not isinstance(self._root, Map):
            raise RulebookErrors(self._problems)
        return self._root

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self._stack.pop()
            self._value_done()
            return
        if not isinstance(event, yaml.NodeEvent):
            return
        mark = Mark(self._name, event.start_mark.line + 1 if event.start_mark else 0)
        if self._root is not None and not self._stack:
            self._stop(mark, "", "a second document begins", "one file holds one rulebook")
        self._nodes += 1
        if self._nodes > NODES_MAX:
            self._stop(mark, "", f"more than {NODES_MAX} values", "split the rulebook by extends")
        self._refuse_machinery(event, mark)
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event, mark)
        elif isinstance(event, yaml.MappingStartEvent):
            self._open(Map(mark))
        else:
            self._open(Seq(mark))

    def _stop(self, mark: Mark, path: str, message: str, expected: str) -> None:
        self._problems.append(Problem(path, mark.file, mark.line, message, expected))
        raise RulebookErrors(self._problems)

    def _refuse_machinery(self, event: yaml.NodeEvent, mark: Mark) -> None:
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            sign = "*" if isinstance(event, yaml.AliasEvent) else "&"
            self._stop(
                mark,
                self._path(),
                f"{sign}{event.anchor} is a YAML anchor or alias",
                "write the value out; what rulebooks share goes into the one they extend",
            )
        tag = getattr(event, "tag", None)
        if tag is not None:
            message = f"the YAML tag {tag} is not used here"
            self._stop(mark, self._path(), message, "leave it out; the language gives values types")

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
        path = self._path()
        if len(self._stack) >= DEPTH_MAX:
            self._problems.append(_too_deep(path, node.mark))
            raise RulebookErrors(self._problems)
        self._add(node)
        self._stack.append((node, None))

    def _scalar(self, event: yaml.ScalarEvent, mark: Mark) -> None:
        text: str = event.value
        plain = not event.style  # libyaml says "", the Python scanner None
        parent = self._stack[-1][0] if self._stack else None
        if len(text) > SCALAR_MAX_CHARS:
            limit = f"a text has at most {SCALAR_MAX_CHARS} characters"
            self._stop(mark, self._path(), f"a text of {len(text)} characters", limit)
        if isinstance(parent, Map) and self._stack[-1][1] is None:
            self._key(parent, text, mark, plain=plain)
            return
        if plain and text == "" and parent is not None:
            self._problems.append(
                Problem(
                    self._path(),
                    mark.file,
                    mark.line,
                    "has no value",
                    "write one, or null; inside braces a text with a comma needs quotes",
                )
            )
        self._add(Scalar(None if plain and text == "null" else text, mark))
        self._value_done()

    def _key(self, parent: Map, text: str, mark: Mark, *, plain: bool) -> None:
        path = self._path()
        if plain and text == "<<":
            self._stop(mark, path, "<< merges by anchors, which are not used here", "use extends")
        if text in parent.keys:
            message = f"'{text}' stands twice; first on line {parent.keys[text].line}"
            where = f"{path}/{escape(text)}"
            self._problems.append(Problem(where, mark.file, mark.line, message, "keep one"))
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
            self._stop(node.mark, self._path(), "a key is a list or a mapping", "a key is one word")
        else:
            parent.entries.setdefault(key, node)

    def _value_done(self) -> None:
        """The next scalar of the mapping around is a key again."""
        if self._stack:
            self._stack[-1] = (self._stack[-1][0], None)
