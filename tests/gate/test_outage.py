"""The regulator's side is down: what the rulebook says of it, under a clock that jumps."""

from __future__ import annotations

import pytest

from shidian_kit.permits import Business
from tests.core.journal.samples import DOCUMENT

from .running import running_gate
from .test_holder import EVERY, NUMBERS, Pilot

MINUTES = 120
MODES = ("advisory", "no-new-business", "full-stop")
GRACE = {"on_regulator_outage": "keep-last", "grace": "3h"}
HALT = {"on_regulator_outage": "no-new-business"}


@pytest.fixture(scope="module")
def gate(tmp_path_factory):
    with running_gate(tmp_path_factory.mktemp("outage")) as gate:
        yield gate


@pytest.fixture
def pilots(gate):
    made = []

    def pilot(**terms):
        made.append(Pilot(gate, 5_000 + next(NUMBERS), **terms))
        return made[-1]

    yield pilot
    for one in made:
        one.holder.close()


def through_the_outage(pilot):
    """What passes in each minute of two hours in which nothing of the regulator's answers."""
    pilot.cut_off()
    seen = []
    for _ in range(MINUTES):
        pilot.clock.ahead_s += 60
        pilot.holder.renew()
        seen.append(pilot.passes())
    return seen


@pytest.mark.parametrize("mode", MODES)
def test_with_grace_two_hours_of_downtime_halt_nothing(pilots, mode):
    pilot = pilots(mode=mode, **GRACE)
    pilot.holder.renew()

    assert through_the_outage(pilot) == [list(EVERY)] * MINUTES


@pytest.mark.parametrize("kind", ["suspend", "terminate"])
def test_with_grace_a_pilot_already_stopped_stays_stopped_and_closes_out(pilots, kind):
    pilot = pilots(mode="full-stop", **GRACE)
    pilot.order("D-1", kind)
    pilot.holder.renew()

    assert through_the_outage(pilot) == [[Business.CLOSING_OUT]] * MINUTES


def test_grace_ends(pilots):
    pilot = pilots(mode="no-new-business", **GRACE)
    pilot.holder.renew()
    through_the_outage(pilot)
    pilot.clock.ahead_s += 3_600 + 120

    assert pilot.passes() == [Business.EXISTING, Business.CLOSING_OUT]


@pytest.mark.parametrize(
    ("mode", "passes"),
    [
        ("advisory", list(EVERY)),
        ("no-new-business", [Business.EXISTING, Business.CLOSING_OUT]),
        ("full-stop", [Business.CLOSING_OUT]),
    ],
)
def test_with_halt_the_mode_says_what_stops_once_the_lease_has_ended(pilots, mode, passes):
    pilot = pilots(mode=mode, **HALT)
    pilot.holder.renew()

    assert through_the_outage(pilot)[1:] == [passes] * (MINUTES - 1)


def test_a_stop_ordered_in_the_outage_is_heeded_when_it_is_over(pilots):
    pilot = pilots(mode="no-new-business", **GRACE)
    pilot.holder.renew()
    connected = pilot.holder._gate
    assert through_the_outage(pilot)[-1] == list(EVERY)

    pilot.order("D-1", "suspend")
    pilot.fed()
    pilot.holder._gate.close()
    pilot.holder._gate = type(connected)(pilot.gate.url, pilot.key)
    assert pilot.holder.renew()
    assert pilot.passes() == [Business.EXISTING, Business.CLOSING_OUT]


MODE = {"id": "mode", "type": "permit-mode", "title": {"zh": "模式", "en": "Mode"}}


def test_the_plan_says_the_mode_and_a_change_reaches_the_next_permit(gate):
    pilot = Pilot(gate, 5_000 + next(NUMBERS), mode="advisory", **HALT)
    document = DOCUMENT | {
        "orders": {"permit": {"ttl": "60s", "mode": "advisory"} | HALT},
        "plan": [*DOCUMENT.get("plan", []), MODE],
    }
    assert gate.activate(project=pilot.project, document=document)[0] == 200
    modes = []
    for plan in ({}, {"mode": "full-stop"}, {"mode": "no-new-business"}):
        record = {"project": pilot.project, "effective_us": 0, "plan": plan}
        assert gate.control("plan", record)[0] == 200
        pilot.holder.renew()
        modes.append(str(pilot.holder.status.mode))
    assert modes == ["advisory", "full-stop", "no-new-business"]

    record = {"project": pilot.project, "effective_us": 0, "plan": {"mode": "off"}}
    status, answer = gate.control("plan", record)
    assert (status, "mode" in answer["refused"]) == (422, True)
    pilot.holder.renew()
    assert str(pilot.holder.status.mode) == "no-new-business"
    pilot.holder.close()
