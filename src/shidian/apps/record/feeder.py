"""The worker's duty towards the record: what is new becomes leaves, what is due goes to the notary.

Any number of workers may do it: a row is prepared once, a leaf has one place, whoever sends it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from django.db.models import Max

from shidian.apps.cases.models import Outbox
from shidian.apps.record.domain import back_fill, prepare_leaves, send_leaves
from shidian.notary.client import NotaryClient

if TYPE_CHECKING:
    from shidian.config import Settings

TIMEOUT_S = 10.0
"""How long the worker's other duties may wait for a notary that does not answer."""
LOOK_BACK_ROWS = 1_000
"""Between two looks at everything: rows of transactions that committed late have these ids."""
LOOK_AT_ALL_S = 30.0


class Feeder:
    """Feeds one notary from one app database."""

    def __init__(self, config: Settings) -> None:
        self._notary = NotaryClient(config.notary_socket, timeout_s=TIMEOUT_S)
        self._slot_s = config.record_slot_s
        self._seen = 0
        self._all_again = 0.0
        self._filled = False

    def feed(self) -> None:
        """Prepare what the outbox has for the record, send what is due; first of all, once, fill in
        what releases before the record published.

        A look at every row costs more than one at the newest: it is taken now and then. Raises
        RecordError where the notary cannot be reached; what was prepared waits.
        """
        if not self._filled:
            back_fill()
            self._filled = True
        now = time.monotonic()
        newest = Outbox.objects.aggregate(newest=Max("pk"))["newest"] or 0
        if now >= self._all_again:
            while prepare_leaves(slot_s=self._slot_s):
                pass
            self._all_again = now + LOOK_AT_ALL_S
        elif newest != self._seen:
            after = min(newest, self._seen) - LOOK_BACK_ROWS
            while prepare_leaves(slot_s=self._slot_s, after=after):
                pass
        self._seen = newest
        while send_leaves(self._notary):
            pass

    def close(self) -> None:
        """Let go of the notary."""
        self._notary.close()
