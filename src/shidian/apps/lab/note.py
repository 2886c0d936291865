"""The explanatory note's body: what changes, why, on whose experience, with what likely effect.

A pure function of its inputs, which it names with their digests: whoever has them gets the same
body, to the letter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shidian.apps.lab.checking import software
from shidian.apps.lab.meaning import changes
from shidian.apps.lab.models import EvidenceKind
from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from shidian.apps.cases.models import RulebookVersion
    from shidian.apps.lab.models import Difficulty, Evidence, Wording
    from shidian.apps.lab.whatif import Figures
    from shidian.core.rulebook.loaded import Loaded

QUOTE_MAX = 600
"""Characters quoted of one difficulty or account; the file has the rest."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything that the body is made from."""

    base: RulebookVersion
    draft: Loaded
    wordings: Sequence[Wording]
    figures: Figures


def generate(inputs: Inputs) -> dict[str, Any]:
    """`{sections: [{title, lines, internal}], made_from}`; every text is `{zh, en}`.

    `internal` lines are the officers' own: what is published leaves them out.
    """
    sections = [
        _section(Text(zh="一、起草目的", en="1. Purpose"), _purpose(inputs)),
        _section(Text(zh="二、主要修改", en="2. What changes"), _changes(inputs)),
        _section(
            Text(zh="三、试点中遇到的困难与证据", en="3. What pilots met with, and the evidence"),
            _grounds(inputs),
            _quoted_grounds(inputs),
        ),
        _section(Text(zh="四、拟修改的条文", en="4. Proposed wording"), _wordings(inputs)),
        _section(Text(zh="五、影响测算", en="5. Likely effect"), _figures(inputs.figures)),
    ]
    return {
        "sections": sections,
        "made_from": {
            "base": inputs.base.digest,
            "base_version": inputs.base.version,
            "draft": inputs.draft.digest,
            "draft_version": inputs.draft.rulebook.version,
            "wordings": [f"{one.clause} v{one.version}" for one in inputs.wordings],
            "difficulties": sorted(one.pk for one in difficulties_of(inputs.wordings)),
            "simulated_cases": inputs.figures.cases,
            "seed": inputs.figures.seed,
            "software": software(),
        },
    }


def difficulties_of(wordings: Sequence[Wording]) -> list[Difficulty]:
    """The difficulties on which the wordings rest, each once, oldest first."""
    found = {
        ground.difficulty_id: ground.difficulty
        for wording in wordings
        for ground in wording.grounds.all()
    }
    return sorted(found.values(), key=lambda one: one.pk)


def _section(title: Text, lines: Iterable[Text], internal: Iterable[Text] = ()) -> dict[str, Any]:
    return {
        "title": title.model_dump(),
        "lines": [line.model_dump() for line in lines],
        "internal": [line.model_dump() for line in internal],
    }


def _purpose(inputs: Inputs) -> Iterator[Text]:
    rulebook = inputs.draft.rulebook
    yield Text(
        zh=f"为完善《{rulebook.title.zh}》，在 {inputs.base.version} 版基础上起草"
        f" {rulebook.version} 版。",
        en=f"Version {rulebook.version} of “{rulebook.title.en}” is drafted on the basis of"
        f" version {inputs.base.version}.",
    )


def _changes(inputs: Inputs) -> Iterator[Text]:
    found = changes(inputs.base, inputs.draft)
    for change in found:
        yield change.text
    if not found:
        yield Text(zh="规则内容没有变化。", en="The rules do not change in meaning.")


def _grounds(inputs: Inputs) -> Iterator[Text]:
    """What the public may know: that pilots met with something, how often, and how well shown."""
    found = difficulties_of(inputs.wordings)
    for pilot, clause in sorted({(one.pilot.public_id, one.clause) for one in found}):
        own = [one for one in found if (one.pilot.public_id, one.clause) == (pilot, clause)]
        shown = sum(len(one.evidence.all()) for one in own)
        title = _clause_title(inputs, clause)
        yield Text(
            zh=f"试点 {pilot} 就条款“{title.zh}”记录困难 {len(own)} 项，附证据 {shown} 件。",
            en=f"Pilot {pilot} recorded under the clause “{title.en}”: difficulties {len(own)},"
            f" pieces of evidence {shown}.",
        )
    if not found:
        yield Text(
            zh="本次修改不以试点中记录的困难为依据。",
            en="This change does not rest on difficulties recorded in pilots.",
        )


def _quoted_grounds(inputs: Inputs) -> Iterator[Text]:
    """The difficulties themselves, for officers: pilots recorded them for the authorities alone."""
    for one in difficulties_of(inputs.wordings):
        pilot = one.pilot.public_id
        title = _clause_title(inputs, one.clause)
        quoted = _quote(one.text)
        yield Text(
            zh=f"试点 {pilot}（条款“{title.zh}”）：{quoted}",
            en=f"Pilot {pilot} (clause “{title.en}”): {quoted}",
        )
        for evidence in one.evidence.all():
            yield _evidence(evidence)


def _evidence(evidence: Evidence) -> Text:
    match evidence.kind:
        case EvidenceKind.FILE:
            return Text(
                zh=f"　证据：文件“{evidence.name}”（SHA-256 {evidence.sha256[:16]}…）",
                en=f"  Evidence: document “{evidence.name}” (SHA-256 {evidence.sha256[:16]}…)",
            )
        case EvidenceKind.ALERT:
            return Text(
                zh=f"　证据：监测告警 {evidence.reference}",
                en=f"  Evidence: alert {evidence.reference}",
            )
        case EvidenceKind.INDICATOR:
            return Text(
                zh=f"　证据：指标 {evidence.reference}",
                en=f"  Evidence: indicator {evidence.reference}",
            )
    quoted = _quote(evidence.text)
    return Text(zh=f"　证据：{quoted}", en=f"  Evidence: {quoted}")


def _clause_title(inputs: Inputs, clause: str) -> Text:
    """What a clause is called; its id where neither text names it any more."""
    for rulebook in (inputs.draft.rulebook, inputs.base.rulebook):
        for one in rulebook.clauses:
            if one.id == clause:
                return one.title
    return Text(zh=clause, en=clause)


def _wordings(inputs: Inputs) -> Iterator[Text]:
    for one in inputs.wordings:
        title = _clause_title(inputs, one.clause)
        yield Text(
            zh=f"条款“{title.zh}”现为：“{one.old_zh}”",
            en=f"The clause “{title.en}” reads: “{one.old_en}”",
        )
        yield Text(zh=f"拟改为：“{one.new_zh}”", en=f"It would read: “{one.new_en}”")
        yield Text(zh=f"理由：{one.because_zh}", en=f"Reason: {one.because_en or one.because_zh}")
    if not inputs.wordings:
        yield Text(zh="本草案未提出条文修改。", en="The draft proposes no new wording of a clause.")


def _figures(figures: Figures) -> Iterator[Text]:
    yield Text(
        zh=f"以同一随机种子（{figures.seed}）分别按现行版本和草案各模拟 {figures.cases} 件案件。"
        "以下数字为模拟结果，取决于所设假定，并非预测。",
        en=f"{figures.cases} cases each were simulated under the rules in force and under the"
        f" draft, with the same seed ({figures.seed}). The figures are results of a simulation"
        " under stated assumptions, not a forecast.",
    )
    for lack in figures.lacks:
        yield Text(zh=f"无法模拟：{lack.zh}", en=f"Not simulated: {lack.en}")
    moved = [row for row in figures.rows if row.before != row.after]
    for row in moved:
        yield Text(
            zh=f"{row.name.zh}：现行 {row.before.zh}，草案 {row.after.zh}",
            en=f"{row.name.en}: {row.before.en} in force, {row.after.en} under the draft",
        )
    if same := len(figures.rows) - len(moved):
        yield Text(
            zh=f"其余 {same} 项测算数字两版相同。",
            en=f"{same} other figure{'' if same == 1 else 's'} came out the same.",
        )


def _quote(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= QUOTE_MAX else f"{flat[:QUOTE_MAX]}…"
