"""The one writer of a journal: whatever waits goes into one transaction, then all are told.

A caller is answered only after COMMIT with synchronous=FULL, so what is acknowledged is on disk.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Self, TypeVar

import msgspec

from shidian.core.journal import arriving, errors, moving
from shidian.core.journal.codes import Codes, check_erasure
from shidian.core.journal.columns import Listed
from shidian.core.journal.controls import (
    OUTBOX_ID_MAX,
    ArrivalRecord,
    ControlError,
    Registry,
    in_force,
    parse,
    same_record,
)
from shidian.core.journal.entry import EntryKind, encode_control
from shidian.core.journal.errors import REFUSALS
from shidian.core.journal.feeds import Feeds
from shidian.core.journal.intake import Intake
from shidian.core.journal.log import Log
from shidian.core.journal.permits import lease
from shidian.core.journal.reader import acknowledged, control_entries, control_of
from shidian.core.journal.schema import lock_writer, open_writer
from shidian.core.journal.sealed import segments_folder
from shidian.core.journal.sealed.sealer import Sealer
from shidian.core.journal.sealed.tables import SealedTables
from shidian_kit.wire.permit import encode as encode_permit

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from pathlib import Path

    from shidian.core.journal.batch import BatchResult, Incoming
    from shidian.core.journal.columns import Arrivals
    from shidian.core.journal.orders import AcknowledgementRecord

GROUP_MAX = 256
"""Jobs in one transaction at most."""

_Result = TypeVar("_Result")
_Job = tuple[Callable[[], Any], "Future[Any]"]


def clock_us() -> int:
    """This machine's clock, µs UTC."""
    return time.time_ns() // 1000


class Journal:
    """Writes one journal file, and locks it: two writers would not see each other's caches.

    `submit_*` return futures that hold after the commit; the others wait for it. `registry` is
    replaced as a whole after each commit that changes it, so it may be read from any thread.
    Raises RuntimeError on a file of a newer format, or one that is locked.
    """

    def __init__(self, path: Path, *, clock: Callable[[], int] = clock_us) -> None:
        self._lock = lock_writer(path)
        self._db = open_writer(path)
        self._clock = clock
        self._log = Log(self._db, SealedTables(self._db, segments_folder(path)))
        self._feeds = Feeds(self._db)
        self._codes = Codes(self._db)
        self._acknowledged: dict[tuple[str, str, str], int] = {}
        self._intake = Intake(self._log, self._feeds, self._codes)
        self._sealer = Sealer(path, self._in_transaction)
        self.registry = Registry.of(control_entries(self._db))
        self._next = self.registry
        self._forget_acknowledged()
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._closing = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="journal-writer", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Finish what was submitted, then let go of the file."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
            self._jobs.put(None)
        self._thread.join()
        self._db.close()
        self._lock.close()

    def submit_batch(
        self, project: str, source: str, items: Sequence[Incoming]
    ) -> Future[BatchResult]:
        """One batch of one source.

        The future raises UnknownProjectError, ProjectClosedError, DepartedProjectError,
        sqlite3.Error.
        """
        return self.submit_arrivals(project, source, Listed(list(items)))

    def submit_arrivals(self, project: str, source: str, arrivals: Arrivals) -> Future[BatchResult]:
        """`submit_batch` of what came in a form of its own. Converts it in the caller's thread."""
        known = self.registry.projects.get(project)
        ready = None if known is None else arrivals.columns(project, source, known.streams)

        def job() -> BatchResult:
            if project in self._next.departed:
                raise errors.DepartedProjectError(f"{project} has left this journal")
            if project in self._next.closed:
                raise errors.ProjectClosedError(f"{project} is closed and takes no more events")
            state = self._next.projects.get(project)
            if state is None:
                raise errors.UnknownProjectError(f"{project} has no rulebook activation")
            # A rulebook came into force in between: its streams are those that count.
            columns = ready if state is known else arrivals.columns(project, source, state.streams)
            now_us = self._log.stamp(self._clock())
            return self._intake.take(
                project, source, state, arrivals, columns=columns, now_us=now_us
            )

        return self._submit(job)

    def append_batch(self, project: str, source: str, items: Sequence[Incoming]) -> BatchResult:
        """`submit_batch`, waited for."""
        return self.submit_batch(project, source, items).result()

    def submit_control(
        self, kind: EntryKind, outbox_id: int, record: Mapping[str, Any]
    ) -> Future[int]:
        """A control record; its entry number. The same outbox id again gives the same entry.

        The future raises ControlError if the record is unfit or the id was used for another one.
        """
        return self._submit(lambda: self._control(kind, outbox_id, record))

    def submit_controls(
        self, records: Sequence[tuple[EntryKind, int, Mapping[str, Any]]]
    ) -> Future[list[int | ControlError]]:
        """Control records in this order: for each its entry, or why it is unfit.

        All that are fit are kept together or, where the disk fails, none of them: a later one never
        stands without an earlier one.
        """

        def job() -> list[int | ControlError]:
            before, self._next = self._next, self._next.copy()
            taken: list[int | ControlError] = []
            try:
                for record in records:
                    try:
                        taken.append(self._control(*record))
                    except ControlError as error:
                        taken.append(error)
            except BaseException:
                self._next = before
                raise
            return taken

        return self._submit(job)

    def append_control(self, kind: EntryKind, outbox_id: int, record: Mapping[str, Any]) -> int:
        """`submit_control`, waited for."""
        return self.submit_control(kind, outbox_id, record).result()

    def submit_lease(self, key_id: str, nonce: str) -> Future[bytes]:
        """Issue a permit to the holder of a registered key: its encoded form, once it is kept.

        It knows every order that stands before its own entry. The future raises PermitRefusedError.
        """

        def job() -> bytes:
            now_us = self._log.stamp(self._clock())
            key, permit = lease(
                self._next, key_id, nonce, entry=self._log.last_entry + 1, issued_us=now_us
            )
            encoded = encode_permit(permit)
            self._log.append(
                EntryKind.LEASE, encoded, now_us, project=key.project, source=key.source, n=1
            )
            return encoded

        return self._submit(job)

    def submit_acknowledgement(self, record: AcknowledgementRecord, digest: str) -> Future[int]:
        """Keep a firm's word on an order; its entry. The same said again gives the same entry.

        `digest`: the order as the firm read it. The future raises ControlError where no such order
        is known here, or another one under that id.
        """

        def job() -> int:
            said = (record.project, record.order_id, record.kind.value)
            held = self._acknowledged.get(said)
            if held is not None:
                return held
            if record.project in self._next.departed:
                raise errors.DepartedProjectError(f"{record.project} has left this journal")
            self._next.require_order(record.project, record.order_id, digest)
            now_us = self._log.stamp(self._clock())
            number = self._log.append(
                EntryKind.ACKNOWLEDGEMENT,
                encode_control(msgspec.to_builtins(record)),
                now_us,
                project=record.project,
                source=record.source,
                n=1,
            )
            self._acknowledged[said] = number
            return number

        return self._submit(job)

    def stage(self, project: str, page: moving.Page) -> int:
        """Keep what comes of a project from elsewhere; the last entry that is there.

        Nothing of it counts before its `arrival`. Raises sqlite3.IntegrityError where it is here.
        """
        return int(self._in_transaction(lambda db: moving.stage(db, project, page)))

    def answers(self) -> None:
        """Returns once the writer has read the log: whether it is alive, and the file there."""
        self._submit(lambda: self._db.execute("SELECT max(entry) FROM entry").fetchone()).result()

    def append_tick(self) -> int:
        """Log the passing of time; the tick's entry number."""
        return self._submit(
            lambda: self._log.append(
                EntryKind.TICK, encode_control({}), self._log.stamp(self._clock())
            )
        ).result()

    def erase_pseudonym(self, project: str, pseudonym: str, *, by: str, reason: str) -> bool:
        """Forget which investor a code stands for; whether the pseudonym was known.

        That it was done, by whom and why, is kept with the code, never the pseudonym. Raises
        ValueError where `by` or `reason` is empty, too long, or names the pseudonym.
        """
        check_erasure(pseudonym, by=by, reason=reason)

        def erase() -> bool:
            now_us = self._log.stamp(self._clock())
            return self._codes.erase(project, pseudonym, at_us=now_us, by=by, reason=reason)

        return self._submit(erase).result()

    def seal(self, *, keep_rows: int = 0, rows_min: int = 1) -> int:
        """Put what is in the log into Parquet (see `Sealer.seal`); rows sealed.

        Runs in the caller's thread, while batches go on being taken.
        """
        return self._sealer.seal(keep_rows=keep_rows, rows_min=rows_min)

    def compact(self, *, files_min: int = 2) -> int:
        """Join small segments (see `Sealer.compact`); how many files went."""
        return self._sealer.compact(files_min=files_min)

    def retain(self) -> list[str]:
        """Remove the events of closed projects whose time is over (see `Sealer.retain`); names."""
        gone = self._sealer.retain(self._submit(lambda: self._log.stamp(self._clock())).result())
        if gone:
            self._submit(self._codes.forget).result()
        return gone

    def _in_transaction(self, work: Callable[[sqlite3.Connection], Any]) -> Any:
        return self._submit(lambda: work(self._db)).result()

    def _submit(self, job: Callable[[], _Result]) -> Future[_Result]:
        future: Future[_Result] = Future()
        with self._closing:
            if self._closed:
                raise errors.JournalClosedError("the journal is closed")
            self._jobs.put((job, future))
        return future

    def _control(self, kind: EntryKind, outbox_id: int, record: Mapping[str, Any]) -> int:
        if not 0 < outbox_id <= OUTBOX_ID_MAX:
            raise ControlError("outbox_id must be a positive integer")
        typed = parse(kind, record)
        held = control_of(self._db, outbox_id)
        if held is not None:
            if held.kind is not kind or not same_record(typed, held.control()):
                raise ControlError(f"outbox id {outbox_id} was used for another record")
            return held.entry
        self._next.check(typed)
        now_us = self._log.stamp(self._clock())
        if isinstance(typed, ArrivalRecord):
            arriving.check(self._db, typed, now_us)
            self._log.last_entry = max(self._log.last_entry, typed.entry)
            now_us = max(now_us, typed.ingest_us)
        has_data = self._feeds.has_data(typed.project)
        typed = in_force(typed, ingest_us=now_us, has_data=has_data)
        number = self._log.append(
            kind,
            encode_control(msgspec.to_builtins(typed)),
            now_us,
            project=typed.project,
            seq0=outbox_id,
            n=1,
        )
        if self._next is self.registry:
            self._next = self.registry.copy()
        self._next.apply(typed)
        if isinstance(typed, ArrivalRecord):
            self._log.arrivals[typed.project] = number
            arriving.take_in(self._db, self._feeds, self._next, typed.project)
            self._forget_acknowledged()
        return number

    def _run(self) -> None:
        open_for_more = True
        while open_for_more:
            group: list[_Job] = []
            job = self._jobs.get()
            while job is not None:
                group.append(job)
                if len(group) >= GROUP_MAX or self._jobs.empty():
                    break
                job = self._jobs.get()
            open_for_more = job is not None
            if group:
                self._commit(group)

    def _commit(self, group: list[_Job]) -> None:
        """Run a group in one transaction. A job that fails is undone alone; its caller is told."""
        outcomes: list[tuple[Future[Any], Any, BaseException | None]] = []
        try:
            self._db.execute("BEGIN IMMEDIATE")
            for job, future in group:
                if future.set_running_or_notify_cancel():
                    outcomes.append((future, *self._guarded(job)))
            self._db.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody is acknowledged
            self._undo()
            for _, future in group:
                if not future.done():
                    future.set_exception(error)
            return
        self.registry = self._next
        for future, result, failure in outcomes:
            if failure is None:
                future.set_result(result)
            else:
                future.set_exception(failure)

    def _guarded(self, job: Callable[[], Any]) -> tuple[Any, BaseException | None]:
        self._db.execute("SAVEPOINT job")
        try:
            result = job()
        except REFUSALS as error:
            # Raised before anything was written.
            self._db.execute("RELEASE job")
            return None, error
        except Exception as error:
            if not self._db.in_transaction:
                raise
            self._db.execute("ROLLBACK TO job")
            self._db.execute("RELEASE job")
            self._forget()
            return None, error
        self._db.execute("RELEASE job")
        return result, None

    def _undo(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")
        self._forget()
        self._next = self.registry

    def _forget(self) -> None:
        self._log.forget()
        self._feeds.forget()
        self._codes.forget()
        self._forget_acknowledged()

    def _forget_acknowledged(self) -> None:
        """Read anew which orders were acknowledged: what was undone was not."""
        self._acknowledged = {
            (project, record["order_id"], record["kind"]): entry
            for entry, project, record in acknowledged(self._db)
        }
