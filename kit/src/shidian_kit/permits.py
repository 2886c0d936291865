"""Holds the permit: renews it in the background, and answers what may be done now without waiting.

    holder = PermitHolder("https://gate.example", "P-2026-0001", "engine", key, gate_keys)
    with holder:                              # renews until the end of the block
        with holder.new_business():           # raises NotPermittedError
            open_position()
        with holder.closing_out():            # always passes
            close_position()

The lease runs on the boot clock from the moment its request was sent: that clock goes on in sleep,
and setting the time of day does not move it. With a file for its `state`, a process that is started
again goes on with the lease that it had, and no longer than that.
"""

from __future__ import annotations

import functools
import http.client
import logging
import threading
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ParamSpec, Self, TypeVar

from shidian_kit.lease_file import Answer, Kept, LeaseFile, Stop, boot_id
from shidian_kit.transport import OK, TEMPORARY, GateConnection
from shidian_kit.wire.order import OrderKind
from shidian_kit.wire.permit import OnOutage, OrderState, Permit, PermitError, PermitMode, verify

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

    from shidian_kit.wire.gate_key import CertifiedKey
    from shidian_kit.wire.order import OrderDocument

RENEW_AT = 1 / 3
"""Share of a lease after which it is renewed: two renewals may fail before it ends."""
RETRY_S = 1.0
TIMEOUT_S = 5.0
GATE_KNOWS_AFTER_S = 40.0
"""A gate that still issues permits so long after an order knows it: it may be 30 s behind."""

_CLOCK = getattr(time, "CLOCK_BOOTTIME", None)
_log = logging.getLogger(__name__)
_P = ParamSpec("_P")
_R = TypeVar("_R")


class Business(StrEnum):
    """What somebody is about to do. Closing out, redemption, refund and settlement always pass."""

    NEW = "new"
    EXISTING = "existing"
    CLOSING_OUT = "closing-out"


class NotPermittedError(RuntimeError):
    """What was asked for must not be done now; `status` says why."""

    def __init__(self, business: Business, status: Status) -> None:
        super().__init__(f"{business} business is not permitted now: {status.reason}")
        self.business = business
        self.status = status


@dataclass(frozen=True, slots=True)
class Status:
    """How things stand. `left_s`: how long the lease, with its grace, still holds; 0 without one.

    `open`: whether new business may be done by the permit; `mode`: None before the first permit.
    """

    open: bool
    mode: PermitMode | None
    state: OrderState | None
    order: str | None
    left_s: float
    reason: str


@dataclass(frozen=True, slots=True)
class _Lease:
    permit: Permit
    sent_s: float
    content: bytes
    """The gate's answer as it came."""


def boot_clock() -> float:
    """Seconds since the machine started, sleep included where the system can say so."""
    return time.monotonic() if _CLOCK is None else time.clock_gettime(_CLOCK)


class PermitHolder:
    """Permits of one source of one project. Usable from several threads.

    `gate_keys`: key id → public key of the gates to be believed (`wire.permit.trusted`, or
    `wire.gate_key.certified` of what the public record says of them).
    `on_change`: called with the status, from the renewing thread, when `open` or the state changed.
    Without `mode` learnt from a permit, nothing but closing out passes. `state`: a file of this
    source alone, from which it goes on after a restart; without one it begins with nothing.
    """

    def __init__(
        self,
        gate_url: str,
        project: str,
        source: str,
        key: Ed25519PrivateKey,
        gate_keys: Mapping[str, Ed25519PublicKey | CertifiedKey],
        *,
        on_change: Callable[[Status], None] | None = None,
        state: Path | None = None,
        clock: Callable[[], float] = boot_clock,
        boot: Callable[[], str] = boot_id,
        verify_tls: ssl.SSLContext | None = None,
    ) -> None:
        self.project = project
        self.source = source
        self._gate = GateConnection(gate_url, key, verify=verify_tls, timeout_s=TIMEOUT_S)
        self._gate_keys = dict(gate_keys)
        self._on_change = on_change
        self._clock = clock
        self._lock = threading.Lock()
        self._renewing = threading.Lock()
        self._keeping = threading.Lock()
        self._lease: _Lease | None = None
        self._mode: PermitMode | None = None
        self._outage = False
        self._problem = "no permit yet"
        self._stopped: tuple[str, OrderState, float] | None = None
        self._told: tuple[bool, OrderState | None] | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._file = None if state is None else LeaseFile(state, project, source, key, boot=boot)
        self._restore()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Ask for a permit now, and go on renewing it in a thread of its own."""
        self.renew()
        self.start_renewing()

    def start_renewing(self) -> None:
        """Go on renewing in a thread of its own what was asked for before."""
        self._thread = threading.Thread(target=self._run, name="permit-holder", daemon=True)
        self._thread.start()

    def believe(self, gate_keys: Mapping[str, Ed25519PublicKey | CertifiedKey]) -> None:
        """Believe these gates from now on, such as when one has changed its key."""
        self._gate_keys = dict(gate_keys)

    def close(self) -> None:
        """Renew no more. What was leased ends by itself."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self._gate.close()

    @property
    def status(self) -> Status:
        """How things stand at this moment."""
        with self._lock:
            return self._status(self._clock())

    def may(self, business: Business) -> bool:
        """Whether it may be done now. Never waits for the network."""
        if business is Business.CLOSING_OUT:
            return True
        status = self.status
        if status.open or status.mode is PermitMode.ADVISORY:
            return True
        return business is Business.EXISTING and status.mode is PermitMode.NO_NEW_BUSINESS

    def require(self, business: Business) -> None:
        """Raises NotPermittedError where it may not be done now."""
        if not self.may(business):
            raise NotPermittedError(business, self.status)

    def new_business(self) -> _Guard:
        """A block, or by decoration a function, that raises NotPermittedError unless permitted."""
        return _Guard(self, Business.NEW)

    def existing_business(self) -> _Guard:
        """The same of business that goes on: stopped in the mode `full-stop` alone."""
        return _Guard(self, Business.EXISTING)

    def closing_out(self) -> _Guard:
        """The same of closing out, redemption, refund and settlement: always passes."""
        return _Guard(self, Business.CLOSING_OUT)

    def obey(self, order: OrderDocument) -> None:
        """Heed an order at once, without waiting for the next permit to say it.

        A stop holds until a permit shows that the gate knows of it; from then on permits decide.
        """
        with self._lock:
            if order.kind is OrderKind.SUSPEND:
                self._stopped = (order.id, OrderState.SUSPENDED, self._clock())
            elif order.kind is OrderKind.TERMINATE:
                self._stopped = (order.id, OrderState.TERMINATED, self._clock())
            elif order.kind is OrderKind.RESUME:
                self._stopped = None
        self._tell()
        self._keep()

    def recall(self, orders: Iterable[OrderDocument]) -> None:
        """After a restart, heed the orders that were received, in the order of their arrival.

        The last of those that stop or resume counts: a stop holds unless the permit at hand was
        issued so long after it that the gate knew of it. To be called before `start`.
        """
        kinds = (OrderKind.SUSPEND, OrderKind.TERMINATE, OrderKind.RESUME)
        last = None
        for order in orders:
            last = order if order.kind in kinds else last
        if last is None or last.kind is OrderKind.RESUME:
            return
        known_us = int((last.issued_at.timestamp() + GATE_KNOWS_AFTER_S) * 1e6)
        if self._lease is None or self._lease.permit.issued_us <= known_us:
            self.obey(last)

    def renew(self) -> bool:
        """Ask for a permit once; whether one came. What was leased before stands meanwhile."""
        with self._renewing:
            sent_s = self._clock()
            try:
                answer = self._gate.post("/v1/permits", "application/json", b"{}")
            except (OSError, http.client.HTTPException) as error:
                self._failed(f"the gate does not answer: {type(error).__name__}", outage=True)
                return False
            if answer.status != OK:
                code, detail = answer.problem()
                outage = answer.status in TEMPORARY and answer.status != 409  # noqa: PLR2004
                self._failed(f"{answer.status} {code}: {detail}", outage=outage)
                return False
            try:
                permit = verify(
                    answer.content,
                    self._gate_keys,
                    project=self.project,
                    source=self.source,
                    nonce=answer.nonce,
                )
            except PermitError as error:
                self._failed(f"the gate's answer is not believed: {error}", outage=True)
                return False
            self._take(_Lease(permit, sent_s, answer.content))
            return True

    def _take(self, lease: _Lease) -> None:
        permit, sent_s = lease.permit, lease.sent_s
        with self._lock:
            if self._lease is None or permit.entry > self._lease.permit.entry:
                self._lease = lease
                self._mode = permit.mode
            if self._stopped is not None:
                _, _, stopped_s = self._stopped
                if not permit.new_business or sent_s - stopped_s > GATE_KNOWS_AFTER_S:
                    self._stopped = None
            self._outage, self._problem = False, ""
        self._tell()
        self._keep()

    def _failed(self, problem: str, *, outage: bool) -> None:
        with self._lock:
            is_news = problem != self._problem
            self._outage, self._problem = outage, problem
            if not outage:
                # The gate answers, and refuses: what it leased before is withdrawn.
                self._lease = None
        if is_news:
            _log.warning("no permit: %s", problem)
        self._tell()
        if is_news and not outage:
            self._keep()

    def _restore(self) -> None:
        """Go on with what the file has. Whatever in it does not hold is left out."""
        kept = Kept() if self._file is None else self._file.read()
        now_s = self._clock()
        if kept.stop is not None:
            obeyed_ms = kept.stop.obeyed_ms
            obeyed_s = now_s if obeyed_ms is None else min(now_s, obeyed_ms / 1e3)
            self._stopped = (kept.stop.order, kept.stop.state, obeyed_s)
        answer = kept.answer
        if answer is None:
            return
        try:
            permit = verify(
                answer.content,
                self._gate_keys,
                project=self.project,
                source=self.source,
                nonce=answer.nonce,
            )
        except PermitError as error:
            _log.warning("the permit that was kept is not believed: %s", error)
            return
        if answer.sent_ms / 1e3 > now_s:
            _log.warning("the permit that was kept was asked for later than now")
            return
        self._lease = _Lease(permit, answer.sent_ms / 1e3, answer.content)
        self._mode = permit.mode
        self._problem = "it was not renewed since the restart"

    def _keep(self) -> None:
        """Write down what a restart goes on with; a disk that does not take it halts nothing."""
        if self._file is None:
            return
        with self._keeping:
            with self._lock:
                lease, stopped = self._lease, self._stopped
            answer = stop = None
            if lease is not None:
                answer = Answer(lease.content, lease.permit.nonce, int(lease.sent_s * 1e3))
            if stopped is not None:
                stop = Stop(stopped[0], stopped[1], int(stopped[2] * 1e3))
            try:
                self._file.write(Kept(answer, stop))
            except (OSError, ValueError) as error:
                _log.warning("the permit is not kept for a restart: %s", error)

    def _status(self, now_s: float) -> Status:
        lease = self._lease
        if lease is None:
            return Status(False, self._mode, None, None, 0.0, self._problem)
        permit = lease.permit
        ends_s = lease.sent_s + permit.ttl_ms / 1e3
        if self._outage and permit.on_outage is OnOutage.KEEP_LAST:
            ends_s += permit.grace_ms / 1e3
        left_s = max(0.0, ends_s - now_s)
        state, order = permit.state, permit.order
        if self._stopped is not None and state is not OrderState.TERMINATED:
            order, state, _ = self._stopped
        if state is not OrderState.RUNNING:
            return Status(False, permit.mode, state, order, left_s, f"{state} by {order}")
        if left_s <= 0:
            reason = f"the lease has ended; {self._problem or 'it was not renewed'}"
            return Status(False, permit.mode, state, order, 0.0, reason)
        return Status(True, permit.mode, state, order, left_s, "")

    def _run(self) -> None:
        while not self._stop.wait(self._pause_s()):
            self.renew()

    def _pause_s(self) -> float:
        with self._lock:
            if self._lease is None or self._problem:
                return RETRY_S
            return max(0.05, self._lease.permit.ttl_ms / 1e3 * RENEW_AT)

    def _tell(self) -> None:
        if self._on_change is None:
            return
        status = self.status
        now = (status.open, status.state)
        if now != self._told:
            self._told = now
            self._on_change(status)


class _Guard:
    """A context manager that is a decorator too; each entry asks anew."""

    def __init__(self, holder: PermitHolder, business: Business) -> None:
        self._holder = holder
        self._business = business

    def __enter__(self) -> None:
        self._holder.require(self._business)

    def __exit__(self, *_: object) -> None:
        return None

    def __call__(self, function: Callable[_P, _R]) -> Callable[_P, _R]:
        @functools.wraps(function)
        def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _R:
            with self:
                return function(*args, **kwargs)

        return guarded
