"""Run a gate under uvicorn until SIGINT or SIGTERM; then finish what was taken in, and stop."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import uvicorn

from shidian.gate.app import Gate

if TYPE_CHECKING:
    from types import FrameType

    from shidian.gate.options import GateOptions

SHUTDOWN_MAX_S = 10


class _Server(uvicorn.Server):
    """Ends live streams as soon as the signal comes: they would otherwise never end."""

    def __init__(self, config: uvicorn.Config, gate: Gate) -> None:
        super().__init__(config)
        self._gate = gate

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self._gate.hub.close()


def serve(options: GateOptions, *, host: str, port: int) -> None:
    """Listen until told to stop. Raises RuntimeError if the journal is another gate's."""
    gate = Gate(options)
    config = uvicorn.Config(
        gate,
        host=host,
        port=port,
        http="h11",
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=SHUTDOWN_MAX_S,
    )
    for wanted in (signal.SIGINT, signal.SIGTERM):
        # uvicorn raises the signal once more when it is done; by then the work is over.
        signal.signal(wanted, lambda *_: None)
    _Server(config, gate).run()
