"""Orders and permits: from an officer's approval to the firm's signed `effective`, on loopback.

Gate, worker and notary are the installation's own processes; officers decide in a process of their
own, and the firms (the kit's inbox and permit holder, one a pilot) are this one, so that all share
the machine's cores. All pilots are suspended in one go. Then they are reminded, round by round, in
every other one together with a pilot whose system takes the connection and says nothing for 30 s.
"""

from __future__ import annotations

import http.client
import json
import shutil
import socket
import tempfile
import threading
import time
from contextlib import ExitStack, closing, contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from shidian_kit.orders import Acknowledger, OrderInbox
from shidian_kit.permits import Business, PermitHolder
from shidian_kit.serving import wsgi
from shidian_kit.transport import GateConnection
from shidian_kit.wire import keys, signatures
from shidian_kit.wire.permit import trusted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from shidian.core.rulebook.loaded import Loaded

SOURCE = "engine"
TTL_S = 3
PERMIT_TERMS = (
    f"{{ttl: {TTL_S}s, grace: 0s, mode: no-new-business, on_regulator_outage: no-new-business}}"
)
PATIENCE_S = 60.0
THREADS = 8
_RULEBOOKS = Path(__file__).resolve().parents[1] / "rulebooks"
_SEED = "import json; from bench.orders import make_pilots; print(json.dumps(make_pilots({given})))"
_NAME = "from bench.orders import name_endpoints; name_endpoints({given})"
_DECIDE = "import json; from bench.orders import order_all; print(json.dumps(order_all({given})))"
HANGS_S = 30.0
ROUNDS = 3
"""Of each sort, one after the other."""


def measure(pilots: int, seconds: float, say: Callable[[str], None]) -> dict[str, Any]:
    """The numbers as the JSON that is published. Raises RuntimeError where an order gets lost."""
    from tests.browser import build_home, free_port, run_python
    from tests.installation import process, until

    # One more than are measured: the one that hangs.
    own = [keys.generate() for _ in range(pilots + 1)]
    lines = [keys.public_text(key.public_key()) for key in own]
    with tempfile.TemporaryDirectory(prefix="shidian-bench-") as folder, ExitStack() as stack:
        home = build_home(Path(folder) / "home")
        say(f"{pilots} pilots are made")
        names = json.loads(run_python(_SEED.format(given=repr(lines)), home))
        port = free_port()
        gate = f"http://127.0.0.1:{port}"
        more = {
            "SHIDIAN_GATE_BIND": f"127.0.0.1:{port}",
            "SHIDIAN_GATE_URL": gate,
            "SHIDIAN_EGRESS_ALLOW": "127.0.0.0/8",
        }
        for name in ("notary", "gate", "worker"):
            stack.enter_context(process(name, home, **more))
        published = (home / "record" / "order.pub", home / "keys" / "gate.pub")
        until(lambda: all(path.exists() for path in published), PATIENCE_S)
        firms = [
            _Firm(Path(folder) / name, name, key, gate, home)
            for name, key in zip(names[:-1], own, strict=False)
        ]
        stack.enter_context(_serving(firms))
        urls = {firm.name: f"http://{firm.authority}/{firm.name}" for firm in firms}
        urls[names[-1]] = stack.enter_context(_hanging())
        run_python(_NAME.format(given=repr(urls)), home)
        for firm in firms:
            stack.enter_context(firm)
        until(lambda: all(firm.holder.renew() for firm in firms), PATIENCE_S)
        say(f"permits for {seconds:g} s, then every pilot is cut off, then suspended")
        rate = _permits_per_second(gate, own, seconds)
        halted = _partitioned(firms)

        def ordered(kind: str, to: Sequence[str]) -> list[float]:
            """Seconds from issue to `effective` of the firms', once all have said so."""
            given = f"{kind!r}, {list(to)!r}"
            own_orders = set(json.loads(run_python(_DECIDE.format(given=given), home, **more)))
            taken: list[float] = []

            def arrived() -> bool:
                found = json.loads(run_python(_TAKEN, home))
                taken[:] = [took for name, took in found if name in own_orders]
                return len(taken) == pilots

            until(arrived, PATIENCE_S)
            return sorted(taken)

        taken = ordered("suspend", names[:-1])
        say(f"reminders, {ROUNDS} times without and with one system that hangs")
        calm: list[float] = []
        beside: list[float] = []
        for _ in range(ROUNDS):
            calm += ordered("remind", names[:-1])
            beside += ordered("remind", [names[-1], *names[:-1]])
    return {
        "effective_s": {f"p{share}": round(_percentile(taken, share), 3) for share in (50, 99)},
        "partitioned_halted": halted,
        "permits_per_second": round(rate),
        "hanging_raises_p99": round(
            _percentile(sorted(beside), 99) / _percentile(sorted(calm), 99), 3
        ),
    }


def _percentile(taken: Sequence[float], share: int) -> float:
    return taken[min(len(taken) - 1, -(-len(taken) * share // 100) - 1)]


class _Firm:
    """One pilot's system: its inbox, its holder, its key."""

    def __init__(
        self, folder: Path, name: str, key: Ed25519PrivateKey, gate: str, home: Path
    ) -> None:
        self.name, self.key = name, key
        self.authority = ""
        gate_keys = trusted((home / "keys" / "gate.pub").read_text())
        self.holder = PermitHolder(gate, name, SOURCE, key, gate_keys)
        self._order_keys = trusted((home / "record" / "order.pub").read_text())
        self._folder, self._gate = folder, gate
        self.inbox: OrderInbox
        self._saying: Acknowledger

    def listen(self, authority: str) -> None:
        """Take orders under this host and port."""
        self.authority = authority
        self.inbox = OrderInbox(
            self._folder / "orders", self.name, self._order_keys, [authority], self.holder.obey
        )
        self._saying = Acknowledger(self.inbox, self._gate, self.key)

    def __enter__(self) -> None:
        self._saying.__enter__()

    def __exit__(self, *_: object) -> None:
        self._saying.__exit__()
        self.holder.close()
        self.inbox.close()


class _Threaded(WSGIServer):
    """Each request in a thread: one firm does not wait for another's disk."""

    def process_request(self, request: Any, client_address: Any) -> None:
        threading.Thread(target=self._answer, args=(request, client_address), daemon=True).start()

    def _answer(self, request: Any, client_address: Any) -> None:
        self.finish_request(request, client_address)
        self.shutdown_request(request)


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        del format, args


@contextmanager
def _serving(firms: Sequence[_Firm]) -> Iterator[None]:
    """All inboxes under one port, told apart by path."""
    doors: dict[str, Any] = {}

    def application(environ: dict[str, Any], start_response: Any) -> Any:
        return doors[environ["PATH_INFO"]](environ, start_response)

    server = make_server("127.0.0.1", 0, application, server_class=_Threaded, handler_class=_Quiet)
    for firm in firms:
        firm.listen(f"127.0.0.1:{server.server_port}")
        doors[f"/{firm.name}"] = wsgi(firm.inbox)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield
    server.shutdown()
    server.server_close()
    thread.join()


@contextmanager
def _hanging() -> Iterator[str]:
    """The address of a system that takes every connection, and says nothing for `HANGS_S`."""
    held: list[tuple[float, socket.socket]] = []
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        listening.settimeout(0.1)

        def hold() -> None:
            while not stop.is_set():
                with suppress(TimeoutError):
                    held.append((time.monotonic(), listening.accept()[0]))
                while held and time.monotonic() - held[0][0] > HANGS_S:
                    held.pop(0)[1].close()

        thread = threading.Thread(target=hold, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/orders"
        stop.set()
        thread.join()
    for _, connection in held:
        connection.close()


def _permits_per_second(gate: str, own: Sequence[Ed25519PrivateKey], seconds: float) -> float:
    """Requests are signed before the time runs; each is another one, of another pilot in turn."""
    wanted = int(seconds * 4_000)
    created = int(time.time())
    signed = [
        {"Content-Type": "application/json"}
        | signatures.sign_request(
            own[number % len(own)],
            method="POST",
            url=f"{gate}/v1/permits",
            headers={"Content-Type": "application/json"},
            body=b"{}",
            created=created,
        )
        for number in range(wanted)
    ]
    counts = [0] * THREADS
    until = time.monotonic() + seconds

    def ask(place: int) -> None:
        address = urlsplit(gate)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
        with closing(connection):
            for headers in signed[place::THREADS]:
                if time.monotonic() > until:
                    return
                connection.request("POST", "/v1/permits", body=b"{}", headers=headers)
                response = connection.getresponse()
                content = response.read()
                if response.status != 200:
                    raise RuntimeError(f"no permit: {response.status} {content[:200]!r}")
                counts[place] += 1

    began = time.monotonic()
    threads = [threading.Thread(target=ask, args=(place,)) for place in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.monotonic() - began)


def _partitioned(firms: Sequence[_Firm]) -> float:
    """Share of pilots that open no new business a second after their lease, once cut off.

    Their packets go to a port that takes connections and never answers. Afterwards the network is
    as before. Raises RuntimeError where one may not close out.
    """
    with socket.create_server(("127.0.0.1", 0), backlog=len(firms) + 16) as silent:
        deaf = f"http://127.0.0.1:{silent.getsockname()[1]}"
        gates = [firm.holder._gate for firm in firms]  # noqa: SLF001 - the network is what is cut
        for firm in firms:
            if not firm.holder.renew() or not firm.holder.may(Business.NEW):
                raise RuntimeError(f"{firm.name} had no permit to begin with")
            firm.holder._gate = GateConnection(deaf, firm.key, timeout_s=0.5)  # noqa: SLF001
            firm.holder.start_renewing()
        time.sleep(TTL_S + 1)
        halted = [not firm.holder.may(Business.NEW) for firm in firms]
        if not all(firm.holder.may(Business.CLOSING_OUT) for firm in firms):
            raise RuntimeError("a pilot could not close out")
        for firm, gate in zip(firms, gates, strict=True):
            firm.holder._gate.close()  # noqa: SLF001
            firm.holder._gate = gate  # noqa: SLF001
    return sum(halted) / len(firms)


# --- the authority's side, each in a process of its own --------------------------------------


def make_pilots(public_keys: Sequence[str]) -> list[str]:
    """Running pilots under the bench's rules, one a key, and an officer with a passkey."""
    from django.utils import timezone
    from tests.factories import Walk, make_world

    from shidian.apps.cases.calendars import store_calendar
    from shidian.apps.supervision.domain.keys import register_machine_key
    from shidian.apps.supervision.domain.pilots import start_pilot
    from shidian.core.procedure.calendars import by_id
    from shidian.core.rulebook.model import StageKind

    store_calendar(by_id("cn-working-day"))
    world = make_world(_rules())
    plan = {"investors_max": "100", "turnover_daily_max": "1000000", "losses_max": "1000000"}
    names = []
    for number, line in enumerate(public_keys):
        walk = Walk(world, title=f"基准试点{number}")
        walk.to(StageKind.SCREENING)
        pilot = start_pilot(case=walk.case, plan=plan, at=timezone.now())
        register_machine_key(pilot=pilot, source=SOURCE, public_key=line, by=None)
        names.append(pilot.public_id)
    return names


def name_endpoints(urls: dict[str, str]) -> None:
    """Where each pilot takes its orders."""
    from shidian.apps.supervision.domain.endpoints import register_order_endpoint
    from shidian.apps.supervision.models import Pilot

    for name, url in urls.items():
        register_order_endpoint(pilot=Pilot.objects.get(public_id=name), url=url, by=None)


def order_all(kind: str, names: Sequence[str]) -> list[str]:
    """An officer proposes and approves such an order for each pilot, with a passkey; their ids."""
    from django.utils import timezone

    from shidian.apps.accounts.models import Person
    from shidian.apps.supervision.domain import orders
    from shidian.apps.supervision.domain.orders.approving import challenge_bytes
    from shidian.apps.supervision.models import Pilot

    pilots = {pilot.public_id: pilot for pilot in Pilot.objects.select_related("case")}
    officer = Person.objects.filter(
        officer_of__role="case-officer", officer_of__authority__parts__local_id="bureau"
    ).first()
    if officer is None:
        raise RuntimeError("no officer of the bureau")
    people: Any = import_module("tests.apps.supervision.orders")
    import_module("allauth.mfa.models").Authenticator.objects.filter(
        user=officer, type="webauthn"
    ).delete()  # the passkey of the process before, whose key is gone
    passkey = people.Passkey(officer, host="localhost")
    given = []
    for name in names:
        order = people.propose(pilots[name], kind, officer, timezone.now())
        at = timezone.now()
        challenge = orders.begin_approval(order=order, by=officer, at=at)
        people.by_passkey(challenge, passkey, challenge_bytes(challenge), at)
        given.append(order.public_id)
    return given


_TAKEN = """
import json
from shidian.apps.supervision.models import OrderAcknowledgement
rows = OrderAcknowledgement.objects.filter(kind="effective").select_related("order")
taken = [
    (row.order.public_id, (row.recorded_at - row.order.issued_at).total_seconds()) for row in rows
]
print(json.dumps(taken))
"""


def _rules() -> Loaded:
    """The demonstration rulebook with short leases that an outage ends."""
    from shidian.core.rulebook.load import load_file

    with tempfile.TemporaryDirectory() as folder:
        for other in _RULEBOOKS.glob("*.yaml"):
            shutil.copy(other, folder)
        for path in Path(folder).glob("*.yaml"):
            text = path.read_text(encoding="utf-8")
            before = "{ttl: 60s, grace: 30s, mode: no-new-business, on_regulator_outage: keep-last}"
            path.write_text(text.replace(before, PERMIT_TERMS), encoding="utf-8")
        return load_file(Path(folder) / "demo-city.yaml")
