"""What this release cannot run is named by path."""

from __future__ import annotations

import pytest

from shidian.core.rulebook.executable import not_executable, not_measurable
from shidian.core.rulebook.model import Panel
from tests.core.rulebook.texts import SMALL, broken, load


def test_small_rulebook_runs() -> None:
    assert not_executable(load(SMALL).rulebook) == ()


def test_what_cannot_run_yet_is_named() -> None:
    rulebook = load(SMALL).rulebook
    plan = tuple(one.model_copy(update={"type": "duration"}) for one in rulebook.plan)

    [problem] = not_measurable(rulebook.model_copy(update={"plan": plan}))

    assert problem.path == "/plan/people_max/type"
    assert problem.message.en == "not executable yet: type: duration"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("take: sum", "take: max"),
        ("window: 1d", "window: month"),
        ("window: 1d", "window: trading-day"),
        ("window: 1d", 'where: "amount > 1"'),
        ("window: 1d", "by: [investor]"),
        ("for: 2m", 'clear: "<5", clear_for: 1m, keep_firing_for: 1m'),
        ("for: 2m", "k_of_n: [2, 3], no_data: fire"),
        ("warn_at: [70, 90]", "measured: monthly-average"),
        ("for: 2m", "on_breach: start-transition-plan"),
        ("warn_at: [70, 90]", "on_breach: end-permission"),
        ("warn_at: [70, 90]", "measured: at-admission"),
    ],
)
def test_what_the_monitor_measures_runs(old: str, new: str) -> None:
    assert not_measurable(load(broken(old, new)).rulebook) == ()


def test_silence_runs() -> None:
    review = SMALL.replace("{id: review, kind: review,", "{id: review, kind: review, clock: aim,")
    review = review.replace(
        "clocks:\n",
        "clocks:\n  - {id: aim, name: {zh: 期, en: Aim}, starts: stage.entered, length: 5,"
        " unit: working-day, force: statutory, on_silence: approved}\n",
    )

    assert not_executable(load(review).rulebook) == ()


def test_limit_of_one_stage_and_a_scaled_parameter_run() -> None:
    text = SMALL.replace("next: [closed]}", "next: [running, closed]}").replace(
        "  - {id: closed, kind: closed",
        "  - {id: running, kind: running, names: {staff: {zh: 行, en: R}, applicant: {zh: 行, en: R}},"
        " next: [closed]}\n  - {id: closed, kind: closed",
    )
    text = text.replace("warn_at: [70, 90]", "stages: [running]").replace(
        "exit:",
        "  - {id: deep, type: int, title: {zh: 深, en: Deep}, unit: {zh: 人, en: people},"
        " required: false, scales_with: people_max}\nexit:",
    )

    assert not_measurable(load(text).rulebook) == ()


def test_expiry_runs_for_the_clock_of_a_notice_alone() -> None:
    of_notice = broken("unit: working-day}", "unit: working-day, on_expiry: may-proceed}")
    assert not_executable(load(of_notice).rulebook) == ()

    of_draft = of_notice.replace("{id: draft, kind: draft,", "{id: draft, kind: draft, clock: aim,")
    of_draft = of_draft.replace(
        "clocks:\n",
        "clocks:\n  - {id: aim, name: {zh: 期, en: Aim}, starts: stage.entered, length: 5,"
        " unit: working-day, on_expiry: may-proceed}\n",
    )
    [problem] = not_executable(load(of_draft).rulebook)
    assert problem.path == "/clocks/aim/on_expiry"


@pytest.mark.parametrize(
    "says",
    [{"drawn": "random"}, {"disciplines": [{"id": "law", "name": {"zh": "法", "en": "Law"}}]}],
)
def test_panel_by_lot_and_of_several_disciplines_runs(says: dict[str, object]) -> None:
    small = load(SMALL).rulebook
    stage = small.stages[0].model_copy(update={"panel": Panel.model_validate({"min": 3, **says})})
    assert not_executable(small.model_copy(update={"stages": (stage,)})) == ()
