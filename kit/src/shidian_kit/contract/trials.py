"""The trials: what a pilot system must do, one promise each. A trial raises BrokenError, or holds.

Each begins with a system that does new business and ends with one, so that any may be left out.
"""

from __future__ import annotations

import http.client
import socket
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from shidian_kit.contract.stand import PROJECT, Seen, Stand, Weather, deliver
from shidian_kit.wire import keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shidian_kit.contract.firm import Firm
    from shidian_kit.wire.order import OrderDocument

PATIENCE_S = 20.0
EFFECTIVE_S = 5.0
QUIET_S = 1.5
"""How long is listened for what must not come."""
SLACK_S = 0.5
"""What was begun before a stop may still be told of so long after it."""


class BrokenError(AssertionError):
    """A promise was not kept; the message says which, and what was seen."""


@dataclass
class Bench:
    """One system under test and the authority's side. `business`: types that open new business."""

    stand: Stand
    firm: Firm
    business: frozenset[str] = frozenset()

    def opened(self) -> list[Seen]:
        """What opened new business, as far as the gate has heard."""
        with self.stand.lock:
            seen = list(self.stand.events.values())
        return [one for one in seen if not self.business or one.type in self.business]

    def flows(self, why: str) -> None:
        """New business comes, and goes on coming."""
        began = len(self.opened())
        self.until(lambda: len(self.opened()) > began + 2, f"no new business {why}")

    def silent_since(self, moment_s: float, why: str) -> None:
        """Nothing was opened after a moment (Unix seconds), by the events' own times."""
        late = [one for one in self.opened() if one.time_us / 1e6 > moment_s + SLACK_S]
        require(not late, f"{len(late)} pieces of new business {why}")

    def until(self, what: Callable[[], bool], otherwise: str, within_s: float = PATIENCE_S) -> None:
        """Wait for it. Raises BrokenError, also where the system has ended by itself."""
        end = time.monotonic() + within_s
        while not what():
            require(self.firm.alive, f"the pilot system has ended; see {self.firm.log}")
            require(time.monotonic() < end, f"{otherwise}, within {within_s:g} s")
            time.sleep(0.05)

    def ready(self) -> None:
        """It takes connections, and does business: what it refuses from now on it has judged."""
        self.until(self._listens, f"nothing listens at {self.firm.url}")
        self.flows("before the trial")

    def _listens(self) -> bool:
        parts = urlsplit(self.firm.url)
        try:
            with socket.create_connection((parts.hostname, parts.port), timeout=1.0):
                return True
        except OSError:
            return False

    def send(self, headers: dict[str, str], body: bytes) -> int:
        """Status of one delivery; 0 where no answer came."""
        try:
            return deliver(self.firm.url, headers, body)
        except (OSError, http.client.HTTPException):
            return 0

    def give(self, kind: str) -> OrderDocument:
        """Decide and deliver an order, and wait for `received` and `effective`."""
        document = self.stand.document(kind)
        self.stand.decide(document)
        self.deliver(document)
        self.until(
            lambda: len(self.stand.said(document.id)) > 1,
            f"{kind} {document.id}: not `received` and `effective`, but"
            f" {[word.kind for word in self.stand.said(document.id)]}",
            EFFECTIVE_S,
        )
        kinds = [word.kind for word in self.stand.said(document.id)]
        require(kinds == ["received", "effective"], f"{document.id} was said in the order {kinds}")
        return document

    def deliver(self, document: OrderDocument) -> None:
        """Hand an order over, as often as it takes until it is answered 2xx."""

        def taken() -> bool:
            return 200 <= self.send(*self.stand.signed(document, self.firm.url)) < 300  # noqa: PLR2004

        self.until(taken, f"{document.id} was not answered 2xx", EFFECTIVE_S)

    def refuses(self, headers: dict[str, str], body: bytes, order_id: str, what: str) -> None:
        """A message that must not be believed: no 2xx, no word of it, and business goes on."""
        status = self.send(headers, body)
        require(not 200 <= status < 300, f"{what} was answered {status}")  # noqa: PLR2004
        heard = len(self.stand.complaints)
        self.flows(f"after {what}: it was obeyed")
        told = [one for one in self.stand.complaints[heard:] if order_id in one]
        require(not told, f"{what} was acknowledged")


def require(holds: bool, otherwise: str) -> None:
    """Raises BrokenError."""
    if not holds:
        raise BrokenError(otherwise)


def streams(bench: Bench) -> None:
    """Does new business under a permit, and tells of it in signed, gapless numbers."""
    bench.flows("while a permit allows it")
    _gapless(bench)


def reminded(bench: Bench) -> None:
    """Acknowledges a reminder, and goes on."""
    bench.give("remind")
    bench.flows("after a reminder")


def forged(bench: Bench) -> None:
    """Refuses an order that a stranger signed, even under the right key's name."""
    document = bench.stand.document("suspend")
    stranger = keys.generate()
    headers, body = bench.stand.signed(document, bench.firm.url, key=stranger)
    bench.refuses(headers, body, document.id, "an order of an unknown key")
    right = keys.key_id(bench.stand.order_key.public_key())
    named = headers["Signature-Input"].replace(keys.key_id(stranger.public_key()), right)
    headers["Signature-Input"] = named
    bench.refuses(headers, body, document.id, "an order with a forged signature")


def stale(bench: Bench) -> None:
    """Refuses an order that was signed two minutes ago, or in two minutes."""
    for age_s in (120, -120):
        document = bench.stand.document("suspend")
        headers, body = bench.stand.signed(document, bench.firm.url, age_s=age_s)
        bench.refuses(headers, body, document.id, f"an order signed {age_s} s ago")


def truncated(bench: Bench) -> None:
    """Refuses an order whose body was cut off."""
    document = bench.stand.document("suspend")
    headers, body = bench.stand.signed(document, bench.firm.url)
    bench.refuses(headers, body[: len(body) // 2], document.id, "a truncated order")


def swapped(bench: Bench) -> None:
    """Refuses an order under another one's headers, id or body."""
    document, other = bench.stand.document("suspend"), bench.stand.document("suspend")
    headers, _ = bench.stand.signed(document, bench.firm.url)
    _, body = bench.stand.signed(other, bench.firm.url)
    bench.refuses(headers, body, other.id, "an order under another one's signature")
    headers, body = bench.stand.signed(document, bench.firm.url)
    headers["webhook-id"] = other.id
    bench.refuses(headers, body, document.id, "an order under another one's id")


def foreign(bench: Bench) -> None:
    """Refuses an order that is another project's."""
    document = replace(bench.stand.document("suspend"), project=f"{PROJECT}9")
    headers, body = bench.stand.signed(document, bench.firm.url)
    bench.refuses(headers, body, document.id, "an order to another project")


def suspended(bench: Bench) -> None:
    """Stops new business when an order is in effect, and goes on when it is lifted."""
    order = bench.give("suspend")
    effective = bench.stand.said(order.id)[-1]
    require(abs(effective.heard_s - effective.at_s) < PATIENCE_S, "`effective` has a wrong time")
    time.sleep(QUIET_S)
    bench.silent_since(effective.at_s, "were opened after the suspension was said to be in effect")
    bench.give("resume")
    bench.flows("after a resumption")


def replayed(bench: Bench) -> None:
    """Takes an order once: neither a replay nor a repeated delivery has a second effect."""
    order = bench.stand.document("suspend")
    message = bench.stand.signed(order, bench.firm.url)
    bench.stand.decide(order)
    bench.until(lambda: 200 <= bench.send(*message) < 300, "an order was not answered 2xx")  # noqa: PLR2004
    bench.until(lambda: len(bench.stand.said(order.id)) > 1, f"{order.id} was not acknowledged")
    bench.give("resume")
    bench.flows("after a resumption")
    bench.send(*message)
    bench.flows("after a replay: a lifted suspension was obeyed again")
    bench.deliver(order)
    bench.flows("after a repeated delivery: a lifted suspension was obeyed again")


def cut_off(bench: Bench) -> None:
    """Opens nothing once its lease has ended, whatever keeps the gate from renewing it."""
    for weather in (Weather.ERROR, Weather.HANG, Weather.STRANGE, Weather.REPEATING):
        bench.flows("before an outage")
        cut_s = time.time()
        bench.stand.weather = weather
        lease_s = bench.stand.ttl_ms / 1e3
        time.sleep(lease_s + 1.0 + QUIET_S)
        back_s = time.time()
        bench.stand.weather = Weather.FAIR
        bench.flows("after an outage")
        late = [
            one
            for one in bench.opened()
            if cut_s + lease_s + 1.0 < one.time_us / 1e6 < back_s - SLACK_S
        ]
        told = f"{len(late)} pieces of new business were opened without a permit"
        require(not late, f"{told} (gate: {weather})")


def outage(bench: Bench) -> None:
    """Loses and doubles nothing where answers get lost or the gate fails."""
    for weather in (Weather.LOSSY, Weather.ERROR, Weather.LOSSY):
        bench.stand.weather = weather
        time.sleep(QUIET_S)
        bench.stand.weather = Weather.FAIR
        bench.flows("after an outage")
    _gapless(bench)


def killed(bench: Bench) -> None:
    """After kill -9 it goes on in the same numbers, and a suspension still holds."""
    epochs = bench.stand.epochs()
    bench.firm.kill()
    bench.firm.start()
    bench.flows("after a restart")
    require(bench.stand.epochs() == epochs, "the numbering began anew: the spool was lost")
    bench.give("suspend")
    bench.firm.kill()
    began_s = time.time()
    asked = bench.stand.permits
    bench.firm.start()
    bench.until(lambda: bench.stand.permits > asked, "no permit was asked for after a restart")
    time.sleep(QUIET_S)
    bench.silent_since(began_s, "were opened after a restart, though suspended")
    bench.give("resume")
    bench.flows("after a resumption")
    _gapless(bench)


def _gapless(bench: Bench) -> None:
    for epoch in bench.stand.epochs():

        def whole(epoch: int = epoch) -> bool:
            numbers = bench.stand.numbers(epoch)
            return numbers == list(range(1, len(numbers) + 1))

        bench.until(whole, f"numbers are missing in epoch {epoch}")


TRIALS: dict[str, Callable[[Bench], None]] = {
    trial.__name__.replace("_", "-"): trial
    for trial in (
        streams,
        reminded,
        forged,
        stale,
        truncated,
        swapped,
        foreign,
        suspended,
        replayed,
        cut_off,
        outage,
        killed,
    )
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a trial went; `why` is empty where it held."""

    trial: str
    promise: str
    why: str

    def __str__(self) -> str:
        line = f"{'BAD' if self.why else 'ok '}  {self.trial}: {self.promise}"
        return f"{line}\n     → {self.why}" if self.why else line


def judge(bench: Bench, wanted: tuple[str, ...] = ()) -> Iterator[Verdict]:
    """Each trial in turn, all or those `wanted`. After a broken one the system starts anew."""
    for name in wanted or tuple(TRIALS):
        trial = TRIALS[name]
        complained = len(bench.stand.complaints)
        why = ""
        try:
            bench.ready()
            trial(bench)
        except BrokenError as broken:
            why = str(broken)
        found = [one for one in bench.stand.complaints[complained:] if "never given" not in one]
        if not why and found:
            why = f"the gate would have refused: {found[0]}"
        yield Verdict(name, (trial.__doc__ or "").partition("\n")[0], why)
        if why:
            bench.stand.weather = Weather.FAIR
            bench.stand.decide(bench.stand.document("resume"))
            bench.firm.kill()
            bench.firm.start()
