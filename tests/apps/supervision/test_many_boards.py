"""Five hundred boards open at once, over the real gate and the real web: all hear and all see."""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import sys
import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from shidian_kit.client import Client
from tests.installation import SOURCE, installed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.installation import Installation

pytestmark = pytest.mark.prove
BOARDS = 500
PILOTS = 30
GROWTH_MIB_MAX = 96
"""Of a process, by five hundred boards; while it waits, each costs the gate some 13 KiB."""
PATIENCE_S = 240.0
QUIET_S = 0.1
"""`QUIET_MS` of the page's script."""
RETRY_S = 3.0
"""`RETRY_MS` of the page's script, which is spread by half to both sides."""
OTHERS_S_MAX = 30.0
"""So long another page may take meanwhile, on two cores that all these share with other tests: it
was 15 s while the whole suite ran, once, in the first rush; half of the pages take 0.2 s."""
BYSTANDER_EVERY_S = 0.5
TOLD = re.compile(rb"\d+ alerts? to acknowledge")


def pilot_and_officer():
    """In a process of its own: pilots on a board, and an officer who watches it."""
    from django.utils import timezone

    from shidian.apps.cases.calendars import store_calendar
    from shidian.core.procedure.calendars import by_id
    from tests.apps.supervision.test_board import clones
    from tests.apps.supervision.things import quick_pilot
    from tests.factories import Walk, make_world

    store_calendar(by_id("cn-working-day"))
    walk = Walk(make_world())
    pilot = quick_pilot(walk, at=timezone.now() - timedelta(minutes=10))
    clones(pilot, PILOTS - 1)
    return pilot, walk.officer


@pytest.fixture
def installation(tmp_path) -> Iterator[Installation]:
    with installed(tmp_path / "home", world=__name__) as found:
        yield found


@dataclass
class Seen:
    """What all boards together came to, in seconds since the alert's last event was sent."""

    sent_s: float = 0.0
    open: int = 0
    heard_s: list[float] = field(default_factory=list)
    shown_s: list[float] = field(default_factory=list)
    fetches: int = 0
    put_off: int = 0
    failed: list[str] = field(default_factory=list)
    bystander_s: list[float] = field(default_factory=list)


def children() -> dict[str, list[int]]:
    """Pids of this process's own gate and web, workers of gunicorn among them."""
    found: dict[str, list[int]] = {"gate": [], "web": []}
    waiting = [os.getpid()]
    while waiting:
        pid = waiting.pop()
        for task in Path(f"/proc/{pid}/task").iterdir():
            own = [int(one) for one in (task / "children").read_text().split()]
            waiting += own
            for one in own:
                words = Path(f"/proc/{one}/cmdline").read_bytes().split(b"\0")
                if b"gunicorn" in words:
                    found["web"].append(one)
                elif b"gate" in words:
                    found["gate"].append(one)
    return found


def resident_mib(pids: list[int]) -> float:
    """What these processes hold in memory."""
    rows = [Path(f"/proc/{pid}/status").read_text().split("VmRSS:")[1].split()[0] for pid in pids]
    return sum(map(int, rows)) / 1024


async def get(url: str, path: str, cookie: str) -> tuple[int, bytes]:
    """One request on a connection of its own, as a browser that has none left."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        head = f"GET {path} HTTP/1.1\r\nHost: {address.netloc}\r\nCookie: sessionid={cookie}\r\n"
        writer.write(f"{head}Accept-Language: en\r\nConnection: close\r\n\r\n".encode())
        answer = await reader.read()
    finally:
        writer.close()
    head_bytes, _, body = answer.partition(b"\r\n\r\n")
    return int(head_bytes.split(b" ", 2)[1]), body


async def board(found: Installation, token: str, seen: Seen, ready: asyncio.Event) -> None:
    """One open page, which does as `live.js` does: it hears, fetches, and pauses as long."""
    address = urlsplit(found.gate)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        writer.write(
            f"GET /v1/live?token={token} HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode()
        )
        while not (await reader.readline()).startswith(b"retry"):
            pass
        seen.open += 1
        if seen.open == BOARDS:
            ready.set()
        while not (await reader.readline()).startswith(b"event: changed"):
            pass
        seen.heard_s.append(time.monotonic() - seen.sent_s)
        while True:
            began = time.monotonic()
            status, body = await get(found.site.url, "/supervision/live/", found.cookie)
            seen.fetches += 1
            if status == 503:
                seen.put_off += 1
            elif status != 200:
                seen.failed.append(f"{status}")
            elif TOLD.search(body):
                seen.shown_s.append(time.monotonic() - seen.sent_s)
                return
            taken = time.monotonic() - began
            put_off_s = RETRY_S * random.uniform(0.5, 1.5)
            await asyncio.sleep(put_off_s if status == 503 else max(QUIET_S, taken))
    except (OSError, asyncio.IncompleteReadError, ValueError, IndexError) as error:
        seen.failed.append(repr(error))
    finally:
        writer.close()


async def bystander(found: Installation, seen: Seen) -> None:
    """An officer who works on meanwhile."""
    while True:
        began = time.monotonic()
        status, _ = await get(found.site.url, "/supervision/orders/", found.cookie)
        assert status == 200
        seen.bystander_s.append(time.monotonic() - began)
        await asyncio.sleep(BYSTANDER_EVERY_S)


def raise_alert(found: Installation, spool: Path, seen: Seen) -> None:
    with Client(found.gate, found.pilot, SOURCE, found.key, spool) as client:
        for _ in range(121):
            client.event("order.failed", {"investor": "p_" + "a" * 26, "code": "timeout"})
        seen.sent_s = time.monotonic()
        assert client.flush() is not None


async def watch(found: Installation, spool: Path, pids: dict[str, list[int]]) -> tuple[Seen, dict]:
    seen, ready = Seen(), asyncio.Event()
    before = {name: resident_mib(of) for name, of in pids.items()}
    token = json.loads((await get(found.site.url, "/supervision/token/", found.cookie))[1])["token"]
    async with asyncio.TaskGroup() as group:
        boards = [group.create_task(board(found, token, seen, ready)) for _ in range(BOARDS)]
        await asyncio.wait_for(ready.wait(), PATIENCE_S)
        open_mib = resident_mib(pids["gate"]) - before["gate"]
        beside = group.create_task(bystander(found, seen))
        await asyncio.sleep(2)
        alone = list(seen.bystander_s)
        await asyncio.to_thread(raise_alert, found, spool, seen)
        await asyncio.wait_for(asyncio.wait(boards), PATIENCE_S)
        beside.cancel()
    grown = {name: resident_mib(of) - before[name] for name, of in pids.items()}
    return seen, {"gate_open": open_mib, **grown, "alone_s": max(alone), "calm": len(alone)}


def quantile(taken: list[float], share: float) -> float:
    return sorted(taken)[min(len(taken) - 1, int(len(taken) * share))]


def test_five_hundred_boards_open_at_once_all_hear_and_see_an_alert(installation, tmp_path):
    pids = children()
    assert pids["gate"]
    assert pids["web"]
    seen, sizes = asyncio.run(watch(installation, tmp_path / "spool.sqlite3", pids))

    said = {
        "boards": BOARDS,
        "heard_s": [round(quantile(seen.heard_s, share), 3) for share in (0.5, 0.99)],
        "shown_s": [round(quantile(seen.shown_s, share), 3) for share in (0.5, 0.99)],
        "fetches": seen.fetches,
        "put_off": seen.put_off,
        "another_page_s": [
            round(quantile(seen.bystander_s[sizes["calm"] :], share), 3) for share in (0.5, 0.99)
        ],
        "alone_s": round(sizes["alone_s"], 3),
        "grown_mib": {name: round(sizes[name], 1) for name in ("gate_open", "gate", "web")},
    }
    sys.stdout.write(f"{json.dumps(said)}\n")
    assert not seen.failed
    assert (len(seen.heard_s), len(seen.shown_s)) == (BOARDS, BOARDS)
    assert max(seen.bystander_s) <= OTHERS_S_MAX
    assert sizes["gate"] <= GROWTH_MIB_MAX
    assert sizes["web"] <= GROWTH_MIB_MAX
