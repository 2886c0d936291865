"""The notary as a process: what it is asked over its socket, and by whom it may be asked."""

from __future__ import annotations

import json
import shutil
import socket
import stat
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from shidian.cli.record import record
from shidian.core.record.leaf import ItemRefusedError
from shidian.core.record.notary import Notary
from shidian.core.record.reader import LogReader
from shidian.core.record.witness import Witness
from shidian.notary.certificates import CertificateSigner
from shidian.notary.client import ITEMS_MAX, NotaryClient, NotaryPool
from shidian.notary.orders import OrderSigner
from shidian.notary.server import NotaryServer
from shidian.notary.witness_http import witness_server
from shidian.notary.witnesses import HttpWitnesses
from shidian_kit.wire import keys
from shidian_kit.wire.keys import load_public
from shidian_kit.wire.note import KeyType, Vkey
from shidian_kit.wire.order import canonical
from shidian_kit.wire.policy import parse_policy
from shidian_kit.wire.proof import verify_proof
from shidian_kit.wire.refusal import RecordError, Refusal
from shidian_kit.wire.signatures import verify_request
from tests.core.record.logs import ORIGIN, entry, items, quick_folder
from tests.kit.test_order import SUSPEND
from tests.notary.running import RunningNotary

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def home() -> Iterator[Path]:
    with quick_folder() as folder:
        yield folder


class Served:
    """A notary in this process, served by a thread."""

    def __init__(self, home: Path, **more: object) -> None:
        self.notary = Notary(home / "record", ORIGIN, **more)  # type: ignore[arg-type]
        self.path = home / "record" / "notary.sock"
        signer = home / "record" / "signer"
        self.server = NotaryServer(
            self.notary, OrderSigner(signer), CertificateSigner(signer), self.path
        )
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.server.run, args=(self._stop,))
        self._thread.start()
        while not _answers(self.path):
            self._stop.wait(0.01)

    def __enter__(self) -> NotaryClient:
        self.client = NotaryClient(self.path)
        return self.client

    def __exit__(self, *_: object) -> None:
        self.client.close()
        self._stop.set()
        self._thread.join()
        self.notary.close()


def _answers(path: Path) -> bool:
    """The path is there before anybody listens at it."""
    try:
        with NotaryClient(path) as client:
            client.checkpoint()
    except RecordError:
        return False
    return True


def test_process_takes_leaves_proves_rotates_and_ends_when_told(home: Path) -> None:
    with RunningNotary(home, record_origin=ORIGIN) as running:
        client = running.client()
        assert stat.S_IMODE(running.socket.stat().st_mode) == 0o600
        appended = client.append(items(ITEMS_MAX + 44))
        assert appended.indices == {number + 1: number for number in range(ITEMS_MAX + 44)}
        assert appended.checkpoint == client.checkpoint()
        policy = parse_policy((running.tiles / "policy").read_text())
        verify_proof(client.prove(7).encode(), entry(7), policy)
        index, vkey = client.rotate_key()
        assert (index, str(Vkey.parse(vkey))) == (ITEMS_MAX + 44, vkey)
        with pytest.raises(ItemRefusedError) as refused:
            client.append([(1, entry(5))])
        assert (refused.value.name, refused.value.outbox_id) == (Refusal.OUTBOX_ID_REUSED, 1)
        with pytest.raises(RecordError, match="request-malformed"):
            client.prove(10_000)
        with RunningNotary(home, record_origin=ORIGIN) as second:
            assert "already-running" in second.output()
            assert second.stop() == 1
        assert running.stop() == 0
        assert not running.socket.exists()
        with pytest.raises(RecordError) as gone:
            client.checkpoint()
        assert gone.value.name is Refusal.NOT_REACHABLE


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"not json\n",
        b"[]\n",
        b"{}\n",
        b'{"op":"burn"}\n',
        b'{"op":"append"}\n',
        b'{"op":"append","items":[[0,"AA=="]]}\n',
        b'{"op":"append","items":[[true,"AA=="]]}\n',
        b'{"op":"append","items":[[1,"%"]]}\n',
        b'{"op":"append","items":[[9223372036854775808,"AA=="]]}\n',
        b'{"op":"append","items":[1]}\n',
        b'{"op":"prove","index":"0"}\n',
        b'{"op":"prove","index":-1}\n',
        b"[" * 100_000 + b"\n",
        json.dumps({"op": "append", "items": [[1, ""]] * (ITEMS_MAX + 1)}).encode() + b"\n",
    ],
)
def test_malformed_request_is_answered_by_name(line: bytes, home: Path) -> None:
    with Served(home) as client, socket.socket(socket.AF_UNIX) as raw:
        raw.connect(str(home / "record" / "notary.sock"))
        raw.sendall(line)
        answer = json.loads(raw.makefile("rb").readline())
        assert (answer["ok"], answer["error"]) == (False, "request-malformed")
        assert client.append(items(1)).indices == {1: 0}


def test_several_clients_share_one_sequence(home: Path) -> None:
    found: dict[int, int] = {}
    with Served(home) as first:

        def ask(start: int) -> None:
            with NotaryClient(home / "record" / "notary.sock") as client:
                for nth in range(5):
                    found.update(client.append(items(3, start + 3 * nth)).indices)

        threads = [threading.Thread(target=ask, args=(100 * number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        size = len(found)
        assert (size, sorted(found.values())) == (60, list(range(60)))
        assert first.checkpoint().split("\n")[1] == "60"
    reader = LogReader(home / "record" / "tiles")
    assert {index: reader.entry(index, size) for index in found.values()} == {
        index: entry(outbox_id - 1) for outbox_id, index in found.items()
    }


def test_socket_may_lie_deeper_than_an_address_is_long(home: Path) -> None:
    deep = home / ("a" * 60) / ("b" * 60)
    deep.mkdir(parents=True)
    with Served(deep) as client:
        assert client.append(items(1)).indices == {1: 0}
        assert (deep / "record" / "notary.sock").is_socket()


class Quorum:
    """Three witnesses, each a server of its own, and the policy that asks two of them."""

    NAMES = ("exchange", "association", "university")

    def __init__(self, folder: Path, log: Vkey) -> None:
        self._folder, self._log = folder, log
        self._keys = {name: keys.generate() for name in self.NAMES}
        self.servers: dict[str, ThreadingHTTPServer] = {}
        self.ports: dict[str, int] = dict.fromkeys(self.NAMES, 0)
        for name in self.NAMES:
            self.start(name)

    def start(self, name: str) -> None:
        path = self._folder / f"{name}.sqlite3"
        witness = Witness(path, f"{name}.example", self._keys[name], [self._log])
        server = witness_server(witness, "127.0.0.1", self.ports[name])
        self.ports[name] = server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.05,)).start()
        self.servers[name] = server

    def stop(self, name: str) -> None:
        server = self.servers.pop(name)
        server.shutdown()
        server.server_close()

    @property
    def policy(self) -> str:
        lines = [
            f"witness {name} {Vkey.of(f'{name}.example', key, KeyType.COSIGNATURE)}"
            f" http://127.0.0.1:{self.ports[name]}/"
            for name, key in self._keys.items()
        ]
        group = f"group two 2 {' '.join(self.NAMES)}"
        return "\n".join([*lines, group, "quorum two", ""])


def test_checkpoint_is_cosigned_by_a_quorum_and_witnesses_may_fail(home: Path) -> None:
    with Notary(home / "record", ORIGIN) as notary:
        log = notary.vkey
    quorum = Quorum(home, log)
    now_s = [0.0]
    witnesses = HttpWitnesses(parse_policy(quorum.policy), clock=lambda: now_s[0])
    try:
        with Notary(
            home / "record", ORIGIN, witness_policy=quorum.policy, witnesses=witnesses
        ) as notary:
            policy = parse_policy((home / "record" / "tiles" / "policy").read_text())
            assert set(policy.open(notary.checkpoint()).cosigned) == set(Quorum.NAMES)
            quorum.stop("exchange")
            notary.append(items(3))
            opened = policy.open(notary.checkpoint())
            assert set(opened.cosigned) == {"association", "university"}
            verify_proof(notary.prove(1), entry(0), policy)
            quorum.stop("university")
            notary.append(items(3, 3))
            with pytest.raises(RecordError, match="quorum-missing"):
                policy.open(notary.checkpoint())
            quorum.start("exchange")
            quorum.start("university")
            notary.ask_again()  # too soon: silent witnesses are left alone for a while
            with pytest.raises(RecordError, match="quorum-missing"):
                policy.open(notary.checkpoint())
            now_s[0] += 60
            notary.ask_again()
            assert set(policy.open(notary.checkpoint()).cosigned) == set(Quorum.NAMES)
            asked = notary.checkpoint()
            notary.ask_again()
            assert notary.checkpoint() == asked
    finally:
        for name in list(quorum.servers):
            quorum.stop(name)


def test_log_put_back_from_an_older_copy_finds_no_witness(home: Path) -> None:
    with Notary(home / "record", ORIGIN) as notary:
        notary.append(items(3))
        log = notary.vkey
    shutil.copytree(home / "record", home / "copy")
    quorum = Quorum(home, log)
    try:
        for folder, more in (("record", 5), ("copy", 6)):
            witnesses = HttpWitnesses(parse_policy(quorum.policy))
            with Notary(home / folder, ORIGIN, witnesses=witnesses) as notary:
                notary.append([(9, entry(more))])
                policy = parse_policy(f"log {log}\n{quorum.policy}")
                if folder == "record":
                    assert len(policy.open(notary.checkpoint()).cosigned) == 3
                else:
                    with pytest.raises(RecordError, match="quorum-missing"):
                        policy.open(notary.checkpoint())
    finally:
        for name in list(quorum.servers):
            quorum.stop(name)


def test_whole_log_is_verified_from_a_folder_and_over_http(home: Path) -> None:
    with Notary(home / "record", ORIGIN) as notary:
        notary.append(items(300))
        (home / "old").write_bytes(notary.checkpoint())
        notary.append(items(300, 300))
        vkey = str(notary.vkey)
    tiles = home / "record" / "tiles"

    class Handler(SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def __init__(self, *given: object) -> None:
            super().__init__(*given, directory=str(tiles))  # type: ignore[arg-type]

        def log_message(self, *_: object) -> None:
            pass

    run = CliRunner().invoke
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,)).start()
        address = f"http://127.0.0.1:{server.server_address[1]}"
        for place in (str(tiles), address):
            found = run(record, ["verify", place, "--since", str(home / "old"), "--key", vkey])
            assert found.exit_code == 0, found.output
            assert "600 leaves, all verified" in found.output
            assert "holds all 300 leaves of the older checkpoint" in found.output
        assert "compare it with one that you trust" in run(record, ["verify", address]).output
        right = (tiles / "tile/0/001").read_bytes()
        (tiles / "tile/0/001").write_bytes(bytes(8192))
        for place in (str(tiles), address):
            found = run(record, ["verify", place, "--key", vkey])
            assert found.exit_code == 1
            assert "tile-differs: tile/0/001: 256 of 256" in found.output
        (tiles / "tile/0/001").unlink()
        assert "tile-missing" in run(record, ["verify", address]).output
        server.shutdown()
    assert "not-reachable" in run(record, ["verify", address, "--key", vkey]).output
    assert "checkpoint-missing" in run(record, ["verify", str(home), "--key", vkey]).output
    stranger = str(Vkey.of(ORIGIN, keys.generate()))
    (tiles / "tile/0/001").write_bytes(right)
    found = run(record, ["verify", str(tiles), "--key", stranger])
    assert "signature-missing" in found.output


def test_order_is_signed_for_one_address_and_this_minute(home: Path) -> None:
    body = canonical(SUSPEND)
    with Served(home) as client:
        public = load_public(client.order_key())
        headers = client.sign_order(body.decode(), "https://pilot.example/orders")
    assert stat.S_IMODE((home / "record" / "signer" / "order-1.key").stat().st_mode) == 0o600
    verified = verify_request(
        method="POST",
        path="/orders",
        headers={name.lower(): value for name, value in headers.items()},
        body=body,
        authorities=["pilot.example"],
        find_key={keys.key_id(public): public}.get,
        now=int(time.time()),
    )
    assert headers["webhook-id"] == SUSPEND.id
    assert headers["webhook-timestamp"] == str(verified.created)
    with Served(home) as again:
        assert load_public(again.order_key()) == public


def test_orders_are_signed_for_many_threads_at_once(home: Path) -> None:
    text = canonical(SUSPEND).decode()
    with Served(home) as client, ThreadPoolExecutor(8) as threads:
        assert client.order_key()
        pool = NotaryPool(home / "record" / "notary.sock")
        urls = [f"https://pilot{number}.example/orders" for number in range(50)]
        signed = list(threads.map(lambda url: pool.sign_order(text, url), urls))
        pool.close()
    assert len({headers["Signature"] for headers in signed}) == 50


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("{}", "https://pilot.example/orders"),
        (canonical(SUSPEND).decode() + " ", "https://pilot.example/orders"),
        (canonical(SUSPEND).decode(), "file:///etc/passwd"),
        (canonical(SUSPEND).decode(), "https://pilot.example/?a=1"),
        (canonical(SUSPEND).decode(), "https://"),
        (canonical(SUSPEND).decode(), "https://pilot.example/\n"),
        (canonical(SUSPEND).decode(), "https://pilot.example/" + "a" * 500),
    ],
)
def test_notary_signs_nothing_but_an_order_on_its_way(home: Path, text: str, url: str) -> None:
    with Served(home) as client, pytest.raises(RecordError) as refused:
        client.sign_order(text, url)
    assert refused.value.name is Refusal.REQUEST_MALFORMED
