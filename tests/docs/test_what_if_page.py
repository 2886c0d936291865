"""The officers' worked example: its numbers are what its commands print."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from shidian.cli.rulebook import rulebook

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "officer" / "what-if.md"
EXAMPLE = re.compile(r"```sh\nshidian rulebook (.+?)\n```\n\n```text\n(.+?)```", re.DOTALL)


def examples() -> list[tuple[str, str]]:
    return EXAMPLE.findall(PAGE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_page_s_numbers_are_what_its_command_prints(lang: str, monkeypatch) -> None:
    monkeypatch.chdir(ROOT)
    [(command, printed)] = [one for one in examples() if f"--lang {lang}" in one[0]]
    answer = CliRunner().invoke(rulebook, shlex.split(command))
    assert answer.exit_code == 0
    assert answer.output == printed


def test_page_s_words_name_the_numbers_of_its_table() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for row in ("submission to start", "提交至启动"):
        [line] = [one for one in page.splitlines() if one.startswith(row)]
        before, after, before_days, after_days = re.search(
            r"(\d+) / \d+ \((\d+) / \d+\) +(\d+) / \d+ \((\d+) / \d+\)", line
        ).group(1, 3, 2, 4)
        assert (before, after, before_days, after_days) == ("78", "83", "114", "122")
