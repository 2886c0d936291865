# ruff: noqa: RUF009 - the helpers are field() with what the value means
"""What a simulation assumes about people: no law says it, so each value stands here with its unit.

Spreads are triangular: never below the first number or above the third, most often near the second.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING

from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

_PERCENT_MAX = 100
_VALUE_MAX = 10_000


class AssumptionError(ValueError):
    """An assumption that cannot be made; `text` says what would be right."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


@dataclass(frozen=True, slots=True)
class Spread:
    """Least, most frequent, most. Written `1-3-8`."""

    low: int
    typical: int
    high: int

    def __str__(self) -> str:
        return f"{self.low}-{self.typical}-{self.high}"


def _is(default: object, zh: str, en: str) -> object:
    """A field with what it means, which the documentation is made of."""
    return field(default=default, metadata={"meaning": Text(zh=zh, en=en)})


def _days(low: int, typical: int, high: int, zh: str, en: str) -> Spread:
    value = Spread(low, typical, high)
    return _is(value, f"{zh}（工作日）", f"{en}, working days")  # type: ignore[return-value]


def _percent(default: int, zh: str, en: str) -> int:
    return _is(default, f"{zh}（％）", f"{en}, per cent")  # type: ignore[return-value]


def _number(default: int, zh: str, en: str) -> int:
    return _is(default, zh, en)  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class Assumptions:
    """Everything about people and their capacity that a rulebook does not say. All are assumed."""

    cases_together: int = _number(
        40,
        "同批案件数：共用同一批人员",
        "cases that share the same people: a call, or a run of arrivals",
    )
    call_days: int = _number(
        20, "征集期长度（工作日）", "length of a call or cohort's intake, working days"
    )
    arrivals_a_month: int = _number(
        5, "随到随收时每月申报数", "applications a month where intake is rolling or by notification"
    )
    officers: int = _number(3, "每个单位的经办人数", "case officers of each authority")
    acts_a_day: int = _number(
        4, "每名经办人每日办理事项数", "acts a case officer completes in a working day"
    )
    signing_officers: int = _number(1, "每个单位的签批人数", "signing officers of each authority")
    signings_a_day: int = _number(
        6, "每名签批人每日签批数", "files a signing officer reads in a working day"
    )
    experts: int = _number(15, "专家库人数", "experts in the pool")
    sheets_a_week: int = _number(
        3, "每名专家每周评审数", "review sheets an expert completes in five working days"
    )
    bodies: int = _number(3, "评估机构数", "assessor bodies")
    assessments_a_month: int = _number(
        6, "每家评估机构每月评估数", "assessments a body takes up in twenty working days"
    )
    preparing: Spread = _days(5, 15, 40, "编制申报材料", "time to prepare an application")
    routine: Spread = _days(0, 1, 4, "经办一般事项用时", "time an officer needs for a routine act")
    deciding: Spread = _days(
        1, 4, 12, "经办审查决定用时", "time an officer needs to examine and decide"
    )
    signing: Spread = _days(0, 2, 9, "会签用时", "time an authority needs to sign off")
    answering: Spread = _days(
        2, 6, 18, "答复补正用时", "time an applicant needs to answer a request"
    )
    declaring: Spread = _days(
        0, 1, 5, "专家声明利益关系用时", "time an expert needs to declare interests"
    )
    reviewing: Spread = _days(2, 7, 18, "专家评审用时", "time an expert needs for a sheet")
    assessing: Spread = _days(8, 18, 45, "评估机构评估用时", "time a body needs for an assessment")
    mending: Spread = _days(8, 20, 50, "整改用时", "time to mend what an assessment failed")
    opining: Spread = _days(
        2, 8, 25, "被征求意见单位反馈用时", "time a consulted authority needs for its word"
    )
    round_days: int = _number(21, "评审轮次长度（日）", "length of a review round, calendar days")
    run_months: int = _number(
        12,
        "制度未定试点期限时的运行时长（月）",
        "length of a run where the rulebook sets no term, months",
    )
    closing_lead: Spread = _days(
        0, 15, 40, "期满前多久启动收尾", "how long before its term ends a pilot is wound up"
    )
    abandoned_percent: int = _percent(3, "草拟后放弃", "drafts that are abandoned")
    request_percent: int = _percent(45, "初审要求补正", "screenings that request information")
    later_request_percent: int = _percent(
        8, "后续阶段要求补正", "later decisions that request information"
    )
    unanswered_percent: int = _percent(4, "补正未答复", "requests that are never answered")
    unfit_percent: int = _percent(25, "初审不予入选", "applications that screening rejects")
    conflict_percent: int = _percent(
        6, "专家有利益冲突", "experts who declare a conflict of interest"
    )
    score_percent: Spread = _is(  # type: ignore[assignment]
        Spread(40, 75, 98), "评分占满分比例（％）", "a score in per cent of the highest"
    )
    second_round_percent: int = _percent(
        15, "未达合格线后重新评审", "failed reviews that get another round"
    )
    failed_percent: int = _percent(8, "评估不通过", "assessments that fail an area")
    failed_final_percent: int = _percent(
        35, "评估不通过即不予入选", "failed assessments that end the case"
    )
    comment_percent: int = _percent(60, "公示收到意见", "notices that draw any comment")
    comments_max: int = _number(4, "一次公示最多意见数", "comments on a notice at most")
    refusal_percent: int = _percent(4, "单位会签不同意", "sign-offs that are refused")
    objection_percent: int = _percent(5, "征求意见提出反对", "consulted words that object")
    come_round_percent: int = _percent(
        40, "不同意后改为同意", "refusals and objections later withdrawn"
    )
    mute_percent: int = _percent(
        15, "被征求意见单位逾期不答", "consulted authorities that never answer"
    )
    silence_percent: int = _percent(
        10,
        "主办单位任由具有法律效果的期限届满",
        "stays in which an authority lets a clock with effect run out",
    )
    clock_extension_percent: int = _percent(
        10, "期限延长（制度允许时）", "clocks extended where the rulebook allows"
    )
    withdrawal_percent: int = _percent(
        3, "准入前主动退出", "applications withdrawn before admission"
    )
    run_withdrawal_percent: int = _percent(5, "运行中主动退出", "pilots withdrawn during the run")
    termination_percent: int = _percent(4, "运行中强制退出", "pilots terminated during the run")
    kept_percent: int = _percent(85, "承诺兑现", "promises found kept at the end")
    term_extension_percent: int = _percent(15, "试点延期", "evaluated pilots that are extended")
    tier_weights: Spread = _is(  # type: ignore[assignment]
        Spread(3, 2, 1),
        "风险等级权重：首级、居中各级、末级",
        "weights of risk tiers: first, each between, last",
    )
    other_way_percent: int = _percent(
        2, "另走制度允许的其他去向", "decisions that take another way the rulebook offers"
    )

    def with_values(self, given: Iterable[str]) -> Assumptions:
        """The same but for `key=value` texts. Raises AssumptionError."""
        changes: dict[str, object] = {}
        for one in given:
            key, _, value = one.partition("=")
            changes[key] = _parsed(self, key.strip(), value.strip())
        return replace(self, **changes)  # type: ignore[arg-type]


def table() -> tuple[tuple[str, str, Text], ...]:
    """(name, default, meaning) of every assumption, in their order."""
    return tuple(
        (one.name, str(one.default), one.metadata["meaning"]) for one in fields(Assumptions)
    )


def _parsed(base: Assumptions, key: str, value: str) -> int | Spread:
    names = [one.name for one in fields(base)]
    if key not in names:
        near = difflib.get_close_matches(key, names, n=1)
        zh = f"没有假设“{key}”。" + (
            f"是否为 {near[0]}？" if near else f"可用：{'、'.join(names)}。"
        )
        en = f"no assumption {key!r}; " + (
            f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(names)}"
        )
        raise AssumptionError(Text(zh=zh, en=en))
    spread = isinstance(getattr(base, key), Spread)
    numbers = value.split("-")
    low = 0 if spread or key.endswith("_percent") else 1
    high = _PERCENT_MAX if key.endswith("_percent") else _VALUE_MAX
    fits = len(numbers) == (3 if spread else 1) and all(
        part.isascii() and part.isdigit() and len(part) <= 5 and low <= int(part) <= high  # noqa: PLR2004
        for part in numbers
    )
    values = [int(part) for part in numbers] if fits else []
    if not fits or (spread and key != "tier_weights" and values != sorted(values)):
        wanted = (
            ("三个递增的整数，如 1-3-8", "three rising whole numbers such as 1-3-8")
            if spread
            else (f"{low} 至 {high} 的整数", f"a whole number from {low} to {high}")
        )
        raise AssumptionError(
            Text(zh=f"{key}={value}：请填{wanted[0]}。", en=f"{key}={value}: give {wanted[1]}")
        )
    return Spread(*values) if spread else values[0]
