"""The evidence grade: how an outcome was compared decides what a report may say of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from shidian.core.evaluation.words import Words

if TYPE_CHECKING:
    from shidian.core.evaluation.estimate import Estimate


class Grade(StrEnum):
    """From the strongest design to the weakest."""

    RANDOMISED = "randomised"
    CONTROLLED_BEFORE_AFTER = "controlled-before-after"
    COMPARED = "compared"
    BEFORE_AFTER = "before-after"
    DESCRIPTION = "description"


class Claim(StrEnum):
    """What a sentence can say beyond a figure. Proof is claimed by no grade."""

    PROOF = "proof"
    CAUSE = "cause"
    COMPARISON = "comparison"
    CHANGE = "change"


ALLOWED: dict[Grade, frozenset[Claim]] = {
    Grade.RANDOMISED: frozenset({Claim.CAUSE, Claim.COMPARISON, Claim.CHANGE}),
    Grade.CONTROLLED_BEFORE_AFTER: frozenset({Claim.COMPARISON, Claim.CHANGE}),
    Grade.COMPARED: frozenset({Claim.COMPARISON}),
    Grade.BEFORE_AFTER: frozenset({Claim.CHANGE}),
    Grade.DESCRIPTION: frozenset(),
}

NAMES: dict[Grade, Words] = {
    Grade.RANDOMISED: Words("随机对照", "drawn by lot"),
    Grade.CONTROLLED_BEFORE_AFTER: Words("有对照的前后比较", "before and after, with a control"),
    Grade.COMPARED: Words("非随机对照比较", "beside a group not drawn by lot"),
    Grade.BEFORE_AFTER: Words("无对照的前后比较", "before and after, without a control"),
    Grade.DESCRIPTION: Words("描述统计", "description"),
}

_ENGLISH: dict[Claim, str] = {
    Claim.PROOF: r"pro(?:ve[sdn]?|ving|of)|guarantee[sd]?|beyond doubt|undoubtedly",
    Claim.CAUSE: r"caus(?:e[sd]?|ing|al)|led to|leads to|result(?:s|ed) in|because of|due to"
    r"|thanks to|effects? of|impacts? of|attribut(?:ed|able) to|made possible|brought about",
    Claim.COMPARISON: r"(?:than|from|that (?:in|of)) the (?:control|comparison)"
    r"|compared (?:with|to)|outperform(?:s|ed)?",
    Claim.CHANGE: r"chang(?:e[sd]?|ing)|rose|fell|rises|falls|increas(?:e[sd]?|ing)"
    r"|decreas(?:e[sd]?|ing)|declin(?:e[sd]?|ing)|improv(?:e[sd]?|ing|ements?)"
    r"|reduc(?:e[sd]?|ing|tions?)|worsen(?:s|ed)?|grew|grown",
}
_CHINESE: dict[Claim, str] = {
    Claim.PROOF: "证明|证实|保证|确保|毫无疑问|必然",
    Claim.CAUSE: "导致|致使|促使|使得|造成|归因|归功|得益于|因果|效果|成效|效应|带来",
    Claim.COMPARISON: "[比与较于]对照组|减去对照组|优于|劣于|相比对照",
    Claim.CHANGE: "上升|下降|提高|提升|降低|改善|恶化|增加|减少|增长|变化|改变",
}
_PATTERNS = {
    claim: (re.compile(_CHINESE[claim]), re.compile(rf"\b(?:{_ENGLISH[claim]})\b", re.IGNORECASE))
    for claim in Claim
}


@dataclass(frozen=True)
class Overclaim:
    """A word that says more than the grade allows, where it stands, and what it claims."""

    word: str
    at: int
    language: str
    claim: Claim


def overclaims(grade: Grade, text: Words) -> tuple[Overclaim, ...]:
    """Every word of a text that its grade does not allow: Chinese first, in the order they stand.

    It goes by words, not by sense. A sentence that negates a claim is found too; say it otherwise.
    """
    found = []
    for language, written, at in (("zh", text.zh, 0), ("en", text.en, 1)):
        hits = [
            Overclaim(match[0], match.start(), language, claim)
            for claim in Claim
            if claim not in ALLOWED[grade]
            for match in _PATTERNS[claim][at].finditer(written)
        ]
        found += sorted(hits, key=lambda hit: hit.at)
    return tuple(found)


class Scale(StrEnum):
    """What an estimate is: a level of its own, a difference, or a ratio."""

    LEVEL = "level"
    DIFFERENCE = "difference"
    RATIO = "ratio"


_DIFFERENCE: dict[Grade, Words] = {
    Grade.RANDOMISED: Words(
        "试点组与对照组相差{value}。分组由抽签决定，超出偶然的差异即为试点的效果。",
        "the pilot differs from the control group by {value}. Who was in which was drawn by lot: "
        "what goes beyond chance is an effect of the pilot.",
    ),
    Grade.CONTROLLED_BEFORE_AFTER: Words(
        "试点组前后的变化减去对照组的变化，为{value}。分组并非抽签决定，两组的其他差别也可能与此有关。",
        "the change in the pilot less that in the control group is {value}. Who was in which was "
        "not drawn by lot; what else set the groups apart may lie behind this.",
    ),
    Grade.COMPARED: Words(
        "试点组与对照组相差{value}。分组没有可靠的抽签依据，两组原有的差别不明。",
        "the pilot differs from the control group by {value}. No lot that can be relied on decided "
        "who was in which, and how far apart the groups were before is not known.",
    ),
    Grade.BEFORE_AFTER: Words(
        "试点前后的变化为{value}。没有对照，同期的其他情况也可能与此有关。",
        "changed by {value} from before the pilot to after. Nothing ran beside it; what else "
        "happened in that time may lie behind this.",
    ),
}
_RATIO: dict[Grade, Words] = {
    Grade.RANDOMISED: Words(
        "试点组与对照组之比为{value}。分组由抽签决定，超出偶然的差异即为试点的效果。",
        "the pilot's rate, compared with the control's, is {value} times as high. Who was in which "
        "was drawn by lot: what goes beyond chance is an effect of the pilot.",
    ),
    Grade.COMPARED: Words(
        "试点组与对照组之比为{value}。分组没有可靠的抽签依据，两组原有的差别不明。",
        "the pilot's rate, compared with the control's, is {value} times as high. No lot that can "
        "be relied on decided who was in which, and how far apart the groups were before is not "
        "known.",
    ),
    Grade.BEFORE_AFTER: Words(
        "试点后与试点前之比为{value}，即前后的变化。没有对照，同期的其他情况也可能与此有关。",
        "the rate changed to {value} times what it was before the pilot. Nothing ran beside it; "
        "what else happened in that time may lie behind this.",
    ),
}
_LEVEL = {
    Grade.DESCRIPTION: Words(
        "为{value}。没有比较，仅为描述。", "{value}. Nothing was set beside it; this describes."
    )
}
_PERCENT = {
    Scale.LEVEL: ("%", " %"),
    Scale.DIFFERENCE: (" 个百分点", " percentage points"),
    Scale.RATIO: ("", ""),
}
_SENTENCES = {Scale.DIFFERENCE: _DIFFERENCE, Scale.RATIO: _RATIO, Scale.LEVEL: _LEVEL}


def sentence(
    grade: Grade, scale: Scale, outcome: Words, unit: Words | None, estimate: Estimate
) -> Words:
    """The figure as a report says it, in no stronger words than its grade allows. Without a unit it
    is a share, told in percent; a ratio is given without."""
    template = _SENTENCES[scale][grade]
    factor = 100 if unit is None and scale is not Scale.RATIO else 1
    zh_unit, en_unit = (f" {unit.zh}", f" {unit.en}") if unit else _PERCENT[scale]
    value, low, high = (_figure(factor * x) for x in (estimate.value, estimate.low, estimate.high))
    percent = f"{estimate.level * 100:.4g}"
    zh = f" {value}{zh_unit}（{percent}% 区间 {low} 至 {high}）"
    en = f"{value}{en_unit} ({percent} % interval {low} to {high})"
    return Words(
        f"{outcome.zh}：{template.zh.format(value=zh)}",
        f"{outcome.en}: {template.en.format(value=en)}",
    )


def _figure(value: float) -> str:
    """Four significant digits, a minus sign as print has it, ∞ where there is no bound."""
    text = f"{value:,.4g}" if abs(value) < 10_000 else f"{value:,.0f}"  # noqa: PLR2004 - digits
    return text.replace("inf", "∞").replace("-", "−")
