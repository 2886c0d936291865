"""Returns: a file that a named person attests becomes events, exactly once, and can be corrected."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from shidian.apps.cases.errors import ForbiddenError
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.domain.keys import register_machine_key
from shidian.apps.supervision.domain.return_rows import ReturnRefusedError, renumbered
from shidian.apps.supervision.domain.returns import (
    Period,
    attest_return,
    drop_return,
    prepare_return,
)
from shidian.apps.supervision.models import IndicatorReturn, ReturnState
from shidian.apps.supervision.worker.controls import _record
from shidian.apps.supervision.worker.gate_client import GateUnreachableError
from shidian.apps.supervision.worker.returns import send_returns
from shidian.core.journal import EntryKind, Journal, JournalReader
from shidian.core.journal.arrivals_json import read_batch
from shidian.core.journal.controls import RETURNS_SOURCE
from shidian.gate.telemetry import answer
from shidian_kit.wire import keys as wire_keys
from shidian_kit.wire.signed_file import sha256_of, sign_file

from .things import quick_pilot

if TYPE_CHECKING:
    from pathlib import Path

STREAM = "portfolio.rebalanced"
WHO = "p_" + "a" * 26
HEADER = "time,amount,investor\n"


class InProcessGate:
    """The journal behind the gate's own reading and answering. `fails`: requests that are lost."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.journal = Journal(path)
        self.fails = 0
        self.loses_answer = False

    def returns(self, project: str, events: Any) -> dict[str, Any]:
        if self.fails:
            self.fails -= 1
            raise GateUnreachableError("down")
        arrivals = read_batch(json.dumps(list(events)).encode(), 10_000)
        result = self.journal.submit_arrivals(project, RETURNS_SOURCE, arrivals).result()
        if self.loses_answer:
            self.loses_answer = False
            raise GateUnreachableError("cut off while answering")
        return json.loads(json.dumps(answer(result)))


@pytest.fixture
def pilot(walk):
    return quick_pilot(walk)


@pytest.fixture
def days(pilot):
    """Two days that are over, from the pilot's first on."""
    return pilot.starts_on, pilot.starts_on + timedelta(days=1)


@pytest.fixture
def later(pilot):
    return pilot.created_at + timedelta(days=5)


@pytest.fixture
def gate(pilot, tmp_path):
    from shidian.apps.cases.models import Outbox

    gate = InProcessGate(tmp_path / "journal.sqlite3")
    row = Outbox.objects.get(topic="gate.control", payload__kind="activation")
    record = {
        name: value for name, value in _record(row).items() if name not in ("kind", "outbox_id")
    }
    gate.journal.append_control(EntryKind.ACTIVATION, row.pk, record)
    yield gate
    gate.journal.close()


def table(*rows: tuple[Any, str]) -> ContentFile:
    lines = "".join(f"{day},{amount},{WHO}\n" for day, amount in rows)
    return ContentFile((HEADER + lines).encode(), name="三月.csv")


@pytest.fixture
def file_and_attest(world, pilot, days, later):
    def act(*rows: tuple[Any, str]) -> IndicatorReturn:
        made = prepare_return(
            pilot=pilot, period=Period(STREAM, *days), file=table(*rows), by=world.drafter, at=later
        )
        return attest_return(found=made, by=world.signer, proof=None, at=later)

    return act


def standing(gate: InProcessGate, project: str) -> list[tuple[int, str]]:
    """(time, amount in minor units) of the rows that stand at the end of the log."""
    rows: dict[int, tuple[int, Any, Any]] = {}
    with JournalReader(gate.path) as reader:
        for entry in reader:
            if entry.kind is not EntryKind.DATA:
                continue
            for row in entry.table().to_pylist():
                rows[row["seqno"]] = (row["rev"], row["op"], row)
    return sorted(
        (row["time_us"], row[f"{STREAM}/amount"]) for _, op, row in rows.values() if op != "void"
    )


def test_a_drafter_files_and_a_signer_attests(world, pilot, days, later, gate):
    made = prepare_return(
        pilot=pilot,
        period=Period(STREAM, *days),
        file=table((days[0], "10.00"), (days[1], "5.5")),
        by=world.drafter,
        at=later,
    )
    assert (made.state, made.row_count, made.totals) == ("prepared", 2, {"amount": "15.50"})
    assert send_returns(gate) == {}
    with pytest.raises(ForbiddenError):
        attest_return(found=made, by=world.drafter, proof=None, at=later)

    done = attest_return(found=made, by=world.signer, proof=None, at=later)

    assert (done.ended_by, done.evidence) == (world.signer, {"method": "session"})
    assert json.loads(done.statement)["sha256"] == made.sha256
    assert list(send_returns(gate)) == [pilot.public_id]
    done.refresh_from_db()
    assert done.counts == {"accepted": 2}
    assert done.problem == ""
    assert [amount for _, amount in standing(gate, pilot.public_id)] == [1000, 550]
    assert send_returns(gate) == {}


def test_others_can_neither_file_nor_attest(world, pilot, days, later, file_and_attest):
    for stranger in (world.rival_signer, world.outsider, world.assessor):
        with pytest.raises(ForbiddenError):
            prepare_return(
                pilot=pilot,
                period=Period(STREAM, *days),
                file=table((days[0], "1")),
                by=stranger,
                at=later,
            )
    made = prepare_return(
        pilot=pilot,
        period=Period(STREAM, *days),
        file=table((days[0], "1")),
        by=world.drafter,
        at=later,
    )
    for stranger in (world.rival_signer, world.outsider, world.assessor):
        with pytest.raises(ForbiddenError):
            attest_return(found=made, by=stranger, proof=None, at=later)
        with pytest.raises(ForbiddenError):
            drop_return(found=made, by=stranger, at=later)
    made.refresh_from_db()
    assert made.state == ReturnState.PREPARED


def test_two_signers_at_once_one_wins_and_the_other_sees_why(world, pilot, days, later):
    made = prepare_return(
        pilot=pilot,
        period=Period(STREAM, *days),
        file=table((days[0], "1")),
        by=world.drafter,
        at=later,
    )
    attest_return(found=made, by=world.signer, proof=None, at=later)

    with pytest.raises(SupervisionError, match=str(world.signer)):
        attest_return(found=made, by=world.signer, proof=None, at=later)


def test_filing_again_drops_what_still_waits(world, pilot, days, later):
    def file():
        return prepare_return(
            pilot=pilot,
            period=Period(STREAM, *days),
            file=table((days[0], "1")),
            by=world.drafter,
            at=later,
        )

    first, second = file(), file()
    first.refresh_from_db()

    assert (first.state, second.state) == ("dropped", "prepared")
    with pytest.raises(SupervisionError):
        attest_return(found=first, by=world.signer, proof=None, at=later)


def test_a_correction_replaces_the_rows_and_keeps_both_on_file(pilot, days, gate, file_and_attest):
    first = file_and_attest((days[0], "1"), (days[0], "2"), (days[1], "3"), (days[1], "4"))
    send_returns(gate)
    second = file_and_attest((days[0], "2"), (days[0], "9"), (days[1], "4"))
    send_returns(gate)

    assert second.replaces == first
    assert sorted(op for _, _, op, _, _ in second.events) == ["correct", "void"]
    assert [amount for _, amount in standing(gate, pilot.public_id)] == [200, 900, 400]

    third = file_and_attest()
    send_returns(gate)

    assert third.replaces == second
    assert standing(gate, pilot.public_id) == []
    assert IndicatorReturn.objects.filter(state=ReturnState.ATTESTED).count() == 3


def test_the_same_figures_again_send_nothing(days, gate, file_and_attest):
    file_and_attest((days[0], "1"))
    send_returns(gate)
    again = file_and_attest((days[0], "1"))
    send_returns(gate)
    again.refresh_from_db()

    assert (again.events, again.counts) == ([], {})
    assert again.delivered_at is not None


def test_a_lost_answer_is_asked_for_again_and_no_row_is_there_twice(
    pilot, days, gate, file_and_attest
):
    found = file_and_attest((days[0], "1"), (days[1], "2"))
    gate.fails = 1
    for trouble in ("down", "cut off"):
        gate.loses_answer = trouble == "cut off"
        with pytest.raises(GateUnreachableError):
            send_returns(gate)
    send_returns(gate)
    found.refresh_from_db()

    assert found.counts == {"duplicate": 2}
    assert [amount for _, amount in standing(gate, pilot.public_id)] == [100, 200]


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [(1, 0, "ends_on"), (-1, 0, "starts_on"), (0, 5, "ends_on"), (0, 99, "ends_on")],
    ids=["ends before it begins", "before the pilot", "today", "in the future"],
)
def test_a_period_that_cannot_be_filed_is_refused(world, pilot, later, first, last, field):  # noqa: PLR0917
    day = pilot.starts_on
    period = Period(STREAM, day + timedelta(days=first), day + timedelta(days=last))

    with pytest.raises(SupervisionError) as refused:
        prepare_return(pilot=pilot, period=period, file=table(), by=world.drafter, at=later)

    assert refused.value.field == field


def test_periods_do_not_overlap(world, pilot, days, later, file_and_attest):
    file_and_attest((days[0], "1"))

    with pytest.raises(SupervisionError, match="1"):
        prepare_return(
            pilot=pilot,
            period=Period(STREAM, days[1], days[1] + timedelta(days=1)),
            file=table(),
            by=world.drafter,
            at=later,
        )


def test_wrong_cells_are_all_named_and_nothing_is_kept(world, pilot, days, later):
    bad = table((days[0], "-1"), ("2031-01-01", "1"), (days[1], "1.234"))

    with pytest.raises(ReturnRefusedError) as refused:
        prepare_return(
            pilot=pilot, period=Period(STREAM, *days), file=bad, by=world.drafter, at=later
        )

    assert [(one.line, one.code) for one in refused.value.wrong] == [
        (2, "negative"),
        (3, "period"),
        (4, "scale"),
    ]
    assert not IndicatorReturn.objects.exists()


def test_a_systems_signature_over_the_file_is_checked(world, pilot, days, later):
    key, other = wire_keys.generate(), wire_keys.generate()
    public = wire_keys.public_text(key.public_key())
    register_machine_key(pilot=pilot, source="engine", public_key=public, by=None)
    file = table((days[0], "1"))
    sha256 = sha256_of(file.read())

    def prepare(signature: str) -> IndicatorReturn:
        return prepare_return(
            pilot=pilot,
            period=Period(STREAM, *days),
            file=file,
            signature=signature,
            by=world.drafter,
            at=later,
        )

    for forged in (sign_file(other, sha256), sign_file(key, "0" * 64), "ed25519-signature:AAAA"):
        with pytest.raises(SupervisionError) as refused:
            prepare(forged)
        assert refused.value.field == "signature"
    assert prepare(sign_file(key, sha256)).signed_by_key == wire_keys.key_id(key.public_key())


def test_no_key_is_registered_under_the_returns_name(pilot):
    public = wire_keys.public_text(wire_keys.generate().public_key())

    with pytest.raises(SupervisionError):
        register_machine_key(pilot=pilot, source="returns", public_key=public, by=None)


ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=6).map(
    lambda rows: [[2 + at, time, {"n": value}] for at, (time, value) in enumerate(rows)]
)


@given(st.lists(ROWS, min_size=1, max_size=6))
def test_events_turn_any_rows_into_any_others_under_numbers_that_never_come_back(
    versions: list[list[Any]],
) -> None:
    held: dict[int, tuple[int, Any]] = {}
    gone: set[int] = set()
    old: list[Any] = []
    numbers: list[list[int]] = []
    high = 0
    for new in versions:
        numbers, events, high = renumbered(old, numbers, new, high)
        for seqno, rev, op, time_us, values in events:
            assert seqno not in gone
            assert rev == (held[seqno][0] + 1 if seqno in held else 0)
            assert (op == "new") == (seqno not in held)
            if op == "void":
                del held[seqno]
                gone.add(seqno)
            else:
                held[seqno] = (rev, [time_us, values])
        assert sorted(held) == sorted(seqno for seqno, _ in numbers)
        for (_, time_us, values), (seqno, rev) in zip(new, numbers, strict=True):
            assert held[seqno] == (rev, [time_us, values])
        assert set(held) | gone == set(range(1, high + 1))
        old = new


def test_the_pages_file_attest_and_show_what_became_of_it(  # noqa: PLR0917
    client, world, pilot, days, gate, later
):
    import time_machine

    listing = reverse("supervision:returns", args=[pilot.public_id])
    with time_machine.travel(later, tick=False):
        client.force_login(world.drafter)
        sheet = client.get(
            reverse("supervision:return-template", args=[pilot.public_id, STREAM, "csv"])
        )
        assert sheet.text.strip("\ufeff\r\n") == HEADER.strip()
        wrong = client.post(listing, form(days, table((days[0], "-1"))))
        assert wrong.status_code == 422
        assert "不得为负" in wrong.text
        filed = client.post(listing, form(days, table((days[0], "12.00"))))
        address = filed.headers["Location"]
        assert "12.00" in client.get(address).text
        assert client.post(address, {"token": "x"}).status_code == 404
        client.force_login(world.signer)
        page = client.get(address)
        token = page.context["token"]
        assert client.post(address, {"token": "made up"}).status_code == 422
        assert client.post(address, {"token": token}).status_code == 302
        assert "已签署" in client.get(address).text
        send_returns(gate)
        done = client.get(address)
        assert "已入日志" in done.text
        file = client.get(reverse("supervision:return-file", args=[pilot.public_id, 1]))
        assert "attachment" in file.headers["Content-Disposition"]
        assert b"".join(file.streaming_content).startswith(HEADER.encode())
        for stranger in (world.rival_signer, world.outsider, world.assessor):
            client.force_login(stranger)
            assert client.get(address).status_code == 404
            assert client.get(listing).status_code == 404


def form(days: Any, file: ContentFile) -> dict[str, Any]:
    return {"stream": STREAM, "starts_on": days[0], "ends_on": days[1], "file": file}


@pytest.mark.parametrize("returns", [1, 3])
def test_the_list_asks_as_often_for_one_as_for_three(  # noqa: PLR0917
    client, world, pilot, later, django_assert_max_num_queries, returns
):
    for day in range(returns):
        period = Period(STREAM, *[pilot.starts_on + timedelta(days=day)] * 2)
        made = prepare_return(pilot=pilot, period=period, file=table(), by=world.drafter, at=later)
        attest_return(found=made, by=world.signer, proof=None, at=later)
    client.force_login(world.signer)

    with django_assert_max_num_queries(22):
        client.get(reverse("supervision:returns", args=[pilot.public_id]))
