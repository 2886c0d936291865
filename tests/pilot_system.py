"""A whole installation with a pilot that takes orders, its officers, and the kit's sample pilot."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.browser import ROOT, build_home, free_port, run_python
from tests.installation import process, until

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

EXAMPLE = ROOT / "kit" / "examples" / "sample_pilot.py"
FAILURE = json.dumps({"investor": "p_" + "a" * 26, "code": "timeout"})
"""What it streams: more than 120 within five minutes breach the rule `failure-surge`."""
PATIENCE_S = 90.0
_SEED = (
    "import json; from bench.orders import make_pilots; print(json.dumps(make_pilots([{key!r}])))"
)
_NAME = "from bench.orders import name_endpoints; name_endpoints({urls!r})"
_ACT = "from tests import pilot_system; print(pilot_system.{what})"


@dataclass(frozen=True)
class Server:
    """Gate, worker, notary and monitor over `home`, with one running pilot."""

    home: Path
    pilot: str
    gate: str
    more: Mapping[str, str]

    @property
    def gate_key(self) -> str:
        return (self.home / "keys" / "gate.pub").read_text().strip()

    @property
    def order_key(self) -> str:
        return (self.home / "record" / "order.pub").read_text().strip()

    def act(self, what: str) -> str:
        """A call of this module's functions below, in a process with Django; what it returned."""
        return run_python(_ACT.format(what=what), self.home, **self.more).strip()

    def name_endpoint(self, url: str) -> None:
        """Have the pilot's orders sent to `url`."""
        run_python(_NAME.format(urls={self.pilot: url}), self.home, **self.more)

    @property
    def journal(self) -> Path:
        return self.home / "gate" / "journal.sqlite3"


@contextmanager
def serving(home: Path, public_key: str) -> Iterator[Server]:
    """The stores in `home`, new, with all processes over them; `public_key` is the pilot's."""
    build_home(home)
    (pilot,) = json.loads(run_python(_SEED.format(key=public_key), home))
    port = free_port()
    gate = f"http://127.0.0.1:{port}"
    more = {
        "SHIDIAN_GATE_BIND": f"127.0.0.1:{port}",
        "SHIDIAN_GATE_URL": gate,
        "SHIDIAN_EGRESS_ALLOW": "127.0.0.0/8",
    }
    with ExitStack() as stack:
        for name in ("notary", "gate", "monitor", "worker"):
            stack.enter_context(process(name, home, **more))
        found = Server(home, pilot, gate, more)
        published = (home / "record" / "order.pub", home / "keys" / "gate.pub")
        until(lambda: all(path.exists() for path in published), PATIENCE_S)
        yield found


class Sample:
    """The sample pilot as a process; its lines, over all its lives, in `told`."""

    def __init__(
        self, command: Sequence[str], told: Path, *, env: Mapping[str, str] | None = None
    ) -> None:
        self.command, self.told = list(command), told
        self.env = dict(env or os.environ)
        self.process: subprocess.Popen[bytes]
        self.told.touch()
        self.start()

    def start(self) -> None:
        self.born = len(self.lines())
        with self.told.open("ab") as out:
            self.process = subprocess.Popen(
                self.command, stdout=out, stderr=subprocess.STDOUT, env=self.env, cwd=ROOT
            )

    def kill(self) -> None:
        """`kill -9`, and start again."""
        self.process.kill()
        self.process.wait(15)
        self.start()

    def close(self) -> int:
        """End it as its operator would; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def lines(self) -> list[dict[str, object]]:
        """What it said in whole lines."""
        said = self.told.read_text().splitlines()
        return [json.loads(line) for line in said if line[:1] == "{" and line[-1:] == "}"]

    def until(self, after: int = 0, **expected: object) -> dict[str, object]:
        """The first line from `after` on with these members. The process must be alive."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            for line in self.lines()[after:]:
                if expected.items() <= line.items():
                    return line
            assert self.process.poll() is None, self.told.read_text()[-2000:]
            time.sleep(0.05)
        raise AssertionError(f"no {expected} in {self.told.read_text()[-2000:]}")


# --- what officers do, each in a process of its own -------------------------------------------


def _people():
    from shidian.apps.accounts.models import Person

    def officer(authority):
        return Person.objects.filter(
            officer_of__role="case-officer", officer_of__authority__parts__local_id=authority
        ).first()

    return officer("bureau"), officer("finance")


def proposed(pilot: str) -> str:
    """The order that the monitor's alert proposed; "" while there is none."""
    from shidian.apps.supervision.models import Order

    found = Order.objects.filter(pilot__public_id=pilot, proposed_by=None).first()
    return found.public_id if found else ""


def approve_proposed(pilot: str) -> str:
    """One officer approves it; its id."""
    from django.utils import timezone

    from shidian.apps.supervision.models import Order
    from tests.apps.supervision.orders import approve

    order = Order.objects.get(public_id=proposed(pilot))
    return approve(order, _people()[0], timezone.now()).public_id


def give(pilot: str, kind: str) -> str:
    """Propose an order, and approve it by as many officers as it takes; its id."""
    from django.utils import timezone

    from shidian.apps.supervision.models import Order, OrderState, Pilot
    from tests.apps.supervision.orders import approve, propose

    officers = _people()
    order: Order = propose(Pilot.objects.get(public_id=pilot), kind, officers[0], timezone.now())
    for officer in officers:
        if order.state == OrderState.PROPOSED:
            order = approve(order, officer, timezone.now())
    return order.public_id


def state(order: str) -> str:
    """How far an order is."""
    from shidian.apps.supervision.models import Order

    return str(Order.objects.get(public_id=order).state)


def exit_pilot(pilot: str) -> str:
    """The run ends; its keys are revoked."""
    from shidian.apps.supervision.domain.pilots import close_pilot
    from shidian.apps.supervision.models import Pilot

    return close_pilot(pilot=Pilot.objects.get(public_id=pilot), outcome="graduated").state
