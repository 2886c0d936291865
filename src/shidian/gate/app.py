"""The gate: telemetry and control records in, permits and "changed" out. Bare ASGI.

On core and wire alone.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
import time
from typing import TYPE_CHECKING, Annotated, TypeVar
from urllib.parse import parse_qs

import msgspec
import structlog

from shidian import keyring
from shidian.core.journal import (
    ControlError,
    DepartedProjectError,
    EntryKind,
    Journal,
    JournalClosedError,
    ProjectClosedError,
    UnknownProjectError,
)
from shidian.core.journal.controls import RETURNS_SOURCE, DepartedError
from shidian.core.journal.sealed import SegmentDamagedError
from shidian.core.monitor.line import Question
from shidian.gate import options, telemetry
from shidian.gate.auth import Authenticator
from shidian.gate.beside import Beside
from shidian.gate.http import (
    HttpProblemError,
    Receive,
    Request,
    Scope,
    Send,
    not_found,
    read_body,
    send_body,
    send_json,
    send_problem,
    with_header,
)
from shidian.gate.limits import Intake, Room
from shidian.gate.live import Hub
from shidian.gate.metrics import Metrics
from shidian.gate.moving import (
    BODY_MAX_BYTES,
    ArrivingCall,
    LeavingCall,
    Moving,
    WholeCall,
    elsewhere,
)
from shidian.gate.permits import AfterCall, FedCall, Permits
from shidian.health import Readiness, files_in, room_in
from shidian.logs import REQUEST_ID_HEADER, request_id
from shidian_kit.wire.token import TokenError, read_live_token

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from shidian.gate.options import GateOptions

_Call = TypeVar("_Call", bound=msgspec.Struct)
_EVENTS = re.compile(r"/v1/projects/([^/]+)/events")
_RETURNS = re.compile(r"/v1/projects/([^/]+)/returns")
_IDLE_S = 1.0
_log = structlog.get_logger("shidian.gate")


class ChangedCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `POST /v1/changed`."""

    topic: str
    entry: int


class ControlCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `POST /v1/control`: records `{outbox_id, kind, …}`, as they are to stand."""

    records: Annotated[
        list[dict[str, object]], msgspec.Meta(min_length=1, max_length=options.CONTROLS_MAX)
    ]


class Gate:
    """ASGI application over one journal. `hub.close` ends live streams before a shutdown."""

    def __init__(self, given: GateOptions) -> None:
        keyring.ensure_keys(given.keys)
        self.options = given
        self.journal = Journal(given.journal)
        self.metrics = Metrics()
        self.hub = Hub(given.heartbeat_s)
        self._live_secret = keyring.live_secret(given.keys)
        self._auth = Authenticator(
            given.authorities,
            keyring.worker_public_key(given.keys),
            lambda: self.journal.registry,
        )
        self._intake = Intake(given)
        self._room = Room(given.journal.parent)
        self._beside = Beside(given.monitor_store)
        self._permits = Permits(self.journal, given.journal, keyring.gate_key(given.keys))
        self._moving = Moving(self.journal, given.journal)
        self._readiness = Readiness(
            {
                "journal": self.journal.answers,
                "disk": lambda: room_in(given.journal.parent),
                "keys": lambda: files_in(given.keys),
            }
        )
        self._calls: dict[str, Callable[[Request, Receive], Awaitable[object]]] = {
            "/v1/control": self._control,
            "/v1/changed": self._changed,
            "/v1/fed": self._fed,
            "/v1/permits": self._permit,
            "/v1/acknowledgements": self._acknowledgement,
            "/v1/acknowledgements/after": self._acknowledged,
            "/v1/leaving": self._leaving,
            "/v1/leaving/whole": self._leaving_whole,
            "/v1/arriving": self._arriving,
            "/v1/monitor": self._asked,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            request = Request.of(scope)
            name = request_id(request.headers.get(REQUEST_ID_HEADER.lower()))
            with structlog.contextvars.bound_contextvars(request=name):
                await self._http(request, receive, with_header(send, REQUEST_ID_HEADER, name))

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        upkeep = (self._tick(), self._seal(), self._retain())
        loops = [asyncio.create_task(loop) for loop in upkeep]
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
        await asyncio.to_thread(self._beside.close)
        await asyncio.to_thread(self.journal.close)
        await send({"type": "lifespan.shutdown.complete"})

    async def _tick(self) -> None:
        """Log the passing of time while any project is open, so that silence can be seen."""
        while True:
            tick_us = self.journal.registry.tick_us()
            await asyncio.sleep(_IDLE_S if tick_us is None else tick_us / 1e6)
            if tick_us is not None:
                try:
                    await asyncio.to_thread(self.journal.append_tick)
                except sqlite3.Error as error:
                    _log.error("tick not written", error=str(error))

    async def _seal(self) -> None:
        """Move older entries into Parquet once there are many; a failure is tried again later."""
        keep_rows = min(options.SEAL_KEEP_ROWS, self.options.seal_rows // 4)
        while True:
            await asyncio.sleep(self.options.seal_every_s)
            try:
                rows = await asyncio.to_thread(
                    self.journal.seal, keep_rows=keep_rows, rows_min=self.options.seal_rows
                )
                if rows:
                    self.metrics.sealed_rows.inc(rows)
                    await asyncio.to_thread(self.journal.compact, files_min=options.COMPACT_FILES)
            except (sqlite3.Error, OSError, SegmentDamagedError, JournalClosedError) as error:
                _log.error("not sealed", error=str(error))

    async def _retain(self) -> None:
        """Once a day, remove the events of closed projects whose time is over; say which."""
        await asyncio.sleep(self.options.retain_first_s)
        while True:
            try:
                for project in await asyncio.to_thread(self.journal.retain):
                    _log.warning("events removed: their time is over", project=project)
            except (sqlite3.Error, OSError, JournalClosedError) as error:
                _log.error("events not removed", error=str(error))
            await asyncio.sleep(options.RETAIN_EVERY_S)

    async def _http(self, request: Request, receive: Receive, send: Send) -> None:
        status = 200
        try:
            await self._route(request, receive, send)
        except HttpProblemError as problem:
            status = problem.status
            await send_problem(send, problem)
        except (sqlite3.Error, SegmentDamagedError) as error:
            status = 503
            _log.error("journal failed", error=str(error))
            detail = "The journal cannot be written now: nothing of this was stored."
            headers = {"retry-after": "5"}
            await send_problem(send, HttpProblemError(503, "storage", detail, headers))
        self.metrics.requests.labels(str(status)).inc()

    async def _route(self, request: Request, receive: Receive, send: Send) -> None:
        match request.method, request.path:
            case "GET", "/healthz":
                await send_json(send, 200, {"status": "ok"})
            case "GET", "/livez":
                await send_json(send, 200, {"status": "alive"})
            case "GET", "/readyz":
                failing = await asyncio.to_thread(self._readiness.failing)
                said = (
                    {"status": "not ready", "failing": failing} if failing else {"status": "ready"}
                )
                await send_json(send, 503 if failing else 200, said)
            case "GET", "/metrics":
                self.metrics.listeners.set(len(self.hub))
                self.metrics.waiting_events.set(self._intake.waiting)
                await send_body(send, 200, "text/plain; version=0.0.4", self.metrics.text())
            case "GET", "/v1/live":
                await self._live(request, receive, send)
            case "POST", path if call := self._calls.get(path):
                await send_json(send, 200, await call(request, receive))
            case "POST", path if match := _EVENTS.fullmatch(path):
                await self._events(match[1], request, receive, send)
            case "POST", path if match := _RETURNS.fullmatch(path):
                await send_json(send, 200, await self._returns(match[1], request, receive))
            case _:
                raise not_found()

    async def _events(self, project: str, request: Request, receive: Receive, send: Send) -> None:
        self._auth.admit(request, worker=False)
        self._room.require(time.monotonic())
        body = await read_body(request, receive)
        began = time.perf_counter()
        key = self._auth.verify_source(request, body, project)
        source = (project, key.source)
        self._intake.admit(source, time.monotonic())
        content = await self._take(source, request, body)
        self.metrics.ingest_seconds.observe(time.perf_counter() - began)
        await send_json(send, 200, content)

    async def _returns(self, project: str, request: Request, receive: Receive) -> object:
        """Events that persons attested in the app, under the source that no key may write."""
        body = await self._from_worker(request, receive)
        return await self._take((project, RETURNS_SOURCE), request, body)

    async def _take(self, source: tuple[str, str], request: Request, body: bytes) -> object:
        """Have the journal take a body of events; what became of each."""
        project, name = source
        arrivals = await asyncio.to_thread(
            telemetry.read_arrivals,
            body,
            request.headers["content-type"],
            request.headers.get("content-encoding"),
            project=project,
            source=name,
        )
        try:
            with self._intake.taking(source, arrivals.size, time.monotonic()):
                submitted = await asyncio.to_thread(self.journal.submit_arrivals, *source, arrivals)
                result = await asyncio.wrap_future(submitted)
        except UnknownProjectError:
            raise HttpProblemError(
                409, "not-active", "No rulebook is in force for this project yet."
            ) from None
        except DepartedProjectError:
            raise elsewhere(self.journal.registry, project) from None
        except ProjectClosedError as error:
            raise HttpProblemError(410, "closed", f"{error}. Nothing was stored.") from None
        for status, count in telemetry.count(result).items():
            self.metrics.items.labels(status).inc(count)
        return telemetry.answer(result)

    async def _permit(self, request: Request, receive: Receive) -> object:
        self._auth.admit(request, worker=False)
        body = await read_body(request, receive)
        began = time.perf_counter()
        _, verified = self._auth.verify_pilot(request, body)
        if body != b"{}":
            raise HttpProblemError(422, "permit", "The body of a permit request is {}.")
        answer = await self._permits.issue(verified)
        self.metrics.permit_seconds.observe(time.perf_counter() - began)
        return answer

    async def _acknowledgement(self, request: Request, receive: Receive) -> object:
        self._auth.admit(request, worker=False)
        body = await read_body(request, receive)
        key, verified = self._auth.verify_pilot(request, body)
        return await self._permits.acknowledge(request, body, verified, key)

    async def _acknowledged(self, request: Request, receive: Receive) -> object:
        """`{acknowledgements: [{entry, …record}]}` that follow an entry."""
        after = _decode(await self._from_worker(request, receive), AfterCall, "after")
        return {"acknowledgements": await asyncio.to_thread(self._permits.acknowledged, after)}

    async def _changed(self, request: Request, receive: Receive) -> object:
        call = _decode(await self._from_worker(request, receive), ChangedCall, "changed")
        return {"told": self.hub.changed(call.topic, call.entry)}

    async def _fed(self, request: Request, receive: Receive) -> object:
        call = _decode(await self._from_worker(request, receive), FedCall, "fed")
        self._permits.feed.fed(call.as_of_us)
        return {}

    async def _asked(self, request: Request, receive: Receive) -> object:
        """`{ask, …}` → `{answer}` of the monitor's store."""
        question = _decode(await self._from_worker(request, receive), Question, "monitor")
        return {"answer": await asyncio.to_thread(self._beside.answer, question)}

    async def _leaving(self, request: Request, receive: Receive) -> object:
        call = _decode(await self._from_worker(request, receive), LeavingCall, "leaving")
        return await self._moving.leaving(call)

    async def _leaving_whole(self, request: Request, receive: Receive) -> object:
        call = _decode(await self._from_worker(request, receive), WholeCall, "leaving")
        return await self._moving.whole(call)

    async def _arriving(self, request: Request, receive: Receive) -> object:
        body = await self._from_worker(request, receive, BODY_MAX_BYTES)
        return await self._moving.arriving(_decode(body, ArrivingCall, "arriving"))

    async def _from_worker(
        self, request: Request, receive: Receive, bytes_max: int = options.BODY_MAX_BYTES
    ) -> bytes:
        self._auth.admit(request, worker=True)
        body = await read_body(request, receive, bytes_max)
        self._auth.verify_worker(request, body)
        return body

    async def _control(self, request: Request, receive: Receive) -> object:
        """`{records: [{outbox_id, kind, …record}]}` → `{answers: [{entry} or {refused}]}`."""
        call = _decode(await self._from_worker(request, receive), ControlCall, "control")
        try:
            records = [_control_record(record) for record in call.records]
        except ValueError as error:
            raise HttpProblemError(422, "control", f"{error}.") from error
        taken = await asyncio.wrap_future(self.journal.submit_controls(records))
        return {"answers": [_told(one) for one in taken]}

    async def _live(self, request: Request, receive: Receive, send: Send) -> None:
        given = parse_qs(request.query).get("token", [""])[0]
        try:
            token = read_live_token(self._live_secret, given, now=int(time.time()))
        except TokenError as error:
            raise HttpProblemError(401, "token", f"{error}; reload the page.") from error
        headers = {
            "content-type": "text/event-stream",
            "cache-control": "no-store",
            "x-accel-buffering": "no",
            "vary": "origin",
        }
        origin = request.headers.get("origin")
        if origin in self.options.origins:
            headers["access-control-allow-origin"] = origin
        await self.hub.stream(token, headers, receive, send)


def _told(taken: int | ControlError) -> dict[str, object]:
    """What became of a control record; `departed`: its project is to be found elsewhere."""
    if isinstance(taken, DepartedError):
        return {"refused": str(taken), "departed": True}
    return {"refused": str(taken)} if isinstance(taken, ControlError) else {"entry": taken}


def _control_record(record: dict[str, object]) -> tuple[EntryKind, int, dict[str, object]]:
    """Kind, outbox id and what else a record has. Raises ValueError."""
    rest = dict(record)
    outbox_id = rest.pop("outbox_id", None)
    kind = EntryKind(str(rest.pop("kind", None)))
    if type(outbox_id) is not int:
        raise ValueError("outbox_id must be an integer")
    return kind, outbox_id, rest


def _decode(body: bytes, kind: type[_Call], code: str) -> _Call:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise HttpProblemError(422, code, f"{error}.") from error
