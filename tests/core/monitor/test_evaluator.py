"""Alerts one at a time: early, confirmed, withdrawn, amended, warming, explained, halted."""

from __future__ import annotations

import json

from shidian.core.journal.entry import EntryKind
from shidian.core.monitor.evaluator import Evaluator
from shidian.core.rulebook.load import load_text
from tests.oracle.histories import HEAD, MINUTE, T0, Log

PROJECT = "p-one"
COUNT = "{id: n, title: {zh: 笔数, en: Trades}, of: trade.done, take: count, window: 5m, step: 1m}"
SUM = (
    "{id: sum, title: {zh: 金额, en: Amount}, of: trade.done, take: sum, field: amount, window: 5m}"
)


def loaded(rules, *, lateness="1m", idle="10m", indicators=(COUNT, SUM)):
    text = HEAD.format(version=1, tile="1m", lateness=lateness, idle=idle)
    text += "indicators:\n" + "".join(f"  - {indicator}\n" for indicator in indicators)
    return load_text(text + rules, name="tiny.yaml", resolve=lambda name: "")


def alert(levels, held="0s", indicator="n"):
    return f"alerts:\n  - {{id: a, title: {{zh: 过多, en: Many}}, indicator: {indicator}, levels: {{{levels}}}, for: {held}}}\n"


class Pilot:
    """A pilot with one source, and the monitor's answers to what it sends."""

    def __init__(self, rulebook, plan=None):
        self.log = Log()
        self.evaluator = Evaluator()
        self.seqno = 0
        self.plan = plan or {"cap": "10"}
        self.log.activate(PROJECT, rulebook, T0, self.plan)
        self._apply()

    def send(self, *minutes, amount=100, source="s"):
        """Trades so many minutes after the start; the items they yield."""
        rows = []
        for minute in minutes:
            self.seqno += 1
            rows.append(self.row(self.seqno, int(minute * MINUTE), amount))
        return self.rows(rows, source)

    def row(self, seqno, after_us, amount=100, **changed):
        values = {"trade.done/amount": amount, "trade.done/investor": 1}
        base = {
            "type": "trade.done",
            "seqno": seqno,
            "rev": 0,
            "op": "new",
            "time_us": T0 + after_us,
        }
        return base | values | changed

    def rows(self, rows, source="s"):
        self.log.data(PROJECT, source, rows)
        return self._apply()

    def tick(self, minute):
        self.log.now_us = T0 + minute * MINUTE
        self.log.tick()
        return self._apply()

    def _apply(self):
        return self.evaluator.apply(self.log.entries[-1])


def told(items):
    return [(i.change.value, i.early, i.level, (i.at_us - T0) // MINUTE) for i in items]


def test_early_item_comes_with_the_deciding_event_and_is_confirmed_later():
    pilot = Pilot(loaded(alert('warning: ">2"')))

    first = pilot.send(10.1, 10.2, 10.3)
    later = pilot.send(12.5)

    assert told(first) == [("opened", True, "warning", 11)]
    assert told(later) == [("confirmed", False, "warning", 11)]
    assert later[0].episode == first[0].episode


def test_early_item_is_withdrawn_when_its_event_is_voided():
    pilot = Pilot(loaded(alert('warning: ">2"')))
    pilot.send(10.1, 10.2, 10.3)

    items = pilot.rows([pilot.row(2, int(10.2 * MINUTE)) | {"rev": 1, "op": "void"}])

    assert told(items) == [("withdrawn", True, "warning", 11)]
    assert pilot.evaluator.final() == {}


def test_condition_must_hold_for_its_time_before_it_fires():
    pilot = Pilot(loaded(alert('warning: ">2"', held="2m")))

    assert told(pilot.send(10.1, 10.2, 10.3)) == []
    assert told(pilot.send(13.5)) == []
    (item,) = pilot.send(14.5)

    assert told([item]) == [("opened", False, "warning", 13)]
    assert (item.since_us - T0) // MINUTE == 11


def test_ladder_rises_within_one_episode_and_ends_with_its_condition():
    pilot = Pilot(loaded(alert('info: ">1", breach: ">3"'), lateness="0s"))

    items = [*pilot.send(1, 1.1, 2), *pilot.send(3, 3.1), *pilot.send(20)]

    assert [i.change.value for i in items if not i.early][-1] == "resolved"
    assert len({i.episode for i in items}) == 1
    assert [i.level for i in items][-1] == "breach"


def test_late_record_opens_what_was_missed_and_amends_what_was_said():
    pilot = Pilot(loaded(alert('warning: ">2"')))
    pilot.send(10.1, 10.2, 40)

    opened = pilot.send(10.3)
    amended = pilot.send(9.5)

    assert told(opened) == [("opened", False, "warning", 11), ("resolved", False, "warning", 16)]
    assert [(i.change.value, (i.start_us - T0) // MINUTE) for i in amended] == []
    earlier = pilot.send(9.2, 9.3)
    assert [(i.change.value, (i.start_us - T0) // MINUTE) for i in earlier] == [("amended", 10)]


def test_correction_before_its_original_counts():
    pilot = Pilot(loaded(alert('warning: ">500"', indicator="sum")))
    corrected = pilot.row(1, 10 * MINUTE, 90_000) | {"rev": 1, "op": "correct"}

    assert told(pilot.rows([corrected])) == [("opened", True, "warning", 11)]
    assert told(pilot.rows([pilot.row(1, 10 * MINUTE, 5)])) == []


def test_silent_source_stalls_the_others_until_it_is_idle_by_logged_time():
    pilot = Pilot(loaded(alert('warning: ">2"', held="1m"), idle="5m"))
    pilot.send(1, source="silent")
    pilot.log.now_us = T0 + 4 * MINUTE
    assert pilot.send(10.1, 10.2, 10.3, 20) == []

    assert pilot.tick(4) == []
    assert told(pilot.tick(6)) == [
        ("opened", False, "warning", 12),
        ("resolved", False, "warning", 16),
    ]


def test_items_before_one_full_window_are_marked_as_warming():
    pilot = Pilot(loaded(alert('warning: ">2"')))

    (young,) = pilot.send(2.1, 2.2, 2.3)
    grown = [i for i in pilot.send(30.1, 30.2, 30.3) if i.change.value == "opened"]

    assert young.warming
    assert [item.warming for item in grown] == [False]


def test_plan_change_takes_effect_at_its_instant():
    rule = "limits:\n  - {id: l, title: {zh: 限, en: l}, indicator: n, max: plan.cap}\n"
    pilot = Pilot(loaded(rule, lateness="0s"), {"cap": "5"})
    pilot.send(1, 2, 3, 4)
    plan = {"effective_us": T0 + 7 * MINUTE, "plan": {"cap": "1"}}
    pilot.log.control(EntryKind.PLAN, PROJECT, plan)
    assert pilot._apply() == []

    items = pilot.send(6, 8.5)

    assert [(i.change.value, (i.start_us - T0) // MINUTE) for i in items if not i.early] == [
        ("opened", 7),
    ]


def test_explanation_holds_tiles_arithmetic_threshold_and_words():
    rule = "limits:\n  - {id: l, title: {zh: 限额, en: Cap}, indicator: sum, max: plan.money, warn_at: [80]}\n"
    pilot = Pilot(loaded(rule), {"cap": "1", "money": "10.00"})

    item = pilot.send(10.1, 11.2, amount=450)[0]

    why = item.explanation
    assert json.loads(json.dumps(why)) == why
    assert [[(t - T0) // MINUTE, v] for t, v in why["tiles"]] == [[10, 450], [11, 450]]
    assert (why["value"], why["scale"]) == (900, 2)
    assert why["levels"][0] | {"met": True} == {
        "level": "info",
        "rung": 0,
        "comparison": ">=",
        "bound": "800",
        "per_cent": 80,
        "stated": "10",
        "plan": "money",
        "met": True,
    }
    assert why["words"] == {
        "zh": "金额（合计）= 9.00，达到 >= 8。",
        "en": "Amount (sum) = 9.00, which meets >= 8.",
    }
    assert why["rule"]["title"] == {"zh": "限额", "en": "Cap"}


def test_sum_beyond_int64_halts_this_project_alone():
    pilot = Pilot(loaded(alert('warning: ">2"')))
    pilot.log.activate("p-two", loaded(alert('warning: ">2"')), T0, pilot.plan)
    pilot._apply()

    assert pilot.send(10, amount=2**62) == []
    assert list(pilot.evaluator.faults) == [PROJECT]
    assert pilot.send(11, 11, 11) == []
    pilot.log.data("p-two", "s", [pilot.row(n, 10 * MINUTE) for n in (1, 2, 3)])
    assert told(pilot._apply()) == [("opened", True, "warning", 11)]


def test_override_judges_the_same_log_by_other_rules():
    pilot = Pilot(loaded(alert('warning: ">2"')))
    pilot.send(10.1, 10.2, 20)

    other = Evaluator(override=loaded(alert('breach: ">1"')))
    items = [item for entry in pilot.log.entries for item in other.apply(entry)]

    assert [(i.change.value, i.level) for i in items] == [
        ("opened", "breach"),
        ("resolved", "breach"),
    ]
    assert pilot.evaluator.final() == {}
