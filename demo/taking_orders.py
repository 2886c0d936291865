"""How the simulated pilots hold permits and take orders: with the kit, as an institution's would.

All of them listen at one address, each under a path of its own. `name_addresses` runs before
anything else at each start, and has orders sent to where the simulators will listen this time.
"""

from __future__ import annotations

import socket
import threading
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from demo.registration import Registration, folder, load_registrations
from shidian import keyring
from shidian.config import settings
from shidian_kit.orders import Acknowledger, OrderInbox
from shidian_kit.permits import PermitHolder
from shidian_kit.serving import wsgi
from shidian_kit.wire.keys import load_private
from shidian_kit.wire.permit import trusted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE_S = 60.0
"""So long the gate and the notary may take to publish their keys."""


def name_addresses() -> None:
    """Register where each simulated pilot takes its orders; the port of last time where it is free."""
    from shidian.apps.supervision.domain.endpoints import register_order_endpoint
    from shidian.apps.supervision.models import Pilot, PilotState

    kept = folder() / "listen"
    port = _free_port(int(kept.read_text()) if kept.exists() else 0)
    kept.write_text(str(port))
    for registration in load_registrations():
        pilot = Pilot.objects.get(public_id=registration.public_id)
        if pilot.state != PilotState.CLOSED:
            url = f"http://127.0.0.1:{port}/{registration.project}"
            register_order_endpoint(pilot=pilot, url=url, by=None)


def _free_port(wanted: int) -> int:
    for port in (wanted, 0):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port on 127.0.0.1")


@contextmanager
def obeying(stop: threading.Event) -> Iterator[dict[str, PermitHolder]]:
    """Hold a permit and take orders for each registered pilot; project → its holder.

    Raises TimeoutError where the gate or the notary publishes no key, or `stop` comes first.
    """
    config = settings()
    gate_keys = trusted(_published(config.keys / keyring.GATE_PUBLIC, stop))
    order_keys = trusted(_published(config.order_public_key, stop))
    port = int((folder() / "listen").read_text())
    doors: dict[str, Any] = {}
    holders = {}
    with ExitStack() as stack:
        for registration in load_registrations():
            holder = _holder(registration, gate_keys)
            holders[registration.project] = holder
            inbox = OrderInbox(
                folder() / f"{registration.project}.orders",
                registration.public_id,
                order_keys,
                [f"127.0.0.1:{port}"],
                holder.obey,
            )
            stack.callback(inbox.close)
            doors[f"/{registration.project}"] = wsgi(inbox)
            stack.enter_context(holder)
            key = load_private(registration.key_path)
            stack.enter_context(Acknowledger(inbox, config.gate_url, key))
        stack.enter_context(_serving(port, doors))
        yield holders


def _holder(registration: Registration, gate_keys: dict[str, Any]) -> PermitHolder:
    return PermitHolder(
        settings().gate_url,
        registration.public_id,
        registration.source,
        load_private(registration.key_path),
        gate_keys,
        on_change=lambda status: print(
            f"{registration.project}: {'open' if status.open else status.reason}", flush=True
        ),
    )


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """The pages tell how an order fares."""


@contextmanager
def _serving(port: int, doors: dict[str, Any]) -> Iterator[None]:
    def application(environ: dict[str, Any], start_response: Any) -> Any:
        door = doors.get(environ["PATH_INFO"])
        if door is None:
            start_response("404 Not Found", [("Content-Length", "0")])
            return []
        return door(environ, start_response)

    with make_server("127.0.0.1", port, application, handler_class=_Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
        thread.start()
        yield
        server.shutdown()
        thread.join()


def _published(path: Path, stop: threading.Event) -> str:
    end = time.monotonic() + PATIENCE_S
    while not path.exists():
        if stop.wait(0.1) or time.monotonic() > end:
            raise TimeoutError(f"{path} was not published")
    return path.read_text()
