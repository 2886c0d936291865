"""What a gate is told at its start, and the limits on everything that it takes in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shidian_kit.wire.signatures import authority_of

if TYPE_CHECKING:
    from pathlib import Path

    from shidian.config import Settings

BODY_MAX_BYTES = 8 * 1024 * 1024
DECODED_MAX_BYTES = 32 * 1024 * 1024
"""Size of a body after gzip or zstd."""
EVENTS_MAX = 10_000
"""Events in one JSON request."""
ARROW_EVENTS_MAX = 100_000
BODY_TIMEOUT_S = 30.0
WAITING_EVENTS_MAX = 500_000
"""Events taken in and not yet committed; beyond, senders are told to come again."""
SOURCE_WAITING_EVENTS_MAX = 200_000
"""The same for one source, so that none fills the gate alone."""
SOURCE_RATE = 200_000
"""Events a second that one source may send for long."""
SOURCE_BURST_S = 10
"""Seconds of that rate that it may send at once."""
SEAL_EVERY_S = 10.0
SEAL_ROWS = 1_000_000
"""Rows in the journal's file from which the older ones are sealed."""
SEAL_KEEP_ROWS = 250_000
RETAIN_FIRST_S = 60.0
RETAIN_EVERY_S = 86_400.0
"""How long after its start, and then how often, the gate removes what need not be kept longer."""
COMPACT_FILES = 8
"""Neighbouring small files of a project that are joined."""
NONCES_MAX = 500_000
LISTENERS_MAX = 2_000
HEARTBEAT_S = 15.0
RETRY_AFTER_S = 1
ROOM_LOOK_S = 1.0
ROOM_RETRY_S = 30
"""When to come again while the disk is nearly full."""
FEED_STALE_S = 30.0
"""Age of the last word from the worker from which no permit is renewed."""
CONTROLS_MAX = 200
"""Control records in one request of the worker."""
ACKNOWLEDGEMENTS_MAX = 500
"""Acknowledgements in one answer to the worker."""


@dataclass(frozen=True, slots=True)
class GateOptions:
    """Where the gate's files lie and under which names it is addressed.

    `authorities`: what senders write into `@authority`; `origins`: pages that may listen.
    """

    journal: Path
    keys: Path
    authorities: tuple[str, ...]
    origins: frozenset[str]
    monitor_store: Path | None = None
    """Of the monitor beside it, for a worker in another zone; None: it answers for none."""
    heartbeat_s: float = HEARTBEAT_S
    waiting_events_max: int = WAITING_EVENTS_MAX
    source_waiting_events_max: int = SOURCE_WAITING_EVENTS_MAX
    source_rate: int = SOURCE_RATE
    source_burst_s: int = SOURCE_BURST_S
    seal_every_s: float = SEAL_EVERY_S
    seal_rows: int = SEAL_ROWS
    retain_first_s: float = RETAIN_FIRST_S

    @classmethod
    def from_settings(cls, config: Settings, *, bind: str) -> GateOptions:
        """Options of a deployment whose gate listens on `bind` (`host:port`)."""
        named = [authority_of(config.own_gate_url), authority_of(f"http://{bind}")]
        return cls(
            journal=config.journal,
            keys=config.keys,
            authorities=tuple(dict.fromkeys(named)),
            origins=_origins(config),
            monitor_store=config.monitor_store if config.zone == "ingest" else None,
            source_rate=config.source_rate,
            seal_every_s=config.seal_every_s,
            seal_rows=config.seal_rows,
        )


def _origins(config: Settings) -> frozenset[str]:
    if config.web_origin:
        return frozenset({config.web_origin.rstrip("/")})
    host, _, port = config.web_bind.rpartition(":")
    hosts = {host, "127.0.0.1", "localhost"} if host in ("127.0.0.1", "localhost") else {host}
    return frozenset(f"http://{name}:{port}" for name in hosts)
