"""Requests to addresses that others chose: looked up once, never inward, never led on.

A name is resolved once, each address that it has is judged, and the connection goes to the very
address that was judged: a name that resolves otherwise a moment later leads nowhere. Redirects are
answers like any other. A request has one deadline for all of it, however slowly bytes drip.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ANSWER_BYTES_MAX = 64 * 1024
URL_CHARS_MAX = 500

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve: TypeAlias = "Callable[[str, int], list[str]]"

_TRANSLATED = (
    ipaddress.ip_network("64:ff9b::/96"),
    ipaddress.ip_network("64:ff9b:1::/48"),
    ipaddress.ip_network("2002::/16"),
    ipaddress.ip_network("2001::/32"),
)
"""IPv6 that a translator or tunnel turns into IPv4, whatever that is."""


class EgressError(Exception):
    """An address that no request goes to; the message says why."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What an endpoint answered, cut at 64 KiB."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Guard:
    """Which addresses may be spoken to. `allowed`: networks besides the public internet.

    Plain http is for allowed networks alone.
    """

    allowed: tuple[Network, ...] = ()

    @classmethod
    def of(cls, text: str) -> Guard:
        """Networks separated by commas, such as `10.1.0.0/16, 127.0.0.1`. Raises ValueError."""
        parts = [part.strip() for part in text.split(",") if part.strip()]
        return cls(tuple(ipaddress.ip_network(part) for part in parts))

    def admits(self, address: Address) -> bool:
        """Whether an address may be spoken to."""
        mapped = getattr(address, "ipv4_mapped", None)
        address = mapped or address
        if self.lists(address):
            return True
        translated = any(address in network for network in _TRANSLATED)
        return address.is_global and not address.is_multicast and not translated

    def lists(self, address: Address) -> bool:
        """Whether an address is in one of the allowed networks."""
        mapped = getattr(address, "ipv4_mapped", None)
        return any((mapped or address) in network for network in self.allowed)

    def choose(self, url: str, resolve: Resolve | None = None) -> tuple[str, str, int]:
        """URL → the address to connect to, its host and port. Raises EgressError, OSError.

        All addresses of a name must be fit: one that leads inward is no accident.
        """
        parts = urlsplit(url)
        try:
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError as error:
            raise EgressError(f"{url[:80]}: {error}") from None
        host = parts.hostname
        if parts.scheme not in ("http", "https") or not host or len(url) > URL_CHARS_MAX:
            raise EgressError(f"{url[:80]} is not an http or https address")
        if parts.username is not None or parts.query or parts.fragment:
            raise EgressError(f"{url[:80]}: no user, query or fragment, please")
        found = [ipaddress.ip_address(one) for one in (resolve or _resolve)(host, port)]
        if not found:
            raise EgressError(f"{host} has no address")
        for address in found:
            if not self.admits(address):
                raise EgressError(f"{host} leads to {address}, where no request goes")
            if parts.scheme == "http" and not self.lists(address):
                raise EgressError(f"{host} must be addressed by https")
        return str(found[0]), host, port


def post(
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    guard: Guard,
    timeout_s: float,
    resolve: Resolve | None = None,
    context: ssl.SSLContext | None = None,
) -> Reply:
    """One POST, answered within `timeout_s` in all. Raises EgressError, OSError, HTTPException."""
    address, host, port = guard.choose(url, resolve)
    parts = urlsplit(url)
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        context = context or ssl.create_default_context()
        connection = _Tls(address, host, port, timeout_s, context)
    else:
        connection = _Plain(address, host, port, timeout_s)
    deadline = threading.Timer(timeout_s, _cut, (connection,))
    deadline.daemon = True
    deadline.start()
    try:
        connection.request("POST", parts.path or "/", body=body, headers=dict(headers))
        answer = connection.getresponse()
        return Reply(answer.status, answer.read(ANSWER_BYTES_MAX))
    finally:
        deadline.cancel()
        connection.close()


class _Plain(http.client.HTTPConnection):
    def __init__(self, address: str, host: str, port: int, timeout_s: float) -> None:
        super().__init__(host, port, timeout=timeout_s)
        self._address = address

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self.port), self.timeout)


class _Tls(http.client.HTTPSConnection):
    def __init__(
        self, address: str, host: str, port: int, timeout_s: float, context: ssl.SSLContext
    ) -> None:
        super().__init__(host, port, timeout=timeout_s, context=context)
        self._address = address
        self._tls = context

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), self.timeout)
        try:
            self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise


def _cut(connection: http.client.HTTPConnection) -> None:
    """End a connection that has had its time: whoever reads from it gets an error."""
    sock = connection.sock
    if sock is not None:
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return


def _resolve(host: str, port: int) -> list[str]:
    found: Sequence[tuple[object, ...]] = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]).partition("%")[0] for one in found))  # type: ignore[index]
