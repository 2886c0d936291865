"""A peer that answers otherwise, or not at all, ends the bench; it is not a fast peer."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from bench.peers import duckdb_sql, pandas_frames, polars_frames
from bench.replaying import DifferentAnswerError, Taken, measure
from bench.workload import Workload, workload

from bench import replaying

LOAD = Workload(Path("none"), 1, "sha256:none")
OURS = Taken(1.0, {"l-day": (7, 2), "l-week": (0, 0)}, 9.0, "sha256:ours")
AGAIN = Taken(0.1, None, 20.0, "sha256:ours")
PEERS = {"duckdb_sql": duckdb_sql, "polars": polars_frames, "pandas": pandas_frames}


def run_with(monkeypatch, planted):
    """The bench with what each run gives, by name; every peer gives our answer unless planted."""
    floor = Taken(0.5, None, 1.0)
    given = dict.fromkeys(PEERS, OURS) | {"replay": OURS, "group_by": floor}
    given |= {"rethreshold": AGAIN} | planted
    monkeypatch.setattr(replaying, "_apart", lambda name, load, threads: given[name])
    return measure(LOAD, rounds=2)


def test_same_answers_are_measured_and_the_floor_is_asked_for_none(monkeypatch):
    found = run_with(monkeypatch, {})
    assert found["seconds"]["group_by"] == 0.5
    assert set(found["seconds"]) == {"replay", "group_by", *PEERS}
    assert (found["rethreshold"], found["rethreshold_peak_rss_mib"]) == (0.1, 20)
    assert found["peak_rss_mib"] == 9


@pytest.mark.parametrize("name", PEERS)
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"l-day": (8, 2), "l-week": (0, 0)}, r"l-day: \(8, 2\), ours is \(7, 2\)"),
        ({"l-day": (7, 2), "l-week": (0, 1)}, "l-week"),
        ({"l-day": (7, 2)}, "l-week: None"),
        ({"l-day": (7, 2), "l-week": (0, 0), "a-more": (1, 1)}, "a-more"),
        (None, "gives no answer"),
    ],
)
def test_other_answer_of_any_peer_is_an_error(monkeypatch, name, answer, said):
    with pytest.raises(DifferentAnswerError, match=f"{name} .*{said}"):
        run_with(monkeypatch, {name: replace(OURS, answer=answer)})


def test_replay_that_keeps_what_another_needs_must_state_the_same(monkeypatch):
    with pytest.raises(DifferentAnswerError, match="two replays"):
        run_with(monkeypatch, {"rethreshold": replace(AGAIN, digest="sha256:other")})


def test_replay_that_differs_from_itself_is_an_error(monkeypatch):
    turns = iter(["sha256:one", "sha256:one", "sha256:other"])

    def apart(name, load, threads):
        return replace(OURS, digest=next(turns))

    monkeypatch.setattr(replaying, "_apart", apart)
    with pytest.raises(DifferentAnswerError, match="two replays"):
        measure(LOAD, peers=(), rounds=3)


@pytest.fixture(scope="module")
def taken(tmp_path_factory):
    """What ours and each peer takes and answers over one real history, each computed once."""
    load = workload(tmp_path_factory.mktemp("history"), 40_000, 1)
    return cache(lambda name: replaying._run(name, load, 1))


@pytest.mark.prove
@pytest.mark.parametrize("name", PEERS)
def test_planted_wrong_peer_is_found_out_over_a_real_history(monkeypatch, taken, name):
    monkeypatch.setattr(replaying, "_apart", lambda one, load, threads: taken(one))
    measure(LOAD, peers=(name,), rounds=1)
    met, runs = taken(name).answer["l-day"]
    wrong = replace(taken(name), answer=taken(name).answer | {"l-day": (met + 1, runs)})
    monkeypatch.setattr(
        replaying, "_apart", lambda one, load, threads: wrong if one == name else taken(one)
    )
    with pytest.raises(DifferentAnswerError, match=f"{name} answers l-day"):
        measure(LOAD, peers=(name,), rounds=1)
