"""The spool: numbers given once, kept over restarts, and an epoch that a lost file opens anew."""

from __future__ import annotations

import json

import pytest

from shidian_kit.client import draft
from shidian_kit.sender import Sender
from shidian_kit.spool import Spool, SpoolError, SpoolFullError
from shidian_kit.wire.envelope import EnvelopeError

ONE = draft("order.placed", {"amount": "1.00"}, 1_700_000_000_000_000)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "spool"


def opened(path, **changed):
    return Spool(path, **({"project": "P-1", "source": "urn:x"} | changed))


def test_numbers_are_gapless_over_restarts(path):
    spool = opened(path)
    assert spool.is_new
    assert [spool.put(ONE), spool.put(ONE)] == [1, 2]
    epoch = spool.epoch
    spool.close()
    again = opened(path)
    assert (again.is_new, again.epoch) == (False, epoch)
    assert list(again.put_all([ONE, ONE])) == [3, 4]
    sent = [json.loads(item.wire) for item in again.waiting(10)]
    assert [wire["id"] for wire in sent] == [f"urn:x/{epoch}/{n}/0" for n in (1, 2, 3, 4)]
    again.close()


def test_unfit_event_takes_no_number(path):
    spool = opened(path)
    with pytest.raises(EnvelopeError):
        spool.put_all([ONE, draft("Bad Type", {})])
    assert spool.put(ONE) == 1
    spool.close()


def test_lost_spool_opens_a_higher_epoch_and_says_so(path, caplog):
    spool = opened(path, epoch=5)
    spool.close()
    path.unlink()
    spool = opened(path)
    assert spool.epoch > 5
    assert "opens epoch" in caplog.text
    spool.close()


def full(spool, *, pages=0):
    """Let its disk take so many pages more."""
    held = spool._db.execute("PRAGMA page_count").fetchone()[0]
    spool._db.execute(f"PRAGMA max_page_count = {held + pages}")


def test_disk_that_fills_takes_nothing_by_halves_and_numbers_go_on_when_there_is_room(path):
    spool = opened(path)
    kept = list(spool.put_all([ONE] * 20))
    full(spool, pages=2)

    with pytest.raises(SpoolFullError, match="Make room"):
        spool.put_all([ONE] * 1_000)
    assert spool.waiting_count() == 20
    while True:
        try:
            kept.append(spool.put(ONE))
        except SpoolFullError:
            break
    full(spool, pages=10_000)
    kept.append(spool.put(ONE))

    assert kept == list(range(1, len(kept) + 1))
    assert [int(json.loads(one.wire)["seqno"]) for one in spool.waiting(10_000)] == kept
    spool.close()


def test_sender_outlives_a_full_disk(caplog):
    class Full:
        flushes = 0

        def flush(self, give_up_after_s):
            self.flushes += 1
            raise SpoolFullError("takes no more")

    client = Full()
    with Sender(client, every_s=0.01):
        while client.flushes < 3:
            pass
    assert "when there is room" in caplog.text


def test_spool_belongs_to_one_source(path):
    opened(path).close()
    with pytest.raises(SpoolError, match="its own file"):
        opened(path, source="urn:y")


def test_labelled_load_happens_once(path):
    spool = opened(path)
    assert list(spool.put_all([ONE, ONE], label="file")) == [1, 2]
    assert list(spool.put_all([ONE, ONE], label="file")) == []
    assert spool.waiting_count() == 2
    spool.close()


def test_answers_are_kept_and_a_quarantined_event_can_be_mended(path):
    spool = opened(path)
    spool.put_all([ONE, ONE])
    first, second = spool.waiting(2)
    spool.answer(
        [
            (first.place, "accepted", "", ""),
            (second.place, "quarantined", "data.amount", "scale: …"),
        ]
    )
    assert spool.waiting_count() == 0
    assert [(o.seqno, o.reason) for o in spool.outcomes("quarantined")] == [(2, "scale: …")]
    with pytest.raises(SpoolError, match="not quarantined"):
        spool.mend(1, ONE)
    spool.mend(2, draft("order.placed", {"amount": "2.00"}, 5))
    [again] = spool.waiting(9)
    assert json.loads(again.wire)["seqno"] == "2"
    spool.close()


def test_revisions_count_up_from_the_original(path):
    spool = opened(path)
    spool.put(ONE)
    assert spool.correct(1, ONE) == 1
    assert spool.void(1, draft("order.placed", {}, 5)) == 2
    with pytest.raises(SpoolError, match="no event 9"):
        spool.correct(9, ONE)
    assert [json.loads(item.wire)["op"] for item in spool.waiting(9)] == ["new", "correct", "void"]
    spool.close()


def test_float_and_naive_time_are_refused():
    from datetime import datetime

    with pytest.raises(TypeError, match="Decimal"):
        draft("a.b", {"amount": 1.5})
    with pytest.raises(TypeError, match="zone"):
        draft("a.b", {}, datetime(2026, 1, 1))  # noqa: DTZ001 - the point
