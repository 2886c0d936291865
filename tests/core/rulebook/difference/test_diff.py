"""A difference between rulebooks is told in terms of rules, wholly, and once."""

from __future__ import annotations

import copy
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shidian.core.rulebook.difference import Aspect, Change, ChangeKind, diff
from shidian.core.rulebook.difference.labels import LABELS
from shidian.core.rulebook.difference.leaves import leaves_of
from shidian.core.rulebook.load import Loaded, RulebookErrors, from_document, load_file
from shidian.core.rulebook.model import Rulebook
from tests.core.rulebook.texts import SMALL, broken, load

SMALL_LOADED = load(SMALL)
ABSENT = object()


def changes(old: str, new: str) -> tuple[Change, ...]:
    """What changes where one part of SMALL is replaced."""
    return diff(SMALL_LOADED, load(broken(old, new)))


def only(old: str, new: str) -> Change:
    [change] = changes(old, new)
    return change


def test_same_text_differs_in_nothing() -> None:
    assert diff(SMALL_LOADED, load(SMALL)) == ()


def test_other_spelling_of_the_same_value_is_no_change() -> None:
    assert changes("length: 5", "length: 05") == ()


def test_length_of_a_clock_is_told_with_its_unit() -> None:
    change = only("length: 5", "length: 7")

    assert change.text.zh == "时限“公示”由5个工作日改为7个工作日"
    assert change.text.en == "time limit “Notice”: 5 working days → 7 working days"
    assert (change.path, change.kind) == ("/clocks/publicity/length", ChangeKind.RULES)


def test_length_and_unit_changed_together_are_one_change() -> None:
    change = only("length: 5, unit: working-day", "length: 7, unit: calendar-day")

    assert change.text.zh == "时限“公示”由5个工作日改为7个自然日"
    assert set(change.covers) == {"/clocks/publicity/length", "/clocks/publicity/unit"}


def test_new_cap_is_announced_by_name_and_bound() -> None:
    change = only(
        "alerts:\n",
        "  - {id: cap-day, title: {zh: 单日限额, en: Daily cap}, indicator: turnover, max: '500'}\n"
        "alerts:\n",
    )

    assert change.text.en == "limit “Daily cap”: new (maximum 500)"
    assert change.text.zh == "新增限额“单日限额”（上限500）"
    assert change.aspect is Aspect.ADDED


def test_sign_off_no_longer_needed_is_said_so() -> None:
    older = load(
        broken("all_of: [bureau]", "all_of: [bureau, finance]").replace(
            "calendars:",
            "  - {id: finance, name: {zh: 金融局, en: Finance bureau}, role: member}\ncalendars:",
        )
    )
    newer = load(
        SMALL.replace(
            "calendars:",
            "  - {id: finance, name: {zh: 金融局, en: Finance bureau}, role: member}\ncalendars:",
        )
    )

    [change] = diff(older, newer)

    assert change.text.zh == "“准”不再需要“金融局”会签"
    assert change.text.en == "sign-off of “Finance bureau” no longer needed in “A”"


def test_move_added_and_dropped_is_said_by_the_stages_names() -> None:
    change = only("next: [notice, closed]", "next: [admission, closed, notice]")
    assert change.text.en == "“R” may now lead to “A”"

    change = only("next: [admission, closed]", "next: [closed, admission]")
    assert change.text.zh == "“示”各去向的先后改变"


def test_switch_is_said_as_yes_and_no() -> None:
    assert only("hard_gate: true", "hard_gate: false").text.zh.endswith("硬性关口由是改为否")


def test_translation_alone_is_wording() -> None:
    change = only("question: {zh: 新否, en: New?}", "question: {zh: 新否, en: Is it new?}")

    assert change.kind is ChangeKind.WORDING
    assert "English reworded: Is it new?" in change.text.en


def test_question_judged_by_is_a_rule_and_its_name_is_wording() -> None:
    assert only("question: {zh: 新否,", "question: {zh: 是否新,").kind is ChangeKind.RULES
    assert only("weight: 100, name: {zh: 新,", "weight: 100, name: {zh: 新颖,").kind is (
        ChangeKind.WORDING
    )


def test_basis_alone_is_told_apart() -> None:
    change = only(
        "unit: working-day}", "unit: working-day, because: {basis: verified, source: law}}"
    )

    assert change.kind is ChangeKind.BASIS
    assert change.text.zh.startswith("时限“公示”：4项取值的依据由假定（“演示”）改为已核实（“法”）")
    assert "verified (“Law”)" in change.text.en


def test_version_is_of_the_document() -> None:
    assert only('version: "1"', 'version: "2"').kind is ChangeKind.DOCUMENT


def test_renamed_id_is_seen_and_its_references_with_it() -> None:
    text = SMALL.replace("publicity", "public-notice")

    found = diff(SMALL_LOADED, load(text))

    renamed = [change for change in found if change.aspect is Aspect.RENAMED]
    assert [change.path for change in renamed] == ["/clocks/public-notice"]
    assert not any(change.aspect in (Aspect.ADDED, Aspect.REMOVED) for change in found)


def test_order_of_stages_is_a_rule() -> None:
    review, notice = (
        line for line in SMALL.splitlines() if "- {id: review" in line or "- {id: notice" in line
    )
    swapped = SMALL.replace(review, "?").replace(notice, review).replace("?\n", f"{notice}\n")

    [change] = diff(SMALL_LOADED, load(swapped))

    assert (change.path, change.aspect, change.kind) == (
        "/stages",
        Aspect.REORDERED,
        ChangeKind.RULES,
    )


def test_rules_come_before_wording_and_who_decides_before_what_is_told() -> None:
    text = (
        broken("title: {zh: 小,", "title: {zh: 较小,")
        .replace("warn_at: [70, 90]", "warn_at: [80, 90]")
        .replace("length: 5", "length: 7")
    )

    found = diff(SMALL_LOADED, load(text))

    assert [change.path for change in found] == [
        "/clocks/publicity/length",
        "/limits/cap/warn_at",
        "/title",
    ]


def differing(a: Loaded, b: Loaded) -> set[str]:
    """Leaves that differ in value or, where the value stays, in basis."""
    one, other = leaves_of(a), leaves_of(b)
    paths = {*one.values, *other.values}
    values = {p for p in paths if one.values.get(p, ABSENT) != other.values.get(p, ABSENT)}
    return values | {p for p in paths - values if one.bases.get(p) != other.bases.get(p)}


def check(a: Loaded, b: Loaded) -> None:
    """Whole, once, and silent only where nothing differs."""
    found = diff(a, b)
    covered = Counter(leaf for change in found for leaf in change.covers)
    assert set(covered) == differing(a, b)
    assert set(covered.values()) <= {1}
    assert (not found) == (a.digest == b.digest)
    rules = [change for change in found if change.kind is ChangeKind.RULES]
    assert (not rules) == (a.rules_digest == b.rules_digest)
    assert all(change.covers and change.text.zh and change.text.en for change in found)


def plain(loaded: Loaded) -> dict[str, Any]:
    """A document all of whose values stand on one assumption, to be edited freely."""
    document = copy.deepcopy(dict(loaded.document))
    document["because"] = {"basis": "assumed"}
    return document


def places(value: Any) -> list[tuple[Any, Any]]:
    """(container, key) of everything below a value."""
    steps = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
    found = [(value, key) for key, _ in steps]
    for _, child in steps:
        if isinstance(child, dict | list):
            found += places(child)
    return found


def edit(document: dict[str, Any], dice: random.Random) -> None:
    """One random edit; whether what comes out is a rulebook is for the loader to say."""
    container, key = dice.choice(
        [place for place in places(document) if place[1] not in ("because", "basis")]
    )
    value = container[key]
    match dice.randrange(5):
        case 0:
            del container[key]
        case 1 if isinstance(container, list):
            twin = copy.deepcopy(value)
            if isinstance(twin, dict) and "id" in twin:
                twin["id"] += "-two"
            container.insert(dice.randrange(len(container) + 1), twin)
        case 2 if isinstance(container, list):
            dice.shuffle(container)
        case 3:
            same = [c[k] for c, k in places(document) if k == key and not isinstance(c[k], dict)]
            container[key] = copy.deepcopy(dice.choice(same)) if same else value
        case _ if isinstance(value, str):
            flipped = {"true": "false", "false": "true"}.get(value)
            bumped = str(int(value) + 1) if value.isdigit() else f"{value}x"
            container[key] = flipped or bumped


def edited(document: dict[str, Any], seed: int) -> Loaded | None:
    """The document after a few edits, or None where they left no rulebook."""
    dice = random.Random(seed)
    changed = copy.deepcopy(document)
    for _ in range(dice.randrange(1, 6)):
        before = copy.deepcopy(changed)
        edit(changed, dice)
        try:
            from_document(changed)
        except RulebookErrors:
            changed = before
    if dice.random() < 0.3:
        changed["because"] = {
            "basis": "assumed",
            "of": {"/clocks": {"basis": "assumed", "article": "3"}},
        }
    try:
        return from_document(changed)
    except RulebookErrors:
        return None


PLAIN = from_document(plain(SMALL_LOADED))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 2**32))
def test_every_difference_is_told_exactly_once(one: int, other: int) -> None:
    a, b = (edited(dict(PLAIN.document), seed) for seed in (one, other))

    check(PLAIN, a or PLAIN)
    check(a or PLAIN, b or PLAIN)


@pytest.mark.parametrize(
    ("one", "other"),
    [("cn-csrc-guangzhou", "cn-csrc-shanghai"), ("demo-city", "in-sebi"), ("eu-dlt", "uk-fca")],
)
def test_regimes_differ_wholly_and_once(one: str, other: str) -> None:
    check(*(load_file(Path("rulebooks") / f"{name}.yaml") for name in (one, other)))


def test_every_keyword_has_a_name_in_both_languages() -> None:
    def keywords(model: Any, seen: set[Any]) -> set[str]:
        import typing

        found: set[str] = set()
        for name, field in model.model_fields.items():
            found.add(field.alias or name)
            waiting = [field.annotation]
            while waiting:
                one = waiting.pop()
                waiting += typing.get_args(one)
                if hasattr(one, "model_fields") and one not in seen:
                    seen.add(one)
                    found |= keywords(one, seen)
        return found

    assert keywords(Rulebook, set()) <= set(LABELS)
