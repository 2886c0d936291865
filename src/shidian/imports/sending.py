"""Where imported batches go: into this machine's journal while no gate runs, or to a gate."""

from __future__ import annotations

import http.client
import ssl
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self
from urllib.parse import quote, urlsplit

import msgspec
import pyarrow as pa
import pyarrow.ipc

from shidian.core.journal import EntryKind, Journal, JournalReader
from shidian.core.journal.arrivals_arrow import ArrowArrivals
from shidian_kit.wire import signatures

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ARROW = "application/vnd.apache.arrow.stream"
_TRIES = 8
_TIMEOUT_S = 60


class RefusedError(RuntimeError):
    """Nothing more can be sent; the message says why. What was answered stays stored."""


class Status(msgspec.Struct, frozen=True):
    """What became of one row; `field` and `reason` are empty where it is stored."""

    status: str
    field: str = ""
    reason: str = ""


class Destination(Protocol):
    """Takes one batch and says what became of each row."""

    def send(self, table: pa.Table) -> list[Status]:
        """One status per row. Raises RefusedError."""


class IntoJournal:
    """The journal of this machine, as its gate would write it. Raises RuntimeError if one does."""

    def __init__(self, journal: Path, project: str, source: str, epoch: int) -> None:
        self._journal = Journal(journal)
        self._to = (project, source)
        self._epoch = epoch

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._journal.close()

    def send(self, table: pa.Table) -> list[Status]:
        """One status per row. Raises ProjectClosedError, UnknownProjectError, sqlite3.Error."""
        arrivals = ArrowArrivals(*self._to, self._epoch, table)
        result = self._journal.submit_arrivals(*self._to, arrivals).result()
        return [Status(item.status.value, item.field, item.reason) for item in result.items]


class Rehearsal(IntoJournal):
    """A journal that is thrown away, under the project's rules in force: the same judgement.

    It starts empty, so what is stored already is accepted here. Raises RefusedError where the
    project has no rules yet, or is closed.
    """

    def __init__(self, journal: Path, project: str, source: str, epoch: int) -> None:
        with JournalReader(journal) as reader:
            controls = [entry for entry in reader.controls() if entry.project == project]
        if any(entry.kind is EntryKind.CLOSING for entry in controls):
            raise RefusedError(f"{project} is closed and takes no more events")
        records = [entry.control() for entry in controls if entry.kind is EntryKind.ACTIVATION]
        if not records:
            raise RefusedError(f"{project} has no rulebook in force in {journal}")
        self._folder = tempfile.TemporaryDirectory(prefix="shidian-import-")
        super().__init__(Path(self._folder.name) / "journal.sqlite3", project, source, epoch)
        self._journal.append_control(EntryKind.ACTIVATION, 1, records[-1])

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        self._folder.cleanup()


class ToGate:
    """A gate, by requests signed with the source's key."""

    def __init__(self, url: str, project: str, key: Ed25519PrivateKey) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise RefusedError(f"{url!r} is no address of a gate: https://gate.example")
        self._url = f"{url.rstrip('/')}/v1/projects/{quote(project, safe='')}/events"
        self._key = key

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def send(self, table: pa.Table) -> list[Status]:
        """One status per row; a request that fails is repeated with the same numbers."""
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        body = bytes(sink.getvalue())
        why = ""
        for attempt in range(_TRIES):
            try:
                status, headers, content = self._post(body)
            except (OSError, http.client.HTTPException) as error:
                why, wait_s = f"{type(error).__name__}: {error}", 0.0
            else:
                if status == 200:  # noqa: PLR2004 - OK
                    return _statuses(content)
                why, wait_s = _problem(status, content), float(headers.get("retry-after", 0))
                if status not in (408, 429, 500, 502, 503, 504):
                    raise RefusedError(why)
            time.sleep(max(wait_s, 0.2 * 2**attempt))
        raise RefusedError(f"the gate took nothing: {why}")

    def _post(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        parts = urlsplit(self._url)
        headers = {"Content-Type": ARROW}
        headers |= signatures.sign_request(
            self._key,
            method="POST",
            url=self._url,
            headers=headers,
            body=body,
            created=int(time.time()),
        )
        host, port = parts.hostname or "", parts.port
        connection: http.client.HTTPConnection
        if parts.scheme == "https":
            context = ssl.create_default_context()
            connection = http.client.HTTPSConnection(
                host, port, timeout=_TIMEOUT_S, context=context
            )
        else:
            connection = http.client.HTTPConnection(host, port, timeout=_TIMEOUT_S)
        try:
            connection.request("POST", parts.path, body=body, headers=headers)
            response = connection.getresponse()
            named = {name.lower(): value for name, value in response.headers.items()}
            return response.status, named, response.read()
        finally:
            connection.close()


def _statuses(content: bytes) -> list[Status]:
    answer: dict[str, Any] = msgspec.json.decode(content)
    found = [Status(status) for status in answer["statuses"]]
    for problem in answer["problems"]:
        found[problem["index"]] = Status(problem["status"], problem["field"], problem["reason"])
    return found


def _problem(status: int, content: bytes) -> str:
    try:
        return f"{status}: {msgspec.json.decode(content)['detail']}"
    except (msgspec.DecodeError, KeyError, TypeError):
        return f"{status}: {content[:200]!r}"
