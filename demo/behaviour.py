"""What the three simulated pilots send: pure, and the same for the same seed.

The trading assistant carries the planted fault: a bad release fails its orders and retries them in
bursts, and the losses that follow climb past the cap agreed for it within two minutes. In its
history is a smaller one: orders at night, for which it asked for no permit.
"""

from __future__ import annotations

import base64
import hashlib
import heapq
import operator
import random
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Protocol

import chinese_calendar

from demo.days import ZONE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SEED = "demo-city"
FAULT_AFTER_S = 120.0
"""The trading assistant goes wrong this long after its first start."""
FAULT_LASTS_S = 240.0
"""Until the release is taken back."""
HISTORY_DAYS = 8
"""The first start first sends what happened in these days before it."""

Value = str | int | bool


@dataclass(frozen=True)
class Sent:
    """One event to send."""

    at: datetime
    type: str
    data: Mapping[str, Value] = field(default_factory=dict)


class Behaviour(Protocol):
    """One pilot system."""

    project: str
    """Id in `demo.projects`."""

    def history(self, start: datetime, end: datetime) -> Iterator[Sent]:
        """What it had sent in [start, end), in order of time."""
        ...

    def live(self, now: datetime, second: int, *, fault: bool) -> Iterator[Sent]:
        """What it sends in the `second`-th second of its life; `fault`: the planted fault is on."""
        ...


def pseudonym(project: str, number: int) -> str:
    """The pseudonym under which a pilot reports its `number`-th investor."""
    digest = hashlib.sha256(f"{SEED}/{project}/investor/{number}".encode()).digest()
    return "p_" + base64.b32encode(digest[:10]).decode().lower()


def money(fen: int) -> str:
    """Fen → yuan as the wire has it, two digits behind the point."""
    return f"{fen // 100}.{fen % 100:02d}"


def sessions(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Trading hours between two moments: mornings and afternoons of working weekdays."""
    day = start.astimezone(ZONE).date()
    while day <= end.astimezone(ZONE).date():
        if day.weekday() < 5 and chinese_calendar.is_workday(day):
            for opens, closes in (("09:30", "11:30"), ("13:00", "15:00")):
                first = datetime.combine(day, time.fromisoformat(opens), tzinfo=ZONE)
                last = datetime.combine(day, time.fromisoformat(closes), tzinfo=ZONE)
                if start <= first and last <= end:
                    yield first, last
        day += timedelta(days=1)


def _moments(
    chance: random.Random, start: datetime, end: datetime, number: int
) -> Iterator[datetime]:
    """`number` random moments of [start, end), in order."""
    span_s = (end - start).total_seconds()
    for offset_s in sorted(chance.random() * span_s for _ in range(number)):
        yield start + timedelta(seconds=offset_s)


class TradingAssistant:
    """Streams orders, and goes wrong in the planted way."""

    project = "trading"
    _ENROLLED = 318
    _ORDERS_A_SESSION = 150
    _TRIES = 3
    _NIGHT = 5
    """So many days before the first start it placed orders at night, without a permit."""

    def history(self, start: datetime, end: datetime) -> Iterator[Sent]:
        yield from heapq.merge(
            self._by_day(start, end), self._at_night(end), key=operator.attrgetter("at")
        )

    def _at_night(self, end: datetime) -> Iterator[Sent]:
        chance = random.Random(f"{SEED}/trading/night")
        day = end.astimezone(ZONE).date() - timedelta(days=self._NIGHT)
        began = datetime.combine(day, time(2, 10), tzinfo=ZONE)
        for number in range(6):
            yield self._order(began + timedelta(seconds=7 * number), chance)

    def _by_day(self, start: datetime, end: datetime) -> Iterator[Sent]:
        chance = random.Random(f"{SEED}/trading/history")
        for at, number in zip(
            _moments(chance, start, start + timedelta(hours=1), self._ENROLLED),
            range(self._ENROLLED),
            strict=True,
        ):
            yield Sent(at, "investor.enrolled", {"investor": pseudonym("trading", number)})
        for opens, closes in sessions(start + timedelta(hours=1), end):
            for at in _moments(chance, opens, closes, self._ORDERS_A_SESSION):
                yield self._order(at, chance)
                if chance.random() < 0.006:
                    yield self._failure(at + timedelta(milliseconds=40), chance)
                if chance.random() < 0.02:
                    yield self._loss(at + timedelta(milliseconds=80), chance, 230_000)

    def live(self, now: datetime, second: int, *, fault: bool) -> Iterator[Sent]:
        chance = random.Random(f"{SEED}/trading/{second}")
        if chance.random() < (0.2 if fault else 0.55):
            yield self._order(now, chance)
        if second % 90 == 45:
            number = self._ENROLLED + second // 90
            yield Sent(now, "investor.enrolled", {"investor": pseudonym("trading", number)})
        if fault:
            # Every third second the release starts its pending orders over, which makes a burst.
            for _ in range(4 if second % 3 == 0 else chance.choice((1, 2))):
                failure = self._failure(now, chance)
                yield from (failure for _ in range(self._TRIES))
            if chance.random() < 0.9:
                yield self._loss(now, chance, 190_000)
            if second % 21 == 7:
                yield self._complaint(now, chance)
        elif chance.random() < 0.004:
            yield self._failure(now, chance)

    def _investor(self, chance: random.Random) -> str:
        return pseudonym("trading", chance.randrange(self._ENROLLED))

    def _order(self, at: datetime, chance: random.Random) -> Sent:
        fen = min(int(chance.lognormvariate(12.2, 0.7)), 5_000_000)
        return Sent(at, "order.placed", {"amount": money(fen), "investor": self._investor(chance)})

    def _failure(self, at: datetime, chance: random.Random) -> Sent:
        code = chance.choice(("timeout", "timeout", "rejected", "price-limit"))
        return Sent(at, "order.failed", {"investor": self._investor(chance), "code": code})

    def _loss(self, at: datetime, chance: random.Random, about_fen: int) -> Sent:
        fen = int(about_fen * (0.4 + 1.2 * chance.random()))
        return Sent(at, "loss.recorded", {"investor": self._investor(chance), "amount": money(fen)})

    def _complaint(self, at: datetime, chance: random.Random) -> Sent:
        topic = chance.choice(("order-failed", "order-failed", "wrong-price"))
        return Sent(at, "complaint.received", {"investor": self._investor(chance), "topic": topic})


class RoboAdviser:
    """Streams advice and rebalancing; three quarters of its places are taken."""

    project = "robo"
    _ENROLLED = 612

    def history(self, start: datetime, end: datetime) -> Iterator[Sent]:
        chance = random.Random(f"{SEED}/robo/history")
        for number, at in enumerate(
            _moments(chance, start, start + timedelta(hours=1), self._ENROLLED)
        ):
            yield Sent(at, "investor.enrolled", {"investor": pseudonym("robo", number)})
        for opens, closes in sessions(start + timedelta(hours=1), end):
            for at in _moments(chance, opens, closes, 60):
                yield from self._advice(at, chance)

    def live(self, now: datetime, second: int, *, fault: bool) -> Iterator[Sent]:  # noqa: ARG002 - only one pilot carries the fault
        chance = random.Random(f"{SEED}/robo/{second}")
        if chance.random() < 0.35:
            yield from self._advice(now, chance)

    def _advice(self, at: datetime, chance: random.Random) -> Iterator[Sent]:
        investor = pseudonym("robo", chance.randrange(self._ENROLLED))
        model = chance.choice(("balanced-3", "balanced-3", "growth-2"))
        yield Sent(at, "advice.given", {"investor": investor, "model": model})
        if chance.random() < 0.3:
            fen = int(chance.lognormvariate(13, 0.5))
            yield Sent(
                at + timedelta(milliseconds=200),
                "portfolio.rebalanced",
                {"amount": money(fen), "investor": investor},
            )
        if chance.random() < 0.0004:
            yield Sent(
                at + timedelta(seconds=1),
                "complaint.received",
                {"investor": investor, "topic": "fees"},
            )


class BondWarning:
    """Has no investors; publishes its figures once a day, and every two minutes while it runs."""

    project = "bond"
    _BONDS = 1_284

    def history(self, start: datetime, end: datetime) -> Iterator[Sent]:
        chance = random.Random(f"{SEED}/bond/history")
        missed = False
        for opens, closes in sessions(start, end):
            if opens.time() < time(12):
                continue
            yield self._forecast(closes + timedelta(minutes=30), chance)
            if not missed and closes > start + timedelta(days=4):
                missed = True
                yield Sent(
                    closes + timedelta(minutes=45), "forecast.missed", {"issuer": "DEMO-ISSUER-07"}
                )

    def live(self, now: datetime, second: int, *, fault: bool) -> Iterator[Sent]:  # noqa: ARG002 - only one pilot carries the fault
        if second % 120 == 10:
            yield self._forecast(now, random.Random(f"{SEED}/bond/{second}"))

    def _forecast(self, at: datetime, chance: random.Random) -> Sent:
        return Sent(
            at,
            "forecast.published",
            {"bonds": self._BONDS, "flagged": chance.randint(14, 26), "model": "ew-4.2"},
        )


BEHAVIOURS: tuple[Behaviour, ...] = (TradingAssistant(), RoboAdviser(), BondWarning())
