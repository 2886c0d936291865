"""What this release cannot run is named by path."""

from __future__ import annotations

import pytest

from shidian.core.rulebook.executable import not_executable
from tests.core.rulebook.texts import SMALL, broken, load


def test_small_rulebook_runs() -> None:
    assert not_executable(load(SMALL).rulebook) == ()


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("take: sum", "take: max", "/indicators/turnover/take"),
        ("window: 1d", "window: month", "/indicators/turnover/window"),
        ("window: 1d", 'where: "amount > 1"', "/indicators/turnover/where"),
        ("window: 1d", "by: [investor]", "/indicators/turnover/by"),
        ("window: 1d", "ratio_to: people", "/indicators/turnover/ratio_to"),
        ("for: 2m", 'clear: "<5"', "/alerts/high/clear"),
        ("for: 2m", "clear_for: 1m", "/alerts/high/clear_for"),
        ("for: 2m", "keep_firing_for: 1m", "/alerts/high/keep_firing_for"),
        ("for: 2m", "k_of_n: [2, 3]", "/alerts/high/k_of_n"),
        ("for: 2m", "no_data: fire", "/alerts/high/no_data"),
        ("for: 2m", "on_breach: start-transition-plan", "/alerts/high/on_breach"),
    ],
)
def test_what_cannot_run_yet_is_named(old: str, new: str, path: str) -> None:
    [problem] = not_executable(load(broken(old, new)).rulebook)

    assert problem.path == path
    assert problem.message.startswith("not executable yet: ")
