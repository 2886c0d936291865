"""Random outages between authority and firm: every order takes effect once, whatever gets lost.

The inbox, the signatures and the journal are the real ones; the network between them is made up. It
drops, doubles and reorders requests and answers, and both sides are killed and started again at any
step.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from shidian.core.journal import EntryKind, Journal, JournalReader
from shidian.core.journal.orders import AcknowledgementRecord
from shidian_kit.orders import OrderInbox
from shidian_kit.wire import keys, order, signatures
from shidian_kit.wire.order import OrderKind, time_us
from tests.core.journal.samples import DOCUMENT, PROJECT, SOURCE, START_US, activate
from tests.core.record.logs import quick_folder

from .test_order import SUSPEND

if TYPE_CHECKING:
    from pathlib import Path

AUTHORITY = keys.generate()
KNOWN = {keys.key_id(AUTHORITY.public_key()): AUTHORITY.public_key()}
NOW = 1_800_000_000
STEPS_MAX = 400
SCHEDULES = int(os.environ.get("SHIDIAN_OUTAGES", "120"))
"""In the long proof; a thousand by hand."""


class LostError(Exception):
    """The request or its answer never came."""


class KilledError(BaseException):
    """The process ended here."""


@dataclass
class World:
    """Both sides, and what lies in the network between them."""

    folder: Path
    draw: random.Random
    effects: Counter = field(default_factory=Counter)
    waiting: list = field(default_factory=list)

    def __post_init__(self):
        self.journal = Journal(self.folder / "journal")
        activate(self.journal, document=DOCUMENT)
        self.start_firm()
        self.delivered: set[str] = set()

    def start_firm(self):
        self.inbox = OrderInbox(
            self.folder / "inbox",
            PROJECT,
            KNOWN,
            ["pilot.example"],
            self.obey,
            clock=lambda: NOW,
        )

    def restart_firm(self):
        self.inbox.close()
        self.start_firm()

    def restart_gate(self):
        self.journal.close()
        self.journal = Journal(self.folder / "journal")

    def obey(self, document):
        """The firm's own system: to be told the same twice comes to the same there."""
        self.maybe_killed()
        if document.id not in self.effects:
            self.effects[document.id] += 1
        self.maybe_killed()

    def maybe_killed(self):
        if self.draw.random() < 0.05:
            raise KilledError

    def maybe_lost(self):
        if self.draw.random() < 0.3:
            raise LostError

    def send(self, document):
        """One attempt at delivery: the request may be lost, doubled, or come much later."""
        body = order.canonical(document)
        headers = {
            "content-type": "application/json",
            "webhook-id": document.id,
            "webhook-timestamp": str(NOW),
        }
        url = "https://pilot.example/orders"
        headers |= signatures.sign_request(
            AUTHORITY, method="POST", url=url, headers=headers, body=body, created=NOW
        )
        message = ({name.lower(): value for name, value in headers.items()}, body)
        self.waiting += [message] * self.draw.choice([0, 1, 1, 2])

    def arrive(self):
        """Some request that is under way reaches the firm, not the oldest one first."""
        if self.waiting:
            at = self.draw.randrange(len(self.waiting))
            headers, body = self.waiting.pop(at)
            self.inbox.receive("POST", "/orders", headers, body)

    def say(self, word):
        """A firm's word to the gate, as the kit says it."""
        self.maybe_lost()
        record = AcknowledgementRecord(
            project=word.project,
            order_id=word.order,
            kind=word.kind,
            at_us=time_us(word.at),
            source=SOURCE,
            key_id="ed25519-0",
            document=order.canonical(word).decode(),
            authority="gate.example",
            path="/v1/acknowledgements",
            content_type="application/json",
            signature_input="sig=()",
            signature="sig=::",
        )
        self.journal.submit_acknowledgement(record, word.digest).result()
        self.maybe_lost()
        self.maybe_killed()

    def work(self):
        try:
            self.inbox.work(self.say)
        except LostError:
            return
        except KilledError:
            self.restart_firm()

    def heard(self):
        """What the worker reads at the gate."""
        with JournalReader(self.folder / "journal") as reader:
            return [
                (entry.control()["order_id"], entry.control()["kind"])
                for entry in reader.acknowledgements_after(0, 1_000)
            ]


def run(folder: Path, seed: int) -> None:
    """One schedule: orders are given, things go wrong for a while, then all must have come right."""
    draw = random.Random(seed)
    world = World(folder, draw)
    kinds = [OrderKind.SUSPEND, OrderKind.RESUME, OrderKind.WARN]
    documents = [
        replace(SUSPEND, id=f"O-{number}", project=PROJECT, kind=kind)
        for number, kind in enumerate(kinds)
    ]
    for number, document in enumerate(documents, start=10):
        record = {
            "project": PROJECT,
            "order_id": document.id,
            "order_kind": str(document.kind),
            "effective_us": START_US,
            "digest": order.digest(document),
        }
        world.journal.append_control(EntryKind.ORDER, number, record)
    for _ in range(STEPS_MAX):
        if len(world.heard()) == 2 * len(documents) and not world.waiting:
            break
        received = {order_id for order_id, _ in world.heard()}
        step = draw.randrange(6)
        if step == 0:
            unheard = [one for one in documents if one.id not in received]
            for document in draw.sample(unheard, len(unheard)):
                world.send(document)
        elif step == 1:
            draw.choice([world.restart_firm, world.restart_gate])()
        elif step in (2, 3):
            world.arrive()
        else:
            world.work()
    heard = Counter(world.heard())
    expected = {(one.id, kind): 1 for one in documents for kind in ("received", "effective")}
    assert heard == expected, seed
    assert world.effects == {one.id: 1 for one in documents}, seed
    assert {one.id for one in world.inbox.orders()} == {one.id for one in documents}
    world.inbox.close()
    world.journal.close()


@pytest.mark.parametrize("schedules", [15, pytest.param(SCHEDULES, marks=pytest.mark.prove)])
def test_every_order_takes_effect_once_through_random_outages(schedules):
    for seed in range(schedules):
        with quick_folder() as folder:
            run(folder, seed)
