"""The officers' worked example: its numbers are what its commands print."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from click.testing import CliRunner

from shidian.cli import simulate as simulating
from shidian.cli.rulebook import rulebook

if TYPE_CHECKING:
    from shidian.core.procedure.simulation import Report
    from shidian.core.rulebook.load import Loaded

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "officer" / "what-if.md"
EXAMPLE = re.compile(r"```sh\nshidian rulebook (.+?)\n```\n\n```text\n(.+?)```", re.DOTALL)


def examples() -> list[tuple[str, str]]:
    return EXAMPLE.findall(PAGE.read_text(encoding="utf-8"))


def test_page_s_numbers_are_what_its_command_prints_in_both_languages(monkeypatch) -> None:
    monkeypatch.chdir(ROOT)
    # The walk knows no language: what one has walked the other need not walk again.
    walked: dict[tuple[object, ...], Report] = {}
    walk = simulating._report

    def once(loaded: Loaded, *how: object) -> Report:
        key = (loaded.digest, *how)
        if key not in walked:
            walked[key] = walk(loaded, *how)
        return walked[key]

    monkeypatch.setattr(simulating, "_report", once)
    for lang in ("en", "zh"):
        [(command, printed)] = [one for one in examples() if f"--lang {lang}" in one[0]]
        answer = CliRunner().invoke(rulebook, shlex.split(command))
        assert answer.exit_code == 0
        assert answer.output == printed
    assert len(walked) == 2


def test_page_s_words_name_the_numbers_of_its_table() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for row in ("submission to start", "提交至启动"):
        [line] = [one for one in page.splitlines() if one.startswith(row)]
        before, after, before_days, after_days = re.search(
            r"(\d+) / \d+ \((\d+) / \d+\) +(\d+) / \d+ \((\d+) / \d+\)", line
        ).group(1, 3, 2, 4)
        assert (before, after, before_days, after_days) == ("78", "83", "114", "122")
