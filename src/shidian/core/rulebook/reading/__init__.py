"""A rulebook read: one structure, from which terminal, page and PDF are rendered.

`read` drafts chapters of numbered articles, each sentence in Chinese and in English around the same
values; every value knows the paths that it speaks for and bears the mark of its source.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.model import Status, Text
from shidian.core.rulebook.reading import words
from shidian.core.rulebook.reading.chapters import (
    alerting,
    clocks,
    conduct,
    corresponding,
    dispatching,
    ending,
    entry,
    form,
    general,
    incidents,
    judging,
    objecting,
    procedure,
    promising,
    publicity,
    running,
    safeguards,
    scaling,
)
from shidian.core.rulebook.reading.duties import duties
from shidian.core.rulebook.reading.pen import Pen
from shidian.core.rulebook.reading.structure import (
    SIGNS,
    Article,
    Chapter,
    Duty,
    FormQuestion,
    FormSection,
    Lang,
    Note,
    Piece,
    Reading,
    RoleDuties,
    Sentence,
    say,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shidian.core.rulebook.loaded import Loaded

__all__ = [
    "NOT_OFFICIAL",
    "SIGNS",
    "Article",
    "Chapter",
    "Duty",
    "FormQuestion",
    "FormSection",
    "Lang",
    "Note",
    "Piece",
    "Reading",
    "RoleDuties",
    "Sentence",
    "duties",
    "read",
    "say",
]

NOT_OFFICIAL = Text(
    zh="本页不是官方文本。它把已公开的规则整理为可执行的制度文本，未经有关部门发布或确认，仅供阅读与演示。",
    en=(
        "This is not an official text. It restates published rules as a rulebook that software"
        " can run; no authority has issued or confirmed it."
    ),
)

_CHAPTERS = (
    general.general,
    entry.intake,
    entry.materials,
    entry.waivers,
    judging.tiers,
    judging.criteria,
    procedure.stages,
    procedure.consultations,
    objecting.objections,
    dispatching.dispatches,
    corresponding.letters,
    clocks.clocks,
    clocks.acts,
    publicity.publicity,
    running.plan_and_limits,
    promising.promises,
    scaling.scale_up,
    running.data,
    alerting.alerts,
    conduct.reports,
    incidents.incidents,
    conduct.oversight,
    safeguards.safeguards,
    ending.ending,
    ending.clauses,
)


def read(loaded: Loaded, *, calendar_names: Mapping[str, Text] | None = None) -> Reading:
    """Draft the whole rulebook. `calendar_names`: id → name, where the caller knows calendars."""
    rulebook = loaded.rulebook
    pen = Pen(loaded, calendar_names or {})
    for write in _CHAPTERS:
        write(pen)
    annex = form.form(pen)
    official = rulebook.status is Status.OFFICIAL
    return Reading(
        id=rulebook.rulebook,
        version=rulebook.version,
        status=words.STATUS[rulebook.status],
        title=rulebook.title,
        summary=rulebook.summary,
        disclaimer=None if official else rulebook.disclaimer or NOT_OFFICIAL,
        extends=rulebook.extends or "",
        digest=loaded.digest,
        rules_digest=loaded.rules_digest,
        chapters=tuple(pen.chapters),
        form=annex,
        duties=duties(rulebook),
        notes=tuple(pen.notes),
        sources=rulebook.sources,
    )
