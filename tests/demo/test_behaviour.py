"""The simulated pilots send what their rulebook's streams take, the same for the same seed."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from demo.behaviour import (
    BEHAVIOURS,
    FAULT_LASTS_S,
    HISTORY_DAYS,
    Behaviour,
    TradingAssistant,
    money,
    pseudonym,
)
from demo.projects import PROJECTS

from shidian.core.rulebook.load import load_file
from shidian.core.rulebook.model import FieldType, Rulebook

END = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
START = END - timedelta(days=HISTORY_DAYS)


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    from pathlib import Path

    return load_file(Path("rulebooks/demo-city.yaml")).rulebook


def losses_yuan(behaviour: Behaviour) -> float:
    return sum(
        float(sent.data["amount"])
        for sent in behaviour.history(START, END)
        if sent.type == "loss.recorded"
    )


@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=lambda b: b.project)
def test_history_is_in_order_within_its_days_and_repeatable(behaviour: Behaviour) -> None:
    sent = list(behaviour.history(START, END))
    assert sent == list(behaviour.history(START, END))
    assert sent
    assert all(START <= event.at < END + timedelta(hours=1) for event in sent)
    assert all(
        earlier.at <= later.at + timedelta(seconds=1) for earlier, later in itertools.pairwise(sent)
    )


@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=lambda b: b.project)
def test_every_event_fits_a_stream_of_the_rulebook(
    behaviour: Behaviour, rulebook: Rulebook
) -> None:
    events = list(behaviour.history(START, END))
    for second in range(600):
        events += behaviour.live(END, second, fault=second > 300)
    for event in events:
        fields = rulebook.stream(event.type).fields
        assert set(event.data) == {name for name, field in fields.items() if field.required}
        for name, value in event.data.items():
            if fields[name].type is FieldType.MONEY:
                assert re.fullmatch(r"\d+\.\d\d", str(value))
            if fields[name].type is FieldType.PSEUDONYM:
                assert re.fullmatch(r"p_[a-z2-7]{16}", str(value))


@pytest.mark.parametrize("first", [0, 119, 120, 121])
def test_the_planted_fault_alarms_within_seconds_at_a_modest_rate(first: int) -> None:
    failed, alarmed_after_s = 0, None
    for second in range(int(FAULT_LASTS_S)):
        events = list(TradingAssistant().live(END, first + second, fault=True))
        assert len(events) <= 15
        failed += sum(event.type == "order.failed" for event in events)
        if alarmed_after_s is None and failed > 120:
            alarmed_after_s = second
    assert alarmed_after_s is not None
    assert 14 <= alarmed_after_s <= 20


def test_the_planted_fault_keeps_failing_and_drives_losses_past_the_cap_in_two_minutes() -> None:
    trading = TradingAssistant()
    cap_yuan = PROJECTS["trading"].caps[2]
    assert cap_yuan is not None
    before_yuan = losses_yuan(trading)
    assert before_yuan < 0.5 * cap_yuan
    losses_by_second = []
    failures_a_minute: Counter[int] = Counter()
    losses = 0.0
    for second in range(int(FAULT_LASTS_S)):
        for event in trading.live(END, second, fault=True):
            if event.type == "order.failed":
                failures_a_minute[second // 60] += 1
            if event.type == "loss.recorded":
                losses += float(event.data["amount"])
        losses_by_second.append(losses)

    assert all(count > 240 for count in failures_a_minute.values())
    assert losses_by_second[100] + before_yuan > cap_yuan
    # After long holidays there are next to no losses before it, and the cap is reached all the same.
    assert losses_by_second[130] > cap_yuan


def test_without_the_fault_an_hour_stays_far_from_every_threshold() -> None:
    trading = TradingAssistant()
    kinds = Counter(
        event.type for second in range(3600) for event in trading.live(END, second, fault=False)
    )
    assert kinds["order.failed"] < 36
    assert kinds["loss.recorded"] == 0
    assert kinds["order.placed"] > 1000


def test_pseudonyms_are_stable_and_differ_between_pilots() -> None:
    assert pseudonym("trading", 1) == pseudonym("trading", 1)
    assert pseudonym("trading", 1) != pseudonym("robo", 1)


def test_money_has_two_digits_behind_the_point() -> None:
    assert [money(5), money(100), money(123_456)] == ["0.05", "1.00", "1234.56"]
