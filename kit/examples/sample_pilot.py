"""A whole pilot system in one file: it trades while permitted, obeys orders, and says so.

    python sample_pilot.py --gate http://127.0.0.1:8001 --project P-2026-0001 --source sample \
        --key sample.key --spool sample.spool --gate-key ed25519:… --order-key ed25519:… \
        --listen 127.0.0.1:9000 --type trade.executed --data '{"amount": "100.00"}'

It does one piece of new business every `--every` seconds while it may, and sends it as telemetry.
Once it may not, it closes out and goes on listening. Each change is a line of JSON on standard
output: {"permit": …}, {"order": …}, {"traded": n}, {"stopped": reason}, {"refused": …} where the
gate takes nothing any more. SIGTERM or SIGINT ends it; after kill -9 it goes on where it was.
Register the address `http://HOST:PORT/orders` on the pilot's page to have orders sent there.
"""

from __future__ import annotations

import argparse
import json
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, make_server

from shidian_kit.cli import add_connection, connect
from shidian_kit.orders import Acknowledger, OrderInbox
from shidian_kit.permits import NotPermittedError, PermitHolder
from shidian_kit.sender import Sender
from shidian_kit.serving import wsgi
from shidian_kit.wire import keys
from shidian_kit.wire.permit import trusted

if TYPE_CHECKING:
    from shidian_kit.client import Client
    from shidian_kit.permits import Status
    from shidian_kit.wire.order import OrderDocument


SPEAKING = threading.Lock()


def say(**what: object) -> None:
    """One line of JSON, whole and at once: several threads speak."""
    with SPEAKING:
        print(json.dumps(what, ensure_ascii=False), flush=True)


class Quiet(WSGIRequestHandler):
    """A server that logs nothing by itself."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        del format, args


class Pilot:
    """What the firm's own system would be: it trades, closes out, and knows nothing of HTTP."""

    def __init__(self, client: Client, permits: PermitHolder, event: tuple[str, dict]) -> None:
        self.client, self.permits, self.event = client, permits, event
        self.traded, self.was_open = 0, False

    def trade(self) -> None:
        """One piece of new business, if permitted; else what is open is closed out."""
        try:
            with self.permits.new_business():
                self.client.event(*self.event)
                self.traded += 1
                self.was_open = True
        except NotPermittedError as refused:
            if self.was_open:
                self.was_open = False
                say(stopped=refused.status.reason, traded=self.traded)
                with self.permits.closing_out():
                    say(closed_out=self.traded)


def parser() -> argparse.ArgumentParser:
    """The options of the module's text."""
    made = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    add_connection(made)
    made.add_argument("--gate-key", required=True, help="public key that signs permits")
    made.add_argument("--order-key", required=True, help="public key that signs orders")
    made.add_argument("--listen", required=True, metavar="HOST:PORT", help="where orders arrive")
    made.add_argument("--inbox", type=Path, help="file of orders; default: beside the spool")
    made.add_argument("--type", required=True, help="stream of the rulebook, trade.executed")
    made.add_argument("--data", type=json.loads, default={}, help="its fields, as JSON")
    made.add_argument("--every", type=float, default=0.2, metavar="SECONDS")
    return made


def main() -> int:
    """Run until told to stop."""
    options = parser().parse_args()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    key = keys.load_private(options.key)

    def changed(status: Status) -> None:
        say(permit=status.state, open=status.open, order=status.order)

    permits = PermitHolder(
        options.gate,
        options.project,
        options.source,
        key,
        trusted(options.gate_key),
        on_change=changed,
        state=options.spool.with_suffix(".permit"),
    )

    def obey(order: OrderDocument) -> None:
        permits.obey(order)
        say(order=order.id, kind=order.kind)

    inbox = OrderInbox(
        options.inbox or options.spool.with_suffix(".orders"),
        options.project,
        trusted(options.order_key),
        [options.listen],
        obey,
    )
    permits.recall(inbox.orders())
    host, _, port = options.listen.rpartition(":")
    server = make_server(host, int(port), wsgi(inbox), handler_class=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with (
        connect(options) as client,
        Sender(client, every_s=options.every, on_refused=lambda error: say(refused=str(error))),
        permits,
        Acknowledger(inbox, options.gate, key),
    ):
        pilot = Pilot(client, permits, (options.type, options.data))
        while not stop.wait(options.every):
            pilot.trade()
        say(traded=pilot.traded)
    server.shutdown()
    inbox.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
