"""Each broken rulebook is refused at its line, with what is wrong and what would be right."""

from __future__ import annotations

import pytest

from tests.core.rulebook.texts import SMALL, broken, line_of, load, problems

CASES = {
    "unquoted threshold in braces": (
        'info: ">10"', "info: >10%", "",
        ">10% cannot stand bare here", 'put it in quotes: ">10%"',
    ),
    "unknown keyword": (
        "length: 5", "lenght: 5", "/clocks/publicity/lenght",
        "unknown key 'lenght'", "did you mean 'length'?",
    ),
    "unknown keyword at the top": (
        "calendars: {", "calendar: {", "/calendar",
        "unknown key 'calendar'", "did you mean 'calendars'?",
    ),
    "missing keyword": (
        "starts: notice.opened, ", "", "/clocks/publicity/starts",
        "'starts' is missing",
        "add starts: case.submitted, stage.entered, notice.opened, pilot.started or request.opened",
    ),
    "number that is none": (
        "length: 5", "length: five", "/clocks/publicity/length",
        "'five' is no whole number", "write a whole number",
    ),
    "number out of range": (
        "length: 5", "length: 0", "/clocks/publicity/length",
        "'0' is too small", "write 1 or more",
    ),
    "yes for true": (
        "hard_gate: true", "hard_gate: yes", "/form/scale/hard_gate",
        "'yes' is neither true nor false", "write true or false",
    ),
    "unknown word": (
        "unit: working-day", "unit: workingday", "/clocks/publicity/unit",
        "'workingday' is not known here", "did you mean 'working-day'?",
    ),
    "duration without a unit": (
        "for: 2m", "for: 120", "/alerts/high/for",
        "'120' is not a duration", "write a number and us, ms, s, m, h or d: 5m",
    ),
    "threshold without a sign": (
        'info: ">10"', "info: 10", "/alerts/high/levels/info",
        "'10' is not a threshold", "write >, >=, < or <= and a number: '>3%'",
    ),
    "window in words": (
        "window: 1d", "window: daily", "/indicators/turnover/window",
        "'daily' does not fit", "write since-start, month or trading-day or a duration such as 5m",
    ),
    "null where a value belongs": (
        "length: 5", "length: null", "/clocks/publicity/length",
        "is null", "write a whole number",
    ),
    "no value": (
        "en: Firm}", "en: Firm, Ltd}", "/intake/kinds/firm/name/Ltd",
        "has no value", "write one, or null; inside braces a text with a comma needs quotes",
    ),
    "key twice": (
        "length: 5", "length: 5, length: 7", "/clocks/publicity/length",
        "'length' stands twice; first on line 34", "keep one",
    ),
    "id twice": (
        "id: turnover,", "id: people,", "/indicators/people",
        "the id 'people' stands twice in this list; first on line 40", "rename one",
    ),
    "anchor": (
        "lead: [firm]", "lead: &a [firm]", "/intake/lead",
        "&a is a YAML anchor or alias",
        "write the value out; what rulebooks share goes into the one they extend",
    ),
    "alias": (
        "lead: [firm]", "lead: *a", "/intake/lead",
        "*a is a YAML anchor or alias",
        "write the value out; what rulebooks share goes into the one they extend",
    ),
    "merge key": (
        "lead: [firm]", "<<: {lead: [firm]}", "/intake",
        "<< merges by anchors, which are not used here", "use extends",
    ),
    "tag": (
        "length: 5", "length: !!int 5", "/clocks/publicity/length",
        "the YAML tag tag:yaml.org,2002:int is not used here",
        "leave it out; the language gives values types",
    ),
    "list for a mapping": (
        "calendars: {deadlines: cn-working-day, market: cn-trading-day}", "calendars: [a]",
        "/calendars", "is no mapping", "write a mapping with deadlines, market, session",
    ),
    "stage unknown in next": (
        "next: [admission, closed]", "next: [admision, closed]", "/stages/notice/next/0",
        "stage 'admision' is not declared", "did you mean 'admission'?",
    ),
    "clock unknown": (
        "clock: publicity", "clock: publicty", "/stages/notice/clock",
        "clock 'publicty' is not declared", "did you mean 'publicity'?",
    ),
    "sign-off by nobody": (
        "all_of: [bureau]", "all_of: [burau]", "/stages/admission/signoff/all_of/0",
        "authority 'burau' is not declared", "did you mean 'bureau'?",
    ),
    "sign-off by one who cannot": (
        "all_of: [bureau]", "all_of: [guide]", "/stages/admission/signoff/all_of/0",
        "'guide' is guide and cannot sign off", "name a lead or member authority",
    ),
    "criterion on an unknown stage": (
        "stage: review,", "stage: reviews,", "/criteria/new/stage",
        "stage 'reviews' is not declared", "did you mean 'review'?",
    ),
    "stage without a way to it": (
        "next: [review, closed]", "next: [closed]", "/stages/review",
        "no way leads here from the draft", "name it in a stage's next",
    ),
    "stage without a way out": (
        ", next: [closed]}", ", next: []}", "/stages/admission",
        "no way leads from here to closed: a case would be stranded",
        "add closed to its next, or a stage that leads there",
    ),
    "numbers that collide": (
        "{uscc}-{year}-{seq:04}", "{uscc}-{year}", "/stages/admission/number",
        "two cases would bear the same number", 'write for example "{uscc}-{year}-{seq:04}"',
    ),
    "indicator on an unknown stream": (
        "of: order.placed, take: distinct", "of: order.place, take: distinct",
        "/indicators/people/of", "stream 'order.place' is not declared",
        "did you mean 'order.placed'?",
    ),
    "sum of what is no number": (
        "take: distinct", "take: sum", "/indicators/people/take",
        "sum of 'investor', which is pseudonym",
        "take a field of money, int, decimal or duration, or write distinct",
    ),
    "count of a field": (
        "take: distinct", "take: count", "/indicators/people/field",
        "count counts events, not a field", "leave field out",
    ),
    "field unknown": (
        "take: sum, field: amount", "take: sum, field: amont", "/indicators/turnover/field",
        "field of order.placed 'amont' is not declared", "did you mean 'amount'?",
    ),
    "limit on an unknown indicator": (
        "indicator: people,", "indicator: peple,", "/limits/cap/indicator",
        "indicator 'peple' is not declared", "did you mean 'people'?",
    ),
    "plan parameter unknown": (
        "max: plan.people_max", "max: plan.peoplemax", "/limits/cap/max",
        "plan parameter 'peoplemax' is not declared", "did you mean 'people_max'?",
    ),
    "plan parameter of another type": (
        "indicator: people,", "indicator: turnover,", "/limits/cap/max",
        "'people_max' is int, but 'turnover' is money", "name a parameter of type money",
    ),
    "ladder upside down": (
        'breach: ">100"', 'breach: ">1"', "/alerts/high/levels/breach",
        "is no harder to reach than the rung before", "write a value above it",
    ),
    "filter on an unknown field": (
        "window: 1d", 'where: "amuont > 1"', "/indicators/turnover/where",
        "field 'amuont' is not in order.placed", "did you mean 'amount'?",
    ),
    "filter that calls a function": (
        "window: 1d", 'where: "sleep(1) = 0"', "/indicators/turnover/where",
        "'anonymous' is not allowed in a filter",
        "compare fields with values, joined by AND, OR and NOT",
    ),
    "filter that selects": (
        "window: 1d", 'where: "amount > (SELECT 1)"', "/indicators/turnover/where",
        "'subquery' is not allowed in a filter",
        "compare fields with values, joined by AND, OR and NOT",
    ),
    "filter that is no expression": (
        "window: 1d", 'where: "amount >"', "/indicators/turnover/where",
        "is no boolean expression", "write for example amount > 100 AND NOT failed",
    ),
    "number of a thousand million digits": (
        'info: ">10"', 'info: ">1E999999999"', "/alerts/high/levels/info",
        "'1E999999999' is not a number", "write 12, 0.5 or 3%",
    ),
    "outcome unknown": (
        "retention_years: {rejected: 3}", "retention_years: {rejected: 3, refused: 3}",
        "/exit/retention_years/refused", "outcome 'refused' is not declared",
        "known here: rejected",
    ),
    "claim above the grade": (
        "because: {basis: assumed, source: demo}", "because: {basis: verified, source: press}",
        "/authorities/bureau/id", "basis verified claims more than source 'press' of grade B bears",
        "at most basis: reported",
    ),
    "claim from memory": (
        "because: {basis: assumed, source: demo}", "because: {basis: reported, source: memory}",
        "/authorities/bureau/id",
        "basis reported claims more than source 'memory' of grade M bears", "at most basis: assumed",
    ),
    "source unknown": (
        "because: {basis: assumed, source: demo}", "because: {basis: verified, source: lav}",
        "/authorities/bureau/id", "source 'lav' is not declared", "did you mean 'law'?",
    ),
    "claim without a source": (
        "because: {basis: assumed, source: demo}", "because: {basis: verified}", "/because",
        "claims more than assumed but names no source", "add source: <id of a source>",
    ),
    "basis unknown": (
        "because: {basis: assumed, source: demo}", "because: {basis: sure}", "/because/basis",
        "is no basis", "basis is verified, reported or assumed",
    ),
    "borrowed and verified": (
        "because: {basis: assumed, source: demo}",
        "because: {basis: verified, source: law, borrowed_from: press}",
        "/authorities/bureau/id",
        "a value borrowed from another regime cannot be verified here",
        "write basis: assumed beside borrowed_from",
    ),
    "basis of nothing": (
        "unit: working-day}",
        'unit: working-day, because: {of: {"/lenght": {basis: assumed}}}}',
        "/clocks/publicity/because/of/~1lenght", "this basis covers no value that needs one",
        "name a value below this mapping that this file itself states",
    ),
    "tab": (
        "    hard_gate", "\thard_gate", "",
        "a tab stands where the indentation is", "indent with spaces",
    ),
    "bracket left open": (
        "lead: [firm]", "lead: [firm", "",
        "the bracket opened on line 18 is not closed before this", "write , or ]",
    ),
}  # fmt: skip

FIRST_VALUE = line_of(SMALL, "id: bureau")
ELSEWHERE = {
    # a basis is judged at the first value that it covers
    "claim above the grade": FIRST_VALUE,
    "claim from memory": FIRST_VALUE,
    "source unknown": FIRST_VALUE,
    "borrowed and verified": FIRST_VALUE,
    "stage without a way to it": line_of(SMALL, "id: review, kind"),
    "bracket left open": line_of(SMALL, "lead: [firm]") + 1,
}
"""Where the line told is not the line changed."""


@pytest.mark.parametrize("name", CASES)
def test_broken_rulebook_is_refused_at_its_line(name: str) -> None:
    old, new, path, message, expected = CASES[name]
    text = broken(old, new)

    found = problems(text)

    at = {problem.path: problem for problem in found}
    assert path in at, found
    problem = at[path]
    assert problem.file == "small.yaml"
    assert (problem.message.en, problem.expected.en) == (message, expected)
    assert problem.line == ELSEWHERE.get(name, line_of(SMALL, old))


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
