"""The drill: an exit plan carried out on made-up positions, to the fen and to the day.

    outcome = run(plan, positions, setting)

Notices go out, positions are run off in the plan's order, refunds are paid; each step begins on
the working day after the one before it is done. Pure: the same plan, positions and setting give the
same outcome, so that whoever has the certificate can run it again.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from shidian.core.exit.plan import SHARE_WHOLE_BP, ExitPlan, How, Pace, Words
from shidian.core.exit.refunds import (
    CUSTODY,
    Checked,
    Line,
    check_refunds,
    digest_of_list,
    refund_list,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shidian.core.exit.positions import Position


class Step(StrEnum):
    """What is done, in this order."""

    NOTICES = "notices"
    RUN_OFF = "run-off"
    REFUNDS = "refunds"


STEPS: dict[Step, Words] = {
    Step.NOTICES: Words(zh="通知", en="Notices"),
    Step.RUN_OFF: Words(zh="存量了结", en="Run-off"),
    Step.REFUNDS: Words(zh="退款", en="Refunds"),
}


class Code(StrEnum):
    """Why a drill fails."""

    NO_PATH = "position-without-path"
    NO_TAKER = "hand-over-to-nobody"
    REFUNDS_DIFFER = "refunds-do-not-sum"
    NO_ADDRESS = "notice-without-address"
    NOT_TOLD = "body-not-told"
    DEADLINE = "deadline-past"


@dataclass(frozen=True)
class Setting:
    """Under what rules and on which days a drill is run.

    `kinds` and `told`: ids that the rulebook asks the plan to deal with. `days`: the working days
    after the exit, in order, as far as the drill may need them. `due`: by when each step must be
    done; a step that is not named has no period.
    """

    kinds: tuple[str, ...]
    told: tuple[str, ...]
    exit_on: date
    days: tuple[date, ...]
    due: dict[Step, date]

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "kinds": list(self.kinds),
            "told": list(self.told),
            "exit_on": self.exit_on.isoformat(),
            "days": [one.isoformat() for one in self.days],
            "due": {step: day.isoformat() for step, day in sorted(self.due.items())},
        }


def read_setting(given: dict[str, Any]) -> Setting:
    """JSON → setting. Raises LookupError, TypeError, ValueError."""
    return Setting(
        kinds=tuple(str(one) for one in given["kinds"]),
        told=tuple(str(one) for one in given["told"]),
        exit_on=date.fromisoformat(given["exit_on"]),
        days=tuple(date.fromisoformat(one) for one in given["days"]),
        due={Step(step): date.fromisoformat(day) for step, day in given["due"].items()},
    )


@dataclass(frozen=True, slots=True)
class Failure:
    """What broke, where in the plan, how often, and in words."""

    code: Code
    where: str
    count: int
    text: Words

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "code": self.code,
            "where": self.where,
            "count": self.count,
            "text": {"zh": self.text.zh, "en": self.text.en},
        }


@dataclass(frozen=True, slots=True)
class Done:
    """One step: how many things, how much in fen, its days. `last_day` None: not within `days`."""

    step: Step
    count: int
    fen: int
    working_days: int
    last_day: date | None
    due: date | None

    def document(self) -> dict[str, Any]:
        """As JSON; amounts as text."""
        return {
            "step": self.step,
            "count": self.count,
            "fen": str(self.fen),
            "working_days": self.working_days,
            "last_day": self.last_day and self.last_day.isoformat(),
            "due": self.due and self.due.isoformat(),
        }


@dataclass(frozen=True)
class Outcome:
    """What came of a drill. `owed`, `listed`, `custody`, `handed_over` in fen."""

    steps: tuple[Done, ...]
    investors: int
    owed: int
    listed: int
    custody: int
    handed_over: int
    refunds_digest: str
    by_channel: dict[str, int]
    failures: tuple[Failure, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing broke."""
        return not self.failures

    def document(self) -> dict[str, Any]:
        """As JSON; amounts as text."""
        return {
            "passed": self.passed,
            "steps": [one.document() for one in self.steps],
            "investors": self.investors,
            "owed_fen": str(self.owed),
            "listed_fen": str(self.listed),
            "custody_fen": str(self.custody),
            "handed_over_fen": str(self.handed_over),
            "refunds_digest": self.refunds_digest,
            "by_channel": dict(sorted(self.by_channel.items())),
            "failures": [one.document() for one in self.failures],
        }


def run(plan: ExitPlan, positions: Sequence[Position], setting: Setting) -> Outcome:
    """Carry the plan out. Everything that breaks is told, not only the first."""
    lines = refund_list(plan, positions)
    checked = check_refunds(plan, positions, lines)
    by_channel, unreached = _told_investors(plan, positions)
    counts = {
        Step.NOTICES: sum(by_channel.values()) + len(setting.told),
        Step.RUN_OFF: len(positions),
        Step.REFUNDS: len(lines),
    }
    amounts = {
        Step.NOTICES: 0,
        Step.RUN_OFF: sum(one.principal + one.gain for one in positions),
        Step.REFUNDS: checked.listed,
    }
    steps = tuple(_timed(plan, positions, setting, counts, amounts))
    failures = (
        *_pathless(plan, positions, setting),
        *_unaddressed(plan, setting, unreached),
        *_unsummed(plan, checked),
        *_late(plan, steps),
    )
    return Outcome(
        steps=steps,
        investors=len({one.investor for one in positions}),
        owed=checked.owed,
        listed=checked.listed,
        custody=_paid_by_custody(lines),
        handed_over=sum(
            one.principal + one.gain
            for one in positions
            if (path := plan.path_of(one.kind)) is not None and path.how is How.HAND_OVER
        ),
        refunds_digest=digest_of_list(lines),
        by_channel=by_channel,
        failures=failures,
    )


def _paid_by_custody(lines: Sequence[Line]) -> int:
    return sum(one.fen for one in lines if one.payer == CUSTODY)


def _told_investors(plan: ExitPlan, positions: Sequence[Position]) -> tuple[dict[str, int], int]:
    """How many investors each channel tells, the first that reaches them; how many none does."""
    reached = {one.investor: one.reached for one in positions}
    used: Counter[str] = Counter()
    unreached = 0
    for channels in reached.values():
        first = next((one for one in plan.channels if one in channels), None)
        if first is None:
            unreached += 1
        else:
            used[first.value] += 1
    return dict(used), unreached


def _timed(
    plan: ExitPlan,
    positions: Sequence[Position],
    setting: Setting,
    counts: dict[Step, int],
    amounts: dict[Step, int],
) -> Iterator[Done]:
    """Each step's last working day: as many days as its pace needs, after the step before it."""
    ripe = max((one.matures_days for one in positions if _matures(plan, one)), default=0)
    paces = {Step.NOTICES: plan.notices, Step.RUN_OFF: plan.run_off, Step.REFUNDS: plan.refunds}
    done = 0
    for step in Step:
        needed = -(-counts[step] // paces[step].per_day)
        if step is Step.RUN_OFF:
            # what matures cannot be hurried: its days count from the exit
            needed = max(needed, ripe - done)
        done += needed
        yield Done(
            step=step,
            count=counts[step],
            fen=amounts[step],
            working_days=needed,
            last_day=_day(setting, done),
            due=setting.due.get(step),
        )


def _matures(plan: ExitPlan, position: Position) -> bool:
    path = plan.path_of(position.kind)
    return path is not None and path.how is How.MATURE


def _day(setting: Setting, number: int) -> date | None:
    if number == 0:
        return setting.exit_on
    return setting.days[number - 1] if number <= len(setting.days) else None


def _pathless(plan: ExitPlan, positions: Sequence[Position], setting: Setting) -> Iterator[Failure]:
    held = Counter(one.kind for one in positions)
    for kind in setting.kinds:
        path = plan.path_of(kind)
        if path is None or (path.how is How.NOT_HELD and held[kind]):
            yield Failure(
                Code.NO_PATH,
                kind,
                held[kind],
                Words(
                    zh=f"{held[kind]} 笔“{kind}”头寸没有了结办法：方案须写明这类头寸如何了结。",
                    en=f"{held[kind]} positions of kind “{kind}” have no path: the plan must say "
                    "how they end.",
                ),
            )
        elif path.how is How.HAND_OVER and not path.to.strip():
            yield Failure(
                Code.NO_TAKER,
                kind,
                held[kind],
                Words(
                    zh=f"“{kind}”头寸移交给谁没有写明：请填写承接机构。",
                    en=f"Nobody is named to take over positions of kind “{kind}”: name who does.",
                ),
            )


def _unaddressed(plan: ExitPlan, setting: Setting, unreached: int) -> Iterator[Failure]:
    if unreached:
        yield Failure(
            Code.NO_ADDRESS,
            "channels",
            unreached,
            Words(
                zh=f"{unreached} 名投资者在方案所列渠道都没有联系地址：请增加一种备用渠道。",
                en=f"{unreached} investors have no address on any channel of the plan: add another "
                "to fall back on.",
            ),
        )
    addresses = {one.id: one.address for one in plan.told}
    for body in setting.told:
        if body not in addresses:
            yield Failure(
                Code.NOT_TOLD,
                body,
                1,
                Words(
                    zh=f"方案没有写明通知“{body}”。",
                    en=f"The plan does not say that “{body}” is told.",
                ),
            )
        elif not addresses[body].strip():
            yield Failure(
                Code.NO_ADDRESS,
                body,
                1,
                Words(
                    zh=f"发给“{body}”的通知没有地址：请填写。",
                    en=f"The notice to “{body}” has no address: give one.",
                ),
            )


def _unsummed(plan: ExitPlan, checked: Checked) -> Iterator[Failure]:
    if checked.agrees:
        return
    shares = sum(payer.share_bp for payer in plan.payers)
    off = checked.listed - checked.owed
    zh, en = "", ""
    if shares != SHARE_WHOLE_BP:
        zh = f"各付款方的比例合计 {_percent(shares)}，应为 100%。"
        en = f" The payers' shares come to {_percent(shares)}, not 100%."
    yield Failure(
        Code.REFUNDS_DIFFER,
        "payers",
        len(checked.wrong),
        Words(
            zh=f"退款清单合计 {yuan(checked.listed)} 元，应付 {yuan(checked.owed)} 元，相差 "
            f"{yuan(off)} 元，涉及 {len(checked.wrong)} 名投资者。{zh}",
            en=f"The refund list comes to {yuan(checked.listed)} yuan, owed are "
            f"{yuan(checked.owed)}: {yuan(off)} off, for {len(checked.wrong)} investors.{en}",
        ),
    )


def _late(plan: ExitPlan, steps: Sequence[Done]) -> Iterator[Failure]:
    paces: dict[Step, Pace] = {
        Step.NOTICES: plan.notices,
        Step.RUN_OFF: plan.run_off,
        Step.REFUNDS: plan.refunds,
    }
    for one in steps:
        name, promised = STEPS[one.step], paces[one.step].days
        if one.working_days > promised:
            yield Failure(
                Code.DEADLINE,
                one.step,
                one.working_days - promised,
                Words(
                    zh=f"{name.zh}需要 {one.working_days} 个工作日，超过方案自定的 {promised} 个："
                    f"{one.count} 笔，每日办理 {paces[one.step].per_day} 笔。",
                    en=f"{name.en} take {one.working_days} working days, over the plan's own "
                    f"{promised}: {one.count} of them at {paces[one.step].per_day} a day.",
                ),
            )
        if one.due is not None and (one.last_day is None or one.last_day > one.due):
            zh = one.last_day.isoformat() if one.last_day else "在可计算的日期之后"
            en = one.last_day.isoformat() if one.last_day else "a day beyond those counted"
            yield Failure(
                Code.DEADLINE,
                one.step,
                one.count,
                Words(
                    zh=f"{name.zh}最早 {zh} 完成，制度文本要求不晚于 {one.due}。",
                    en=f"{name.en} are done on {en}, due by {one.due} under the rulebook.",
                ),
            )


def yuan(fen: int) -> str:
    """Fen as yuan with both decimals: 123456 → 1,234.56."""
    sign, whole = ("−" if fen < 0 else ""), abs(fen)
    return f"{sign}{whole // 100:,}.{whole % 100:02d}"


def _percent(bp: int) -> str:
    return f"{bp // 100}.{bp % 100:02d}%"
