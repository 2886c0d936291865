"""The sample pilot with one fault planted: what the contract test must find."""

from __future__ import annotations

import importlib.util
import sys
import time
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

from shidian_kit import client, orders, permits
from shidian_kit.client import FlushResult, GateUnreachableError
from shidian_kit.wire import order, permit, signatures

EXAMPLE = Path(__file__).parents[2] / "kit" / "examples" / "sample_pilot.py"


def believes_everyone():
    """Orders are not checked at all."""

    def unchecked(**given):
        return signatures.Verified("anyone", str(time.time_ns()), int(time.time()), "")

    def document(inbox, headers, body, created):
        del created
        try:
            return order.parse_order(body)
        except order.OrderError:
            moment, reason = datetime.now(UTC), order.Reason("?", "?")
            named = (headers["webhook-id"], inbox.project, order.OrderKind.SUSPEND, reason)
            return order.OrderDocument(*named, "?", "?", "sha256:" + "0" * 64, moment)

    signatures.verify_request = unchecked
    orders.OrderInbox._document = document


def takes_old_ones():
    """The age of a message does not matter."""
    signatures.MAX_AGE_S = 10_000


def takes_any_project():
    """Another project's orders are obeyed too."""
    real = orders.OrderInbox._document

    def document(inbox, headers, body, created):
        inbox.project = order.parse_order(body).project
        return real(inbox, headers, body, created)

    orders.OrderInbox._document = document


def ignores_orders_and_permits():
    """New business goes on whatever is said."""
    permits.PermitHolder.new_business = lambda _holder: nullcontext()


def believes_any_permit():
    """A permit is taken from whoever signed it, for whichever request."""

    def unchecked(data, known, *, project, source, nonce):
        del known, project, source, nonce
        return permit.decode(permit._object(data)["permit"].encode())

    permits.verify = unchecked
    # And each one counts anew, however old.
    real = permits.PermitHolder._take

    def take(holder, one, sent_s):
        holder._lease = None
        real(holder, one, sent_s)

    permits.PermitHolder._take = take


def never_says_effective():
    """It stops, and does not say so."""
    real = orders.Acknowledger.say

    def say(saying, word):
        if word.kind != order.AcknowledgementKind.EFFECTIVE:
            real(saying, word)

    orders.Acknowledger.say = say


def obeys_again():
    """Each delivery is obeyed, replays too."""
    real = orders.OrderInbox.receive

    def receive(inbox, method, path, headers, body):
        reply = real(inbox, method, path, headers, body)
        if reply.status in (200, 401):
            inbox._obey(order.parse_order(body))
        return reply

    orders.OrderInbox.receive = receive
    permits.PermitHolder._take_real = permits.PermitHolder._take

    def take(holder, one, sent_s):
        kept = holder._stopped
        holder._take_real(one, sent_s)
        holder._stopped = kept

    permits.PermitHolder._take = take


def drops_what_fails():
    """What the gate did not take is forgotten."""
    real = client.Client.flush

    def flush(sending, **given):
        try:
            return real(sending, **given | {"give_up_after_s": 0.0})
        except GateUnreachableError:
            waiting = sending.spool.waiting(10_000)
            sending.spool.answer([(one.place, "accepted", "", "") for one in waiting])
            return FlushResult()

    client.Client.flush = flush


def forgets():
    """Its spool does not survive a restart."""
    at = sys.argv.index("--spool") + 1
    sys.argv[at] += str(time.time_ns())


def main():
    """`faulty_pilot.py FAULT …`: plant it, then be the sample pilot."""
    globals()[sys.argv.pop(1)]()
    spec = importlib.util.spec_from_file_location("sample_pilot", EXAMPLE)
    sample = importlib.util.module_from_spec(spec)
    sys.modules["sample_pilot"] = sample
    spec.loader.exec_module(sample)
    return sample.main()


if __name__ == "__main__":
    raise SystemExit(main())
