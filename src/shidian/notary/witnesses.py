"""The notary's side of witnessing: asks each for its cosignature, and leaves out who is silent."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

import structlog

from shidian.core.record.witness import Request as AddCheckpoint
from shidian_kit.wire.checkpoint import decimal
from shidian_kit.wire.note import Line, Note
from shidian_kit.wire.refusal import RecordError, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from shidian.core.record.tree import Tree
    from shidian_kit.wire.checkpoint import Checkpoint
    from shidian_kit.wire.policy import Policy

TIMEOUT_S = 1.5
"""A checkpoint waits no longer for its witnesses: an act is to be public within 5 s."""
PAUSE_S = 30.0
"""A witness that did not answer is not asked again for so long."""
_ANSWER_BYTES_MAX = 1 << 16

_log = structlog.get_logger()


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


class HttpWitnesses:
    """The witnesses of a policy that have an address. Raises RecordError policy-malformed."""

    def __init__(self, policy: Policy, *, clock: Callable[[], float] = time.monotonic) -> None:
        for address in policy.urls.values():
            if not address.startswith(("https://", "http://")):
                raise RecordError(Refusal.POLICY_MALFORMED, f"{address!r} is not an address")
        self._policy, self._clock = policy, clock
        self._opener: OpenerDirector = build_opener(_NoRedirect)
        self._seen = dict.fromkeys(policy.urls, 0)
        self._not_before = dict.fromkeys(policy.urls, 0.0)

    def ask(self, note: Note, checkpoint: Checkpoint, tree: Tree) -> Sequence[Line]:
        """Verified lines of the witnesses that are not in the note yet. Never raises."""
        held = {(line.name, line.key_id) for line in note.lines}
        keys = self._policy.witnesses
        wanted = [
            name
            for name in self._policy.urls
            if (keys[name].name, keys[name].key_id) not in held
            and self._clock() >= self._not_before[name]
        ]
        if not wanted:
            return ()
        with ThreadPoolExecutor(len(wanted)) as pool:
            found = pool.map(lambda name: self._ask_one(name, note, checkpoint, tree), wanted)
            return [line for line in found if line is not None]

    def _ask_one(self, name: str, note: Note, checkpoint: Checkpoint, tree: Tree) -> Line | None:
        try:
            status, body = self._post(name, self._request(self._seen[name], note, checkpoint, tree))
            size = decimal(body.removesuffix("\n"))
            if status == HTTPStatus.CONFLICT and size is not None:
                self._seen[name] = size
                status, body = self._post(name, self._request(size, note, checkpoint, tree))
            line = self._line(name, note, status, body)
        except (RecordError, OSError, ValueError) as error:
            self._not_before[name] = self._clock() + PAUSE_S
            _log.warning("a witness did not cosign", witness=name, why=str(error))
            return None
        self._seen[name] = checkpoint.size
        return line

    @staticmethod
    def _request(old_size: int, note: Note, checkpoint: Checkpoint, tree: Tree) -> bytes:
        if old_size > checkpoint.size:
            raise RecordError(
                Refusal.ROLLED_BACK, f"it has seen {old_size} leaves, the log has {checkpoint.size}"
            )
        return bytes(AddCheckpoint(old_size, tuple(tree.consistency(old_size)), bytes(note)))

    def _post(self, name: str, body: bytes) -> tuple[int, str]:
        request = Request(  # noqa: S310 - the scheme was checked
            f"{self._policy.urls[name]}/add-checkpoint", data=body, method="POST"
        )
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as answer:
                return answer.status, answer.read(_ANSWER_BYTES_MAX).decode()
        except HTTPError as answer:
            with answer:
                return answer.code, answer.read(_ANSWER_BYTES_MAX).decode(errors="replace")

    def _line(self, name: str, note: Note, status: int, body: str) -> Line:
        """The line under the witness's key, of those that it answered. Raises RecordError."""
        if status != HTTPStatus.OK:
            raise RecordError(Refusal.NOT_REACHABLE, f"{status}: {body[:200]}")
        key = self._policy.witnesses[name]
        for text in body.splitlines(keepends=True):
            line = Line.parse(text)
            if Note(note.text, (line,)).signers([key]):
                return line
        raise RecordError(Refusal.SIGNATURE_MISSING, f"no cosignature of {key.name} in the answer")
