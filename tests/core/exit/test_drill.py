"""A plan that holds is carried out to the fen and in time; a broken one fails, saying why."""

from __future__ import annotations

import itertools
from dataclasses import replace
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shidian.core.exit.drill import Code, Outcome, Setting, Step, run, yuan
from shidian.core.exit.plan import (
    Channel,
    ExitError,
    ExitPlan,
    How,
    Pace,
    Path,
    Payer,
    Rounding,
    Told,
    read_exit_plan,
)
from shidian.core.exit.positions import Position, digest_of, made_up_positions
from shidian.core.exit.refunds import Line, check_refunds, part_of, refund_list
from shidian_kit.wire import canonical
from tests.core.exit.plans import DAYS, KINDS, SETTING, a_plan

POSITIONS = made_up_positions(KINDS, 10_000, "seed-1")
FEW = made_up_positions(KINDS, 60, "seed-2")


def drilled(plan: ExitPlan, setting: Setting = SETTING) -> Outcome:
    return run(plan, FEW, setting)


def only_failure(plan: ExitPlan, setting: Setting = SETTING):
    (failure,) = drilled(plan, setting).failures
    return failure


def test_ten_thousand_positions_are_run_off_to_the_fen() -> None:
    outcome = run(a_plan(), POSITIONS, SETTING)

    assert outcome.passed, outcome.failures
    assert [one.step for one in outcome.steps] == [Step.NOTICES, Step.RUN_OFF, Step.REFUNDS]
    assert outcome.steps[1].count == 10_000
    assert outcome.owed == outcome.listed
    held = sum(one.principal + one.gain for one in POSITIONS)
    assert outcome.custody + outcome.handed_over == held
    assert all(one.last_day <= one.due for one in outcome.steps)


def test_made_up_positions_are_the_same_everywhere() -> None:
    """Pinned: certificates of last year are verified by making them again."""
    assert digest_of(made_up_positions(("a", "b"), 12, "s")) == PINNED
    assert made_up_positions(KINDS, 60, "seed-2") == FEW
    assert made_up_positions(KINDS, 60, "seed-3") != FEW


PINNED = "sha256:9232dfc6d3e577151ed726af9c50b4ef68a56907c21409eb259ab170aafb684e"


def test_made_up_positions_have_awkward_ones() -> None:
    assert POSITIONS[0].principal == 0
    assert POSITIONS[1].principal == 1
    assert POSITIONS[3].gain == -POSITIONS[3].principal
    assert {one.kind for one in POSITIONS[:4]} == set(KINDS)
    assert all(-one.gain <= one.principal for one in POSITIONS)
    assert any(Channel.APP not in one.reached for one in POSITIONS)


@pytest.mark.parametrize(("kinds", "count"), [((), 5), (("a",), 0), (("a",), 100_001)])
def test_positions_out_of_bounds_are_refused(kinds: tuple[str, ...], count: int) -> None:
    with pytest.raises(ValueError, match="1 to 100000"):
        made_up_positions(kinds, count, "s")


def test_shares_that_are_no_whole_fail_with_the_difference() -> None:
    failure = only_failure(a_plan(payers=(Payer("a", 6_000), Payer("b", 3_000))))

    assert failure.code is Code.REFUNDS_DIFFER
    assert "90.00%" in failure.text.en
    assert "相差 −" in failure.text.zh


def test_nobody_who_pays_fails() -> None:
    assert only_failure(a_plan(payers=())).code is Code.REFUNDS_DIFFER


def test_position_without_a_path_fails_with_its_kind() -> None:
    failure = only_failure(a_plan(paths=a_plan().paths[1:]))

    assert (failure.code, failure.where) == (Code.NO_PATH, "open-order")
    assert failure.count == sum(one.kind == "open-order" for one in FEW)


def test_kind_said_never_to_be_held_fails_when_it_is() -> None:
    paths = (Path("open-order", How.NOT_HELD), *a_plan().paths[1:])

    assert only_failure(a_plan(paths=paths)).code is Code.NO_PATH


def test_hand_over_to_nobody_fails() -> None:
    paths = tuple(replace(one, to=" ") for one in a_plan().paths)

    assert only_failure(a_plan(paths=paths)).code is Code.NO_TAKER


@pytest.mark.parametrize("channels", [(Channel.APP,), (Channel.MAIL, Channel.SMS), ()])
def test_investors_whom_no_channel_reaches_fail(channels: tuple[Channel, ...]) -> None:
    outcome = run(a_plan(channels=channels), POSITIONS, SETTING)

    (failure,) = outcome.failures
    assert failure.code is Code.NO_ADDRESS
    assert failure.count == outcome.investors - sum(outcome.by_channel.values()) > 0


def test_body_without_an_address_and_body_not_told_fail() -> None:
    outcome = drilled(a_plan(told=(Told("authority", ""),)))

    assert [(one.code, one.where) for one in outcome.failures] == [
        (Code.NO_ADDRESS, "authority"),
        (Code.NOT_TOLD, "custodian"),
    ]


def test_pace_too_slow_for_the_plans_own_days_fails() -> None:
    failure = only_failure(a_plan(notices=Pace(days=1, per_day=5)))

    assert (failure.code, failure.where) == (Code.DEADLINE, Step.NOTICES)


def test_day_past_the_rulebooks_fails() -> None:
    setting = replace(SETTING, due={Step.REFUNDS: DAYS[3]})

    failure = only_failure(a_plan(), setting)

    assert (failure.code, failure.where) == (Code.DEADLINE, Step.REFUNDS)
    assert DAYS[3].isoformat() in failure.text.zh


def test_days_beyond_those_known_are_past_the_deadline() -> None:
    outcome = drilled(a_plan(refunds=Pace(days=400, per_day=1)), replace(SETTING, days=DAYS[:40]))

    assert outcome.steps[2].last_day is None
    assert outcome.failures[-1].code is Code.DEADLINE


def test_everything_that_breaks_is_told() -> None:
    plan = a_plan(paths=(), payers=(), channels=(), told=(), notices=Pace(0, 1))

    codes = {one.code for one in drilled(plan).failures}

    assert codes >= {Code.NO_PATH, Code.NO_ADDRESS, Code.NOT_TOLD, Code.DEADLINE}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda lines: lines[1:],
        lambda lines: (*lines, lines[0]),
        lambda lines: (*lines, Line(999_999, "", 1)),
        lambda lines: (lines[0]._replace(fen=lines[0].fen + 1), *lines[1:]),
        lambda lines: (
            lines[0]._replace(fen=lines[0].fen + 1),
            *lines[1:-1],
            lines[-1]._replace(fen=lines[-1].fen - 1),
        ),
    ],
    ids=["left-out", "paid-twice", "stranger", "one-fen", "swapped-fen"],
)
def test_list_that_is_off_by_a_fen_is_found(spoil) -> None:
    lines = refund_list(a_plan(), FEW)
    assert check_refunds(a_plan(), FEW, lines).agrees

    assert not check_refunds(a_plan(), FEW, spoil(lines)).agrees


amounts = st.integers(0, 10**12)
shares = st.integers(0, 10_000)


@given(fen=amounts, share=shares, rounding=st.sampled_from(Rounding))
def test_part_of_an_amount_is_what_decimals_say(fen: int, share: int, rounding: Rounding) -> None:
    how = {
        Rounding.UP: ROUND_CEILING,
        Rounding.DOWN: ROUND_FLOOR,
        Rounding.HALF_EVEN: ROUND_HALF_EVEN,
    }[rounding]

    exact = Decimal(fen) * Decimal(share) / Decimal(10_000)

    assert part_of(fen, share, rounding) == int(exact.quantize(Decimal(1), rounding=how))


@given(
    cuts=st.lists(st.integers(0, 10_000), max_size=5),
    amounts=st.lists(
        st.tuples(st.integers(0, 8), amounts, st.integers(-100, 100), st.integers(0, 10**6)),
        max_size=30,
    ),
    rounding=st.sampled_from(Rounding),
)
def test_whatever_is_owed_is_listed_where_shares_are_whole(cuts, amounts, rounding) -> None:
    edges = [0, *sorted(cuts), 10_000]
    payers = tuple(Payer(f"p{n}", b - a) for n, (a, b) in enumerate(itertools.pairwise(edges)))
    positions = [
        Position(n, who, KINDS[n % 4], fen, fen * percent // 100, fees, 0, (Channel.POST,))
        for n, (who, fen, percent, fees) in enumerate(amounts)
    ]
    plan = a_plan(payers=payers, rounding=rounding)

    checked = check_refunds(plan, positions, refund_list(plan, positions))

    assert checked.agrees


def test_plan_reads_back_from_its_bytes() -> None:
    assert read_exit_plan(a_plan().canonical()) == a_plan()


def test_payer_is_named_in_english_where_the_plan_does_so() -> None:
    named = a_plan(payers=(Payer("牵头机构", 6_667, "Lead Firm"), Payer("合作机构", 3_333)))

    assert read_exit_plan(named.canonical()) == named
    assert named.document()["payers"] == [
        {"name": "牵头机构", "share_bp": 6_667, "name_en": "Lead Firm"},
        {"name": "合作机构", "share_bp": 3_333},
    ]


@pytest.mark.parametrize(
    ("member", "value", "where"),
    [
        ("paths", [*a_plan().document()["paths"], a_plan().document()["paths"][0]], "paths"),
        ("paths", [{"kind": "x"}] * 51, "paths"),
        ("notices", {"days": 3, "per_day": 0}, "notices.per_day"),
        ("run_off", {"days": -1, "per_day": 5}, "run_off.days"),
        ("run_off", {"days": True, "per_day": 5}, "run_off.days"),
        ("payers", [{"name": "a", "share_bp": 10_001}], "payers.share_bp"),
        ("payers", [{"name": "a", "share_bp": "100"}], "payers.share_bp"),
        ("payers", [{"name": "a", "share_bp": 100, "name_en": 7}], "payers.name_en"),
        ("payers", [{"name": "a", "share_bp": 100, "name_en": ""}], "plan"),
        ("told", [{"id": "a", "address": "x" * 301}], "told.address"),
        ("channels", ["pigeon"], "plan"),
        ("rounding", "away", "plan"),
        ("more", 1, "plan"),
    ],
)
def test_what_is_no_plan_is_refused_with_the_place(member, value, where) -> None:
    document = {**a_plan().document(), member: value}

    with pytest.raises(ExitError) as refused:
        read_exit_plan(canonical.dumps(document))

    assert refused.value.where == where


@pytest.mark.parametrize("text", [b"", b"[]", b"null", b"{" * 5_000, b"x" * 70_000, b"\xff"])
def test_hostile_bytes_are_no_plan(text: bytes) -> None:
    with pytest.raises(ExitError):
        read_exit_plan(text)


def test_fen_are_told_as_yuan() -> None:
    assert [yuan(n) for n in (0, 5, 123_456, -7)] == ["0.00", "0.05", "1,234.56", "−0.07"]
