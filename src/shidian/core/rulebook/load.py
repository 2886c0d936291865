"""A rulebook's text → typed rules with provenance and digests, or every problem with its line."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shidian.core.rulebook import analysis, because, merge
from shidian.core.rulebook.digest import digest_of, rules_of
from shidian.core.rulebook.loaded import Json, Loaded, Mark, Provenance
from shidian.core.rulebook.model import Text
from shidian.core.rulebook.problems import (
    PROBLEMS_MAX,
    Problem,
    RulebookErrors,
    did_you_mean,
    few_suggestions,
)
from shidian.core.rulebook.tree import (
    SIZE_MAX_BYTES,
    Map,
    Scalar,
    from_json,
    parse,
    to_json,
    too_large,
    walk,
)
from shidian.core.rulebook.typed import typed

if TYPE_CHECKING:
    from shidian.core.rulebook.model import Rulebook

__all__ = [
    "Json",
    "Loaded",
    "Mark",
    "Problem",
    "Provenance",
    "RulebookErrors",
    "from_document",
    "load_file",
    "load_text",
]

Resolve = Callable[[str], str]
"""Id of a rulebook → its YAML text. Raises LookupError or OSError where there is none."""

CHAIN_MAX = 8
_ID_MAX_CHARS = 64
_ID = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")


def load_file(path: Path | str, *, library: Path | None = None) -> Loaded:
    """Load a rulebook. What it extends lies beside it as `<id>.yaml`, otherwise in `library`.

    Raises RulebookErrors, and OSError where `path` itself cannot be read.
    """
    path = Path(path)
    folders = [path.parent, *([] if library is None else [library])]

    def file_of(rulebook_id: str) -> Path:
        beside = [folder / f"{rulebook_id}.yaml" for folder in folders]
        return next((file for file in beside if file.is_file()), beside[0])

    def known() -> list[str]:
        return [found.stem for folder in folders for found in folder.glob("*.yaml")]

    return _Loader(lambda name: _read(file_of(name)), lambda name: str(file_of(name)), known).load(
        _read(path), str(path)
    )


def load_text(text: str, *, name: str, resolve: Resolve) -> Loaded:
    """Load a rulebook from text; `name` stands for the file in messages. Raises RulebookErrors."""
    return _Loader(resolve, lambda base: f"{base}.yaml", list).load(text, name)


def from_document(document: dict[str, Any]) -> Loaded:
    """Read a resolved document again, as a published rulebook is read: same digests.

    It was judged when it was published, so that only its shape is checked here: a later release's
    stricter analysis must not make an old rulebook unreadable. Raises RulebookErrors.
    """
    name = document.get("rulebook")
    root = from_json(document, Mark(name if isinstance(name, str) else "document", 0))
    if not isinstance(root, Map):
        raise RulebookErrors([_NO_DOCUMENT])
    problems = because.attach(root)
    loaded, more = _finish(root)
    if loaded is None or problems or more:
        raise RulebookErrors([*problems, *more])
    return loaded


def _read(path: Path) -> str:
    with path.open("rb") as file:
        data = file.read(SIZE_MAX_BYTES + 1)
    if len(data) > SIZE_MAX_BYTES:
        raise RulebookErrors([too_large(str(path))])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = Text(zh="文件不是 UTF-8 编码", en="the file is not UTF-8")
        expected = Text(zh="请以 UTF-8 编码保存", en="save it as UTF-8")
        raise RulebookErrors([Problem("", str(path), line, message, expected)]) from None


_NO_DOCUMENT = Problem(
    "",
    "document",
    0,
    Text(zh="不是映射", en="is no mapping"),
    Text(zh="请给出一份定稿文档", en="give a document"),
)


class _Loader:
    def __init__(
        self, resolve: Resolve, file_of: Callable[[str], str], known: Callable[[], list[str]]
    ) -> None:
        self._resolve = resolve
        self._file_of = file_of
        self._known = known
        self._problems: list[Problem] = []

    def load(self, text: str, name: str) -> Loaded:
        with few_suggestions():
            return self._judged(text, name)

    def _judged(self, text: str, name: str) -> Loaded:
        root = self._tree(text, name, ())
        self._problems += islice(because.missing(root), PROBLEMS_MAX)
        loaded, problems = _finish(root)
        self._problems += problems
        if loaded is not None:
            overclaimed = because.overclaimed(root, loaded.rulebook.sources)
            self._problems += islice(overclaimed, PROBLEMS_MAX)
            found = (one.problem for one in analysis.findings_of(loaded) if one.is_error)
            self._problems += islice(found, PROBLEMS_MAX)
        if loaded is None or self._problems:
            raise RulebookErrors(self._problems)
        return loaded

    def _tree(self, text: str, name: str, chain: tuple[str, ...]) -> Map:
        """The tree of one file laid over what it extends."""
        root = parse(text, name)
        self._problems += because.attach(root)[:PROBLEMS_MAX]
        self._problems += islice(merge.repeated_ids(root), PROBLEMS_MAX)
        own = root.entries.get("rulebook")
        own_id = own.text if isinstance(own, Scalar) and own.text else name
        if chain and own_id != chain[-1]:
            self._wrong(
                root,
                "/rulebook",
                Text(zh=f"写的是“{own_id[:80]}”", en=f"is '{own_id[:80]}'"),
                Text(zh=f"应为 rulebook: {chain[-1]}", en=f"write rulebook: {chain[-1]}"),
            )
        base = root.entries.get("extends")
        if base is None:
            if "remove" in root.entries:
                self._wrong(
                    root,
                    "/remove",
                    Text(
                        zh="要删去所继承的内容，却没有继承",
                        en="removes from a base, but extends none",
                    ),
                    Text(
                        zh="请补充 extends:，或删去 remove",
                        en="add extends:, or leave remove out",
                    ),
                )
                del root.entries["remove"], root.keys["remove"]
            return root
        base_text = self._base(base, chain or (own_id,))
        if base_text is None or not isinstance(base, Scalar) or base.text is None:
            self._problems += islice(because.missing(root), PROBLEMS_MAX)
            raise RulebookErrors(self._problems)
        below = (*(chain or (own_id,)), base.text)
        base_root = self._tree(base_text, self._file_of(base.text), below)
        merged, problems = merge.lay_over(base_root, root)
        self._problems += problems
        return merged

    def _base(self, node: Any, chain: tuple[str, ...]) -> str | None:
        """Text of the base that `extends` names; None with a problem noted."""
        name = node.text if isinstance(node, Scalar) else None
        mark = node.mark
        if name is None or len(name) > _ID_MAX_CHARS or not _ID.fullmatch(name):
            said = (
                Text(zh="不是制度文本的 id", en="is no id of a rulebook"),
                Text(
                    zh="请写小写字母、数字和连字符，如 extends: national",
                    en="write lower-case letters, digits and hyphens: extends: national",
                ),
            )
        elif name in chain:
            circle = " → ".join((*chain[chain.index(name) :], name))
            said = (
                Text(zh=f"循环继承：{circle}", en=f"extends itself: {circle}"),
                Text(zh="其中须有一份不再继承他人", en="let one of them extend nothing"),
            )
        elif len(chain) > CHAIN_MAX:
            said = (
                Text(
                    zh=f"继承超过 {CHAIN_MAX} 层",
                    en=f"more than {CHAIN_MAX} rulebooks extend one another",
                ),
                Text(zh="请减少层级", en="shorten the chain"),
            )
        else:
            try:
                return self._resolve(name)
            except (LookupError, OSError):
                said = (
                    Text(zh=f"找不到制度文本“{name}”", en=f"no rulebook '{name}' is at hand"),
                    did_you_mean(name, self._known()),
                )
        self._problems.append(Problem("/extends", mark.file, mark.line, *said))
        return None

    def _wrong(self, root: Map, path: str, message: Text, expected: Text) -> None:
        mark = root.keys.get(path[1:], root.mark)
        self._problems.append(Problem(path, mark.file, mark.line, message, expected))


def _finish(root: Map) -> tuple[Loaded | None, list[Problem]]:
    """Type the resolved tree and take its digests."""
    rulebook, canonical, problems = typed(root)
    if rulebook is None:
        return None, problems
    return _loaded(root, rulebook, canonical), []


def _loaded(root: Map, rulebook: Rulebook, canonical: dict[str, Json]) -> Loaded:
    document = to_json(root)
    assert isinstance(document, dict)  # noqa: S101 - the root is a mapping
    bases: Any = because.explicit(root)
    if bases:
        document[because.KEY] = {"of": bases}
        canonical = {**canonical, because.KEY: {"of": bases}}
    nodes = list(walk(root))
    return Loaded(
        rulebook=rulebook,
        document=document,
        provenance={
            path: Provenance(node.because, node.mark.file, node.mark.line)
            for path, node in nodes
            if isinstance(node, Scalar)
        },
        digest=digest_of(canonical),
        rules_digest=digest_of(rules_of(canonical)),
        marks={path: node.mark for path, node in nodes},
    )
