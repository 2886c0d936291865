"""The contract test holds for the sample pilot, and finds each fault that is planted in it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from shidian_kit import cli
from shidian_kit.contract.trials import TRIALS

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SAMPLE = (str(ROOT / "kit" / "examples" / "sample_pilot.py"),)
FAULTY = str(HERE / "faulty_pilot.py")
OPTIONS = (
    *("--gate", "{gate}", "--project", "{project}", "--source", "{source}", "--key", "{key}"),
    *("--spool", "{spool}", "--gate-key", "{gate_key}", "--order-key", "{order_key}"),
    *("--listen", "{listen}", "--every", "0.05"),
    *("--type", "service.probe", "--data", '{"up": true}'),
)


def tried(program: tuple[str, ...], folder: Path, *only: str) -> int:
    chosen = [part for name in only for part in ("--only", name)]
    return cli.main(
        [
            "contract-test",
            "--folder",
            str(folder),
            *chosen,
            "--",
            sys.executable,
            *program,
            *OPTIONS,
        ]
    )


def broken(told: str) -> list[str]:
    return re.findall(r"^BAD  ([a-z-]+):", told, re.MULTILINE)


def test_contract_test_runs_the_trials_that_are_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tried(SAMPLE, tmp_path, "streams", "forged") == 0
    told = capsys.readouterr().out
    assert re.findall(r"^ok   ([a-z-]+):", told, re.MULTILINE) == ["streams", "forged"]


def test_command_that_ends_at_once_is_told_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tried(("-c", "pass"), tmp_path, "streams") == 1
    assert "the pilot system has ended" in capsys.readouterr().out


@pytest.mark.prove
def test_sample_pilot_keeps_every_promise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = tried(SAMPLE, tmp_path)
    told = capsys.readouterr().out
    assert (broken(told), status) == ([], 0), told
    assert re.findall(r"^ok   ([a-z-]+):", told, re.MULTILINE) == list(TRIALS)


@pytest.mark.prove
@pytest.mark.parametrize(
    ("fault", "trial"),
    [
        ("believes_everyone", "forged"),
        ("believes_everyone", "truncated"),
        ("believes_everyone", "swapped"),
        ("takes_old_ones", "stale"),
        ("takes_any_project", "foreign"),
        ("ignores_orders_and_permits", "suspended"),
        ("ignores_orders_and_permits", "cut-off"),
        ("believes_any_permit", "cut-off"),
        ("never_says_effective", "reminded"),
        ("obeys_again", "replayed"),
        ("drops_what_fails", "outage"),
        ("forgets", "killed"),
    ],
)
def test_planted_fault_is_found(
    fault: str, trial: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tried((FAULTY, fault), tmp_path, trial) == 1
    assert broken(capsys.readouterr().out) == [trial]
