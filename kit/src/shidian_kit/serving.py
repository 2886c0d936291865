"""The order inbox as a web application: WSGI for most servers, ASGI for the others."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from shidian_kit.orders import BODY_BYTES_MAX, OrderInbox, Reply

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, MutableMapping

    Environ = dict[str, Any]
    StartResponse = Callable[[str, list[tuple[str, str]]], object]
    Message = MutableMapping[str, Any]

_UNPREFIXED = {"CONTENT_TYPE": "content-type", "CONTENT_LENGTH": "content-length"}
_TOO_LONG = Reply(413, "too long for an order")


def wsgi(inbox: OrderInbox) -> Callable[[Environ, StartResponse], Iterable[bytes]]:
    """A WSGI application. Whatever its path is, it must be the one that the authority addresses."""

    def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        headers = {
            _UNPREFIXED.get(name) or name.removeprefix("HTTP_").replace("_", "-").lower(): value
            for name, value in environ.items()
            if name in _UNPREFIXED or name.startswith("HTTP_")
        }
        declared = environ.get("CONTENT_LENGTH") or "0"
        length = int(declared) if declared.isdecimal() else BODY_BYTES_MAX + 1
        if length > BODY_BYTES_MAX:
            reply = _TOO_LONG
        else:
            body = environ["wsgi.input"].read(length)
            reply = inbox.receive(environ["REQUEST_METHOD"], _raw_path(environ), headers, body)
        text = reply.text.encode()
        start_response(
            f"{reply.status} {HTTPStatus(reply.status).phrase}",
            [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(text)))],
        )
        return [text]

    return application


def asgi(
    inbox: OrderInbox,
) -> Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]],
    Awaitable[None],
]:
    """An ASGI application; requests are judged in a thread, since they wait for the disk."""

    async def application(
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            raise ValueError(f"only HTTP is served here, not {scope['type']}")
        headers: dict[str, str] = {}
        for raw_name, raw_value in scope["headers"]:
            name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        body = await _body(receive)
        if body is None:
            reply = _TOO_LONG
        else:
            path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
            reply = await asyncio.to_thread(inbox.receive, scope["method"], path, headers, body)
        text = reply.text.encode()
        fields = [(b"content-type", b"text/plain; charset=utf-8")]
        await send({"type": "http.response.start", "status": reply.status, "headers": fields})
        await send({"type": "http.response.body", "body": text})

    return application


async def _body(receive: Callable[[], Awaitable[Message]]) -> bytes | None:
    """The whole body; None where it is longer than any order."""
    chunks: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > BODY_BYTES_MAX:
            return None
        more = message.get("more_body", False)
    return b"".join(chunks)


async def _lifespan(
    receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    while True:
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return


def _raw_path(environ: Environ) -> str:
    """The path as it travelled, where the server tells it; else as good as WSGI keeps it."""
    raw = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    if raw is not None:
        return str(raw).partition("?")[0]
    return str(environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", ""))
