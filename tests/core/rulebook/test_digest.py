"""Two digests: of the whole document, and of what governs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shidian.core.rulebook.load import from_document, load_file
from shidian.core.rulebook.published import check_publishable
from tests.core.rulebook.texts import SMALL, broken, load

LIBRARY = sorted(Path("rulebooks").glob("*.yaml"))


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_resolved_document_reads_back_to_the_same_rules_and_digests(path: Path) -> None:
    loaded = load_file(path)

    again = from_document(json.loads(json.dumps(loaded.document)))

    assert (again.digest, again.rules_digest) == (loaded.digest, loaded.rules_digest)
    assert again.rulebook == loaded.rulebook
    assert again.document == loaded.document
    assert {path: one.because for path, one in again.provenance.items()} == {
        path: one.because for path, one in loaded.provenance.items()
    }


def test_digest_is_tagged() -> None:
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", load(SMALL).digest)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("length: 5", "length: 05"),
        ("length: 5", '"length": "5"'),
        ("for: 2m", "for: 120 s"),
        ('info: ">10"', 'info: "> 10.0"'),
        ("hard_gate: true", "hard_gate:   true  # a comment"),
    ],
)
def test_the_same_value_in_another_spelling_has_the_same_digest(old: str, new: str) -> None:
    assert load(broken(old, new)).digest == load(SMALL).digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("en: Firm}", "en: Company}"),
        ("zh: 公示,", "zh: 社会公示,"),
        ("because: {basis: assumed, source: demo}", "because: {basis: reported, source: press}"),
        ('version: "1"', 'version: "2"'),
        ("grade: B", "grade: C"),
        ("en: New?}", "en: Is it new?}"),
    ],
)
def test_words_and_bases_change_the_digest_but_not_the_rules(old: str, new: str) -> None:
    changed, same = load(broken(old, new)), load(SMALL)

    assert changed.digest != same.digest
    assert changed.rules_digest == same.rules_digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("length: 5", "length: 6"),
        ("warn_at: [70, 90]", "warn_at: [70, 80]"),
        ('breach: ">100"', 'breach: ">=100"'),
        ("zh: 新否", "zh: 是否新"),
        ("all_of: [bureau]", "all_of: [bureau], because: {basis: assumed}"),
        ("number: ", "comments: false, number: "),
    ],
)
def test_what_governs_changes_the_rules_digest(old: str, new: str) -> None:
    changed, same = load(broken(old, new)), load(SMALL)

    assert changed.digest != same.digest
    # a value written out equals the model's default in force, but a default may change with a release
    assert (changed.rules_digest != same.rules_digest) is ("because" not in new)


def test_stream_field_called_name_is_a_rule() -> None:
    one = broken("remark: {type: text}", "name: {type: code}")

    assert load(one).rules_digest != load(one.replace("type: code", "type: text")).rules_digest


def test_model_defaults_are_in_no_digest() -> None:
    assert "monitoring" not in load(SMALL).document
    assert load(SMALL + "monitoring: {tile: 1m}\n").digest != load(SMALL).digest


def test_version_is_published_once() -> None:
    loaded = load(SMALL)

    assert check_publishable({}, loaded) is None
    assert check_publishable({"1": loaded.digest}, loaded) is None
    problem = check_publishable({"1": "sha256:" + "0" * 64}, loaded)
    assert problem is not None
    assert (problem.path, problem.line) == ("/version", 2)
    assert problem.expected.en == "give the changed text a new version"


@given(length=st.integers(1, 3660), per_cent=st.decimals("0.01", "99.99", places=2))
def test_any_length_and_percentage_survive_the_round_trip(length: int, per_cent: object) -> None:
    text = broken("length: 5", f"length: {length}").replace(
        'breach: ">100"', f'critical: ">{per_cent}%"'
    )
    text = text.replace('info: ">10"', 'info: ">0"')

    loaded = load(text)
    again = from_document(loaded.document)

    assert again.digest == loaded.digest
    assert again.rulebook.clock("publicity").length == length
    assert again.rulebook.alerts == loaded.rulebook.alerts
