"""A witness cosigns one history of a log, and keeps what a log signed beside it."""

from __future__ import annotations

import threading
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest

from shidian.core.record.tree import Tree, grow, leaf_hashes, root_of
from shidian.core.record.witness import Answer, Request, Witness
from shidian_kit.wire import keys
from shidian_kit.wire.merkle import EMPTY_ROOT
from shidian_kit.wire.note import KeyType, Line, Note, Vkey
from shidian_kit.wire.refusal import RecordError
from tests.core.record.logs import NOW_S, ORIGIN, entries, entry, signed

if TYPE_CHECKING:
    from pathlib import Path

LOG_KEY = keys.generate()
WITNESS_KEY = keys.generate()
NAME = "witness.example/w1"
VKEY = Vkey.of(NAME, WITNESS_KEY, KeyType.COSIGNATURE)


class FakeLog:
    """A log in memory that signs whatever it is told to."""

    def __init__(self, all_entries: list[bytes]) -> None:
        self._entries = all_entries

    def tree(self, size: int) -> tuple[Tree, bytes]:
        tiles, edges = grow(0, (), leaf_hashes(self._entries[:size]))
        return Tree(size, dict(tiles).__getitem__), root_of(edges)

    def request(self, old: int, size: int) -> bytes:
        tree, root = self.tree(size)
        note = signed(size, root, LOG_KEY)
        return bytes(Request(old, tuple(tree.consistency(old)), note))


@pytest.fixture
def log() -> FakeLog:
    return FakeLog(entries(300))


class Clock:
    now_s = NOW_S

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def witness(tmp_path: Path, clock: Clock) -> Witness:
    logs = [Vkey.of(ORIGIN, LOG_KEY)]
    return Witness(tmp_path / "seen.sqlite3", NAME, WITNESS_KEY, logs, clock=clock)


def cosigned(answer: Answer, body: bytes) -> int | None:
    """The time of the cosignature in an answer; it must be on the request's checkpoint."""
    assert answer.status is HTTPStatus.OK, answer
    text = Note.parse(Request.parse(body).note).text
    return Note(text, (Line.parse(answer.body),)).signers([VKEY])[VKEY]


def test_log_that_only_grows_is_cosigned(witness: Witness, log: FakeLog) -> None:
    for old, new in ((0, 0), (0, 1), (1, 7), (7, 7), (7, 300)):
        body = log.request(old, new)
        assert cosigned(witness.add_checkpoint(body), body) == int(NOW_S)
    latest = witness.latest(ORIGIN)
    assert latest is not None
    assert (latest.size, latest.root) == (300, log.tree(300)[1])
    assert witness.evidence() == []


def test_old_size_that_is_not_the_last_one_is_told_it(witness: Witness, log: FakeLog) -> None:
    witness.add_checkpoint(log.request(0, 7))
    answer = witness.add_checkpoint(log.request(0, 9))
    assert answer == Answer(HTTPStatus.CONFLICT, "7\n", "text/x.tlog.size")
    assert witness.add_checkpoint(log.request(3, 5)).status is HTTPStatus.CONFLICT


@pytest.mark.parametrize(
    ("size", "status"), [(7, HTTPStatus.CONFLICT), (9, HTTPStatus.UNPROCESSABLE_ENTITY)]
)
def test_fork_is_refused_and_kept_as_evidence(
    size: int, status: HTTPStatus, witness: Witness, log: FakeLog
) -> None:
    witness.add_checkpoint(log.request(0, 7))
    other = FakeLog([*entries(6), entry(999), *entries(10, 1000)])
    body = other.request(7, size)
    assert witness.add_checkpoint(body).status is status
    assert witness.evidence() == [Request.parse(body).note]
    latest = witness.latest(ORIGIN)
    assert latest is not None
    assert latest.root == log.tree(7)[1]
    going_on = log.request(7, 9)
    assert cosigned(witness.add_checkpoint(going_on), going_on) is not None


def test_witness_remembers_over_a_restart(
    witness: Witness, log: FakeLog, tmp_path: Path, clock: Clock
) -> None:
    witness.add_checkpoint(log.request(0, 7))
    logs = [Vkey.of(ORIGIN, LOG_KEY)]
    again = Witness(tmp_path / "seen.sqlite3", NAME, WITNESS_KEY, logs, clock=clock)
    assert again.add_checkpoint(log.request(0, 9)).body == "7\n"
    clock.now_s -= 10
    assert again.add_checkpoint(log.request(7, 9)).status is HTTPStatus.SERVICE_UNAVAILABLE
    clock.now_s += 10
    assert again.add_checkpoint(log.request(7, 9)).status is HTTPStatus.OK


def test_two_requests_at_once_never_roll_the_witness_back(witness: Witness, log: FakeLog) -> None:
    """The race that tlog-witness tells of: both from the same old size, of two new sizes."""
    bodies = [log.request(0, size) for size in range(1, 25)]
    answers: list[Answer] = []
    threads = [
        threading.Thread(target=lambda body=body: answers.append(witness.add_checkpoint(body)))
        for body in bodies
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status for answer in answers].count(HTTPStatus.OK) == 1
    latest = witness.latest(ORIGIN)
    assert latest is not None
    assert {answer.body for answer in answers if answer.status is not HTTPStatus.OK} <= {
        f"{latest.size}\n"
    }


def test_others_logs_and_keys_are_refused(witness: Witness, log: FakeLog) -> None:
    root = log.tree(3)[1]
    unknown = bytes(Request(0, (), signed(3, root, LOG_KEY, "other.example")))
    assert witness.add_checkpoint(unknown).status is HTTPStatus.NOT_FOUND
    stranger = bytes(Request(0, (), signed(3, root, keys.generate())))
    assert witness.add_checkpoint(stranger).status is HTTPStatus.FORBIDDEN
    note = Note.parse(signed(3, root, LOG_KEY))
    line = note.lines[0]
    forged = Note(note.text, (Line(line.name, line.key_id, bytes(64)),))
    assert witness.add_checkpoint(bytes(Request(0, (), bytes(forged)))).status is (
        HTTPStatus.FORBIDDEN
    )
    assert witness.add_checkpoint(log.request(5, 5).replace(b"old 5", b"old 6")).status is (
        HTTPStatus.BAD_REQUEST
    )
    assert witness.latest(ORIGIN) is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 0\n",
        b"old 00\n\n",
        b"new 0\n\n",
        b"old 0\nAAAA\n\n",
        b"old 0\nnot base64\n\n",
        b"old 0\n\nnot a note",
        b"old 0\n" + b"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n" * 64 + b"\n",
        b"\xff\xff",
    ],
)
def test_malformed_request_is_refused(body: bytes, witness: Witness) -> None:
    assert witness.add_checkpoint(body).status is HTTPStatus.BAD_REQUEST


def test_request_survives_its_bytes(log: FakeLog) -> None:
    body = log.request(100, 300)
    assert bytes(Request.parse(body)) == body
    with pytest.raises(RecordError, match="request-malformed"):
        Request.parse(body[1:])


def test_empty_log_has_the_empty_root(log: FakeLog) -> None:
    assert log.tree(0)[1] == EMPTY_ROOT
