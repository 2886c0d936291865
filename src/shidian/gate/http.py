"""Bare ASGI, as little of it as the gate needs: requests read within limits, answers sent whole."""

from __future__ import annotations

import asyncio
import gzip
import io
import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec
import zstandard

from shidian.gate import options

Message: TypeAlias = MutableMapping[str, Any]
Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]


class HttpProblemError(Exception):
    """An answer that is an error, as `application/problem+json` (RFC 9457). `code` is stable."""

    def __init__(
        self, status: int, code: str, detail: str, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = headers or {}


def not_found() -> HttpProblemError:
    """One answer for what does not exist and for whoever may not know whether it does."""
    return HttpProblemError(
        404,
        "not-found",
        "There is nothing here, or the request is not signed with a key that may use it.",
    )


def busy(detail: str, *, after_s: int = options.RETRY_AFTER_S) -> HttpProblemError:
    """Come again after some seconds."""
    return HttpProblemError(429, "busy", detail, {"retry-after": str(after_s)})


@dataclass(frozen=True, slots=True)
class Request:
    """A request's head. `raw_path`: as it travelled; header names are in lower case."""

    method: str
    path: str
    raw_path: str
    query: str
    headers: dict[str, str]

    @classmethod
    def of(cls, scope: Scope) -> Request:
        """Read an ASGI scope; repeated fields are joined as HTTP says."""
        headers: dict[str, str] = {}
        for raw_name, raw_value in scope["headers"]:
            name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        return cls(
            scope["method"],
            scope["path"],
            scope["raw_path"].decode("latin-1"),
            scope["query_string"].decode("latin-1"),
            headers,
        )


async def read_body(
    request: Request, receive: Receive, bytes_max: int = options.BODY_MAX_BYTES
) -> bytes:
    """The body as it travels. Raises HttpProblemError 413 past the limit, 408 when it stalls."""
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or int(declared) > bytes_max:
        raise _too_large(bytes_max)
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(options.BODY_TIMEOUT_S):
            more = True
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise HttpProblemError(400, "disconnected", "The request broke off.")
                chunks.append(message.get("body", b""))
                size += len(chunks[-1])
                if size > bytes_max:
                    raise _too_large(bytes_max)
                more = message.get("more_body", False)
    except TimeoutError:
        raise HttpProblemError(408, "slow", "The body did not come in time.") from None
    return b"".join(chunks)


def decode_content(body: bytes, encoding: str | None) -> bytes:
    """Undo Content-Encoding. Raises HttpProblemError: 415 unknown, 400 damaged, 413 too large."""
    limit = options.DECODED_MAX_BYTES
    try:
        if encoding in (None, "identity"):
            return body
        if encoding == "gzip":
            with gzip.open(io.BytesIO(body)) as stream:
                decoded = stream.read(limit + 1)
        elif encoding == "zstd":
            with zstandard.ZstdDecompressor().stream_reader(body) as stream:
                decoded = stream.read(limit + 1)
        else:
            raise HttpProblemError(415, "encoding", "Content-Encoding must be gzip or zstd.")
    except (OSError, EOFError, zlib.error, zstandard.ZstdError) as error:
        raise HttpProblemError(
            400, "encoding", f"The body is not whole {encoding}: nothing of it was stored."
        ) from error
    if len(decoded) > limit:
        raise _too_large(limit)
    return decoded


async def send_json(send: Send, status: int, content: object) -> None:
    """Answer with JSON."""
    await send_body(send, status, "application/json", msgspec.json.encode(content))


async def send_problem(send: Send, problem: HttpProblemError) -> None:
    """Answer with a problem."""
    content = {
        "type": f"urn:shidian:problem:{problem.code}",
        "title": problem.code,
        "status": problem.status,
        "detail": problem.detail,
    }
    body = msgspec.json.encode(content)
    await send_body(send, problem.status, "application/problem+json", body, problem.headers)


async def send_body(
    send: Send, status: int, content_type: str, body: bytes, headers: dict[str, str] | None = None
) -> None:
    """Answer in one piece."""
    fields = {
        "content-type": content_type,
        "content-length": str(len(body)),
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    } | (headers or {})
    await start(send, status, fields)
    await send({"type": "http.response.body", "body": body})


async def start(send: Send, status: int, headers: dict[str, str]) -> None:
    """Send the head of an answer."""
    fields = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": fields})


def with_header(send: Send, name: str, value: str) -> Send:
    """`send` that adds a header to the head of the answer."""
    field = (name.lower().encode("latin-1"), value.encode("latin-1"))

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], field]}
        await send(message)

    return sending


def _too_large(limit: int) -> HttpProblemError:
    return HttpProblemError(413, "too-large", f"At most {limit // 1024 // 1024} MiB: send less.")
