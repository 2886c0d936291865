"""What an official text needs beyond one that runs: nothing assumed, sources one can look up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.analysis.finding import Finding, error
from shidian.core.rulebook.analysis.words import say
from shidian.core.rulebook.model import Basis, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shidian.core.rulebook.loaded import Loaded

_NOT_DECIDING = frozenset({"history", "principles"})
"""Parts that tell rather than rule; an assumption in them decides nothing."""


def findings(loaded: Loaded) -> Iterator[Finding]:
    """Why this text may not call itself official. One finding for each rule that is assumed."""
    if loaded.rulebook.status is not Status.OFFICIAL:
        return
    assumed: dict[str, int] = {}
    cited: set[str] = set()
    for path, found in loaded.provenance.items():
        steps = path.split("/")
        if found.because is None or steps[1] in _NOT_DECIDING:
            continue
        if found.because.basis is Basis.ASSUMED:
            rule = "/".join(steps[: 3 if len(steps) > 3 else 2])  # noqa: PLR2004 - /clocks/publicity
            assumed[rule] = assumed.get(rule, 0) + 1
        elif found.because.source is not None:
            cited.add(found.because.source)
    for path, count in assumed.items():
        yield error(
            path,
            say(
                f"正式文本中的假定取值：{count}项",
                f"assumed values in an official text: {count}",
            ),
            say(
                "请补充来源，或写 status: runnable", "give them a source, or write status: runnable"
            ),
        )
    for name in sorted(cited):
        source = loaded.rulebook.sources.get(name)
        if source is not None and not (source.number and source.date):
            lacks = "number" if not source.number else "date"
            yield error(
                f"/sources/{name}",
                say(
                    f"正式文本援引的来源缺少 {lacks}",
                    f"an official text cites it without its {lacks}",
                ),
                say(f"请写 {lacks}", f"add {lacks}"),
            )
