"""`shidian monitor explain`: the program in words, and the sum behind an alert."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from shidian.cli.monitor import monitor
from shidian.core.monitor.described import duration
from shidian.core.monitor.evaluator import Evaluator
from shidian.core.monitor.items import Change
from shidian.core.monitor.replay import replay
from shidian.core.rulebook.load import load_file
from tests.core.monitor.agreement import write_journal
from tests.oracle.histories import random_log

LIBRARY = Path(__file__).parents[2] / "rulebooks"


def explain(*arguments):
    return CliRunner().invoke(monitor, ["explain", *map(str, arguments)])


@pytest.mark.parametrize("name", ["cn-csrc", "eu-dlt", "in-sebi"])
def test_every_rule_is_explained_in_both_languages(name):
    rulebook = load_file(LIBRARY / f"{name}.yaml", library=LIBRARY).rulebook
    rules = [one.id for one in (*rulebook.limits, *rulebook.alerts)]
    assert len(rules) > 4
    for rule in rules:
        english = explain(rule, "--rulebook", name, "--lang", "en")
        chinese = explain(rule, "--rulebook", name, "--lang", "zh")
        assert english.exit_code == chinese.exit_code == 0, english.output + chinese.output
        for step in ("filter", "tile", "window", "compare", "starts", "ends"):
            assert f"  {step}: " in english.output
        for step in ("筛选", "切片", "窗口", "比较", "开始", "结束"):
            assert f"  {step}: " in chinese.output


def test_a_plan_value_takes_the_place_of_its_words():
    arguments = ("cap-turnover", "--rulebook", "cn-csrc", "--lang", "en")

    unknown = explain(*arguments)
    known = explain(*arguments, "--plan", "turnover_daily_max=2000.50")

    assert "value > plan.turnover_daily_max (agreed per pilot) → breach" in unknown.output
    assert "value > 2,000.5 CNY (plan.turnover_daily_max = 2,000.5) → breach" in known.output
    assert "value >= 1,600.4 CNY (80 % × plan.turnover_daily_max = 2,000.5)" in known.output


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("nope", "--rulebook", "cn-csrc"), 1, "cap-investors, cap-losses"),
        (("cap-losses", "--rulebook", "cn-csrc", "--plan", "x=1"), 2, "--plan x"),
        (("cap-losses", "--rulebook", "cn-csrc", "--plan", "losses_max=much"), 1, "not a number"),
        (("cap-losses", "--rulebook", "cn-csrc", "--plan", "losses_max"), 2, "NAME=VALUE"),
        (("cap-losses",), 2, "--alert ID"),
        (("cap-losses", "--rulebook", "cn-csrc", "--at", "2026-01-01"), 2, "--alert ID"),
        (("cap", "--project", "P", "--journal", "/nowhere/journal"), 1, "no journal at"),
        (("--alert", "0", "--store", "/nowhere/store"), 1, "no monitor store"),
    ],
)
def test_what_cannot_be_explained_is_said(arguments, status, said):
    result = explain(*arguments)

    assert result.exit_code == status, result.output
    assert said in result.output


def test_the_length_of_a_window_is_said_in_whole_units():
    assert [duration(us).en for us in (0, 90_000_000, 86_400_000_000, 5_400_000_001)] == [
        "0 s",
        "1 min 30 s",
        "1 d",
        "1 h 30 min 1 µs",
    ]


@pytest.fixture(scope="module")
def log():
    return max((random_log(s) for s in range(12)), key=lambda log: len(replay(log.entries).items))


@pytest.fixture(scope="module")
def stored(log, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stored")
    journal, store = folder / "journal.sqlite3", folder / "monitor.sqlite3"
    write_journal(journal, log.entries)
    files = ["--journal", str(journal), "--store", str(store)]
    assert CliRunner().invoke(monitor, [*files, "--once"]).exit_code == 0
    return files


def test_each_item_of_an_alert_is_told_as_it_was_frozen(log, stored):
    found = replay(log.entries)
    item = found.items[0]
    mine = [one for one in found.items if one.episode == item.episode]

    result = explain("--alert", item.episode, *stored, "--lang", "en")

    assert result.exit_code == 0, result.output
    heads = [line for line in result.output.splitlines() if line.startswith("#")]
    assert [head.split()[1] for head in heads] == [one.change.value for one in mine]
    for one in mine:
        assert one.explanation["words"]["en"] in result.output
    assert "no alert" in explain("--alert", "0" * 32, *stored).output


def test_the_sum_at_an_instant_is_the_one_frozen_in_the_item(log):
    evaluator, checked = Evaluator(), 0
    for entry in log.entries:
        for item in evaluator.step(entry).items:
            where = (item.project, item.rule, item.group, item.at_us)
            try:
                said = evaluator.explanation(*where)
            except LookupError as error:
                off_step = "no instant of" in str(error) or "in force" in str(error)
                assert off_step or item.early or item.change is Change.WITHDRAWN
                continue
            assert said == item.explanation
            checked += 1
    assert checked > 10


def test_the_sum_at_an_instant_is_told(log, stored):
    evaluator = Evaluator()
    for entry in log.entries:
        evaluator.step(entry)
    item = next(one for one in replay(log.entries).items if not one.early and one.explanation)
    said = evaluator.explanation(item.project, item.rule, item.group, item.at_us)
    at = datetime.fromtimestamp(item.at_us // 10**6, UTC).isoformat()

    result = explain(
        *(item.rule, "--project", item.project, "--group", item.group, "--at", at),
        *(*stored, "--lang", "en"),
    )

    assert result.exit_code == 0, result.output
    assert said["words"]["en"] in result.output
    tiles = [line for line in result.output.splitlines() if line.startswith("  20")]
    assert len(tiles) >= len(said["tiles"]) > 0


def test_the_program_of_a_pilot_is_the_one_in_force(log, stored):
    item = replay(log.entries).items[0]

    result = explain(item.rule, "--project", item.project, *stored, "--lang", "en")

    assert result.exit_code == 0, result.output
    assert "in force since entry" in result.output
    assert "has no rulebook" in explain("cap", "--project", "P-none", *stored).output


def test_an_instant_that_is_not_final_is_refused(log, stored):
    item = replay(log.entries).items[0]
    result = explain(item.rule, "--project", item.project, "--at", "2099-01-01", *stored)

    assert result.exit_code == 1
    assert "is not final" in result.output
