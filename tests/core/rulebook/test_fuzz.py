"""Whatever the loader is given, it loads or it says why not; what loads, reads again alike.

`make prove` tries 3,000 inputs; SHIDIAN_PROVE_SCALE=17 pytest -m prove tests/core/rulebook/test_fuzz.py
tries 50,000.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from shidian.core.rulebook.load import RulebookErrors, from_document, load_file, load_text
from tests.core.rulebook.mutations import BYTES, LIBRARY, TEXTS
from tests.core.rulebook.texts import SMALL, load

if TYPE_CHECKING:
    from collections.abc import Callable

BASES = {**LIBRARY, "small": SMALL}
SCALE = int(os.environ.get("SHIDIAN_PROVE_SCALE", "1"))

QUICK = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
LONG = settings(
    QUICK,
    # no shrinking and no database: what is wanted is breadth, and a failure is found again quickly
    phases=[Phase.generate],
    database=None,
)


def check_problems(errors: RulebookErrors, lines: int) -> None:
    """Something is said, in both languages, at a line that the file has (or its base)."""
    assert errors.problems
    for problem in errors.problems:
        assert re.search(r"[\u4e00-\u9fff]", problem.message.zh)
        assert problem.expected.en
        in_file = problem.file.endswith("fuzz.yaml")
        assert 0 <= problem.line <= (lines if in_file else 2000)


def given_text(text: str) -> None:
    """Load a text; every problem is said in both languages, at a line of the file."""
    try:
        loaded = load_text(text, name="fuzz.yaml", resolve=BASES.__getitem__)
    except RulebookErrors as errors:
        check_problems(errors, text.count("\n") + 2)
        return
    again = from_document(json.loads(json.dumps(loaded.document)))
    assert (again.digest, again.rules_digest) == (loaded.digest, loaded.rules_digest)


def given_bytes(data: bytes, path: Path) -> None:
    """Load a file of these bytes."""
    path.write_bytes(data)
    try:
        load_file(path, library=Path("rulebooks"))
    except RulebookErrors as errors:
        check_problems(errors, data.count(b"\n") + data.count(b"\r") + 2)


@QUICK
@given(TEXTS)
def test_any_text_loads_or_is_refused(text: str) -> None:
    given_text(text)


@QUICK
@given(BYTES)
def test_any_file_loads_or_is_refused(tmp_path: Path, data: bytes) -> None:
    given_bytes(data, tmp_path / "fuzz.yaml")


JSON = st.recursive(
    st.none() | st.text(max_size=10) | st.integers() | st.booleans() | st.floats(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
DOCUMENT = load(SMALL).document


def given_document(key: str, value: Any) -> None:
    """Read a document one of whose keywords holds something else."""
    try:
        loaded = from_document({**DOCUMENT, key: value})
    except RulebookErrors as errors:
        check_problems(errors, 0)
        return
    assert from_document(loaded.document).digest == loaded.digest


@QUICK
@given(st.sampled_from(sorted(DOCUMENT)), JSON)
def test_any_document_reads_or_is_refused(key: str, value: object) -> None:
    given_document(key, value)


@pytest.mark.parametrize("name", sorted(LIBRARY))
def test_resolved_rulebook_reads_again_from_json_with_the_same_digests(name: str) -> None:
    loaded = load_file(Path("rulebooks") / f"{name}.yaml")

    again = from_document(json.loads(json.dumps(loaded.document, ensure_ascii=False)))

    assert (again.digest, again.rules_digest) == (loaded.digest, loaded.rules_digest)
    assert again.rulebook == loaded.rulebook


PROOFS: dict[str, tuple[int, st.SearchStrategy[Any]]] = {
    "texts": (1_200 * SCALE, TEXTS),
    "bytes": (900 * SCALE, BYTES),
    "documents": (900 * SCALE, st.tuples(st.sampled_from(sorted(DOCUMENT)), JSON)),
}


@pytest.mark.prove
@pytest.mark.parametrize("kind", PROOFS)
def test_no_crash_in_many_thousand_inputs(kind: str, tmp_path: Path) -> None:
    count, inputs = PROOFS[kind]
    seen = 0

    def prove(drawn: Any) -> None:
        nonlocal seen
        seen += 1
        if kind == "texts":
            given_text(drawn)
        elif kind == "bytes":
            given_bytes(drawn, tmp_path / "fuzz.yaml")
        else:
            given_document(*drawn)

    run: Callable[[], None] = settings(LONG, max_examples=count)(given(inputs)(prove))
    run()

    assert seen >= count
