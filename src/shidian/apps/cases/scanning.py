"""Uploads are looked at by the virus scanner that the operator names, if one is named.

`SHIDIAN_SCAN_SOCKET`: a clamd, as a path or `host:port`. `SHIDIAN_SCAN_COMMAND`: a program that is
given the file's path, and says by its status 0 that it is clean and 1 that it is not, as
`clamdscan` does. A scanner that does not answer stops the upload: what was not scanned is not taken
for clean.
"""

from __future__ import annotations

import shlex
import socket
import subprocess
import tempfile
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import structlog

from shidian.apps.cases.errors import DomainError
from shidian.config import settings
from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.core.files.base import File

P = ParamSpec("P")
R = TypeVar("R")

SECONDS_MAX = 60.0
_ANSWER_BYTES_MAX = 4096
_INFECTED = 1

log = structlog.get_logger()


class ScannerError(Exception):
    """The scanner gave no verdict; the text says what happened, for the log."""


def is_scanned() -> bool:
    """Whether a scanner is named: pages say which it is."""
    return bool(settings().scan_socket or settings().scan_command)


def must_be_clean(upload: File[Any]) -> None:
    """Have the named scanner look at a file; nothing where none is named.

    Call it outside a transaction: it can take seconds. Raises DomainError (`infected`,
    `not-scanned`).
    """
    if not is_scanned():
        return
    try:
        found = _by_socket(upload) if settings().scan_socket else _by_command(upload)
    except (ScannerError, OSError, subprocess.TimeoutExpired) as error:
        log.warning("upload not scanned", error=str(error))
        raise DomainError(
            "not-scanned",
            Text(
                zh="病毒扫描暂不可用，文件未收下：请稍后重新上传。",
                en="The virus scanner does not answer, so the file was not taken:"
                " upload it again later.",
            ),
        ) from error
    finally:
        upload.seek(0)
    if found:
        log.warning("upload refused", found=found, name=upload.name)
        raise DomainError(
            "infected",
            Text(
                zh=f"病毒扫描发现问题（{found}），文件未收下：请检查您的电脑后换一个文件上传。",
                en=f"The virus scanner found something ({found}), so the file was not taken:"
                " check your computer, then upload another file.",
            ),
        )


def scanned(name: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Have what the function is given as `name` scanned before it begins, and its transaction.

    That is an upload, or several things of which some have one.
    """

    def wrap(keep: Callable[P, R]) -> Callable[P, R]:
        @wraps(keep)
        def first(*args: P.args, **kwargs: P.kwargs) -> R:
            given: Any = kwargs.get(name, ())
            things = given if isinstance(given, list | tuple) else [given]
            for one in things:
                upload = getattr(one, "upload", one)
                if upload is not None:
                    must_be_clean(upload)
            return keep(*args, **kwargs)

        return first

    return wrap


def _by_socket(upload: File[Any]) -> str:
    """What clamd finds in the stream; "" for nothing."""
    with _connected(settings().scan_socket) as clamd:
        clamd.sendall(b"zINSTREAM\0")
        upload.seek(0)
        for chunk in upload.chunks():
            clamd.sendall(len(chunk).to_bytes(4, "big") + chunk)
        clamd.sendall(bytes(4))
        answer = b""
        while not answer.endswith(b"\0") and len(answer) < _ANSWER_BYTES_MAX:
            more = clamd.recv(_ANSWER_BYTES_MAX)
            if not more:
                break
            answer += more
    verdict = answer.rstrip(b"\0").decode(errors="replace").removeprefix("stream: ").strip()
    if verdict == "OK":
        return ""
    if verdict.endswith(" FOUND"):
        return verdict.removesuffix(" FOUND")
    raise ScannerError(verdict or "no answer")


def _connected(address: str) -> socket.socket:
    host, colon, port = address.rpartition(":")
    if colon and port.isdecimal():
        return socket.create_connection((host.strip("[]"), int(port)), timeout=SECONDS_MAX)
    unix = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    unix.settimeout(SECONDS_MAX)
    try:
        unix.connect(address)
    except OSError:
        unix.close()
        raise
    return unix


def _by_command(upload: File[Any]) -> str:
    """What the program says by its status: its last line where it found something; "" for clean."""
    with tempfile.NamedTemporaryFile(prefix="shidian-scan-") as copy:
        upload.seek(0)
        for chunk in upload.chunks():
            copy.write(chunk)
        copy.flush()
        done = subprocess.run(  # noqa: S603 - the operator's words and our own path
            [*shlex.split(settings().scan_command), copy.name],
            capture_output=True,
            timeout=SECONDS_MAX,
            check=False,
        )
        said = done.stdout.decode(errors="replace").replace(copy.name, "").strip()
    if done.returncode == 0:
        return ""
    if done.returncode == _INFECTED:
        return (said.splitlines() or ["?"])[0].strip(" :").removesuffix(" FOUND")[:200]
    raise ScannerError(f"status {done.returncode}: {said or done.stderr[:200]!r}")
