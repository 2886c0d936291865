"""A plan of each design and data that fit it, for tests to change in one respect."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from shidian.core.evaluation.analysis import Data, Events, Sample, Share
from shidian.core.evaluation.before_after import Row
from shidian.core.evaluation.grade import Grade
from shidian.core.evaluation.plan import Better, Margins, Measure, Plan, Window
from shidian.core.evaluation.words import Words

SEALED_AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
WINDOW = Window(datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC))
BASELINE = Window(datetime(2025, 10, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC))
FIRST, LAST = datetime(2026, 4, 1, 9, tzinfo=UTC), datetime(2026, 9, 30, 15, tzinfo=UTC)


def a_plan(grade: Grade = Grade.RANDOMISED, **changes: Any) -> Plan:
    """On the share of investors who finish the questionnaire, unless told otherwise."""
    before = grade in {Grade.BEFORE_AFTER, Grade.CONTROLLED_BEFORE_AFTER}
    plan = Plan(
        plan_id="questionnaire-finished",
        question=Words(
            "新问卷是否让更多投资者完成评估？", "Do more investors finish the new form?"
        ),
        outcome=Words("完成问卷的投资者比例", "share of investors who finish the questionnaire"),
        unit=None,
        comparison=Words("沿用旧问卷的投资者", "investors given the former questionnaire"),
        measure=Measure.PROPORTION,
        better=Better.HIGHER,
        grade=grade,
        margins=Margins(success=0.02, harm=-0.02),
        window=WINDOW,
        target=2000,
        lot=(1, 1) if grade is Grade.RANDOMISED else None,
        baseline=BASELINE if before else None,
    )
    if changes.get("measure", Measure.PROPORTION) is not Measure.PROPORTION:
        changes = {"unit": Words("件", "cases"), **changes}
    return replace(plan, **changes)


def some_rows(seed: int = 3) -> tuple[Row, ...]:
    draw = np.random.default_rng(seed)
    return tuple(
        Row(float(draw.normal(1.0 * (pilot and after), 1)), pilot, after)
        for pilot in (False, True)
        for after in (False, True)
        for _ in range(50)
    )


def some_data(plan: Plan, **changes: Any) -> Data:
    """Data as the plan wants them: 85 % against 80 % of a thousand each."""
    data = Data(FIRST, LAST)
    if plan.baseline is not None:
        data = replace(
            data, baseline_first_at=plan.baseline.start, baseline_last_at=plan.baseline.start
        )
    if plan.grade is Grade.CONTROLLED_BEFORE_AFTER:
        return replace(replace(data, rows=some_rows()), **changes)
    draw = np.random.default_rng(5)
    pilot, reference = {
        Measure.PROPORTION: (Share(850, 1000), Share(800, 1000)),
        Measure.MEAN: (
            Sample(tuple(map(float, draw.normal(2, 1, 200)))),
            Sample(tuple(map(float, draw.normal(1, 1, 200)))),
        ),
        Measure.RATE: (Events(20, 3000.0), Events(45, 3100.0)),
    }[plan.measure]
    if plan.grade is not Grade.DESCRIPTION:
        data = replace(data, reference=reference)
    return replace(replace(data, pilot=pilot), **changes)
