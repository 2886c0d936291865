"""Bombs, floods and noise: refused quickly, with a Problem, never with a crash."""

from __future__ import annotations

import time
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from shidian.core.rulebook.load import RulebookErrors, load_file
from shidian.core.rulebook.schema import models
from tests.core.rulebook.texts import SMALL, broken, line_of, load, problems

if TYPE_CHECKING:
    from pathlib import Path

BOMB = "a: &a [x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


def test_alias_bomb_is_refused_at_its_first_anchor() -> None:
    [problem] = problems(BOMB)

    assert (problem.line, problem.message.en) == (1, "&a is a YAML anchor or alias")


def test_file_of_50_mb_is_refused_in_under_a_second(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    with path.open("wb") as file:
        file.truncate(50 * 1024 * 1024)
    started = time.process_time()

    with pytest.raises(RulebookErrors) as caught:
        load_file(path)

    assert time.process_time() - started < 1
    assert caught.value.problems[0].message.en == "the file is larger than 1 MiB"


@pytest.mark.parametrize("text", ["[" * 900_000, "{a: " * 200_000, "- " * 400_000])
def test_depth_is_bounded(text: str) -> None:
    started = time.process_time()

    [problem] = problems(text)

    assert problem.message.en == "nested deeper than 24 levels"
    assert time.process_time() - started < 2


def test_flood_of_values_is_refused() -> None:
    [problem] = problems("a: [" + "1," * 100_000 + "]\n")

    assert problem.message.en == "more than 30000 values"


def test_endless_text_is_refused() -> None:
    [problem] = problems("a: " + "x" * 30_000)

    assert problem.message.en == "a text of 30000 characters"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("# nothing\n", "the file is empty"),
        ("null\n", "the file is empty"),
        ("words\n", "the file is no mapping"),
        ("- a\n", "the file is no mapping"),
        (f"{SMALL}---\na: 1\n", "a second document begins"),
        ("a: \x01\n", "the character U+0001 does not belong in a text"),
        ("? [a, b]\n: 1\n", "a key is a list or a mapping"),
        ('a: "x\n', "a quotation mark opens here and never closes"),
    ],
)
def test_what_is_no_rulebook_is_said(text: str, message: str) -> None:
    assert problems(text)[0].message.en == message


def test_text_that_is_not_utf8_is_refused_at_its_line(tmp_path: Path) -> None:
    path = tmp_path / "gbk.yaml"
    path.write_bytes("rulebook: x\ntitle: 试点\n".encode("gbk"))

    with pytest.raises(RulebookErrors) as caught:
        load_file(path)

    assert (caught.value.problems[0].line, caught.value.problems[0].expected.en) == (
        2,
        "save it as UTF-8",
    )


def test_byte_order_mark_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL, encoding="utf-8-sig")

    assert load_file(path).rulebook.rulebook == "small"


LINE_ONE = "rulebook: small\n"

HOSTILE = {
    "anchors in a circle": ("a: &a [*a]\n", 1, "&a is a YAML anchor or alias"),
    "alias to nothing": ("a: 1\nb: *c\n", 2, "*c is a YAML anchor or alias"),
    "merge key": ("a: 1\n<<: {b: 1}\n", 2, "<< merges by anchors, which are not used here"),
    "tag that constructs": (
        "a: !!python/object/apply:os.system [x]\n", 1,
        "the YAML tag tag:yaml.org,2002:python/object/apply:os.system is not used here",
    ),
    "tag of an own kind": ("a: !x 1\n", 1, "the YAML tag !x is not used here"),
    "a million items": ("a: [" + "1," * 1_000_000 + "]\n", 0, "the file is larger than 1 MiB"),
    "items up to the limit of the file": (
        "a:\n" + "- x\n" * 250_000, 29_999, "more than 30000 values",
    ),
    "a million keys": (
        "".join(f"k{i}: 1\n" for i in range(80_000)), 15_000, "more than 30000 values",
    ),
    "NUL": (LINE_ONE + "a: x\0y\n", 2, "the character U+0000 does not belong in a text"),
    "escape": (LINE_ONE + "a: \x1b[2J\n", 2, "the character U+001B does not belong in a text"),
    "text shown backwards": (
        LINE_ONE + "a: \u202ecba\n", 2, "the character U+202E does not belong in a text",
    ),
    "isolated direction": (
        LINE_ONE + "a: \u2066cba\n", 2, "the character U+2066 does not belong in a text",
    ),
    "line end that hides": (
        LINE_ONE + "a: x\u2028b: y\n", 2, "the character U+2028 does not belong in a text",
    ),
    "byte order mark inside": (
        LINE_ONE + "a: \ufeff1\n", 2, "the character U+FEFF does not belong in a text",
    ),
    "half a character": (
        LINE_ONE + "a: \ud800\n", 2, "the character U+D800 does not belong in a text",
    ),
    "one key 50,000 times": ("a: 1\n" * 29_000, 2, "'a' stands twice; first on line 1"),
    "key of a mile": ("x" * 30_000 + ": 1\n", 1, "a text of 30000 characters"),
    "quotation that never closes": (
        'a: "' + "x" * 500_000, 1, "a quotation mark opens here and never closes",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_refused_at_its_line_within_a_second(name: str) -> None:
    text, line, message = HOSTILE[name]
    started = time.process_time()

    found = problems(text)

    assert time.process_time() - started < 1
    assert (found[0].line, found[0].message.en) == (line, message)


IMPLICIT = {
    "number in base sixty": ("length: 5", "length: 1:30", "/clocks/publicity/length", "'1:30' is no whole number"),
    "hexadecimal": ("length: 5", "length: 0x10", "/clocks/publicity/length", "'0x10' is no whole number"),
    "octal": ("length: 5", "length: 0o17", "/clocks/publicity/length", "'0o17' is no whole number"),
    "exponent": ("length: 5", "length: 1e3", "/clocks/publicity/length", "'1e3' is no whole number"),
    "grouped": ("length: 5", "length: 1_000", "/clocks/publicity/length", "'1_000' is no whole number"),
    "date": ("length: 5", "length: 2026-01-01", "/clocks/publicity/length", "'2026-01-01' is no whole number"),
    "fraction": ("length: 5", "length: 5.0", "/clocks/publicity/length", "'5.0' is no whole number"),
    "infinity": ("length: 5", "length: .inf", "/clocks/publicity/length", "'.inf' is no whole number"),
    "full-width digit": ("length: 5", "length: ５", "/clocks/publicity/length", "'５' is no whole number"),
    "huge number": ("length: 5", "length: " + "9" * 5000, "/clocks/publicity/length", "'" + "9" * 60 + "…' is no whole number"),
    "number beyond its bound": ("length: 5", "length: 999999999999", "/clocks/publicity/length", "'999999999999' is too large"),
    "no for false": ("hard_gate: true", "hard_gate: no", "/form/scale/hard_gate", "'no' is neither true nor false"),
    "True for true": ("hard_gate: true", "hard_gate: True", "/form/scale/hard_gate", "'True' is neither true nor false"),
    "null for a word": ("unit: working-day", "unit: null", "/clocks/publicity/unit", "is null"),
    "threshold with an exponent": ('info: ">10"', 'info: ">1e1"', "/alerts/high/levels/info", "'1e1' is not a number"),
    "threshold that is no number": ('info: ">10"', 'info: ">nan"', "/alerts/high/levels/info", "'nan' is not a number"),
    "per cent beyond bounds": ("warn_at: [70, 90]", "warn_at: [70, 100]", "/limits/cap/warn_at/1", "'100' is too large"),
}  # fmt: skip


@pytest.mark.parametrize("name", IMPLICIT)
def test_nothing_is_typed_by_its_looks(name: str) -> None:
    old, new, path, message = IMPLICIT[name]
    text = broken(old, new)

    found = {problem.path: problem for problem in problems(text)}

    assert found[path].message.en == message
    assert found[path].line == line_of(SMALL, old)


@pytest.mark.parametrize("word", ["no", "1:30", "0x10", "1e3", "2026-01-01", "~", ".inf", "yes"])
def test_words_that_look_like_values_stay_words(word: str) -> None:
    loaded = load(broken("en: Firm}", f"en: {word}}}"))

    assert loaded.rulebook.intake is not None
    assert loaded.rulebook.intake.kinds[0].name.en == word


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd", "/etc/passwd", "a/b", "a.b", "..", "C:\\x", "~/x", "a b", "A", "é",
        "a" * 65, "file:///etc/passwd", "http://example.org/x", "a\\0b", "-a", "a--b",
    ],
)  # fmt: skip
def test_extends_names_no_path(name: str, tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(f'rulebook: small\nextends: "{name}"\n', encoding="utf-8")

    with pytest.raises(RulebookErrors) as caught:
        load_file(path)

    [problem] = [one for one in caught.value.problems if one.path in ("/extends", "")]
    assert problem.line == 2


def test_circle_of_rulebooks_is_refused_with_its_members() -> None:
    def extending(own: str, base: str) -> str:
        return f"rulebook: {own}\nextends: {base}\n"

    bases = {f"r{i}": extending(f"r{i}", f"r{(i + 1) % 5}") for i in range(5)}

    [problem] = [p for p in problems(extending("small", "r0"), **bases) if p.path == "/extends"]

    assert problem.message.en == "extends itself: r0 → r1 → r2 → r3 → r4 → r0"
    assert (problem.file, problem.line) == ("r4.yaml", 2)


def test_long_chain_of_rulebooks_is_refused() -> None:
    bases = {f"r{i}": f"rulebook: r{i}\nextends: r{i + 1}\n" for i in range(40)}

    [problem] = [
        p for p in problems("rulebook: small\nextends: r0\n", **bases) if p.path == "/extends"
    ]

    assert problem.message.en == "more than 8 rulebooks extend one another"


FLOODS = {
    "keys that nobody knows": "".join(f"keywrod{i}: 1\n" for i in range(29_000)),
    "values without a basis": "plan:\n" + "- {id: a, type: int}\n" * 10_000,
    "wrong words": SMALL + "principles:\n" + "- {zh: 一, en: [x]}\n" * 10_000,
    "ids that stand twice": SMALL.replace(
        "clocks:\n", "clocks:\n" + "  - {id: a}\n" * 10_000
    ),
    "things to remove": SMALL.replace("title:", "extends: base\ntitle:")
    + "remove: ["
    + "/stages/nowhere, " * 20_000
    + "]\n",
    "stages that nobody declared": SMALL.replace(
        "stages:\n",
        "stages:\n"
        + "".join(
            f"  - {{id: s{i}, kind: review, names: {{staff: {{zh: 草, en: D}}, "
            f"applicant: {{zh: 草, en: D}}}}, next: [{', '.join(f'x{n}' for n in range(80))}]}}\n"
            for i in range(100)
        ),
    ),
    "bases of nothing": SMALL.replace("because: {basis: assumed, source: demo}", "because: {of: {"
    + ", ".join(f'"/x{i}": {{basis: assumed}}' for i in range(10_000)) + "}}"),
}  # fmt: skip


@pytest.mark.parametrize("name", FLOODS)
def test_flood_of_problems_is_cut_off(name: str) -> None:
    base = SMALL.replace("rulebook: small", "rulebook: base")
    started = time.process_time()
    found = problems(FLOODS[name], base=base)
    took = time.process_time() - started

    assert 0 < len(found) < 500
    assert took < 2


def test_memory_stays_bounded_whatever_is_wrong() -> None:
    text = FLOODS["keys that nobody knows"]
    tracemalloc.start()
    problems(text)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 100 * 1024 * 1024


def test_patterns_are_nothing_an_author_can_write() -> None:
    for model in models():
        for name, field in model.model_fields.items():
            assert "pattern" not in name
            assert "regex" not in name
            assert "re.Pattern" not in repr(field.annotation)


@pytest.mark.parametrize("repeated", ["a-", "a.b-", "1", "1,", "9.", "a_a", ">", " "])
def test_no_pattern_of_the_language_runs_away(repeated: str) -> None:
    evil = repeated * 2500 + "!"
    started = time.process_time()

    for old in ("id: turnover", "take: sum", "window: 1d", "number: ", "rulebook: small"):
        key = old.partition(":")[0]
        problems(SMALL.replace(old, f'{key}: "{evil}"', 1))
    for old in ('">10"', "plan.people_max", "id: order.placed"):
        problems(SMALL.replace(old, f'"{evil}"' if "id" not in old else f'id: "{evil}"', 1))

    assert time.process_time() - started < 4
