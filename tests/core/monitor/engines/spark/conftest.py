"""A history of 64 projects for real clusters, and what one machine says of it."""

from __future__ import annotations

import pytest
from bench.workload import workload

from shidian.core.journal import JournalReader
from shidian.core.monitor.engines.replaying import BatchReplay
from shidian.core.rulebook.load import load_file
from tests.browser import ROOT


@pytest.fixture(scope="session")
def load(tmp_path_factory):
    """A sealed history of 64 projects."""
    return workload(tmp_path_factory.mktemp("history"), 20_000, 1)


@pytest.fixture(scope="session")
def few(tmp_path_factory):
    """A file of rules that seldom change their answer, also where events are few: since the start."""
    kept = ("l-whole", "l-investors", "l-each")
    text = (ROOT / "bench" / "workload.yaml").read_text(encoding="utf-8")
    lines = [
        line
        for line in text.splitlines()
        if not line.startswith(("  - {id: l-", "  - {id: a-", "alerts:"))
        or any(f"{{id: {name}," in line for name in kept)
    ]
    path = tmp_path_factory.mktemp("rules") / "few.yaml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def rules(few):
    return load_file(few)


@pytest.fixture(scope="session")
def here(load, rules):
    """What one machine says of it under these."""
    with JournalReader(load.journal) as reader:
        found = BatchReplay(reader, threads=2, cache_bytes=0).replay(override=rules)
    assert len(found.items) > 64
    return found
