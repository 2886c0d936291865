"""The analysis as a whole: levels, places, days, and what a sketch lacks."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from shidian.core.procedure.types import ActorKind
from shidian.core.rulebook.analysis import Level, analyse, findings_of, missing_for_simulation
from shidian.core.rulebook.analysis.stages import ROLES
from shidian.core.rulebook.load import load_file
from shidian.core.rulebook.model import Status
from tests.core.rulebook.texts import SMALL, broken, load, problems

LIBRARY = sorted(Path("rulebooks").glob("*.yaml"))


def test_roles_that_duties_name_are_the_procedures() -> None:
    assert set(ROLES) == {kind.value for kind in ActorKind}


def test_small_rulebook_has_nothing_to_say() -> None:
    assert findings_of(load(SMALL)) == ()


def test_warning_stands_at_its_line_and_refuses_nothing() -> None:
    text = broken("weight: 100", "weight: 60")

    [found] = findings_of(load(text))

    assert found.level is Level.WARNING
    assert (found.problem.file, found.problem.path) == ("small.yaml", "/criteria")
    assert found.problem.line == text[: text.index("criteria:")].count("\n") + 2
    assert found.problem.message.zh == "“review”各标准权重合计为60"


def test_authority_that_ends_signs_until_its_last_day() -> None:
    text = broken("role: lead}", 'role: lead, valid_to: "2031-06-30"}')
    loaded = load(text)

    assert findings_of(loaded, date(2031, 6, 30)) == ()
    [found] = findings_of(loaded, date(2031, 7, 1))
    assert found.is_error
    assert found.problem.path == "/stages/admission/signoff/all_of/0"


def test_gap_is_a_note_in_a_sketch_and_an_error_in_what_is_to_run() -> None:
    text = broken("panel: {min: 3, odd: true}, ", "")

    [refused] = problems(text)
    sketch = load(text.replace("status: runnable", "status: sketch"))

    assert refused.message.en == "a review without a panel"
    [found] = analyse(sketch.rulebook)
    assert (found.level, found.is_gap) == (Level.NOTE, True)
    assert [text.zh for text in missing_for_simulation(sketch.rulebook)] == ["评审阶段没有专家组"]


def test_contradiction_is_an_error_even_in_a_sketch() -> None:
    text = broken("all_of: [bureau]", "k: 2, of: [bureau]").replace(
        "status: runnable", "status: sketch"
    )

    [found] = problems(text)

    assert found.message.en == "2 must consent, but of names only 1"


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_regime_that_runs_lacks_nothing(path: Path) -> None:
    rulebook = load_file(path).rulebook

    if rulebook.status is not Status.SKETCH:
        assert missing_for_simulation(rulebook) == ()


def test_consultation_that_is_waited_for_without_a_clock_is_doubted() -> None:
    text = SMALL.replace(
        "streams:\n",
        "consultations:\n  - {id: ask, name: {zh: 问, en: Ask}, stage: review, authority: guide, kind: opinion}\n"
        "streams:\n",
    )

    [found] = findings_of(load(text))

    assert found.level is Level.WARNING
    assert found.problem.path == "/consultations/ask"
