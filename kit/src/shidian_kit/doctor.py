"""`shidian-kit doctor`: is this system ready, and if not, what to do about it.

Nothing is sent that counts: one permit is asked for, and the spool is looked at, not emptied.
"""

from __future__ import annotations

import http.client
import os
import shutil
import sqlite3
import stat
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from shidian_kit.transport import OK, Answer, GateConnection
from shidian_kit.wire import keys, permit
from shidian_kit.wire.signatures import MAX_AGE_S

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

CLOCK_WARN_S = 10
DISK_MIN_BYTES = 1 << 30
_ADVICE = {
    "not-found": "the gate does not know this key: send its public half to the authority, and see"
    " that --gate is the address under which the gate is known",
    "revoked": "make a new key with keygen and have it registered",
    "not-active": "the pilot does not run yet, or the gate has not been told so: ask the authority",
    "closed": "the pilot has exited",
    "feed-stale": "the authority's side is down: your rulebook says what holds meanwhile",
    "signature-stale": "set this machine's clock (NTP)",
    "signature-invalid": "a proxy on the way changes host, path or headers, or --gate is not the"
    " address under which the gate is known",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `advice`: what to do where it is not in order."""

    what: str
    good: bool
    detail: str
    advice: str = ""

    def __str__(self) -> str:
        line = f"{'ok ' if self.good else 'BAD'}  {self.what}: {self.detail}"
        return f"{line}\n     → {self.advice}" if self.advice and not self.good else line


def examine(
    *, gate: str, project: str, source: str, key: Path, spool: Path, gate_key: str | None
) -> Iterator[Finding]:
    """Everything in order, as it is found out; ends where nothing further can be."""
    private, finding = _key(key)
    yield finding
    yield from _spool(spool, project, source)
    if private is None:
        return
    connection = GateConnection(gate, private, timeout_s=10.0)
    with closing(connection):
        try:
            answer = connection.post("/v1/permits", "application/json", b"{}")
        except (OSError, http.client.HTTPException) as error:
            yield Finding(
                "gate",
                False,
                f"{gate} does not answer: {type(error).__name__}: {error}",
                "see address, firewall, proxy and certificate",
            )
            return
        yield Finding("gate", True, f"{gate} answers")
        yield _clock(answer)
        yield _permit(answer, project, source, gate_key)


def _key(path: Path) -> tuple[Ed25519PrivateKey | None, Finding]:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        private = keys.load_private(path)
    except (OSError, keys.KeyFormatError) as error:
        return None, Finding("key", False, str(error), "make one: shidian-kit keygen FILE")
    public = private.public_key()
    if mode & 0o077 and os.name == "posix":
        told = f"{path} has mode {mode:04o}: others may read it"
        return private, Finding("key", False, told, f"chmod 600 {path}")
    return private, Finding("key", True, f"{keys.key_id(public)}, {keys.public_text(public)}")


def _spool(path: Path, project: str, source: str) -> Iterator[Finding]:
    folder = path.parent
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        yield Finding("spool", False, f"{folder} cannot be written", "make the folder")
        return
    free = shutil.disk_usage(folder).free
    yield Finding(
        "disk",
        free >= DISK_MIN_BYTES,
        f"{free >> 20} MiB are free at {folder}",
        "make room: a full disk stops the spool, and with it what you may do",
    )
    if not path.exists():
        yield Finding("spool", True, f"{path} will be made at the first event")
        return
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            held = db.execute("SELECT project, source, epoch FROM spool").fetchone()
            (waiting,) = db.execute("SELECT count(*) FROM item WHERE status IS NULL").fetchone()
    except sqlite3.Error as error:
        yield Finding("spool", False, f"{path}: {error}", "this is no spool: name another file")
        return
    mine = held is not None and held[:2] == (project, source)
    told = f"epoch {held[2]}, {waiting} events wait" if mine else f"{path} is {held}'s"
    yield Finding("spool", mine, told, "give each source its own spool file")


def _clock(answer: Answer) -> Finding:
    try:
        theirs = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return Finding("clock", True, "the gate does not say the time")
    apart_s = (datetime.now(UTC) - theirs).total_seconds()
    return Finding(
        "clock",
        abs(apart_s) <= CLOCK_WARN_S,
        f"{apart_s:+.0f} s from the gate's, {MAX_AGE_S} s are taken",
        "set this machine's clock (NTP)",
    )


def _permit(answer: Answer, project: str, source: str, gate_key: str | None) -> Finding:
    if answer.status != OK:
        code, detail = answer.problem()
        if code == "no-permits":
            return Finding("permit", True, "this pilot's rulebook has none; the key is known")
        return Finding("permit", False, f"{answer.status} {code}: {detail}", _ADVICE.get(code, ""))
    if gate_key is None:
        return Finding(
            "permit",
            False,
            "one came, and nobody can say from whom",
            "give --gate-key, the line on the pilot's page “Connecting the pilot's systems”",
        )
    try:
        known = permit.trusted(gate_key)
        held = permit.verify(
            answer.content, known, project=project, source=source, nonce=answer.nonce
        )
    except (permit.PermitError, keys.KeyFormatError) as error:
        return Finding("permit", False, str(error), "compare project, source and --gate-key")
    issued = time.strftime("%H:%M:%S", time.gmtime(held.issued_us / 1e6))
    return Finding(
        "permit", True, f"{held.state}, {held.mode}, for {held.ttl_ms / 1e3:g} s from {issued} UTC"
    )
