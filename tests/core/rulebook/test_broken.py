"""How a rulebook is refused: all at once, at its lines, and by what stage of reading."""

from __future__ import annotations

from tests.core.rulebook.texts import SMALL, broken, line_of, load, problems


def test_small_rulebook_is_whole() -> None:
    assert load(SMALL).rulebook.rulebook == "small"


def test_missing_basis_is_refused_with_the_value_and_its_line() -> None:
    text = broken("because: {basis: assumed, source: demo}\n", "")

    found = {problem.path: problem for problem in problems(text)}

    length = found["/clocks/publicity/length"]
    assert length.line == line_of(text, "length: 5")
    assert length.message.en == "the value '5' has no basis"
    assert length.expected.en.startswith("add because: {basis: verified | reported | assumed")


def test_all_problems_of_a_file_are_said_at_once() -> None:
    text = broken("length: 5", "length: five").replace("hard_gate: true", "hard_gate: on")

    assert {problem.path for problem in problems(text)} == {
        "/clocks/publicity/length",
        "/form/scale/hard_gate",
    }


def test_problem_reads_file_line_path_wrong_right() -> None:
    [problem] = problems(broken("length: 5", "length: five"))

    assert str(problem) == (
        "small.yaml:34: /clocks/publicity/length: 'five' is no whole number; write a whole number"
    )


def test_scalars_are_text_until_the_schema_types_them() -> None:
    text = broken("en: Firm}", "en: no}").replace("zh: 公司", "zh: 1:30")

    loaded = load(text)

    assert loaded.rulebook.intake is not None
    assert loaded.rulebook.intake.kinds[0].name.en == "no"
    assert loaded.rulebook.intake.kinds[0].name.zh == "1:30"


def test_sketch_notes_what_is_missing_and_refuses_what_contradicts() -> None:
    sketch = 'rulebook: s\nversion: "1"\nstatus: sketch\ntitle: {zh: 草, en: S}\n'

    assert problems(sketch) == ()
    assert problems(sketch.replace("sketch", "runnable"))
    dangling = sketch + "intake: {mode: call, kinds: [], lead: [firm], because: {basis: assumed}}\n"
    assert [problem.path for problem in problems(dangling)] == ["/intake/lead/0"]
