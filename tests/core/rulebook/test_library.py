"""The rulebooks that come with the product: sound, honest, and fit for the demonstration."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from shidian.core.rulebook.analysis import analyse
from shidian.core.rulebook.because import borne_by
from shidian.core.rulebook.executable import not_executable
from shidian.core.rulebook.load import Loaded, load_file
from shidian.core.rulebook.model import Basis, StageKind, Status, Text
from shidian.core.rulebook.provenance import verified_share

LIBRARY = sorted(Path("rulebooks").glob("*.yaml"))
RUNNABLE = [path for path in LIBRARY if "\nstatus: runnable\n" in path.read_text("utf-8")]
RANK = [Basis.ASSUMED, Basis.REPORTED, Basis.VERIFIED]


@cache
def _load(path: Path) -> Loaded:
    return load_file(path)


@pytest.fixture(params=LIBRARY, ids=lambda path: path.stem)
def loaded(request: pytest.FixtureRequest) -> Loaded:
    return _load(request.param)


@pytest.fixture(params=RUNNABLE, ids=lambda path: path.stem)
def runnable(request: pytest.FixtureRequest) -> Loaded:
    return _load(request.param)


@pytest.fixture
def demo() -> Loaded:
    return _load(Path("rulebooks/demo-city.yaml"))


def test_library_holds_the_base_the_cities_and_the_demonstrations() -> None:
    assert {path.stem for path in LIBRARY} >= {
        "cn-csrc",
        "cn-csrc-guangzhou",
        "cn-csrc-shanghai",
        "demo-city",
        "demo-dlt",
        "demo-two-stage",
    }


def test_eight_regimes_can_run_counting_a_base_and_its_cities_as_one() -> None:
    found = [_load(path).rulebook for path in RUNNABLE]
    regimes = {book.extends or book.rulebook for book in found} | {"demo-city"}

    assert len(regimes) >= 8


def test_what_can_run_has_all_that_a_case_passes(runnable: Loaded) -> None:
    """Form, plan, limits, reports and exit, and for each stage but the last a duty."""
    rulebook = runnable.rulebook

    assert rulebook.form
    assert rulebook.plan
    assert rulebook.limits
    assert rulebook.reports
    assert rulebook.exit is not None
    assert rulebook.place is not None
    for stage in rulebook.stages:
        assert stage.duties or stage.kind is StageKind.CLOSED, stage.id


def test_what_is_filled_in_says_that_it_is(runnable: Loaded) -> None:
    """In a rulebook that can run, a reader must not take our filling for the regime's rule."""
    for path, found in runnable.provenance.items():
        if found.because is not None and found.because.basis is Basis.ASSUMED:
            assert found.because.note or found.because.borrowed_from, path


def test_no_value_claims_more_than_its_source_bears(loaded: Loaded) -> None:
    for found in loaded.provenance.values():
        because = found.because
        if because is None or because.source is None:
            continue
        bears = borne_by(loaded.rulebook.sources[because.source].grade)
        assert RANK.index(because.basis) <= RANK.index(bears)


def test_no_rulebook_is_official_and_each_says_so(loaded: Loaded) -> None:
    disclaimer = loaded.rulebook.disclaimer

    assert loaded.rulebook.status is not Status.OFFICIAL
    assert disclaimer is not None
    assert "不是官方文本" in disclaimer.zh
    assert "not an official text" in disclaimer.en


def test_every_source_is_used_or_inherited(loaded: Loaded) -> None:
    """A source that bears no value is a claim to learning, not a basis."""
    used = {
        name
        for found in loaded.provenance.values()
        if (because := found.because) is not None
        for name in (because.source, because.borrowed_from)
    }
    used |= {event.source for event in loaded.rulebook.history}
    used |= {clause.source for clause in loaded.rulebook.clauses}
    inherited: set[str] = set()
    if loaded.rulebook.extends is not None:
        base = _load(Path(f"rulebooks/{loaded.rulebook.extends}.yaml"))
        inherited = set(base.rulebook.sources)

    assert set(loaded.rulebook.sources) - inherited <= used


def test_nothing_borrowed_claims_to_be_this_regimes_own_rule(loaded: Loaded) -> None:
    for found in loaded.provenance.values():
        if found.because is not None and found.because.borrowed_from is not None:
            assert found.because.basis is Basis.ASSUMED


def test_shares_add_up(loaded: Loaded) -> None:
    share = verified_share(loaded)

    assert share.total == share.verified + share.reported + share.assumed
    assert share.borrowed <= share.assumed


def test_guangzhou_history_has_its_second_call() -> None:
    history = _load(Path("rulebooks/cn-csrc-guangzhou.yaml")).rulebook.history

    [call] = [event for event in history if event.id == "call-2"]
    assert (call.date, call.until) == ("2023-09-20", "2023-10-20")


def test_demonstration_runs_on_this_release(demo: Loaded) -> None:
    assert not_executable(demo.rulebook) == ()
    assert analyse(demo.rulebook) == ()


def test_demonstration_says_so_on_its_face(demo: Loaded) -> None:
    title = demo.rulebook.title

    assert "演示" in title.zh
    assert "demonstration" in title.en
    assert all("证监会" not in one.name.zh for one in demo.rulebook.authorities)


def test_demonstration_has_every_kind_of_stage_and_the_hard_gates(demo: Loaded) -> None:
    assert {stage.kind for stage in demo.rulebook.stages} == set(StageKind)
    assert {section.id for section in demo.rulebook.form if section.hard_gate} == {
        "emergency-plan",
        "exit-plan",
        "risk-measures",
    }
    assert sum(one.weight or 0 for one in demo.rulebook.criteria) == 100


def test_borrowed_parts_of_the_demonstration_say_whose_they_are(demo: Loaded) -> None:
    for path in ("/stages/evaluation/dimensions/value/id", "/stages/assessment/areas/data/id"):
        because = demo.provenance[path].because
        assert because is not None
        assert because.basis is Basis.ASSUMED
        assert because.borrowed_from is not None


def test_english_and_chinese_are_both_there_and_differ(loaded: Loaded) -> None:
    def texts(value: object) -> list[Text]:
        if isinstance(value, Text):
            return [value]
        if isinstance(value, tuple):
            return [text for item in value for text in texts(item)]
        if isinstance(value, dict):
            return [text for item in value.values() for text in texts(item)]
        fields = getattr(type(value), "model_fields", {})
        return [text for name in fields for text in texts(getattr(value, name))]

    for text in texts(loaded.rulebook):
        assert any("\u4e00" <= sign <= "\u9fff" for sign in text.zh), text
        assert not any("\u4e00" <= sign <= "\u9fff" for sign in text.en), text
