"""Every keyword goes through the loader: typed exactly, with a basis where it is a rule."""

from __future__ import annotations

import pytest

from shidian.core.rulebook.model import Period, PeriodUnit
from tests.core.rulebook.texts import SMALL, load, problems

SKETCH = (
    SMALL.replace("status: runnable", "status: sketch")
    + """\
place: {zone: Europe/Paris, currency: EUR, currency_name: {zh: 欧元, en: euro}}
tiers:
  graded_in: review
  levels:
    - {id: low, name: {zh: 低, en: Low}, meaning: {zh: 影响小, en: Little at stake}, caps: {people_max: 100}}
    - {id: high, name: {zh: 高, en: High}, when: "scale.most > 100", warn_at: [50, 60]}
materials:
  - {id: licence, name: {zh: 执照, en: Licence}, when: "partners > 0", accept: [pdf], valid_months: 12}
waivers:
  relaxable: [{id: net-worth, name: {zh: 净资产, en: Net worth}, article: "Article 3"}]
  never: [{id: client-money, name: {zh: 客户资金, en: Client money}}]
acts: {submit: {effect: service, note: {zh: 仅为服务, en: A service only}}}
orders: {kinds: [remind, suspend, resume], two_officers: [resume], permit: {ttl: 60 s, grace: 5m}}
oversight: {revocation_grounds: [{zh: 虚假材料, en: False statements}]}
safeguards: {refund: {length: 15, unit: working-day, note: {zh: 自退出之日起, en: from the exit}}}
register: {public: [parties, dates], refusals: anonymised}
clauses:
  - {id: c1, title: {zh: 条款, en: Clause}, source: law, text: {zh: 应当面签, en: Signed in person}}
"""
)


def test_new_keywords_are_typed() -> None:
    rulebook = load(SKETCH).rulebook

    assert rulebook.safeguards.refund == Period(
        length=15,
        unit=PeriodUnit.WORKING_DAY,
        note={"zh": "自退出之日起", "en": "from the exit"},
    )
    assert rulebook.orders is not None
    assert rulebook.orders.permit is not None
    assert rulebook.orders.permit.ttl == 60_000_000
    assert rulebook.public_register.public == ("parties", "dates")
    assert rulebook.acts["submit"].effect == "service"
    assert (rulebook.zone, rulebook.currency) == ("Europe/Paris", "EUR")


@pytest.mark.parametrize(
    ("old", "new", "path", "message", "expected"),
    [
        (
            "acts: {submit:", "acts: {sumbit:", "/acts/sumbit",
            "'sumbit' is not known here", "did you mean 'submit'?",
        ),
        (
            "register: {", "public_register: {", "/public_register",
            "unknown key 'public_register'", "did you mean 'register'?",
        ),
        (
            "{length: 15, unit", "{length: 15d, unit", "/safeguards/refund/length",
            "'15d' is no whole number", "write a whole number",
        ),
        (
            "caps: {people_max: 100}", "caps: {people_max: 12.5}",
            "/tiers/levels/low/caps/people_max", "'12.5' is no whole number",
            "write a whole number",
        ),
        (
            "currency: EUR", "currency: euro", "/place/currency",
            "'euro' has the wrong form", "write a code of three capital letters: EUR",
        ),
        (
            "ttl: 60 s", "ttl: 1:30", "/orders/permit/ttl",
            "'1:30' is not a duration", "write a number and us, ms, s, m, h or d: 5m",
        ),
    ],
)  # fmt: skip
def test_new_keywords_are_refused_at_their_line(
    old: str, new: str, path: str, message: str, expected: str
) -> None:
    assert SKETCH.count(old) == 1

    found = {problem.path: problem for problem in problems(SKETCH.replace(old, new))}

    problem = found[path]
    assert (problem.message.en, problem.expected.en) == (message, expected)
    assert problem.line == SKETCH[: SKETCH.index(old)].count("\n") + 1


def test_rules_need_a_basis_and_what_names_or_explains_them_does_not() -> None:
    bare = SKETCH.replace("because: {basis: assumed, source: demo}\n", "")

    without = {
        problem.path
        for line in ("tiers", "waivers", "clauses", "oversight", "safeguards", "place")
        for problem in problems(_only(bare, line))
    }

    assert without >= {
        "/tiers/levels/low/id",
        "/tiers/levels/low/caps/people_max",
        "/tiers/levels/high/when",
        "/waivers/relaxable/net-worth/id",
        "/clauses/c1/text/zh",
        "/oversight/revocation_grounds/0/zh",
        "/safeguards/refund/length",
        "/place/currency",
    }
    assert not {path for path in without if path.endswith("/en")}
    assert without.isdisjoint(
        {
            "/tiers/levels/low/name/zh",
            "/tiers/levels/low/meaning/zh",
            "/clauses/c1/title/zh",
            "/place/currency_name/zh",
        }
    )


def _only(text: str, keyword: str) -> str:
    """The head of a rulebook and one keyword."""
    start = text.index(f"\n{keyword}:") + 1
    lines = text[start:].split("\n")
    end = next((i for i, line in enumerate(lines) if i and not line.startswith(" ")), len(lines))
    head = 'rulebook: s\nversion: "1"\nstatus: sketch\ntitle: {zh: 草, en: S}\n'
    return head + "\n".join(lines[:end]) + "\n"


def test_rules_digest_leaves_out_names_and_keeps_meanings() -> None:
    before = load(SKETCH).rules_digest

    assert load(SKETCH.replace("zh: 欧元", "zh: 欧")).rules_digest == before
    assert load(SKETCH.replace("en: Signed in person", "en: In person")).rules_digest == before
    assert load(SKETCH.replace("zh: 应当面签", "zh: 可不面签")).rules_digest != before
    assert (
        load(SKETCH.replace("caps: {people_max: 100}", "caps: {people_max: 50}")).rules_digest
        != before
    )
