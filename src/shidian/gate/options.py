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
WAITING_EVENTS_MAX = 100_000
"""Events taken in and not yet committed; beyond, senders are told to come again."""
NONCES_MAX = 500_000
LISTENERS_MAX = 2_000
HEARTBEAT_S = 15.0
RETRY_AFTER_S = 1


@dataclass(frozen=True, slots=True)
class GateOptions:
    """Where the gate's files lie and under which names it is addressed.

    `authorities`: what senders write into `@authority`; `origins`: pages that may listen.
    """

    journal: Path
    keys: Path
    authorities: tuple[str, ...]
    origins: frozenset[str]
    heartbeat_s: float = HEARTBEAT_S
    waiting_events_max: int = WAITING_EVENTS_MAX

    @classmethod
    def from_settings(cls, config: Settings, *, bind: str) -> GateOptions:
        """Options of a deployment whose gate listens on `bind` (`host:port`)."""
        named = [authority_of(config.gate_url), authority_of(f"http://{bind}")]
        return cls(
            journal=config.journal,
            keys=config.keys,
            authorities=tuple(dict.fromkeys(named)),
            origins=_origins(config),
        )


def _origins(config: Settings) -> frozenset[str]:
    if config.web_origin:
        return frozenset({config.web_origin.rstrip("/")})
    host, _, port = config.web_bind.rpartition(":")
    hosts = {host, "127.0.0.1", "localhost"} if host in ("127.0.0.1", "localhost") else {host}
    return frozenset(f"http://{name}:{port}" for name in hosts)
