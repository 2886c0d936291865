"""The processes, asked as their clients ask them; none may take longer than a few seconds."""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from shidian.doctor.finding import Finding, Level
from shidian.notary.client import NotaryClient
from shidian_kit.wire.refusal import RecordError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shidian.config import Settings

WITHIN_S = 3.0


def web(config: Settings) -> Iterator[Finding]:
    """Whether the home page comes."""
    yield _answers("web", f"http://{config.web_bind}/", config.allowed_hosts.split(",")[0].strip())


def gate(config: Settings) -> Iterator[Finding]:
    """Whether the gate answers at the address that browsers and firms are told."""
    yield _answers("gate", f"{config.own_gate_url.rstrip('/')}/healthz", None)


def notary(config: Settings) -> Iterator[Finding]:
    """Whether the notary answers on its socket."""
    try:
        with NotaryClient(config.notary_socket, timeout_s=WITHIN_S) as client:
            client.checkpoint()
    except RecordError as error:
        yield Finding("notary", Level.FAIL, str(error), "look at the output of `shidian notary`")
    else:
        yield Finding("notary", Level.OK, "answers")


def _answers(name: str, url: str, host: str | None) -> Finding:
    parts = urlsplit(url)
    make = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = make(parts.hostname or "", parts.port, timeout=WITHIN_S)
    headers = {"Host": host} if host else {}
    try:
        connection.request("GET", parts.path, headers=headers)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return Finding(
            name, Level.FAIL, f"{url}: {error or type(error).__name__}", f"start `shidian {name}`"
        )
    finally:
        connection.close()
    if status >= 500:  # noqa: PLR2004 - HTTP's own
        return Finding(name, Level.FAIL, f"{url}: {status}", f"look at the output of `{name}`")
    return Finding(name, Level.OK, f"{url} answers")
