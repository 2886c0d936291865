"""The READMEs' commands run, and what they count is what there is."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from shidian.cli.rulebook import rulebook
from shidian.core.rulebook.load import load_file

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CHINESE = (ROOT / "README.zh.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^    \.venv/bin/shidian rulebook (.+)$", README, re.MULTILINE)


@pytest.mark.parametrize("line", COMMANDS)
def test_command_of_the_readme_runs(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rulebooks").symlink_to(ROOT / "rulebooks")
    monkeypatch.chdir(tmp_path)
    words: list[str] = []
    for word in shlex.split(line):
        words += sorted(map(str, Path().glob(word))) if "*" in word else [word]

    result = CliRunner().invoke(rulebook, words)

    assert result.exit_code == 0, result.output
    assert result.output.strip()


def test_readmes_count_the_library_rightly() -> None:
    files = sorted((ROOT / "rulebooks").glob("*.yaml"))
    runnable = sum(load_file(file).rulebook.status != "sketch" for file in files)

    assert f"{len(files)} rulebooks" in README
    assert f"{runnable} are deep enough to run a case" in README
    assert f"{len(files)} 部制度文本" in CHINESE
    assert f"{runnable} 部足以办理案件" in CHINESE
    places = {file.stem.partition("-")[0] for file in files} - {"demo"}
    assert len(places) == 14  # written out in both: fourteen, 十四
