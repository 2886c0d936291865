"""Server-sent "changed" events: a topic's name and an entry number, nothing of what changed."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import msgspec

from shidian.gate import options
from shidian.gate.http import HttpProblemError, Receive, Send, start

if TYPE_CHECKING:
    from shidian_kit.wire.token import LiveToken


class Listener:
    """One open page. Only the newest entry of each topic waits, so a slow page costs nothing."""

    def __init__(self, topics: frozenset[str]) -> None:
        self.topics = topics
        self.waiting: dict[str, int] = {}
        self.wake = asyncio.Event()

    def tell(self, topic: str, entry: int) -> None:
        """Have a change sent."""
        self.waiting[topic] = entry
        self.wake.set()


class Hub:
    """All open pages. Used from the event loop only."""

    def __init__(self, heartbeat_s: float) -> None:
        self._heartbeat_s = heartbeat_s
        self._listeners: set[Listener] = set()
        self._closing = False

    def __len__(self) -> int:
        return len(self._listeners)

    def changed(self, topic: str, entry: int) -> int:
        """Tell whoever listens to the topic; how many that is."""
        told = [listener for listener in self._listeners if topic in listener.topics]
        for listener in told:
            listener.tell(topic, entry)
        return len(told)

    def close(self) -> None:
        """End all streams, so that a shutdown need not wait for them."""
        self._closing = True
        for listener in self._listeners:
            listener.wake.set()

    async def stream(
        self, token: LiveToken, headers: dict[str, str], receive: Receive, send: Send
    ) -> None:
        """Send changes until the page leaves, the token ends or the hub closes."""
        if len(self._listeners) >= options.LISTENERS_MAX:
            raise HttpProblemError(503, "busy", "Too many pages listen; reload later.")
        listener = Listener(token.topics)
        self._listeners.add(listener)
        gone = asyncio.create_task(_until_gone(receive, listener))
        try:
            await start(send, 200, headers)
            await _write(send, b"retry: 2000\n\n")
            while not self._closing and not gone.done():
                left_s = token.expires_at - time.time()
                if left_s <= 0:
                    break
                try:
                    async with asyncio.timeout(min(self._heartbeat_s, left_s)):
                        await listener.wake.wait()
                except TimeoutError:
                    await _write(send, b": still here\n\n")
                    continue
                listener.wake.clear()
                changes, listener.waiting = listener.waiting, {}
                for topic, entry in changes.items():
                    await _write(send, _event(topic, entry))
            if not gone.done():
                await send({"type": "http.response.body", "body": b""})
        finally:
            self._listeners.discard(listener)
            gone.cancel()


def _event(topic: str, entry: int) -> bytes:
    data = msgspec.json.encode({"topic": topic, "entry": entry})
    return b"event: changed\ndata: " + data + b"\n\n"


async def _write(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _until_gone(receive: Receive, listener: Listener) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    listener.wake.set()
