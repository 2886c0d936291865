"""What a permit holder keeps on disk, so that a restart while the gate is down takes nothing away

that the permit still allows, and gives nothing that it does not.

    {"state": "<canonical JSON>", "signature": "ed25519:<base64>"}

The permit in it is the gate's own signed answer. Around it the pilot's key signs for which project,
source and start of the machine it was asked, and when, on the boot clock: after a reboot that clock
began anew, so nothing is left of a lease. A file that was changed, or comes from another machine,
project, source or key, is as good as none; what is kept of a stop outlasts the reboot.
"""

from __future__ import annotations

import base64
import binascii
import json
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidSignature

from shidian_kit.wire import canonical
from shidian_kit.wire.permit import OrderState

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

FORMAT = "shidian.permit-state/1"
FILE_BYTES_MAX = 64 * 1024
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_DOMAIN = b"shidian permit state\n"
_TAG = "ed25519:"
_UNREADABLE = (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError)
_log = logging.getLogger(__name__)


def boot_id() -> str:
    """Names this start of the machine; empty where the system does not, and no lease is kept."""
    try:
        return _BOOT_ID.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


@dataclass(frozen=True, slots=True)
class Answer:
    """The gate's answer as it came, the nonce of its request, and when that was sent (boot clock,

    ms).
    """

    content: bytes
    nonce: str
    sent_ms: int


@dataclass(frozen=True, slots=True)
class Stop:
    """An order to stop that no permit has confirmed yet, and when it was obeyed (boot clock, ms).

    `obeyed_ms` is None where the machine was started again since.
    """

    order: str
    state: OrderState
    obeyed_ms: int | None


@dataclass(frozen=True, slots=True)
class Kept:
    """What a holder goes on with: the newest answer, and a stop, if there are any."""

    answer: Answer | None = None
    stop: Stop | None = None


class LeaseFile:
    """The file of one source of one project. `key`: the pilot's own, which signs its requests."""

    def __init__(
        self,
        path: Path,
        project: str,
        source: str,
        key: Ed25519PrivateKey,
        *,
        boot: Callable[[], str] = boot_id,
    ) -> None:
        self._path = path
        self._key = key
        self._of = {"format": FORMAT, "project": project, "source": source}
        self._boot = boot()

    def read(self) -> Kept:
        """What was kept, as far as it still says something; why not is logged."""
        try:
            with self._path.open("rb") as file:
                data = file.read(FILE_BYTES_MAX + 1)
            state = self._verified(data)
            return self._kept(state)
        except FileNotFoundError:
            return Kept()
        except _UNREADABLE as error:
            _log.warning("%s is not believed: %s", self._path, error)
            return Kept()

    def write(self, kept: Kept) -> None:
        """Keep this in place of what was kept. Raises OSError; the file is then as it was."""
        answer, stop = kept.answer, kept.stop
        state: dict[str, Any] = {**self._of, "boot": self._boot}
        if answer is not None:
            state["answer"] = answer.content.decode()
            state["nonce"] = answer.nonce
            state["sent_ms"] = answer.sent_ms
        if stop is not None:
            state["stop"] = {"order": stop.order, "state": stop.state.value}
            if stop.obeyed_ms is not None:
                state["stop"]["obeyed_ms"] = stop.obeyed_ms
        encoded = canonical.dumps(state)
        signature = base64.b64encode(self._key.sign(_DOMAIN + encoded)).decode()
        whole = canonical.dumps({"state": encoded.decode(), "signature": f"{_TAG}{signature}"})
        _replace(self._path, whole)

    def _verified(self, data: bytes) -> dict[str, Any]:
        if len(data) > FILE_BYTES_MAX:
            raise ValueError(f"longer than {FILE_BYTES_MAX} bytes")
        signed = json.loads(data)
        encoded, signature = signed["state"].encode(), signed["signature"]
        try:
            raw = base64.b64decode(signature.removeprefix(_TAG), validate=True)
            self._key.public_key().verify(raw, _DOMAIN + encoded)
        except (binascii.Error, InvalidSignature):
            raise ValueError("its signature is not this pilot's") from None
        state = json.loads(encoded)
        if any(state.get(name) != value for name, value in self._of.items()):
            raise ValueError("it belongs to another project or source")
        return dict(state)

    def _kept(self, state: dict[str, Any]) -> Kept:
        same_boot = bool(self._boot) and state["boot"] == self._boot
        stop = None
        if "stop" in state:
            told = state["stop"]
            obeyed_ms = told.get("obeyed_ms") if same_boot else None
            stop = Stop(told["order"], OrderState(told["state"]), obeyed_ms)
        if "answer" not in state:
            return Kept(None, stop)
        if not same_boot:
            _log.warning("the machine was started again: the lease of before is over")
            return Kept(None, stop)
        sent_ms = int(state["sent_ms"])
        return Kept(Answer(state["answer"].encode(), str(state["nonce"]), sent_ms), stop)


def _replace(path: Path, content: bytes) -> None:
    """The whole content or the old one, whatever happens in between; for its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
