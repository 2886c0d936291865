"""The rulebook command, as a person at a terminal meets it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner, Result

from shidian.cli.rulebook import rulebook
from tests.core.rulebook.texts import SMALL, broken

LIBRARY = sorted(str(path) for path in Path("rulebooks").glob("*.yaml"))


def run(*args: str) -> Result:
    return CliRunner().invoke(rulebook, args)


def test_check_accepts_the_library() -> None:
    result = run("check", *LIBRARY)

    assert result.exit_code == 0, result.output
    assert "demo-city 2026.1, runnable" in result.output


def test_check_names_file_and_line_of_a_missing_basis(tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(broken("because: {basis: assumed, source: demo}\n", ""))

    result = run("check", str(path))

    assert result.exit_code == 1
    assert f"{path}:33: /clocks/publicity/length: the value '5' has no basis" in result.output


def test_check_of_a_copy_elsewhere_finds_its_base_in_the_library(tmp_path: Path) -> None:
    text = Path("rulebooks/demo-city.yaml").read_text(encoding="utf-8")
    path = tmp_path / "copy.yaml"
    path.write_text(text)

    assert run("check", str(path)).exit_code == 0

    start = text.index("because:\n")
    path.write_text(text[:start] + text[text.index("sources:\n") :])
    result = run("check", str(path))

    assert result.exit_code == 1
    assert "/authorities/bureau/id: the value 'bureau' has no basis" in result.output


def test_program_refuses_a_copy_without_a_basis_and_prints_the_line(tmp_path: Path) -> None:
    lines = Path("rulebooks/cn-csrc-guangzhou.yaml").read_text(encoding="utf-8").splitlines()
    call = lines.index("  - id: call-2")
    basis = next(n for n, line in enumerate(lines) if n > call and "because:" in line)
    path = tmp_path / "cn-csrc-guangzhou.yaml"
    path.write_text("\n".join(lines[:basis] + lines[basis + 1 :]) + "\n", encoding="utf-8")
    program = Path(sys.executable).with_name("shidian")

    done = subprocess.run(
        [program, "rulebook", "check", path], capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    date_line = call + 2  # lines count from 1, and the date follows the id
    assert f"{path}:{date_line}: /history/call-2/date: the value" in done.stdout + done.stderr
    assert "has no basis" in done.stdout + done.stderr


def test_check_notes_what_cannot_run_yet_and_accepts(tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    clock = (
        "clocks:\n  - {id: aim, name: {zh: 期, en: Aim}, starts: stage.entered, length: 5,"
        " unit: working-day, force: statutory, on_expiry: may-proceed}\n"
    )
    text = broken("{id: review, kind: review,", "{id: review, kind: review, clock: aim,")
    text = text.replace("clocks:\n", clock)
    path.write_text(text)

    result = run("check", str(path))

    assert result.exit_code == 0
    line = 1 + text[: text.index("{id: aim")].count("\n")
    assert f"note: {path}:{line}: /clocks/aim/on_expiry: not executable yet" in result.output


def test_show_reads_in_both_languages() -> None:
    chinese = run("show", "rulebooks/demo-city.yaml").output
    assert "第一章　总则" in chinese
    assert "公示期为5个工作日，自公示发布之次日起计算，期满次日可转入下一阶段。" in chinese
    assert "Pilot running" in run("show", "demo-city", "--lang", "en").output


def test_show_resolved_names_the_file_of_each_value() -> None:
    lines = [line.strip() for line in run("show", "demo-city", "--resolved").output.splitlines()]

    [length] = [line for line in lines if "# /clocks/publicity/length · assumed, demo · " in line]
    [gate] = [line for line in lines if "# /form/exit-plan/hard_gate · reported, " in line]
    assert length.startswith("length: 5  ")
    assert "demo-city.yaml:" in length
    assert gate.startswith("hard_gate: true  ")
    assert "cn-csrc.yaml:" in gate


def test_show_draws_the_stages_and_writes_a_pdf(tmp_path: Path) -> None:
    assert run("show", "demo-city", "--svg").output.startswith("<svg ")

    file = tmp_path / "text.pdf"
    result = run("show", "demo-city", "--pdf", str(file), "--lang", "en")

    assert result.exit_code == 0, result.output
    assert file.read_bytes().startswith(b"%PDF-")
    nowhere = run("show", "demo-city", "--pdf", str(tmp_path / "no" / "text.pdf"))
    assert nowhere.exit_code == 1
    assert "cannot write" in nowhere.output
    assert run("show", "demo-city", "--svg", "--resolved").exit_code == 2


def test_list_shows_every_regime_with_its_verified_share() -> None:
    output = run("list", "--lang", "zh").output

    assert len(output.splitlines()) == len(LIBRARY)
    assert "可运行" in output
    assert "●" in output


def test_check_ends_with_how_many_and_speaks_either_language(tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL.replace("length: 5", "length: five"))

    assert "\n1 rulebook, " in run("check", LIBRARY[0]).output
    result = run("check", str(path), LIBRARY[0], "--lang", "zh")

    assert result.exit_code == 1
    assert f"错误: {path}:" in result.output
    assert "1 部制度文本，" in result.output
    assert "1 部不予通过" in result.output


def test_digest_prints_both_digests() -> None:
    result = run("digest", "demo-city")

    assert result.output.count("sha256:") == 2


def test_unknown_name_is_said(tmp_path: Path) -> None:
    result = run("show", "no-such-rulebook")

    assert result.exit_code == 1
    assert "no file no-such-rulebook" in result.output
    assert "zh=" not in result.output


def test_show_of_a_broken_file_says_why(tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL.replace("length: 5", "length: five"))

    assert "'five' is no whole number" in run("show", str(path)).output


def test_check_refuses_a_runnable_rulebook_whose_calendar_does_not_exist(tmp_path: Path) -> None:
    text = Path("rulebooks/uk-fca.yaml").read_text(encoding="utf-8")
    path = tmp_path / "uk-fca.yaml"
    path.write_text(text.replace("gb-working-day", "uk-working-day"), encoding="utf-8")

    result = run("check", str(path))

    assert result.exit_code == 1
    assert "there is no calendar 'uk-working-day'" in result.output
    assert "1 of 1 refused" in result.output
