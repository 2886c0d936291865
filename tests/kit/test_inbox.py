"""The order inbox: what is believed, kept, obeyed and said, and what is not."""

from __future__ import annotations

import asyncio
import io
import random
import sqlite3
import threading
from contextlib import closing
from dataclasses import replace

import pytest

from shidian_kit.orders import OrderInbox
from shidian_kit.serving import asgi, wsgi
from shidian_kit.wire import keys, order, signatures
from shidian_kit.wire.order import AcknowledgementKind, OrderKind

from .test_order import SUSPEND

AUTHORITY = keys.generate()
KNOWN = {keys.key_id(AUTHORITY.public_key()): AUTHORITY.public_key()}
URL = "https://pilot.example/orders"
NOW = 1_800_000_000


class Firm:
    """An inbox, and what its system did."""

    def __init__(self, path):
        self.obeyed = []
        self.said = []
        self.trouble = None
        self.now = NOW
        self.inbox = OrderInbox(
            path, SUSPEND.project, KNOWN, ["pilot.example"], self.obey, clock=lambda: self.now
        )

    def obey(self, document):
        if self.trouble:
            raise self.trouble
        self.obeyed.append(document.id)

    def say(self, word):
        self.said.append((word.order, str(word.kind)))

    def receive(self, headers, body, path="/orders", method="POST"):
        return self.inbox.receive(method, path, headers, body).status


@pytest.fixture
def firm(tmp_path):
    firm = Firm(tmp_path / "orders.sqlite3")
    yield firm
    firm.inbox.close()


def sent(document=SUSPEND, key=AUTHORITY, *, created=NOW, url=URL, **changed):
    """Headers in lower case, and body, as an authority sends them."""
    body = order.canonical(document)
    headers = {
        "content-type": "application/json",
        "webhook-id": document.id,
        "webhook-timestamp": str(created),
    } | changed
    headers |= signatures.sign_request(
        key, method="POST", url=url, headers=headers, body=body, created=created
    )
    return {name.lower(): value for name, value in headers.items()}, body


def test_order_is_kept_obeyed_and_acknowledged_once(firm):
    assert firm.receive(*sent()) == 202
    assert firm.receive(*sent()) == 200
    firm.inbox.work(firm.say)
    firm.inbox.work(firm.say)
    assert firm.obeyed == [SUSPEND.id]
    assert firm.said == [(SUSPEND.id, "received"), (SUSPEND.id, "effective")]
    assert firm.inbox.waiting() == 0


def test_inbox_goes_on_where_a_crash_left_it(tmp_path):
    path = tmp_path / "orders.sqlite3"
    firm = Firm(path)
    firm.receive(*sent())
    firm.trouble = RuntimeError("the ledger is locked")
    with pytest.raises(RuntimeError):
        firm.inbox.work(firm.say)
    firm.inbox.close()
    assert firm.said == [(SUSPEND.id, "received")]
    again = Firm(path)
    again.inbox.work(again.say)
    assert (again.obeyed, again.said) == ([SUSPEND.id], [(SUSPEND.id, "effective")])
    again.inbox.close()


def test_silent_gate_delays_no_stop_and_no_other_word(firm):
    second = replace(SUSPEND, id="O-2026-0002", kind=OrderKind.WARN)
    firm.receive(*sent())
    firm.receive(*sent(second))

    def deaf(word):
        if word.order == SUSPEND.id:
            raise ConnectionError
        firm.say(word)

    with pytest.raises(ConnectionError):
        firm.inbox.work(deaf)
    assert firm.obeyed == [SUSPEND.id, second.id]
    assert firm.said == [(second.id, "received"), (second.id, "effective")]
    firm.inbox.work(firm.say)
    assert firm.said[2:] == [(SUSPEND.id, "received"), (SUSPEND.id, "effective")]


def test_effective_time_is_that_of_obeying(firm):
    firm.receive(*sent())
    words = []
    firm.inbox.work(words.append)
    received, effective = words
    assert effective.kind is AcknowledgementKind.EFFECTIVE
    assert received.at <= effective.at
    assert received.digest == effective.digest == order.digest(SUSPEND)


def test_message_that_does_not_hold_is_refused_by_name(firm):
    headers, body = sent()
    other = replace(SUSPEND, id="O-2026-0009")
    foreign = replace(SUSPEND, project="P-2026-0002")
    wrong = {
        "stale": (sent(created=NOW - 61), 401),
        "ahead": (sent(created=NOW + 61), 401),
        "stranger": (sent(key=keys.generate()), 401),
        "other host": (sent(url="https://other.example/orders"), 401),
        "other path": (sent(url="https://pilot.example/other"), 401),
        "body swapped": ((headers, order.canonical(other)), 401),
        "truncated": ((headers, body[:-1]), 401),
        "id swapped": ((headers | {"webhook-id": other.id}, body), 401),
        "time swapped": ((headers | {"webhook-timestamp": str(NOW + 1)}, body), 401),
        "id left out": (({k: v for k, v in headers.items() if k != "webhook-id"}, body), 401),
        "another id signed": (sent(**{"webhook-id": "O-2026-0005"}), 422),
        "another time signed": (sent(**{"webhook-timestamp": str(NOW - 5)}), 422),
        "another project": (sent(foreign), 422),
        "no order": ((headers, b"{}"), 401),
    }
    assert {name: firm.receive(*message) for name, (message, _) in wrong.items()} == {
        name: status for name, (_, status) in wrong.items()
    }
    assert firm.receive(headers, body, method="PUT") == 405
    assert firm.receive(headers, body * 10_000) == 413
    assert firm.inbox.orders() == []
    assert firm.receive(headers, body) == 202
    assert firm.receive(headers, body) == 401
    assert firm.receive(*sent(replace(SUSPEND, basis="another"))) == 409
    assert firm.inbox.orders() == [SUSPEND]


def test_nonce_is_forgotten_only_when_its_message_is_stale(firm):
    message = sent()
    assert firm.receive(*message) == 202
    firm.now += 2 * signatures.MAX_AGE_S + 1
    assert firm.receive(*message) == 401
    assert firm.receive(*sent(created=firm.now)) == 200
    with closing(
        sqlite3.connect(firm.inbox._db.execute("PRAGMA database_list").fetchone()[2])
    ) as db:
        assert db.execute("SELECT count(*) FROM nonce").fetchone() == (1,)


def forgeries(count, seed):
    """Messages each wrong in at least one way, from a valid one that was never sent."""
    draw = random.Random(seed)
    strangers = [keys.generate() for _ in range(3)]
    for _ in range(count):
        headers, body = sent()
        spare_headers, spare_body = sent(replace(SUSPEND, id="O-2026-0007"))
        kind = draw.randrange(7)
        if kind == 0:
            headers, body = sent(key=draw.choice(strangers))
        elif kind == 1:
            headers, body = sent(created=NOW + draw.choice([-1, 1]) * draw.randrange(61, 10_000))
        elif kind == 2:
            body = body[: draw.randrange(len(body))]
        elif kind == 3:
            name = draw.choice(sorted(set(headers) - {"content-type"}))
            headers = headers | {name: spare_headers[name]}
            if headers[name] == sent()[0].get(name):
                headers.pop(name)
        elif kind == 4:
            body = spare_body
        elif kind == 5:
            at = draw.randrange(len(body))
            body = body[:at] + bytes([body[at] ^ draw.randrange(1, 256)]) + body[at + 1 :]
        else:
            name = draw.choice(sorted(headers))
            at = draw.randrange(len(headers[name]))
            changed = chr((ord(headers[name][at]) + draw.randrange(1, 90) - 33) % 94 + 33)
            if changed == headers[name][at]:
                continue
            headers = headers | {name: headers[name][:at] + changed + headers[name][at + 1 :]}
        yield headers, body


@pytest.mark.parametrize("count", [300, pytest.param(12_000, marks=pytest.mark.prove, id="all")])
def test_no_forged_stale_truncated_or_swapped_message_is_accepted(firm, count):
    tried = [firm.receive(*message) for message in forgeries(count, seed=7)]
    assert len(tried) > 0.9 * count
    assert [status for status in tried if status < 400] == []
    assert firm.inbox.orders() == []
    assert firm.receive(*sent()) == 202


@pytest.mark.parametrize("count", [100, pytest.param(1_000, marks=pytest.mark.prove, id="all")])
def test_parallel_replays_of_one_message_have_one_effect(firm, count):
    message = sent()
    statuses = []

    def replay():
        statuses.extend(firm.receive(*message) for _ in range(count // 20))

    threads = [threading.Thread(target=replay) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    firm.inbox.work(firm.say)
    assert sorted(set(statuses)) == [202, 401]
    assert (statuses.count(202), len(statuses)) == (1, count)
    assert firm.obeyed == [SUSPEND.id]


def test_same_inbox_serves_wsgi_and_asgi(firm):
    headers, body = sent()
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/orders",
        "CONTENT_TYPE": headers["content-type"],
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    } | {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    started = []
    application = wsgi(firm.inbox)
    assert application(environ, lambda *head: started.append(head[0])) == [b"kept"]
    too_long = environ | {"CONTENT_LENGTH": "1000000"}
    application(too_long, lambda *head: started.append(head[0]))
    assert started == ["202 Accepted", "413 Request Entity Too Large"]
    assert asyncio.run(through_asgi(firm, *sent())) == 200
    assert asyncio.run(through_asgi(firm, headers, body)) == 401
    assert asyncio.run(through_asgi(firm, headers, body * 1_000)) == 413


async def through_asgi(firm, headers, body):
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/orders",
        "raw_path": b"/orders",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    chunks = [body[:50], body[50:]]
    answers = []

    async def receive():
        chunk = chunks.pop(0)
        return {"type": "http.request", "body": chunk, "more_body": bool(chunks)}

    async def send(message):
        answers.append(message)

    await asgi(firm.inbox)(scope, receive, send)
    return answers[0]["status"]


def test_inbox_belongs_to_one_project(tmp_path, firm):
    with pytest.raises(ValueError, match="P-2026-0001"):
        OrderInbox(tmp_path / "orders.sqlite3", "P-2026-0002", KNOWN, [], firm.obey)
