"""Each value has a basis: read `because`, attach it to the values it covers, judge its claim."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from shidian.core.rulebook.model import Basis, Because, Grade, Source, Text
from shidian.core.rulebook.problems import Problem, did_you_mean
from shidian.core.rulebook.tree import Map, Node, Scalar, Seq, children, escape, to_json, walk
from shidian.core.rulebook.typed import unknown_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

KEY = "because"

DOCUMENT_KEYS = frozenset({"rulebook", "version", "status", "extends", "remove"})
"""Keys at the top that say what the document is, not what the rules are."""

TITLE_KEYS = frozenset(
    {"title", "name", "names", "label", "guidance", "summary", "disclaimer", "unit"}
    | {"meaning", "message", "currency_name"}
)
"""Keys whose texts name or explain a rule; the rule itself lies beside them.

An `id` does need a basis: it claims that there is such a stage, area or clock at all.
"""


def needs_basis(path: str) -> bool:
    """Whether the scalar at this JSON pointer must have a basis."""
    parts = path.split("/")[1:]
    if not parts or parts[0] in DOCUMENT_KEYS or parts[0] == "sources":
        return False
    if parts[-1] not in ("zh", "en"):
        return True
    *around, language = parts
    if language == "en" or not around:
        return False
    # a stage's three names lie one level deeper: /stages/draft/names/staff/zh
    return around[-1] not in TITLE_KEYS and "names" not in around[-2:]


@dataclass(slots=True)
class _Claim:
    because: Because
    path: str
    node: Node
    used: bool = False


def attach(root: Map) -> list[Problem]:
    """Take every `because` out of the tree and put it on the scalars it covers.

    The nearest mapping around a value decides; an `of` path of any mapping around it goes before,
    the longest path first among equals. Returns what is wrong with the claims themselves.
    """
    problems: list[Problem] = []
    overrides: dict[str, _Claim] = {}
    _attach(root, "", None, overrides, problems)
    problems += [
        Problem(
            claim.path,
            claim.node.mark.file,
            claim.node.mark.line,
            Text(
                zh="此依据没有覆盖任何需要依据的值",
                en="this basis covers no value that needs one",
            ),
            Text(
                zh="请指明本文件在此映射之下自行写出的值",
                en="name a value below this mapping that this file itself states",
            ),
        )
        for claim in overrides.values()
        if not claim.used
    ]
    return problems


def _attach(
    node: Node,
    path: str,
    covering: _Claim | None,
    overrides: dict[str, _Claim],
    problems: list[Problem],
) -> None:
    if isinstance(node, Scalar):
        if covering is not None and needs_basis(path):
            covering.used = True
            node.because = covering.because
        return
    if isinstance(node, Map) and KEY in node.entries:
        own = _read(node.entries.pop(KEY), path, overrides, problems)
        del node.keys[KEY]
        covering = own or covering
    for name, child in children(node):
        below = f"{path}/{escape(name)}"
        _attach(child, below, overrides.get(below, covering), overrides, problems)


def _read(
    node: Node, path: str, overrides: dict[str, _Claim], problems: list[Problem]
) -> _Claim | None:
    """The claim of one `because`; its `of` paths go into `overrides`."""
    where = f"{path}/{KEY}"
    if not isinstance(node, Map):
        problems.append(_wrong(where, node, _NO_MAPPING, _CLAIM_FORM))
        return None
    of = node.entries.pop("of", None)
    if of is not None:
        node.keys.pop("of")
        _read_overrides(of, path, overrides, problems)
    if of is not None and not node.entries:
        return None
    return _claim(node, where, problems)


def _read_overrides(
    of: Node, path: str, overrides: dict[str, _Claim], problems: list[Problem]
) -> None:
    if not isinstance(of, Map):
        problems.append(
            _wrong(
                f"{path}/{KEY}/of",
                of,
                _NO_MAPPING,
                Text(
                    zh='请写成 of: {"/length": {basis: …}}',
                    en='write of: {"/length": {basis: …}}',
                ),
            )
        )
        return
    for relative, node in of.entries.items():
        where = f"{path}/{KEY}/of/{escape(relative)}"
        if not relative.startswith("/"):
            problems.append(
                _wrong(
                    where,
                    node,
                    Text(zh="不是路径", en="is no path"),
                    Text(zh=f'请写成 "/{relative}"', en=f'write "/{relative}"'),
                )
            )
            continue
        claim = _claim(node, where, problems)
        # an inner mapping's own `of` is read later and may refine an outer one
        if claim is not None:
            overrides[path + relative] = claim


def _claim(node: Node, where: str, problems: list[Problem]) -> _Claim | None:
    if not isinstance(node, Map):
        problems.append(_wrong(where, node, _NO_MAPPING, _CLAIM_FORM))
        return None
    known = set(Because.model_fields)
    problems += [
        Problem(
            f"{where}/{key}",
            node.keys[key].file,
            node.keys[key].line,
            unknown_key(key),
            did_you_mean(key, known | {"of"}),
        )
        for key in sorted(node.entries.keys() - known)
    ]
    if node.entries.keys() - known:
        return None
    try:
        return _Claim(Because.model_validate(to_json(node)), where, node)
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0]) if first["loc"] else ""
        place = node.entries.get(field, node)
        said = _refused_claim(field, missing=first["type"] == "missing")
        problems.append(_wrong(f"{where}/{field}".rstrip("/"), place, *said))
        return None


_NO_MAPPING = Text(zh="不是映射", en="is no mapping")
_CLAIM_FORM = Text(zh="请写成 {basis: assumed, note: …}", en="write {basis: assumed, note: …}")


def _refused_claim(field: str, *, missing: bool) -> tuple[Text, Text]:
    if field == "basis":
        return (
            Text(zh="没有写依据等级", en="says no basis")
            if missing
            else Text(zh="不是依据等级", en="is no basis"),
            Text(
                zh="依据等级为 verified、reported 或 assumed",
                en="basis is verified, reported or assumed",
            ),
        )
    if not field:
        return (
            Text(
                zh="依据等级高于 assumed，却没有写来源",
                en="claims more than assumed but names no source",
            ),
            Text(zh="请补充 source: <来源的 id>", en="add source: <id of a source>"),
        )
    wanted = (
        Text(zh="请写 {zh: …, en: …}", en="write {zh: …, en: …}")
        if field == "note"
        else Text(zh="请写文本", en="write a text")
    )
    return Text(zh=f"“{field}”写法不对", en=f"'{field}' has the wrong form"), wanted


def _wrong(path: str, node: Node, message: Text, expected: Text) -> Problem:
    return Problem(path, node.mark.file, node.mark.line, message, expected)


def missing(root: Map) -> Iterator[Problem]:
    """Values without a basis."""
    for path, node in walk(root):
        if isinstance(node, Scalar) and node.because is None and needs_basis(path):
            yield _wrong(
                path,
                node,
                Text(
                    zh=f"值 {_shown(node.text)} 没有依据",
                    en=f"the value {_shown(node.text)} has no basis",
                ),
                Text(
                    zh="请在该值或其外层加 "
                    "because: {basis: verified | reported | assumed, source: …}",
                    en="add because: {basis: verified | reported | assumed, source: …} "
                    "to it or around it",
                ),
            )


def _shown(text: str | None) -> str:
    if text is None:
        return "null"
    return f"'{text}'" if len(text) <= 40 else f"'{text[:40]}…'"  # noqa: PLR2004 - fits a line


def overclaimed(root: Map, sources: Mapping[str, Source]) -> Iterator[Problem]:
    """Bases that claim more than their source's grade bears, or name a source not declared."""
    seen: set[tuple[int, str]] = set()
    for path, node in walk(root):
        if not isinstance(node, Scalar) or node.because is None:
            continue
        key = (id(node.because), node.because.source or "")
        if key in seen:
            continue
        seen.add(key)
        for message, expected in _judge(node.because, sources):
            yield _wrong(path, node, message, expected)


def _judge(because: Because, sources: Mapping[str, Source]) -> Iterator[tuple[Text, Text]]:
    for name in (because.source, because.borrowed_from):
        if name is not None and name not in sources:
            undeclared = Text(zh=f"来源“{name}”未声明", en=f"source '{name}' is not declared")
            yield undeclared, did_you_mean(name, sources)
    if because.borrowed_from is not None and because.basis is not Basis.ASSUMED:
        yield (
            Text(
                zh=f"借自其他制度的值在此不能是 {because.basis}",
                en=f"a value borrowed from another regime cannot be {because.basis} here",
            ),
            Text(
                zh="borrowed_from 旁请写 basis: assumed",
                en="write basis: assumed beside borrowed_from",
            ),
        )
    if because.basis is Basis.ASSUMED or because.source is None or because.source not in sources:
        return
    grade = sources[because.source].grade
    bears = borne_by(grade)
    if bears is Basis.ASSUMED or (because.basis, bears) == (Basis.VERIFIED, Basis.REPORTED):
        yield _claims_too_much(because, grade, bears)


def borne_by(grade: Grade | None) -> Basis:
    """The most that a source of this grade can bear."""
    if grade is Grade.A:
        return Basis.VERIFIED
    return Basis.REPORTED if grade in (Grade.B, Grade.C) else Basis.ASSUMED


def _claims_too_much(because: Because, grade: Grade | None, bears: Basis) -> tuple[Text, Text]:
    graded = f"of grade {grade}" if grade else "without a grade"
    graded_zh = f"（{grade} 级）" if grade else "（未分级）"
    return (
        Text(
            zh=f"来源“{because.source}”{graded_zh}不足以支持 {because.basis}",
            en=f"basis {because.basis} claims more than source '{because.source}' {graded} bears",
        ),
        Text(zh=f"至多为 basis: {bears}", en=f"at most basis: {bears}"),
    )


def explicit(root: Map) -> dict[str, object]:
    """The bases of a resolved tree as one `of`: each at the highest path whose values share it."""
    found: dict[str, object] = {}
    _group(root, "", found)
    return found


def _group(node: Node, path: str, found: dict[str, object]) -> None:
    bases = set(_bases(node))
    if not bases:
        return
    if len(bases) == 1 and path:
        found[path] = bases.pop().model_dump(mode="json", exclude_none=True)
        return
    if isinstance(node, Map | Seq):
        for name, child in children(node):
            _group(child, f"{path}/{escape(name)}", found)


def _bases(node: Node) -> Iterator[Because]:
    if isinstance(node, Scalar):
        if node.because is not None:
            yield node.because
    else:
        for _, child in children(node):
            yield from _bases(child)
