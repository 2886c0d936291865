"""`for` and `keep_firing_for` mean what they mean in Prometheus, as its own promtool judges."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
from fractions import Fraction

import pytest

from shidian.core.monitor.machine import Machine, Mark
from shidian.core.monitor.program import Level, Measure, Rule
from shidian.core.rulebook.model import Comparison, Take, Text

MINUTE_US = 60_000_000
INSTANTS = 24
TITLE = Text(zh="规则", en="rule")
MEASURE = Measure("i", TITLE, None, "s.s", Take.COUNT, None, None, MINUTE_US, MINUTE_US, 0, False)


def random_case(rng):
    """(values at each minute, rule)."""
    values, value = [], 0
    for _ in range(INSTANTS):
        value = value if rng.random() < 0.5 else rng.randint(0, 6)
        values.append(value)
    comparison = rng.choice(list(Comparison))
    bound = Fraction(rng.randint(1, 5))
    level = Level(0, comparison, bound, bound, 100, None)
    held, kept = (rng.choice([0, 0, 1, 2, 3, 5]) * MINUTE_US for _ in range(2))
    return values, Rule(
        "r",
        "alert",
        TITLE,
        MEASURE,
        (level,),
        held,
        "notify",
        False,
        keep_firing_for_us=kept,
    )


def firing(values, rule):
    """Minutes at which our state machine has an episode."""
    marks = []
    for minute, value in enumerate(values):
        met = rule.levels[0].holds(value)
        mark = Mark(minute * MINUTE_US, int(met), not met, rule, 0, 2**62)
        if not marks or not mark.continues(marks[-1]):
            marks.append(mark)
    machine = Machine()
    machine.run(marks, (INSTANTS - 1) * MINUTE_US)
    episodes = [*machine.ended, *filter(None, [machine.open()])]
    return [
        any(
            one.start_us <= minute * MINUTE_US and (one.end_us or 2**62) > minute * MINUTE_US
            for one in episodes
        )
        for minute in range(INSTANTS)
    ]


def judge(folder, cases):
    """Let promtool hold what we say against what Prometheus does: its outcome."""
    rules, series, expected = [], [], []
    for number, (values, rule) in enumerate(cases):
        name, level = f"A{number}", rule.levels[0]
        rules.append(
            {
                "alert": name,
                "expr": f"x{number} {level.comparison.value} {level.bound}",
                "for": f"{rule.for_us // MINUTE_US}m",
                "keep_firing_for": f"{rule.keep_firing_for_us // MINUTE_US}m",
            }
        )
        series.append({"series": f"x{number}", "values": " ".join(map(str, values))})
        for minute, fires in enumerate(firing(values, rule)):
            alerts = [{"exp_labels": {}}] if fires else []
            expected.append({"eval_time": f"{minute}m", "alertname": name, "exp_alerts": alerts})
    (folder / "rules.json").write_text(json.dumps({"groups": [{"name": "g", "rules": rules}]}))
    test = {"interval": "1m", "input_series": series, "alert_rule_test": expected}
    document = {"rule_files": ["rules.json"], "evaluation_interval": "1m", "tests": [test]}
    (folder / "test.json").write_text(json.dumps(document))
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool, of Debian's package prometheus, is not installed")
    return subprocess.run(
        [promtool, "test", "rules", "test.json"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def assert_agrees(folder, cases):
    found = judge(folder, cases)
    assert found.returncode == 0, (found.stdout + found.stderr)[:3000]


def test_episodes_are_firing_alerts_of_prometheus(tmp_path):
    rng = random.Random(1)

    assert_agrees(tmp_path, [random_case(rng) for _ in range(100)])


def test_promtool_sees_a_difference(tmp_path, monkeypatch):
    case = random_case(random.Random(2))
    fires = firing(*case)
    monkeypatch.setitem(globals(), "firing", lambda values, rule: [not fires[0], *fires[1:]])

    assert judge(tmp_path, [case]).returncode != 0


@pytest.mark.prove
@pytest.mark.parametrize("seed", range(int(os.environ.get("SHIDIAN_PROMETHEUS_RUNS", "4"))))
def test_episodes_are_firing_alerts_of_prometheus_in_many_cases(tmp_path, seed):
    rng = random.Random(1000 + seed)

    assert_agrees(tmp_path, [random_case(rng) for _ in range(100)])
