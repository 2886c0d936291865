"""The rulebooks that come with the product: sound, honest, and fit for the demonstration."""

from __future__ import annotations

from pathlib import Path

import pytest

from shidian.core.rulebook.analysis import analyse
from shidian.core.rulebook.because import borne_by
from shidian.core.rulebook.executable import not_executable
from shidian.core.rulebook.load import Loaded, load_file
from shidian.core.rulebook.model import Basis, StageKind, Status, Text
from shidian.core.rulebook.provenance import verified_share

LIBRARY = sorted(Path("rulebooks").glob("*.yaml"))
RANK = [Basis.ASSUMED, Basis.REPORTED, Basis.VERIFIED]


@pytest.fixture(params=LIBRARY, ids=lambda path: path.stem)
def loaded(request: pytest.FixtureRequest) -> Loaded:
    return load_file(request.param)


@pytest.fixture
def demo() -> Loaded:
    return load_file(Path("rulebooks/demo-city.yaml"))


def test_library_holds_the_base_the_cities_and_the_demonstration() -> None:
    assert {path.stem for path in LIBRARY} >= {
        "cn-csrc",
        "cn-csrc-guangzhou",
        "cn-csrc-shanghai",
        "demo-city",
    }


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
        base = load_file(Path(f"rulebooks/{loaded.rulebook.extends}.yaml"))
        inherited = set(base.rulebook.sources)

    assert set(loaded.rulebook.sources) - inherited <= used


def test_nothing_borrowed_claims_to_be_this_regimes_own_rule(loaded: Loaded) -> None:
    for found in loaded.provenance.values():
        if found.because is not None and found.because.borrowed_from is not None:
            assert found.because.basis is Basis.ASSUMED


def test_shares_add_up_and_what_is_unknown_is_assumed(loaded: Loaded) -> None:
    share = verified_share(loaded)

    assert share.total == share.verified + share.reported + share.assumed
    assert share.assumed > share.verified
    assert share.borrowed <= share.assumed


def test_guangzhou_history_has_its_second_call() -> None:
    history = load_file(Path("rulebooks/cn-csrc-guangzhou.yaml")).rulebook.history

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
