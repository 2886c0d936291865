"""What a text is as a rulebook: sound or not, and every problem with its line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.metadata import version as installed_version
from typing import TYPE_CHECKING, Any

from shidian.apps.lab.library import base_text
from shidian.core.procedure.calendar_check import unknown_calendars
from shidian.core.rulebook.analysis import analyse
from shidian.core.rulebook.load import Problem, RulebookErrors, load_text
from shidian.core.rulebook.model import Text
from shidian.core.rulebook.published import check_publishable

if TYPE_CHECKING:
    from shidian.apps.cases.models import Scheme
    from shidian.core.rulebook.loaded import Loaded

PROBLEMS_MAX = 200
"""Problems kept and shown of one text; whoever has more mends these first."""
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
"""It stands in addresses and in a column."""
_ORDER = {"error": 0, "warning": 1, "note": 2}


@dataclass(frozen=True, slots=True)
class Said:
    """A problem with its level: error, warning or note."""

    level: str
    problem: Problem

    def as_json(self) -> dict[str, Any]:
        """As `CheckResult.problems` keeps it."""
        return {
            "level": self.level,
            "path": self.problem.path,
            "file": self.problem.file,
            "line": self.problem.line,
            "message": self.problem.message.model_dump(),
            "expected": self.problem.expected.model_dump(),
        }


@dataclass(frozen=True, slots=True)
class Checked:
    """A judged text. `loaded` is None where it is no rulebook at all."""

    loaded: Loaded | None
    said: tuple[Said, ...]

    @property
    def sound(self) -> bool:
        """Whether it could be published."""
        return self.loaded is not None and not self.errors

    @property
    def errors(self) -> tuple[Said, ...]:
        return tuple(one for one in self.said if one.level == "error")


def own_file(scheme: Scheme) -> str:
    """How messages name the draft's own text; other names are files that it extends."""
    return f"{scheme.slug}.yaml"


def check_text(scheme: Scheme, text: str) -> Checked:
    """Load and analyse a text as the scheme's next rulebook. Writes nothing; never raises.

    Besides what any rulebook must satisfy, it must be this scheme's and have a version of its own.
    """
    name = own_file(scheme)
    try:
        loaded = load_text(text, name=name, resolve=base_text)
    except RulebookErrors as errors:
        return Checked(None, tuple(Said("error", one) for one in errors.problems[:PROBLEMS_MAX]))
    said = [
        Said(str(finding.level), finding.problem.at(mark.file, mark.line))
        for finding in analyse(loaded.rulebook)
        if not finding.is_error
        for mark in [loaded.mark(finding.problem.path)]
    ]
    said += [Said("error", one) for one in _of_this_scheme(scheme, loaded)]
    said += [Said("error", one) for one in unknown_calendars(loaded)]
    said.sort(key=lambda one: (_ORDER[one.level], one.problem.file != name, one.problem.line))
    return Checked(loaded, tuple(said[:PROBLEMS_MAX]))


def _of_this_scheme(scheme: Scheme, loaded: Loaded) -> list[Problem]:
    found = []
    rulebook = loaded.rulebook
    if rulebook.rulebook != scheme.slug:
        mark = loaded.mark("/rulebook")
        found.append(
            Problem(
                "/rulebook",
                mark.file,
                mark.line,
                Text(
                    zh=f"是另一方案“{rulebook.rulebook}”的制度文本",
                    en=f"is the rulebook of another scheme, '{rulebook.rulebook}'",
                ),
                Text(zh=f"请写 rulebook: {scheme.slug}", en=f"write rulebook: {scheme.slug}"),
            )
        )
    if not _VERSION.fullmatch(rulebook.version):
        mark = loaded.mark("/version")
        found.append(
            Problem(
                "/version",
                mark.file,
                mark.line,
                Text(zh="不能用作版本号", en="cannot be the name of a version"),
                Text(
                    zh="请用不超过 32 个字母、数字、点、连字符或下划线，如 2026.2",
                    en="use at most 32 letters, digits, dots, hyphens or underscores, as in 2026.2",
                ),
            )
        )
    known = dict(scheme.rulebooks.values_list("version", "digest"))
    if known.get(rulebook.version) == loaded.digest:
        mark = loaded.mark("/version")
        found.append(
            Problem(
                "/version",
                mark.file,
                mark.line,
                Text(
                    zh=f"与已发布的版本 {rulebook.version} 完全相同",
                    en=f"is the published version {rulebook.version}, unchanged",
                ),
                Text(
                    zh="请修改规则，并给出新的版本号",
                    en="change the rules, and give them a new version",
                ),
            )
        )
    elif (used := check_publishable(known, loaded)) is not None:
        found.append(used)
    return found


def software() -> str:
    """The release that judged."""
    return f"shidian {installed_version('shidian')}"
