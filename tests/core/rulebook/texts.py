"""A small complete rulebook to break, one line at a time."""

from __future__ import annotations

from shidian.core.rulebook.load import Loaded, Problem, RulebookErrors, load_text

SMALL = """\
rulebook: small
version: "1"
status: runnable
title: {zh: 小, en: Small}
because: {basis: assumed, source: demo}
sources:
  demo: {title: {zh: 演示, en: Demo}, kind: demonstration}
  law: {title: {zh: 法, en: Law}, kind: law, grade: A}
  press: {title: {zh: 报, en: Press}, kind: press, grade: B}
  memory: {title: {zh: 忆, en: Memory}, kind: paper, grade: M}
authorities:
  - {id: bureau, name: {zh: 局, en: Bureau}, role: lead}
  - {id: guide, name: {zh: 省, en: Province}, role: guide}
calendars: {deadlines: cn-working-day, market: cn-trading-day}
intake:
  mode: call
  kinds: [{id: firm, name: {zh: 公司, en: Firm}, licensed: true}]
  lead: [firm]
form:
  - id: scale
    title: {zh: 规模, en: Scale}
    hard_gate: true
    questions:
      - {id: most, kind: integer, label: {zh: 上限, en: Cap}, plan: people_max}
criteria:
  - {id: new, stage: review, weight: 100, name: {zh: 新, en: New}, question: {zh: 新否, en: New?}}
stages:
  - {id: draft, kind: draft, names: {staff: {zh: 草, en: D}, applicant: {zh: 草, en: D}}, next: [review, closed]}
  - {id: review, kind: review, names: {staff: {zh: 评, en: R}, applicant: {zh: 评, en: R}}, panel: {min: 3, odd: true}, next: [notice, closed]}
  - {id: notice, kind: notice, clock: publicity, names: {staff: {zh: 示, en: N}, applicant: {zh: 示, en: N}}, next: [admission, closed]}
  - {id: admission, kind: admission, signoff: {all_of: [bureau]}, number: "{uscc}-{year}-{seq:04}", names: {staff: {zh: 准, en: A}, applicant: {zh: 准, en: A}}, next: [closed]}
  - {id: closed, kind: closed, names: {staff: {zh: 结, en: C}, applicant: {zh: 结, en: C}}, outcomes: [{id: rejected, name: {zh: 未入选, en: Rejected}}]}
clocks:
  - {id: publicity, name: {zh: 公示, en: Notice}, starts: notice.opened, length: 5, unit: working-day}
streams:
  - id: order.placed
    title: {zh: 委托, en: Order}
    fields: {amount: {type: money}, investor: {type: pseudonym}, remark: {type: text}}
indicators:
  - {id: people, title: {zh: 人, en: People}, of: order.placed, take: distinct, field: investor}
  - {id: turnover, title: {zh: 额, en: Turnover}, of: order.placed, take: sum, field: amount, window: 1d}
limits:
  - {id: cap, title: {zh: 限, en: Cap}, indicator: people, max: plan.people_max, warn_at: [70, 90]}
alerts:
  - {id: high, title: {zh: 高, en: High}, indicator: turnover, levels: {info: ">10", breach: ">100"}, for: 2m}
plan:
  - {id: people_max, type: int, title: {zh: 限, en: Cap}, unit: {zh: 人, en: people}, required: true}
exit: {retention_years: {rejected: 3}}
"""


def load(text: str, **bases: str) -> Loaded:
    """Load `text` as `small.yaml`; underscores in the names of `bases` stand for hyphens."""
    library = {name.replace("_", "-"): base for name, base in bases.items()}
    return load_text(text, name="small.yaml", resolve=library.__getitem__)


def problems(text: str, **bases: str) -> tuple[Problem, ...]:
    """What is wrong with `text`; nothing, if it loads."""
    try:
        load(text, **bases)
    except RulebookErrors as errors:
        return errors.problems
    return ()


def line_of(text: str, part: str) -> int:
    """The line, from 1, on which `part` first stands."""
    return text[: text.index(part)].count("\n") + 1


def broken(old: str, new: str) -> str:
    """SMALL with one part replaced."""
    assert SMALL.count(old) == 1, f"{old!r} stands {SMALL.count(old)} times"
    return SMALL.replace(old, new)
