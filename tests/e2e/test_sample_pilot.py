"""The kit's sample pilot against a running server, from its README and under kill -9.

It streams, breaches, is suspended by an order that the breach proposed, resumes and exits.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
import venv
from collections import Counter
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from shidian.core.journal import EntryKind, JournalReader
from shidian_kit.client import draft
from shidian_kit.spool import Spool
from shidian_kit.wire import keys
from tests.browser import ROOT, free_port
from tests.installation import until
from tests.pilot_system import EXAMPLE, FAILURE, PATIENCE_S, Sample, Server, serving

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.prove

SOURCE = "engine"
KILLS = int(os.environ.get("SHIDIAN_PILOT_KILLS", "5"))
"""Kills of the sample pilot, a fifth in each phase; a hundred by hand."""
PINNED = ("cryptography", "cffi", "pycparser", "rfc8785")


def stored(server: Server) -> Counter[int]:
    """How often each number of the pilot's source stands in the journal."""
    found: Counter[int] = Counter()
    with JournalReader(server.journal) as reader:
        for entry in reader:
            if entry.kind is EntryKind.DATA and entry.source == SOURCE:
                found.update(entry.table()["seqno"].to_pylist())
    return found


def said(server: Server) -> list[tuple[str, str]]:
    """The pilot's words on orders, as the journal keeps them."""
    with JournalReader(server.journal) as reader:
        kept = [one.payload for one in reader if one.kind is EntryKind.ACKNOWLEDGEMENT]
    documents = [json.loads(json.loads(payload)["document"]) for payload in kept]
    return [(document["order"], document["kind"]) for document in documents]


def nothing_lost(server: Server, spool_file: Path, project: str) -> int:
    """Each number that was given is in the journal once, or waits in the spool; how many are kept.

    A number may be in both: taken by the gate, and the system was killed before it read the answer.
    It is sent again under its number, unless the pilot has exited meanwhile.
    """
    spool = Spool(spool_file, project=project, source=SOURCE)
    waiting = {int(json.loads(one.wire)["seqno"]) for one in spool.waiting(100_000)}
    answered = {one.seqno for one in spool.outcomes("accepted", "duplicate")}
    assert not spool.outcomes("conflict", "quarantined")
    given = set(range(1, spool.put(draft("order.failed", {}))))
    spool.close()
    held = stored(server)
    assert set(held.values()) == {1}
    assert answered <= held.keys()
    assert waiting | answered == given
    assert held.keys() <= given
    return len(held)


def is_shut(sample: Sample) -> bool:
    """Whether its present life has said that it opens nothing."""
    return any(line.get("open") is False for line in sample.lines()[sample.born :])


def effective(server: Server, order: str) -> None:
    """Wait until the authority has the firm's word that the order is in effect."""
    until(lambda: (order, "effective") in said(server), PATIENCE_S)
    until(lambda: server.act(f"state({order!r})") == "effective", PATIENCE_S)


def breached(server: Server) -> None:
    """Wait until the monitor's alert has proposed its order."""
    until(lambda: server.act(f"proposed({server.pilot!r})") != "", PATIENCE_S)


def test_sample_pilot_loses_and_duplicates_nothing_under_kill_9(tmp_path: Path) -> None:
    """SHIDIAN_PILOT_KILLS=100 is the full proof."""
    draw = random.Random(7)
    key = keys.generate()
    keys.save_private(tmp_path / "engine.key", key)
    with serving(tmp_path / "home", keys.public_text(key.public_key())) as server:
        listen = f"127.0.0.1:{free_port()}"
        server.name_endpoint(f"http://{listen}/orders")
        spool = tmp_path / "engine.spool"
        sample = Sample(
            [
                *(sys.executable, str(EXAMPLE), "--gate", server.gate),
                *("--project", server.pilot, "--source", SOURCE, "--spool", str(spool)),
                *("--key", str(tmp_path / "engine.key"), "--gate-key", server.gate_key),
                *("--order-key", server.order_key, "--listen", listen, "--every", "0.02"),
                *("--type", "order.failed", "--data", FAILURE),
            ],
            tmp_path / "told",
        )

        def killed(meanwhile: str = "") -> str:
            """Kill it at random points, while officers act; what they returned."""
            done: list[str] = []
            acting = Thread(target=lambda: done.append(server.act(meanwhile) if meanwhile else ""))
            acting.start()
            for _ in range(KILLS // 5):
                time.sleep(draw.uniform(0.05, 2.0))
                sample.kill()
            acting.join()
            return done[0]

        try:
            sample.until(open=True)
            killed()  # while it streams
            killed(f"proposed({server.pilot!r})")  # while it breaches
            breached(server)
            stop = killed(f"approve_proposed({server.pilot!r})")  # while it is being suspended
            effective(server, stop)
            before = len(stored(server))
            time.sleep(1.0)
            assert len(stored(server)) == before  # stopped, whichever life it is in
            go_on = killed(f"give({server.pilot!r}, 'resume')")  # while it resumes
            effective(server, go_on)
            until(lambda: len(stored(server)) > before, PATIENCE_S)
            killed(f"exit_pilot({server.pilot!r})")  # while it exits
            until(lambda: is_shut(sample), PATIENCE_S)
        finally:
            status = sample.close()
        assert status == 0
        assert said(server) == [
            (order, kind) for order in (stop, go_on) for kind in ("received", "effective")
        ]
        assert nothing_lost(server, spool, server.pilot) > before


def commands(readme: str) -> list[str]:
    """The README's commands for the sample pilot, as a reader would type them."""
    found = re.findall(r"^```sh\n(.*?)^```", readme, re.DOTALL | re.MULTILINE)
    return [line for block in found for line in block.replace("\\\n", " ").splitlines()]


def clean_environment(folder: Path) -> dict[str, str]:
    """A virtual environment with the kit's wheel and its pinned dependencies; its variables."""
    kit = shutil.copytree(ROOT / "kit", folder / "kit", ignore=shutil.ignore_patterns("*.egg-info"))
    pip = (sys.executable, "-m", "pip", "-q")
    build = ("wheel", "--no-deps", "--no-build-isolation", "-w", str(folder / "dist"), str(kit))
    subprocess.run((*pip, *build), check=True)
    (wheel,) = (folder / "dist").glob("shidian_kit-*.whl")
    lock = (ROOT / "requirements.lock").read_text()
    pinned = [block for block in re.split(r"\n(?=\S)", lock) if block.startswith(PINNED)]
    (folder / "pinned.txt").write_text("\n".join(pinned))
    venv.create(folder / "venv", with_pip=False)
    into = ("--python", str(folder / "venv" / "bin" / "python"), "install")
    subprocess.run((*pip, *into, "--require-hashes", "-r", str(folder / "pinned.txt")), check=True)
    subprocess.run((*pip, *into, "--no-deps", "--no-index", str(wheel)), check=True)
    # As little as a shell has: nothing of this repository is on any path.
    return {"PATH": f"{folder / 'venv' / 'bin'}:/usr/bin:/bin", "HOME": str(folder)}


def test_sample_pilot_from_the_readme_in_a_clean_environment(tmp_path: Path) -> None:
    env = clean_environment(tmp_path)
    keygen, doctor, run = commands((ROOT / "kit" / "README.md").read_text())

    def shell(command: str, **more: str) -> str:
        done = subprocess.run(
            ("bash", "-c", command),
            cwd=tmp_path,
            env=env | more,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    public = re.search(r"ed25519:\S+", shell(keygen))[0]
    with serving(tmp_path / "home", public) as server:
        listen = f"127.0.0.1:{free_port()}"
        server.name_endpoint(f"http://{listen}/orders")
        given = {
            "GATE": server.gate,
            "PROJECT": server.pilot,
            "GATE_KEY": server.gate_key,
            "ORDER_KEY": server.order_key,
            "LISTEN": listen,
        }
        until(lambda: "Ready." in _tried(shell, doctor, given), PATIENCE_S)
        words = ["bash", "-c", f"cd {tmp_path} && exec {run}"]
        sample = Sample(words, tmp_path / "told", env=env | given)
        try:
            sample.until(open=True)
            until(lambda: len(stored(server)) > 20, PATIENCE_S)  # it streams
            breached(server)
            stop = server.act(f"approve_proposed({server.pilot!r})")
            sample.until(order=stop, kind="suspend")
            effective(server, stop)
            at_stop = len(stored(server))
            time.sleep(1.0)
            assert len(stored(server)) == at_stop
            seen = len(sample.lines())
            go_on = server.act(f"give({server.pilot!r}, 'resume')")
            sample.until(after=seen, order=go_on, kind="resume")
            effective(server, go_on)
            until(lambda: len(stored(server)) > at_stop, PATIENCE_S)
            seen = len(sample.lines())
            server.act(f"exit_pilot({server.pilot!r})")
            sample.until(after=seen, open=False)
        finally:
            status = sample.close()
        assert status == 0, sample.told.read_text()[-2000:]
        assert nothing_lost(server, tmp_path / "engine.spool", server.pilot) > at_stop


def _tried(shell, command: str, given: dict[str, str]) -> str:
    """Output of a command that may fail while the gate has not heard of the key."""
    try:
        return shell(command, **given)
    except AssertionError:
        return ""
