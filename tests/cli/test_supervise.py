"""The supervisor is watched from outside, as a person at a terminal would."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

DEADLINE_S = 20.0


def start(tmp_path: Path, children: dict[str, str], grace_s: float = 1.0) -> subprocess.Popen[str]:
    """A supervisor over children that are small Python programs."""
    programs = {name: textwrap.dedent(text) for name, text in children.items()}
    runner = tmp_path / "runner.py"
    runner.write_text(
        f"""
import sys
from shidian.cli import supervise
supervise.GRACE_S = {grace_s}
supervise.BACKOFF_S = (0.1,)
children = [
    supervise.Child(name=name, argv=(sys.executable, "-c", program))
    for name, program in {programs!r}.items()
]
try:
    supervise.Supervisor(children).run()
except supervise.CannotStartError as failure:
    sys.exit(f"cannot start: {{failure}}")
"""
    )
    return subprocess.Popen(
        [sys.executable, str(runner)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def read_until(process: subprocess.Popen[str], wanted: str) -> str:
    """Lines up to the one that holds `wanted`."""
    assert process.stdout is not None
    seen = ""
    for line in process.stdout:
        seen += line
        if wanted in line:
            return seen
    pytest.fail(f"{wanted!r} never came; output:\n{seen}")


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return status != "Z"


def wait_gone(pid: int) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while alive(pid):
        assert time.monotonic() < deadline, f"process {pid} outlived its supervisor"
        time.sleep(0.05)


SLEEPER = """
    import os, time
    print("pid", os.getpid(), flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_supervisor_stops_all_children_on_a_signal(tmp_path: Path, number: signal.Signals) -> None:
    process = start(tmp_path, {"a": SLEEPER, "b": SLEEPER})
    output = read_until(process, "all processes are up")
    pids = [int(line.split()[-1]) for line in output.splitlines() if "| pid" in line]

    process.send_signal(number)
    rest, _ = process.communicate(timeout=DEADLINE_S)

    assert process.returncode == 0
    assert "all processes have stopped" in rest
    assert len(pids) == 2
    for pid in pids:
        wait_gone(pid)


def test_supervisor_prefixes_each_line_with_the_childs_name(tmp_path: Path) -> None:
    process = start(tmp_path, {"web": "import time; print('hello', flush=True); time.sleep(600)"})
    output = read_until(process, "all processes are up")
    process.terminate()
    process.communicate(timeout=DEADLINE_S)
    assert "web | hello" in output.splitlines()


def test_supervisor_starts_a_fallen_child_again_and_says_which(tmp_path: Path) -> None:
    marker = tmp_path / "fell"
    process = start(
        tmp_path,
        {
            "steady": SLEEPER,
            "weak": f"""
                import pathlib, sys, time
                marker = pathlib.Path({str(marker)!r})
                if not marker.exists():
                    marker.touch()
                    sys.exit(3)
                print("second life", flush=True)
                time.sleep(600)
            """,
        },
    )
    output = read_until(process, "second life")
    process.terminate()
    process.communicate(timeout=DEADLINE_S)
    assert "weak ended with exit status 3" in output


def test_supervisor_gives_up_on_a_child_that_cannot_start(tmp_path: Path) -> None:
    process = start(tmp_path, {"steady": SLEEPER, "broken": "raise SystemExit('no such table')"})
    output, _ = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 1
    assert "no such table" in output
    assert "cannot start: broken ended with exit status 1" in output


def test_supervisor_ends_a_hanging_child_and_its_offspring_by_force(tmp_path: Path) -> None:
    process = start(
        tmp_path,
        {
            "stubborn": """
                import os, signal, subprocess, sys, time
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
                print("pid", os.getpid(), flush=True)
                print("pid", child.pid, flush=True)
                time.sleep(600)
            """
        },
        grace_s=0.3,
    )
    output = read_until(process, "all processes are up")
    process.terminate()
    rest, _ = process.communicate(timeout=DEADLINE_S)
    assert "stubborn did not stop within 0.3 s" in rest
    for line in output.splitlines():
        if "| pid" in line:
            wait_gone(int(line.split()[-1]))


@pytest.mark.skipif(sys.platform != "linux", reason="parent-death signals are Linux's")
def test_children_end_when_the_supervisor_is_killed_outright(tmp_path: Path) -> None:
    process = start(tmp_path, {"a": SLEEPER})
    output = read_until(process, "all processes are up")
    process.kill()
    process.communicate(timeout=DEADLINE_S)
    pid = next(int(line.split()[-1]) for line in output.splitlines() if "| pid" in line)
    wait_gone(pid)
