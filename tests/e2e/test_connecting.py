"""An engineer who follows docs/applicant/connect.md to the letter is connected at its end."""

from __future__ import annotations

import re
import shlex
import subprocess
from typing import TYPE_CHECKING

import pytest

from shidian_kit.contract.trials import TRIALS
from tests.browser import ROOT, free_port
from tests.e2e.test_sample_pilot import clean_environment, effective, stored
from tests.installation import until
from tests.pilot_system import FAILURE, PATIENCE_S, Sample, serving

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.prove

PAGE = (ROOT / "docs" / "applicant" / "connect.md").read_text(encoding="utf-8")
BLOCKS = [
    re.sub(r"\\\n\s*", "", block).strip()
    for block in re.findall(r"^ *```\n(.*?)^ *```", PAGE, re.DOTALL | re.MULTILINE)
]
KEYGEN = re.search(r"`(shidian-kit keygen [^`]+)`", PAGE)[1]


def filled(command: str, given: dict[str, str]) -> str:
    """The command with what step 3 gave the reader in the places of the page's examples."""
    words = shlex.split(command)
    for option, value in given.items():
        if option in words:
            words[words.index(option) + 1] = value
    return shlex.join(words)


def test_the_page_has_the_commands_that_it_is_followed_by() -> None:
    assert "`pip install ./kit`" in PAGE
    doctor, contract, sample = BLOCKS
    assert doctor.startswith("shidian-kit doctor --gate ")
    assert contract.startswith("shidian-kit contract-test --business trade.executed -- python ")
    assert sample.startswith("python kit/examples/sample_pilot.py --gate ")
    assert {"--key", "--spool", "--gate-key"} <= {*shlex.split(doctor)} & {*shlex.split(sample)}


def test_following_the_page_to_the_letter_connects_a_system(tmp_path: Path) -> None:
    env = clean_environment(tmp_path)  # step 1, from a copy of kit/, with pinned dependencies

    def shell(command: str) -> str:
        done = subprocess.run(
            ("bash", "-c", command),
            cwd=tmp_path,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout + done.stderr

    public = re.search(r"ed25519:\S+", shell(KEYGEN))  # step 2
    assert public is not None
    doctor, contract, sample = BLOCKS
    with serving(tmp_path / "home", public[0]) as server:
        listen = f"127.0.0.1:{free_port()}"
        given = {  # step 3: what the page of the case says
            "--gate": server.gate,
            "--project": server.pilot,
            "--gate-key": server.gate_key,
            "--order-key": server.order_key,
            "--listen": listen,
            "--type": "order.failed",
            "--data": FAILURE,
        }
        until(lambda: "Ready." in shell(filled(doctor, given)), PATIENCE_S)  # step 4
        told = shell(filled(doctor, given))
        assert told.rstrip().endswith("Ready."), told
        assert "BAD" not in told
        words = ["bash", "-c", f"cd {tmp_path} && exec {filled(sample, given)}"]
        pilot = Sample(words, tmp_path / "told", env=env)
        try:
            pilot.until(open=True)  # step 6
            until(lambda: len(stored(server)) > 0, PATIENCE_S)  # step 5
            server.name_endpoint(f"http://{listen}/orders")  # step 7
            reminder = server.act(f"give({server.pilot!r}, 'remind')")
            pilot.until(order=reminder, kind="remind")
            effective(server, reminder)
        finally:
            status = pilot.close()
        assert status == 0, pilot.told.read_text()[-2000:]
    tried = shell(contract)  # step 8, as it stands there
    assert "BAD" not in tried, tried
    assert re.findall(r"^ok   ([a-z-]+):", tried, re.MULTILINE) == list(TRIALS), tried
