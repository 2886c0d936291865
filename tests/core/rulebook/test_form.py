"""What the form means for given answers."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from shidian.core.rulebook.expression import Kind, wrong_in
from shidian.core.rulebook.form import (
    computed,
    failed_checks,
    form_types,
    form_values,
    needed_materials,
    shown,
    suggested_tier,
)
from tests.core.rulebook.texts import load

if TYPE_CHECKING:
    from shidian.core.rulebook.model import Rulebook

FORM = """\
rulebook: small
version: "1"
status: sketch
title: {zh: 小, en: Small}
because: {basis: assumed}
intake:
  mode: call
  kinds:
    - {id: bank, name: {zh: 银行, en: Bank}, licensed: true}
    - {id: start-up, name: {zh: 初创, en: Start-up}, licensed: false}
  lead: [bank, start-up]
  partner: [bank]
form:
  - id: scale
    title: {zh: 规模, en: Scale}
    questions:
      - {id: total, kind: money, label: {zh: 总额, en: Total}, computed: "scale.per_head * scale.heads"}
      - {id: per-head, kind: money, label: {zh: 人均, en: Per head}}
      - {id: heads, kind: integer, label: {zh: 人数, en: Heads}}
      - {id: starts, kind: date, label: {zh: 开始, en: Starts}}
      - {id: ends, kind: date, label: {zh: 结束, en: Ends}}
    checks:
      - {id: order, rule: "scale.ends > scale.starts", message: {zh: 结束须晚于开始, en: The end is after the start}}
  - id: tech
    title: {zh: 技术, en: Technology}
    questions:
      - {id: kinds, kind: choices, label: {zh: 种类, en: Kinds}, options: [{id: cloud, name: {zh: 云, en: Cloud}}, {id: chain, name: {zh: 链, en: Chain}}]}
      - {id: where, kind: choice, label: {zh: 何处, en: Where}, show_if: "'cloud' IN tech.kinds", options: [{id: home, name: {zh: 境内, en: Home}}, {id: abroad, name: {zh: 境外, en: Abroad}}]}
      - {id: why, kind: long, label: {zh: 为何, en: Why}, show_if: "tech.where = 'abroad'"}
      - {id: personal, kind: confirm, label: {zh: 个人信息, en: Personal data}, required: false}
  - id: abroad
    title: {zh: 出境, en: Abroad}
    show_if: "tech.where = 'abroad' AND tech.personal"
    questions:
      - {id: basis, kind: short, label: {zh: 依据, en: Basis}}
    checks:
      - {id: said, rule: "length(abroad.basis) > 3", message: {zh: 过短, en: Too short}}
materials:
  - {id: licence, name: {zh: 执照, en: Licence}}
  - {id: agreement, name: {zh: 协议, en: Agreement}, when: "partners > 0"}
  - {id: report, name: {zh: 报告, en: Report}, when: "lead_kind = 'start-up' OR scale.total > 1000", stage: review}
tiers:
  graded_in: review
  levels:
    - {id: low, name: {zh: 低, en: Low}, when: "scale.total <= 1000"}
    - {id: middle, name: {zh: 中, en: Middle}, when: "scale.total > 1000"}
    - {id: high, name: {zh: 高, en: High}, when: "scale.total > 1000 AND tech.where = 'abroad'"}
stages:
  - {id: review, kind: review, names: {staff: {zh: 评, en: R}, applicant: {zh: 评, en: R}}}
"""
RULEBOOK: Rulebook = load(FORM).rulebook
ANSWERS: dict[str, dict[str, Any]] = {
    "scale": {"per-head": "10.01", "heads": 100, "starts": "2026-01-01", "ends": "2026-06-30"},
    "tech": {"kinds": ["cloud"], "where": "abroad", "why": "价格", "personal": True},
    "abroad": {"basis": "合同约定"},
}


def without(section: str, question: str) -> dict[str, dict[str, Any]]:
    """ANSWERS with one answer taken back."""
    kept = {key: answer for key, answer in ANSWERS[section].items() if key != question}
    return {**ANSWERS, section: kept}


def test_types_name_every_question_with_its_choices() -> None:
    types = form_types(RULEBOOK)

    assert types["scale.per_head"].kind is Kind.MONEY
    assert types["tech.where"].words == {"home", "abroad"}
    assert types["lead_kind"].words == {"bank", "start-up"}
    assert wrong_in("scale.per_head > 1 AND partners > 0 AND tier = 'high'", types) is None


def test_values_are_exact_and_computed_ones_follow_whatever_their_place() -> None:
    values = form_values(RULEBOOK, ANSWERS, partners=2, lead_kind="bank", tier=None)

    assert values["scale.total"] == Fraction(1001)
    assert computed(RULEBOOK, values) == {("scale", "total"): "1001.00"}
    assert (values["partners"], values["lead_kind"], values["tier"]) == (2, "bank", None)


def test_question_is_shown_only_where_its_condition_is_known_to_hold() -> None:
    everything = shown(RULEBOOK, form_values(RULEBOOK, ANSWERS))
    nothing = shown(RULEBOOK, form_values(RULEBOOK, {}))

    assert ("abroad", "basis") in everything
    assert nothing.isdisjoint({("tech", "where"), ("tech", "why"), ("abroad", "basis")})
    assert ("tech", "kinds") in nothing


def test_answer_to_a_question_no_longer_asked_counts_as_none() -> None:
    answers = without("tech", "kinds")  # the answers that depended on it are still kept

    values = form_values(RULEBOOK, answers)

    assert values["tech.where"] is None
    assert values["tech.why"] is None
    assert ("abroad", "basis") not in shown(RULEBOOK, values)


def test_check_fails_only_where_the_answers_contradict_it() -> None:
    backwards = {**ANSWERS, "scale": {**ANSWERS["scale"], "ends": "2025-01-01"}}
    short = {**ANSWERS, "abroad": {"basis": "无"}}
    hidden = {**short, "tech": {"kinds": []}}

    def failed(answers: dict[str, dict[str, Any]]) -> list[tuple[str, str]]:
        values = form_values(RULEBOOK, answers)
        return [(section, check.id) for section, check in failed_checks(RULEBOOK, values)]

    assert failed(ANSWERS) == []
    assert failed(backwards) == [("scale", "order")]
    assert failed(without("scale", "ends")) == []
    assert failed(short) == [("abroad", "said")]
    assert failed(hidden) == []


def test_materials_are_needed_at_their_stage_where_their_condition_holds() -> None:
    def needed(stage: str | None, **known: Any) -> list[str]:
        values = form_values(RULEBOOK, ANSWERS, **known)
        return [material.id for material in needed_materials(RULEBOOK, values, stage)]

    assert needed(None) == ["licence"]
    assert needed(None, partners=1) == ["licence", "agreement"]
    assert needed("review") == ["report"]


def test_gravest_tier_whose_condition_holds_is_suggested() -> None:
    def suggested(answers: dict[str, dict[str, Any]]) -> str | None:
        tier = suggested_tier(RULEBOOK, form_values(RULEBOOK, answers))
        return tier.id if tier is not None else None

    assert suggested(ANSWERS) == "high"
    assert suggested(without("tech", "where")) == "middle"
    assert suggested({"scale": {"per-head": "1.00", "heads": 3}}) == "low"
    assert suggested({}) is None
