"""What stands in deploy/ is what the tools accept, and names what there is."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from configparser import RawConfigParser
from pathlib import Path

import pytest

from shidian.cli.main import main
from shidian.config import Settings
from shidian.doctor.finding import Finding, Level, exposition
from shidian.gate.metrics import Metrics
from shidian.zones import PROCESSES, processes_of
from tests.browser import ROOT

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
RULES = DEPLOY / "prometheus" / "shidian.rules.yml"


def unit(path: Path) -> RawConfigParser:
    parser = RawConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(path)
    return parser


def test_every_process_has_a_unit_that_the_target_wants() -> None:
    wanted = unit(DEPLOY / "systemd" / "shidian.target")["Unit"]["Wants"].split()
    assert set(wanted) == {f"shidian-{name}.service" for name in PROCESSES}
    assert {path.name for path in UNITS} >= set(wanted)


ZONES = {
    "public": Settings(zone="public"),
    "internal": Settings(zone="internal", ingest_apart=True),
    "ingest": Settings(zone="ingest"),
}


@pytest.mark.parametrize("zone", ZONES)
def test_a_zones_target_starts_the_processes_of_the_zone(zone: str) -> None:
    target = f"shidian-{zone}.target"
    wanted = unit(DEPLOY / "systemd" / target)["Unit"]["Wants"].split()
    assert set(wanted) == {f"shidian-{name}.service" for name in processes_of(ZONES[zone])}
    parts = {path.name for path in UNITS if target in unit(path)["Unit"].get("PartOf", "").split()}
    assert parts - {"shidian-migrate.service"} == set(wanted)


@pytest.mark.parametrize("zone", ZONES)
def test_a_zones_example_is_of_that_zone(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (DEPLOY / "zones" / f"{zone}.environment.example").read_text().splitlines()
    for line in lines:
        if line.startswith("SHIDIAN_"):
            name, _, value = line.partition("=")
            assert name.removeprefix("SHIDIAN_").lower() in Settings.model_fields
            monkeypatch.setenv(name, value)
    read = Settings()
    assert read.zone == zone
    assert processes_of(read) == processes_of(ZONES[zone])
    # A unit may write where its settings say.
    worker = (DEPLOY / "systemd" / "shidian-worker.service").read_text()
    assert read.zone_out is None or f"ReadWritePaths=-{read.zone_out}\n" in worker


@pytest.mark.parametrize("path", [one for one in UNITS if one.suffix == ".service"], ids=str)
def test_a_unit_calls_a_command_that_there_is(path: Path) -> None:
    called = re.findall(r"bin/shidian (\S+)((?: --\S+)*)", unit(path)["Service"]["ExecStart"])
    assert called
    for name, options in called:
        command = main.get_command(None, name)  # type: ignore[arg-type]
        assert command is not None
        known = {option for parameter in command.params for option in parameter.opts}
        assert set(options.split()) <= known


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd on this machine")
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    for path in UNITS:
        text = path.read_text().replace("/opt/shidian/.venv/bin", str(Path(sys.executable).parent))
        (tmp_path / path.name).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *map(str, tmp_path.iterdir())],
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in done.stderr.splitlines() if "shidian" in line]
    assert ours == []


def test_settings_of_the_example_are_settings() -> None:
    names = re.findall(
        r"^SHIDIAN_(\w+)=", (DEPLOY / "environment.example").read_text(), re.MULTILINE
    )
    assert names
    assert {name.lower() for name in names} <= set(Settings.model_fields)


def test_promtool_accepts_the_alert_rules() -> None:
    done = subprocess.run(
        ["promtool", "check", "rules", str(RULES)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_alert_rules_fire_when_they_should(tmp_path: Path) -> None:
    """Judged by Prometheus itself: a failing thing pages after two minutes, not at once."""
    case = tmp_path / "test.yml"
    case.write_text(f"""
rule_files: [{RULES}]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - {{series: 'shidian_finding{{name="disk",instance="a"}}', values: '0 0 2 2 2 2 2'}}
      - {{series: 'shidian_doctor_seconds{{instance="a"}}', values: '0+60x20'}}
    alert_rule_test:
      - {{eval_time: 3m, alertname: ShidianFails, exp_alerts: []}}
      - eval_time: 5m
        alertname: ShidianFails
        exp_alerts:
          - exp_labels: {{severity: page, name: disk, instance: a}}
            exp_annotations:
              summary: disk fails
              description: "Run `shidian doctor` on a: it says what to do."
      - {{eval_time: 5m, alertname: ShidianDoctorSilent, exp_alerts: []}}
""")
    done = subprocess.run(
        ["promtool", "test", "rules", str(case)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_metric_in_the_rules_is_one_that_is_shown() -> None:
    shown = Metrics().text().decode() + exposition([Finding("disk", Level.OK, "")], 0)
    named = set(re.findall(r"\bshidian_[a-z_]+", RULES.read_text()))
    assert named
    for name in named:
        assert re.search(rf"^(# TYPE )?{name.removesuffix('_bucket')}\b", shown, re.MULTILINE), name


def test_of_a_name_that_comes_twice_the_worst_is_shown() -> None:
    twice = [Finding("pilot-halted", level, "") for level in (Level.WARN, Level.FAIL, Level.OK)]

    assert 'shidian_finding{name="pilot-halted"} 2.0' in exposition(twice, 1.0)
