"""A history of 64 projects for real clusters, and what one machine says of it."""

from __future__ import annotations

from collections import Counter

import pytest
from bench.workload import workload

from shidian.core.journal import JournalReader
from shidian.core.monitor.engines.replaying import BatchReplay


@pytest.fixture(scope="session")
def load(tmp_path_factory):
    """A sealed history of 64 projects."""
    return workload(tmp_path_factory.mktemp("history"), 40_000, 1)


@pytest.fixture(scope="session")
def here(load):
    """What one machine says of it."""
    with JournalReader(load.journal) as reader:
        return BatchReplay(reader, threads=2, cache_bytes=0).replay(explain=False)


@pytest.fixture(scope="session")
def quiet(here):
    """The project that says least: all it says is explained."""
    (project, _), *_ = sorted(
        Counter(item.project for item in here.items).items(), key=lambda one: one[1]
    )
    return project
