"""What rules compile to, and what is refused."""

from __future__ import annotations

from fractions import Fraction

import pytest

from shidian.core.monitor.compiling import compile_rules
from shidian.core.monitor.program import NotExecutable, severity_of
from shidian.core.rulebook.load import load_text
from shidian.core.rulebook.problems import RulebookErrors
from tests.oracle.histories import HEAD, TIERS

BASE = HEAD.format(version=1, tile="1m", lateness="1m", idle="5m")


def compiled(text, plan=None):
    loaded = load_text(BASE + text, name="tiny.yaml", resolve=lambda name: "")
    return compile_rules(loaded.rulebook, {"cap": "10"} if plan is None else plan)


def indicator(take, extra=""):
    return f"indicators:\n  - {{id: i, title: {{zh: 标, en: i}}, of: trade.done, {take}{extra}}}\n"


MONEY = indicator("take: sum, field: amount, window: 5m, step: 1m")
COUNT = indicator("take: count, window: 5m, step: 1m")


def limit(maximum, warn="[70, 80, 90]"):
    return f"limits:\n  - {{id: l, title: {{zh: 限, en: l}}, indicator: i, max: {maximum}, warn_at: {warn}}}\n"


def test_limit_compiles_to_a_ladder_first_info_then_warnings_then_breach():
    (rule,) = compiled(MONEY + limit("plan.money"), {"cap": "1", "money": "1000.50"}).rules

    assert [(severity_of(x.rung).value, x.comparison.value, x.bound) for x in rule.levels] == [
        ("info", ">=", Fraction(70035)),
        ("warning", ">=", Fraction(80040)),
        ("warning", ">=", Fraction(90045)),
        ("breach", ">", Fraction(100050)),
    ]
    assert [level.rung for level in rule.levels] == [0, 8, 9, 16]


def test_per_cent_of_a_cap_is_exact():
    (rule,) = compiled(COUNT + limit("plan.cap", "[33]"), {"cap": "10"}).rules

    assert [rule.levels[0].holds(3), rule.levels[0].holds(4)] == [False, True]
    assert [rule.levels[1].holds(10), rule.levels[1].holds(11)] == [False, True]


def test_limit_on_an_optional_parameter_that_was_not_agreed_is_left_out():
    assert compiled(MONEY + limit("plan.money"), {"cap": "1"}).rules == ()


def test_cap_of_nothing_breaches_and_warns_of_nothing():
    (rule,) = compiled(COUNT + limit("plan.cap"), {"cap": "0"}).rules

    assert [severity_of(level.rung).value for level in rule.levels] == ["breach"]


@pytest.mark.parametrize("plan", [{}, {"cap": "many"}, {"cap": "NaN"}, {"cap": "Infinity"}])
def test_required_parameter_missing_or_malformed_is_refused(plan):
    with pytest.raises(NotExecutable, match="cap"):
        compiled(COUNT + limit("plan.cap"), plan)


def test_what_this_release_cannot_run_is_refused():
    duration = {"type": "duration"}
    rulebook = load_text(
        BASE + COUNT + limit("plan.cap"), name="t.yaml", resolve=lambda name: ""
    ).rulebook
    plan = tuple(one.model_copy(update=duration) for one in rulebook.plan)

    with pytest.raises(NotExecutable, match="not executable yet"):
        compile_rules(rulebook.model_copy(update={"plan": plan}), {"cap": "10"})


def sampled(measured, take="take: count", calendars=None):
    text = BASE + indicator(take) + limit("5").replace("max:", f"measured: {measured}, max:")
    rulebook = load_text(text, name="tiny.yaml", resolve=lambda name: "").rulebook
    return compile_rules(rulebook, {"cap": "10"}, calendars=calendars)


def test_limit_that_is_looked_at_now_and_then_has_a_measure_of_its_own():
    program = sampled("at-admission")
    (rule,) = program.rules

    assert [measure.id for measure in program.measures] == ["i", f"i@{rule.id}"]
    assert rule.measure.sampling.admissions.take.value == "count"
    assert not rule.may_be_early


def test_months_are_averaged_over_the_days_that_ended_since_the_start():
    (rule,) = sampled(
        "monthly-average", calendars={"month": [0, 100, 200], "day": [60, 100, 130]}
    ).rules

    assert rule.measure.sampling.months == ((100, (60, 100)), (200, (130,)))


def test_monthly_average_without_days_is_refused():
    with pytest.raises(NotExecutable, match="a month and a day"):
        sampled("monthly-average", calendars={"month": [0, 100]})


def test_limit_of_another_stage_is_left_out():
    text = BASE + COUNT + limit("5").replace("max:", "stages: [one], max:")
    stages = "stages:\n  - {id: one, kind: running, names: {staff: {zh: 一, en: 1}, applicant: {zh: 一, en: 1}}}\n"
    rulebook = load_text(text + stages, name="tiny.yaml", resolve=lambda name: "").rulebook

    def ids(stage):
        return [rule.id for rule in compile_rules(rulebook, {"cap": "10"}, stage=stage).rules]

    assert ids("one") == ids(None) != ids("two") == []


def test_only_measures_that_cannot_fall_may_be_early():
    alert = 'alerts:\n  - {{id: a, title: {{zh: 警, en: a}}, indicator: i, levels: {{info: "{0}"}}, for: {1}}}\n'
    change = indicator("take: sum, field: change, window: 5m")

    def early(text, threshold, held):
        return compiled(text + alert.format(threshold, held)).rules[0].may_be_early

    assert early(MONEY, ">5", "0s")
    assert early(COUNT, ">=5", "0s")
    assert not early(COUNT, "<5", "0s")
    assert not early(COUNT, ">5", "1m")
    assert not early(change, ">5", "0s")


def test_limit_that_the_value_must_stay_below_breaches_where_it_is_reached():
    strict = limit("plan.cap", "[50]").replace("max:", "below: true, max:")
    (rule,) = compiled(COUNT + strict).rules

    assert [level.comparison.value for level in rule.levels] == [">=", ">="]
    assert [rule.levels[1].holds(9), rule.levels[1].holds(10)] == [False, True]


def test_warnings_of_a_tier_take_the_place_of_the_limits():
    text = BASE + TIERS + COUNT + limit("plan.cap", "[70, 80]")
    rulebook = load_text(text, name="tiny.yaml", resolve=lambda name: "").rulebook

    def warns(tier):
        (rule,) = compile_rules(rulebook, {"cap": "10"}, tier=tier).rules
        return [level.per_cent for level in rule.levels]

    assert warns("light") == [40, 100]
    assert warns("heavy") == warns(None) == warns("unheard-of") == [70, 80, 100]


def test_month_without_a_calendar_in_the_activation_is_refused():
    with pytest.raises(NotExecutable, match="month"):
        compiled(indicator("take: count, window: month"))


def test_ratio_of_money_to_a_count_is_held_against_money():
    text = """indicators:
  - {id: n, title: {zh: 数, en: n}, of: trade.done, take: count}
  - {id: mean, title: {zh: 均, en: mean}, of: trade.done, take: sum, field: amount, ratio_to: n}
alerts:
  - {id: a, title: {zh: 警, en: a}, indicator: mean, levels: {info: ">12.5"}, clear: "<=10"}
"""
    (rule,) = compiled(text).rules

    assert (rule.measure.scale, rule.levels[0].bound) == (2, Fraction(1250))
    assert rule.clear is not None
    assert rule.clear.holds(3000, 3)
    assert not rule.clear.holds(3001, 3)


def test_ratio_to_something_with_other_groups_is_refused():
    text = """indicators:
  - {id: n, title: {zh: 数, en: n}, of: trade.done, take: count, by: [venue]}
  - {id: share, title: {zh: 比, en: share}, of: trade.done, take: count, by: [investor], ratio_to: n}
"""
    with pytest.raises(RulebookErrors, match="other groups"):
        compiled(text)


def test_rule_that_counts_instants_is_not_early():
    text = COUNT + 'alerts:\n  - {id: a, title: {zh: 警, en: a}, indicator: i, levels: {info: ">5"}'
    assert not compiled(text + ", k_of_n: [2, 3]}\n").rules[0].may_be_early
    assert compiled(text + ", k_of_n: [1, 1]}\n").rules[0].may_be_early
