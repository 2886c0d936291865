"""The whole body of a rulebook's page in one language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.supervision.publish.rulebook_text import entry, procedure, telemetry, words
from shidian.apps.supervision.publish.rulebook_text.writer import Language, Writer
from shidian.core.rulebook.model import Basis

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shidian.apps.notices.bodies import HistoryLine
    from shidian.core.rulebook.loaded import Loaded

NOT_OFFICIAL = {
    "zh": (
        "本页不是官方文本。它把已公开的规则整理为可执行的制度文本，"
        "未经有关部门发布或确认，仅供阅读与演示。"
    ),
    "en": (
        "This is not an official text. It restates published rules as a rulebook that software"
        " can run; no authority has issued or confirmed it."
    ),
}


def rulebook_body(
    loaded: Loaded,
    language: Language,
    *,
    history: Sequence[HistoryLine] = (),
    cannot_run: Sequence[str] = (),
) -> dict[str, object]:
    """Chapters, marks, sources, the stages' diagram and the verified share, as JSON.

    `history`: what is known to have happened, `{date, text, source, url, grade}` in this language.
    `cannot_run`: what this release cannot execute of it, in words.
    """
    rulebook = loaded.rulebook
    writer = Writer(loaded, language)
    for write in (
        entry.general,
        entry.intake,
        entry.form,
        entry.criteria,
        procedure.stages,
        procedure.clocks,
        telemetry.plan_and_limits,
        telemetry.streams,
        telemetry.indicators,
        telemetry.alerts,
        procedure.reports,
        procedure.safeguards,
        procedure.ending,
    ):
        write(writer)
    writer.finish()
    disclaimer = writer.text(rulebook.disclaimer) if rulebook.disclaimer else NOT_OFFICIAL[language]
    return {
        "id": rulebook.rulebook,
        "version": rulebook.version,
        "title": writer.text(rulebook.title),
        "summary": writer.text(rulebook.summary) if rulebook.summary else "",
        "status": rulebook.status.value,
        "status_label": writer.text(words.STATUS[rulebook.status]),
        "extends": rulebook.extends or "",
        "disclaimer": "" if rulebook.status.value == "official" else disclaimer,
        "digest": loaded.digest,
        "rules_digest": loaded.rules_digest,
        "share": share(loaded),
        "chapters": writer.chapters,
        "marks": writer.marks,
        "stages": _diagram(writer),
        "sources": _sources(writer),
        "history": [dict(item) for item in history],
        "cannot_run": list(cannot_run),
    }


def share(loaded: Loaded) -> dict[str, int]:
    """How many values have which basis, and the verified per cent, rounded down."""
    counts = dict.fromkeys(Basis, 0)
    for provenance in loaded.provenance.values():
        if provenance.because is not None:
            counts[provenance.because.basis] += 1
    total = sum(counts.values())
    shares = {basis.value: count for basis, count in counts.items()}
    shares["total"] = total
    shares["verified_per_cent"] = counts[Basis.VERIFIED] * 100 // total if total else 0
    return shares


def _diagram(writer: Writer) -> list[dict[str, object]]:
    rulebook = writer.rulebook
    return [
        {
            "id": stage.id,
            "kind": stage.kind.value,
            "name": writer.text(stage.names.public or stage.names.staff),
            "clock": procedure.clock_words(writer, rulebook.clock(stage.clock))
            if stage.clock
            else "",
            "next": list(stage.next),
        }
        for stage in rulebook.stages
    ]


def _sources(writer: Writer) -> list[dict[str, str]]:
    return [
        {
            "id": source_id,
            "title": writer.text(source.title),
            "kind": source.kind,
            "grade": source.grade.value if source.grade else "",
            "url": source.url or "",
            "number": source.number or "",
            "date": source.date or "",
        }
        for source_id, source in writer.rulebook.sources.items()
    ]
