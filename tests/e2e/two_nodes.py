"""An installation over two journals on one machine, on PostgreSQL: what two nodes would run.

Node `main` has notary, gate, monitor, worker; node `b` gate, monitor, worker, and its line to the
database can be cut. Two web processes stand behind a balancer, one of them with a pool.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg

from shidian.config import Settings
from shidian.core.journal import EntryKind, JournalReader
from shidian.core.monitor.store import StoreReader
from shidian_kit.client import Client, GateUnreachableError, draft
from shidian_kit.wire import keys
from tests.browser import ROOT, environment, free_port, run_python
from tests.cluster import PATIENCE_S, POSTGRES_FALLS, Balancer, Line, Postgres, Unit
from tests.e2e.spine import PILOT_DAYS
from tests.installation import SOURCE

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

JOURNALS = ("main", "b")
WEB_POOL = 6
SEAL = {"SHIDIAN_SEAL_ROWS": "2000", "SHIDIAN_SEAL_EVERY_S": "1"}
"""So that entries are sealed while everything falls."""
CUT_S = 3.0
_SEED = """
import json
from tests.e2e.spine import seed
from shidian.apps.supervision.domain.keys import register_machine_key
from shidian.apps.supervision.models import Pilot
found = seed({pilots}, {late})
for name, public in zip(found["pilots"], {lines!r}):
    pilot = Pilot.objects.get(public_id=name)
    register_machine_key(pilot=pilot, source={source!r}, public_key=public, by=None)
print(json.dumps(found))
"""
_KEPT = """
import json
from shidian.apps.cases.models import CaseEvent
from shidian.apps.supervision.models import AlertItem, PilotJournal
items = AlertItem.objects.values_list("entry", "episode", "change", "at_us")
events = {}
for case, kind in CaseEvent.objects.order_by("case", "seq").values_list("case__reference", "kind"):
    events.setdefault(case, []).append(kind)
print(json.dumps(dict(
    items=sorted(items), seqs=len(set(AlertItem.objects.values_list("seq", flat=True))),
    journals=dict(PilotJournal.objects.values_list("pilot__public_id", "journal")), events=events,
)))
"""


@dataclass
class TwoNodes:
    """What runs. `given`: what `spine.seed` says of its world; `own`: the firms' keys, in order."""

    home: Path
    postgres: Postgres
    line: Line
    gates: dict[str, str]
    given: dict[str, Any] = field(default_factory=dict)
    own: list[Ed25519PrivateKey] = field(default_factory=list)
    units: dict[str, Unit] = field(default_factory=dict)
    webs: dict[str, str] = field(default_factory=dict)

    def env(self, journal: str = "main", **more: str) -> dict[str, str]:
        """Of a process on that journal's node."""
        port = self.line.port if journal == "b" else self.postgres.port
        url = self.postgres.url.replace(f":{self.postgres.port}/", f":{port}/")
        named = {} if journal == "main" else {"SHIDIAN_JOURNAL_NAME": journal}
        return environment(
            self.home,
            SHIDIAN_DATABASE_URL=url,
            SHIDIAN_GATE_URL=self.gates["main"],
            SHIDIAN_GATES=f"b={self.gates['b']}",
            SHIDIAN_GATE_BIND=self.gates[journal].removeprefix("http://"),
            **SEAL,
            **named,
            **more,
        )

    def config(self, journal: str) -> Settings:
        """Where its stores are."""
        return Settings(home=self.home, journal_name=journal)

    def shidian(self, *words: str) -> str:
        """A command on the main node, to its end; what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "shidian", *words],
            env=self.env(),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def kept(self) -> dict[str, Any]:
        """What the app database says of alerts, cases and journals."""
        return json.loads(run_python(_KEPT, self.home, SHIDIAN_DATABASE_URL=self.postgres.url))

    def balancer(self) -> Balancer:
        """Before both web processes."""
        return Balancer(self.webs)

    def last_entry(self, journal: str) -> int:
        with JournalReader(self.config(journal).journal) as reader:
            return reader.last_entry()

    def store(self, journal: str) -> StoreReader:
        return StoreReader(self.config(journal).monitor_store)

    def items_told(self, journal: str) -> int:
        """How many items its monitor has made."""
        with self.store(journal) as store:
            return store.last_seq()

    def items_copied(self, journal: str) -> int:
        """How many items of its monitor are on PostgreSQL."""
        with psycopg.connect(self.postgres.url) as db:
            query = "SELECT count(*) FROM supervision_alertitem WHERE journal = %s"
            return int(db.execute(query, (journal,)).fetchone()[0])

    def is_drained(self, journal: str) -> bool:
        """Whether its monitor is at the journal's end, and PostgreSQL has all that it says."""
        with self.store(journal) as store:
            return (
                store.cursor() == self.last_entry(journal)
                and self.items_copied(journal) == store.last_seq()
            )


@contextmanager
def two_nodes(folder: Path, *, pilots: int, late: int) -> Iterator[TwoNodes]:
    """All of it, with `pilots` kept half by either journal; see `spine.seed` for `late`."""
    with ExitStack() as stack:
        server = stack.enter_context(Postgres())
        line = Line(server.port)
        line.mend()
        stack.callback(line.cut)
        gates = {name: f"http://127.0.0.1:{free_port()}" for name in JOURNALS}
        nodes = TwoNodes(folder / "home", server, line, gates)
        nodes.home.mkdir()
        nodes.shidian("migrate")
        nodes.own = [keys.generate() for _ in range(pilots)]
        lines = [keys.public_text(key.public_key()) for key in nodes.own]
        code = _SEED.format(pilots=pilots, late=late, lines=lines, source=SOURCE)
        nodes.given = json.loads(run_python(code, nodes.home, SHIDIAN_DATABASE_URL=server.url))
        for unit in _units(nodes, folder):
            nodes.units[unit.name] = stack.enter_context(unit)
        nodes.shidian("journal", "announce")
        for name in nodes.given["pilots"][::2]:
            nodes.shidian("journal", "move", name, "--to", "b")
        yield nodes


def _units(nodes: TwoNodes, folder: Path) -> Iterator[Unit]:
    def unit(name: str, *words: str, env: dict[str, str], ready: str = "") -> Unit:
        return Unit(name, *words, env=env, log=folder / f"{name}.log", ready=ready)

    yield unit("notary", "notary", env=nodes.env())
    for journal in JOURNALS:
        env = nodes.env(journal)
        yield unit(f"gate-{journal}", "gate", env=env, ready=f"{nodes.gates[journal]}/healthz")
        yield unit(f"monitor-{journal}", "monitor", env=env)
        yield unit(f"worker-{journal}", "worker", env=env)
    for number, pool in ((1, 0), (2, WEB_POOL)):
        url = f"http://127.0.0.1:{free_port()}"
        bind = url.removeprefix("http://")
        env = nodes.env(SHIDIAN_WEB_BIND=bind, SHIDIAN_DATABASE_POOL=str(pool))
        nodes.webs[f"web-{number}"] = url
        yield unit(f"web-{number}", "web", env=env, ready=f"{url}/livez")


class Firm:
    """A pilot's system: each of its seconds tells of some minutes, one in three full of failures."""

    PACE_S = 0.25
    CYCLE, BUSY = 20, 6

    def __init__(self, nodes: TwoNodes, number: int, spool: Path) -> None:
        self.project = nodes.given["pilots"][number]
        self.key = nodes.own[number]
        self.client = Client(nodes.gates["main"], self.project, SOURCE, self.key, spool)
        self._at = datetime.now(UTC) - timedelta(days=PILOT_DAYS) + timedelta(minutes=5)
        self._minute = 0

    def minute(self) -> None:
        """Spool what happens in the next one."""
        busy = self._minute % self.CYCLE < self.BUSY
        self._minute += 1
        at = self._at + timedelta(minutes=self._minute)
        failed = {"investor": "p_" + "a" * 26, "code": "timeout"}
        self.client.events(
            draft("order.failed", failed, at + timedelta(seconds=n))
            for n in range(30 if busy else 2)
        )

    def send(self, within_s: float) -> None:
        """What the gate does not take now it gets next time."""
        with suppress(GateUnreachableError):
            self.client.flush(give_up_after_s=within_s)

    def work(self, stop: threading.Event) -> None:
        """Until told to stop."""
        while not stop.wait(self.PACE_S):
            self.minute()
            self.send(0.3)

    def acknowledged(self) -> set[tuple[int, int]]:
        return {(one.seqno, one.rev) for one in self.client.spool.outcomes("accepted", "duplicate")}


def stored(nodes: TwoNodes, project: str, journal: str, epoch: int) -> Counter[tuple[int, int]]:
    """Events of a project's spool in the journal that keeps it, and how often each is there."""
    with JournalReader(nodes.config(journal).journal) as reader:
        came = reader.arrivals().get(project, 0)
        entries = [*reader.arrived(project)]
        entries += [one for one in reader if one.entry > came and one.project == project]
        return Counter(
            (row["seqno"], row["rev"])
            for entry in entries
            if entry.kind is EntryKind.DATA and entry.epoch == epoch
            for row in entry.table().select(["seqno", "rev"]).to_pylist()
        )


class Chaos:
    """Lets one after the other fall, each as often as any other, in an order drawn by lot."""

    WAIT_S = (0.3, 2.0)

    def __init__(self, nodes: TwoNodes, seed: str) -> None:
        self._nodes, self._rng = nodes, random.Random(seed)
        self.struck: Counter[str] = Counter()

    def reign(self, seconds: float) -> None:
        """Then everything is mended, and up."""
        end_s = time.monotonic() + seconds
        deck: list[str] = []
        while time.monotonic() < end_s:
            if not deck:
                deck = self._deck()
                self._rng.shuffle(deck)
            self._strike(deck.pop())
            time.sleep(self._rng.uniform(*self.WAIT_S))
        for unit in self._nodes.units.values():
            assert unit.up.wait(PATIENCE_S), (unit.name, unit.said())

    def _deck(self) -> list[str]:
        kept = [name for name in self._nodes.units if name != "notary"]
        return [*kept, "web-1 worker", "web-2 worker", *POSTGRES_FALLS, "line"]

    def _strike(self, name: str) -> None:
        self.struck[name] += 1
        if name in POSTGRES_FALLS:
            self._nodes.postgres.fall(name)
            return
        if name == "line":
            self._nodes.line.cut()
            time.sleep(CUT_S)
            self._nodes.line.mend()
            return
        own, _, part = name.partition(" ")
        unit = self._nodes.units[own]
        for other in self._alike(own):
            assert other.up.wait(PATIENCE_S), (other.name, other.said())
        if part:
            unit.kill_one(self._rng)
        else:
            unit.kill()

    def _alike(self, name: str) -> Sequence[Unit]:
        """Of each kind one is up while another one falls."""
        kind = name.partition("-")[0]
        return [unit for unit in self._nodes.units.values() if unit.name.startswith(f"{kind}-")]
