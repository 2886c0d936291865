"""An exit plan that can be carried out, and its setting, for tests to break in one respect."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from shidian.core.exit.drill import Setting, Step
from shidian.core.exit.plan import Channel, ExitPlan, How, Pace, Path, Payer, Told

EXIT_ON = date(2026, 3, 2)
KINDS = ("cash", "holding", "open-order", "term-product")


def working_days(count: int = 120) -> tuple[date, ...]:
    """Mondays to Fridays after the exit."""
    days = (EXIT_ON + timedelta(n) for n in range(1, 2 * count))
    return tuple(day for day in days if day.weekday() < 5)[:count]


DAYS = working_days()
SETTING = Setting(
    kinds=KINDS,
    told=("authority", "custodian"),
    exit_on=EXIT_ON,
    days=DAYS,
    due={Step.NOTICES: DAYS[4], Step.RUN_OFF: DAYS[29], Step.REFUNDS: DAYS[44]},
)


def a_plan(**changes: Any) -> ExitPlan:
    plan = ExitPlan(
        paths=(
            Path("open-order", How.PAY_OUT, fees_bp=10_000),
            Path("cash", How.PAY_OUT),
            Path("holding", How.HAND_OVER, to="示范证券", losses_bp=3_333),
            Path("term-product", How.MATURE, fees_bp=5_000),
        ),
        payers=(Payer("牵头机构", 6_667), Payer("合作机构", 3_333)),
        channels=(Channel.APP, Channel.SMS, Channel.POST),
        told=(Told("authority", "x@authority.example"), Told("custodian", "y@bank.example")),
        notices=Pace(days=3, per_day=5_000),
        run_off=Pace(days=25, per_day=2_000),
        refunds=Pace(days=10, per_day=2_000),
    )
    return replace(plan, **changes)
