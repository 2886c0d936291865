"""The examples that the documents show are true."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

from shidian.core.journal import BatchResult, ItemResult, ItemStatus
from shidian.core.journal.batch import ACCEPTED
from shidian.gate.telemetry import answer
from shidian_kit.wire import envelope

ROOT = Path(__file__).parents[2]


def examples(path, language):
    text = (ROOT / path).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_wire_page_shows_a_true_event_and_answer():
    page = examples("docs/developer/architecture/wire.md", "json")
    event, answered = map(json.loads, page[:2])
    assert envelope.to_dict(envelope.from_dict(event)) == event
    problem = answered["problems"][0]
    refused = ItemResult(ItemStatus.QUARANTINED, problem["field"], problem["reason"])
    ingest_us = envelope.parse_time(answered["ingested"])
    result = BatchResult((ACCEPTED, refused), (17,), ingest_us)
    assert json.loads(json.dumps(answer(result))) == answered


def test_kit_readme_shows_python():
    for example in examples("kit/README.md", "python"):
        ast.parse(example)
