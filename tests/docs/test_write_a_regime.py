"""The tutorial's rulebook is a rulebook after each step, and each of its commands runs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from shidian.cli.rulebook import rulebook

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "developer" / "write-a-regime.md").read_text(
    encoding="utf-8"
)
STEPS = dict(re.findall(r"<!-- step: (\S+) -->\n```yaml\n(.*?)```", PAGE, re.DOTALL))
COMMANDS = list(dict.fromkeys(re.findall(r"^\$ shidian rulebook (.+)$", PAGE, re.MULTILINE)))


def run(line: str) -> Result:
    return CliRunner().invoke(rulebook, shlex.split(line))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    sketch = STEPS["sketch"]
    (tmp_path / "sketch.yaml").write_text(sketch, encoding="utf-8")
    whole = sketch.replace("status: sketch", "status: runnable").partition("clocks:\n")[0]
    whole += STEPS["entry"] + STEPS["procedure"] + STEPS["running"]
    (tmp_path / "harbour.yaml").write_text(whole, encoding="utf-8")
    second = whole.replace('"2026.1"', '"2026.2"').replace("length: 15,", "length: 20,")
    (tmp_path / "harbour-2.yaml").write_text(second, encoding="utf-8")
    return tmp_path


def test_first_step_is_a_sketch_that_says_what_a_call_still_needs(folder: Path) -> None:
    result = run("check sketch.yaml")

    assert result.exit_code == 0, result.output
    assert "1 rulebook, 0 runnable" in result.output
    assert "note: " in result.output


def test_all_steps_together_are_runnable_without_a_warning(folder: Path) -> None:
    result = run("check harbour.yaml")

    assert result.exit_code == 0, result.output
    assert "1 rulebook, 1 runnable" in result.output
    assert "warning" not in result.output


@pytest.mark.parametrize("line", COMMANDS)
def test_command_of_the_page_runs(folder: Path, line: str) -> None:
    assert "harbour" in line
    result = run(line)
    assert result.exit_code == 0, result.output
    assert result.output.strip()


def test_second_version_is_told_in_words(folder: Path) -> None:
    result = run("diff harbour.yaml harbour-2.yaml --lang en")

    assert "15 → 20" in result.output or "15 working days → 20 working days" in result.output


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("max: plan.clients-max", "max: > 5", "put it in quotes"),
        ("licensed: true", "licensed: yes", "write true or false"),
        ("length: 15,", "length: 15 days,", "write a whole number"),
        ("grade: A", "grade: B", "reported"),
        ("gb-working-day", "uk-working-day", "there are: ae-working-day,"),
        ("names: {staff: {zh: 草拟", "names: &n {staff: {zh: 草拟", "write the value out"),
    ],
)
def test_mistake_of_the_page_is_told_as_the_page_says(
    folder: Path, right: str, wrong: str, told: str
) -> None:
    file = folder / "harbour.yaml"
    text = file.read_text(encoding="utf-8")
    assert right in text
    file.write_text(text.replace(right, wrong, 1), encoding="utf-8")

    result = run("check harbour.yaml")

    assert result.exit_code == 1
    assert told in result.output
