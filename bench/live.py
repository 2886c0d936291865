"""Live evaluation: from a deciding record sent to its alert on the board, under a steady load.

Gate, monitor, worker and web are the installation's own processes; the sender and the board's page
are this one, so that all share the machine's cores. The page is fetched as its script does: at a
"changed" of the gate, and then not before a pause.
"""

from __future__ import annotations

import http.client
import json
import re
import shutil
import tempfile
import threading
import time
import urllib.request
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from bench.sending import post
from shidian_kit.wire import envelope

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.installation import Installation

    from shidian.core.rulebook.loaded import Loaded

RULES = 50
BATCH_S = 0.2
DECIDING_EVERY_S = 0.2
"""So often a batch's last event is one that decides: a large amount of an investor's first deal."""
QUIET_S = 0.1
"""`QUIET_MS` of the page's script."""
WARM_S = 2.0
PATIENCE_S = 15.0
INVESTORS = 20_000
_RULEBOOKS = Path(__file__).resolve().parents[1] / "rulebooks"
_LARGE, _SMALL = "2000000.00", 10_000
_COUNTED = re.compile(r"(\d+) alerts? to acknowledge")
_STREAMS = ("order.placed", "order.placed", "order.placed", "transfer.made", "advice.given")
_DECIDES = "portfolio.rebalanced"


@dataclass
class Seen:
    """When each deciding record was sent and when the board had so many alerts, `monotonic` s."""

    sent_s: list[float] = field(default_factory=list)
    shown_s: list[float] = field(default_factory=list)


def measure(events_per_second: int, seconds: float, say: Callable[[str], None]) -> dict[str, Any]:
    """The rate reached and the latency's percentiles, as the JSON that is published.

    Raises RuntimeError where an alert never comes to the board, or the rate was not kept.
    """
    from tests.installation import installed

    with (
        tempfile.TemporaryDirectory(prefix="shidian-bench-") as folder,
        installed(Path(folder) / "home", world="bench.live") as installation,
    ):
        seen, stop = Seen(), threading.Event()
        page = threading.Thread(target=_watch, args=(installation, seen, stop))
        page.start()
        try:
            say(f"{RULES} rules, {events_per_second:,} events/s for {seconds:g} s")
            rate = _send(installation, seen, events_per_second, seconds)
            _await_all(seen)
        finally:
            stop.set()
            page.join()
    taken = sorted(shown - sent for sent, shown in zip(seen.sent_s, seen.shown_s, strict=False))
    if rate < 0.98 * events_per_second:
        raise RuntimeError(f"{rate:,.0f} events/s were sent, not {events_per_second:,}")
    say(f"{len(taken)} alerts, longest {taken[-1]:.3f} s")
    latency = {f"p{share}": round(_percentile(taken, share), 3) for share in (50, 99)}
    return {"events_per_second": round(rate), "alert_latency_s": latency}


def _percentile(taken: list[float], share: int) -> float:
    return taken[min(len(taken) - 1, -(-len(taken) * share // 100) - 1)]


def _await_all(seen: Seen) -> None:
    until = time.monotonic() + PATIENCE_S
    while len(seen.shown_s) < len(seen.sent_s):
        if time.monotonic() > until:
            raise RuntimeError(
                f"{len(seen.sent_s)} deciding records were sent, the board shows"
                f" {len(seen.shown_s)} alerts"
            )
        time.sleep(0.05)


# --- the sender -------------------------------------------------------------------------------


def _send(installation: Installation, seen: Seen, rate: int, seconds: float) -> float:
    """Batches on time for so long; events per second that were sent and acknowledged."""
    size = max(1, round(rate * BATCH_S))
    every = round(DECIDING_EVERY_S / BATCH_S)
    warm = round(WARM_S / BATCH_S)
    address = urlsplit(installation.gate)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
    began = time.monotonic()
    seqno = 1
    batches = round(seconds / BATCH_S) + warm
    for number in range(batches):
        decides = number >= warm and number % every == 0
        body = _body(installation.pilot, seqno, size, decides=decides)
        time.sleep(max(0.0, began + number * BATCH_S - time.monotonic()))
        sent = time.monotonic()
        if decides:
            seen.sent_s.append(sent)
        _post(connection, installation, body, size)
        seqno += size
    rate_reached = (seqno - 1) / max(time.monotonic() - began, batches * BATCH_S)
    connection.close()
    return rate_reached


def _post(
    connection: http.client.HTTPConnection, installation: Installation, body: bytes, size: int
) -> None:
    path = f"/v1/projects/{installation.pilot}/events"
    media = "application/cloudevents-batch+json"
    answer = post(connection, installation.key, installation.gate, path, body, media)
    counted = json.loads(answer)["counts"]
    if counted != {"accepted": size}:
        raise RuntimeError(f"{counted} instead of {size} accepted")


def _body(pilot: str, first: int, size: int, *, decides: bool) -> bytes:
    from tests.installation import SOURCE

    now_us = time.time_ns() // 1000
    events = []
    for number in range(first, first + size):
        kind = _STREAMS[number % len(_STREAMS)]
        data = _data(kind, number)
        if decides and number == first + size - 1:
            kind = _DECIDES
            data = {"amount": _LARGE, "investor": _pseudonym(INVESTORS + number)}
        elif number % 10 == 0:
            kind = _DECIDES
            data = _data(kind, number)
        events.append(
            {
                "specversion": "1.0",
                "id": f"{SOURCE}/1/{number}/0",
                "source": SOURCE,
                "type": kind,
                "time": envelope.format_time(now_us),
                "project": pilot,
                "epoch": 1,
                "seqno": str(number),
                "rev": 0,
                "op": "new",
                "data": data,
            }
        )
    return msgspec.json.encode(events)


def _data(kind: str, number: int) -> dict[str, str]:
    mixed = number * 2_654_435_761 % 2**40
    investor = _pseudonym(mixed % INVESTORS)
    amount = f"{mixed % _SMALL}.{mixed % 100:02d}"
    if kind == "advice.given":
        return {"investor": investor, "model": f"model-{mixed % 5}"}
    if kind == "transfer.made":
        return {
            "amount": amount,
            "sender": investor,
            "receiver": _pseudonym(mixed // 7 % INVESTORS),
        }
    return {"amount": amount, "investor": investor}


def _pseudonym(number: int) -> str:
    letters = "abcdefghijklmnopqrstuvwxyz234567"
    return "p_" + "".join(letters[number >> 5 * place & 31] for place in range(6)) + "a" * 20


# --- the board --------------------------------------------------------------------------------


def _watch(installation: Installation, seen: Seen, stop: threading.Event) -> None:
    """The page: it listens to the gate and fetches its part when something has changed."""
    changed = threading.Event()
    listening = threading.Thread(target=_listen, args=(installation, changed), daemon=True)
    listening.start()
    free = 0.0
    while not stop.is_set():
        if not changed.wait(0.1):
            continue
        time.sleep(max(0.0, free - time.monotonic()))
        changed.clear()
        began = time.monotonic()
        found = _COUNTED.search(installation.fetch("/supervision/live/"))
        ended = time.monotonic()
        free = ended + max(QUIET_S, ended - began)
        shown = int(found.group(1)) if found else 0
        seen.shown_s.extend([ended] * (shown - len(seen.shown_s)))


def _listen(installation: Installation, changed: threading.Event) -> None:
    token = json.loads(installation.fetch("/supervision/token/"))
    address = f"{token['url']}?token={token['token']}"
    try:
        with urllib.request.urlopen(address, timeout=60) as stream:  # noqa: S310 - our own gate
            while line := stream.readline():
                if line.startswith(b"event: changed"):
                    changed.set()
    except OSError:
        return  # the gate has ended


# --- the pilot --------------------------------------------------------------------------------


def pilot_and_officer() -> tuple[Any, Any]:
    """In a process of its own: a pilot under the bench's rules, and an officer who watches it."""
    from django.utils import timezone
    from tests.factories import Walk, make_world

    from shidian.apps.cases.calendars import store_calendar
    from shidian.apps.supervision.domain.pilots import start_pilot
    from shidian.core.procedure.calendars import by_id
    from shidian.core.rulebook.model import StageKind

    store_calendar(by_id("cn-working-day"))
    walk = Walk(make_world(rules()))
    walk.to(StageKind.SCREENING)
    large = "1000000000000"
    plan = {"investors_max": large, "turnover_daily_max": large, "losses_max": large}
    at = timezone.now() - timedelta(minutes=10)
    return start_pilot(case=walk.case, plan=plan, at=at), walk.officer


def rules() -> Loaded:
    """The demonstration rulebook with so many more rules that there are 50.

    One of them, by investor, is met by deciding records; the others compute and stay silent.
    """
    from shidian.core.rulebook.load import load_file

    text = (_RULEBOOKS / "demo-city.yaml").read_text(encoding="utf-8")
    here = load_file(_RULEBOOKS / "demo-city.yaml").rulebook
    wanted = RULES - len(here.limits) - len(here.alerts)
    indicators, alerts = zip(*(_rule(place) for place in range(wanted)), strict=True)
    # These machines ask for no permit, so none of what they send is new business.
    text = re.sub(r"\norders:\n  permit:\n    new_business: .*\n", "\n", text)
    text = text.replace("\nalerts:\n", "\n".join(["", *indicators, "", "alerts:", *alerts, ""]), 1)
    with tempfile.TemporaryDirectory() as folder:
        for other in _RULEBOOKS.glob("*.yaml"):
            shutil.copy(other, folder)
        path = Path(folder) / "demo-city.yaml"
        path.write_text(text, encoding="utf-8")
        loaded = load_file(path)
    found = len(loaded.rulebook.limits) + len(loaded.rulebook.alerts)
    if found != RULES:
        raise RuntimeError(f"{found} rules instead of {RULES}")
    return loaded


_KINDS = (
    "of: order.placed, take: count",
    "of: order.placed, take: sum, field: amount",
    "of: order.placed, take: distinct, field: investor",
    "of: order.placed, take: max, field: amount",
    'of: transfer.made, take: quantile, quantile: "0.99", field: amount',
    "of: transfer.made, take: sum, field: amount, by: [receiver]",
    "of: advice.given, take: distinct, field: investor",
    "of: order.placed, take: sum, field: amount, by: [investor]",
)
_WINDOWS = ("5m", "1h", "1d", "7d", "30d", "since-start")


def _rule(place: int) -> tuple[str, str]:
    """An indicator and the alert on it, as lines of YAML. The first is the one that decides."""
    take, window = _KINDS[place % len(_KINDS)], _WINDOWS[place % len(_WINDOWS)]
    if place == 0:
        take, window = f"of: {_DECIDES}, take: max, field: amount, by: [investor]", "1h"
    level = "1000000" if place == 0 else "100000000000"
    title = f"{{zh: 基准{place}, en: Bench {place}}}"
    unit = "unit: {zh: 个, en: units}"
    indicator = f"  - {{id: bench-{place}, title: {title}, {unit}, {take}, window: {window}}}"
    alert = (
        f"  - {{id: a-bench-{place}, title: {title}, indicator: bench-{place}, no_data: clear,"
        f' levels: {{critical: ">{level}"}}}}'
    )
    return indicator, alert
