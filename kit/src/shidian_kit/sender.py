"""Sends what lies in a client's spool from a thread of its own: no business waits for the network.

    with Client(…) as client, Sender(client):
        client.event(…)                       # on disk; sent within a second

`event` and the rest of the client stay usable meanwhile; leave `flush` to the sender.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Self

from shidian_kit.client import FlushResult, GateRefusedError, GateUnreachableError
from shidian_kit.spool import SpoolFullError

if TYPE_CHECKING:
    from collections.abc import Callable

    from shidian_kit.client import Client

EVERY_S = 1.0
GIVE_UP_S = 5.0
_log = logging.getLogger(__name__)


class Sender:
    """Flushes every `every_s` seconds, and once more at the end.

    `on_result`: called in the sender's thread with each flush that sent something; `on_refused`:
    with the gate's word, once for each new one, where it takes no request of this key any more.
    """

    def __init__(
        self,
        client: Client,
        *,
        every_s: float = EVERY_S,
        on_result: Callable[[FlushResult], None] | None = None,
        on_refused: Callable[[GateRefusedError], None] | None = None,
    ) -> None:
        self._client = client
        self._every_s = every_s
        self._on_result = on_result
        self._on_refused = on_refused
        self._refused = ""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sender", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """What is not taken now waits in the spool for the next start."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._every_s):
            self._flush(GIVE_UP_S)
        self._flush(0.0)

    def _flush(self, give_up_after_s: float) -> None:
        try:
            result = self._client.flush(give_up_after_s=give_up_after_s)
        except GateUnreachableError as error:
            _log.warning("not sent yet: %s", error)
        except SpoolFullError as error:
            _log.error("sent again when there is room: %s", error)
        except GateRefusedError as error:
            if str(error) != self._refused:
                self._refused = str(error)
                _log.error("the gate refuses: %s", error)
                if self._on_refused is not None:
                    self._on_refused(error)
        else:
            self._refused = ""
            if result.counts and self._on_result is not None:
                self._on_result(result)
