"""Projects on their way between journals, and what a gate says of one that is not its own."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from typing import TYPE_CHECKING, Literal

import msgspec

from shidian.core.journal import JournalReader
from shidian.core.journal.moving import Arriving, Left, Page
from shidian.gate.http import HttpProblemError

if TYPE_CHECKING:
    from pathlib import Path

    from shidian.core.journal import Journal
    from shidian.core.journal.controls import Registry

PAGE_BYTES_MAX = 2 * 1024 * 1024
BODY_MAX_BYTES = 96 * 1024 * 1024
"""One entry travels whole, and may be large."""
MOVING_RETRY_S = 1


class LeavingCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `POST /v1/leaving`: some of a project's log, or of its codes, after a number."""

    project: str
    after: int
    part: Literal["entries", "codes"] = "entries"


class WholeCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `POST /v1/leaving/whole`."""

    project: str


class ArrivingCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `POST /v1/arriving`: what comes next; without anything, how far it has come."""

    project: str
    page: Page = Page()


def elsewhere(registry: Registry, project: str) -> HttpProblemError:
    """What a client is told of a project that is not in this journal: where it is, once known.

    While it moves: to come again, as in any bad moment. A signed request alone is told so.
    """
    url = registry.routes.get(project)
    if url is None:
        detail = "This project is moving to another gate. Nothing of this was stored."
        return HttpProblemError(503, "moving", detail, {"retry-after": str(MOVING_RETRY_S)})
    detail = f"This project is kept by the gate at {url}. Nothing of this was stored."
    return HttpProblemError(421, "elsewhere", detail, {"location": url})


class Moving:
    """Hands out what leaves, and keeps what comes, over one journal."""

    def __init__(self, journal: Journal, path: Path) -> None:
        self._journal = journal
        self._path = path

    async def leaving(self, call: LeavingCall) -> Page:
        """A page of a project that has departed. Raises HttpProblemError 409."""
        self._require_departed(call.project)
        return await asyncio.to_thread(self._page, call)

    async def whole(self, call: WholeCall) -> Left:
        """What it was as a whole. Raises HttpProblemError 409."""
        self._require_departed(call.project)
        return await asyncio.to_thread(self._left, call.project)

    async def arriving(self, call: ArrivingCall) -> Arriving:
        """Keep a page that comes. Raises HttpProblemError 409 where the project is here."""
        return await asyncio.to_thread(self._kept, call)

    def _require_departed(self, project: str) -> None:
        if project not in self._journal.registry.departed:
            raise HttpProblemError(409, "not-departed", "This project has not left this journal.")

    def _page(self, call: LeavingCall) -> Page:
        with JournalReader(self._path) as reader:
            if call.part == "codes":
                return reader.codes_after(call.project, call.after)
            return reader.page_after(call.project, call.after, PAGE_BYTES_MAX)

    def _left(self, project: str) -> Left:
        with JournalReader(self._path) as reader:
            number = reader.departures()[project]
            departure = reader.entries_after(number - 1, 1)[0]
            return Left(number, departure.ingest_us, reader.whole(project))

    def _kept(self, call: ArrivingCall) -> Arriving:
        known = call.project in self._journal.registry.projects
        if known and (call.page.entries or call.page.codes):
            raise HttpProblemError(409, "here", "This project is or was in this journal.")
        try:
            entry = self._journal.stage(call.project, call.page)
        except sqlite3.IntegrityError as error:
            raise HttpProblemError(409, "here", f"{error}.") from error
        return Arriving(entry, known, time.time_ns() // 1000)
