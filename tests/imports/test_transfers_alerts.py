"""Transfers that another simulator made, imported and watched: every alert, by account.

Judged by what a few lines of Python find in the file itself.
"""

from __future__ import annotations

import csv
import gzip
import os
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from shidian.cli.main import main
from shidian.core.journal import EntryKind, Journal, JournalReader
from shidian.core.monitor.replay import replay
from shidian.core.rulebook.load import load_text
from shidian_kit.pseudonym import pseudonym
from tests.core.journal.samples import PROJECT, activation

DAY_US = 86_400_000_000
START_US = int(datetime(2023, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
SECRET = b"0123456789abcdef"
SENDERS_MAX, RECEIVED_MAX = 18, 2_500_00
RULES = f"""
rulebook: transfers
version: "1"
status: sketch
title: {{zh: 转账, en: Transfers}}
because: {{basis: assumed}}
streams:
  - id: transfer.made
    title: {{zh: 转账, en: Transfer}}
    fields: {{amount: {{type: money, non_negative: true}}, sender: {{type: pseudonym}}, receiver: {{type: pseudonym}}}}
monitoring: {{tile: 1d, lateness: 1d, idle: 5m, tick: 5s}}
indicators:
  - {{id: senders_30d, title: {{zh: 三十日内付款方数, en: Senders}}, of: transfer.made, take: distinct, field: sender, by: [receiver], window: 30d, step: 1d}}
  - {{id: received_7d, title: {{zh: 七日内收款额, en: Received}}, of: transfer.made, take: sum, field: amount, by: [receiver], window: 7d, step: 1d}}
alerts:
  - {{id: fan_in, title: {{zh: 付款方过多, en: Fan-in}}, indicator: senders_30d, levels: {{warning: ">{SENDERS_MAX}"}}}}
  - {{id: much, title: {{zh: 收款过多, en: Much}}, indicator: received_7d, levels: {{warning: ">{RECEIVED_MAX // 100}"}}}}
"""
MAP = """
stream: transfer.made
source: urn:demo:trading-assistant
time: {column: time, step: 1d, start: "2023-01-01T00:00:00Z"}
fields:
  amount: value
  sender: {column: sourceNodeId, as: pseudonym}
  receiver: {column: targetNodeId, as: pseudonym}
"""


def runs(hits):
    """Days on which a condition holds → (first day, first day on which it no longer does)."""
    found = []
    for day in sorted(hits):
        if found and found[-1][1] == day:
            found[-1][1] = day + 1
        else:
            found.append([day, day + 1])
    return [tuple(run) for run in found]


def expected(rows, last_day):
    """(rule, receiver) → runs of days T at which the window [T − W, T) is beyond the limit."""
    by_receiver = defaultdict(lambda: defaultdict(list))
    for row in rows:
        amount = round(float(row["value"]) * 100)
        by_receiver[row["targetNodeId"]][int(row["time"])].append((row["sourceNodeId"], amount))
    found = {}
    for receiver, days in by_receiver.items():
        hits = {"fan_in": set(), "much": set()}
        for day in range(min(days), last_day + 1):
            month = [pair for d in range(day - 30, day) for pair in days.get(d, ())]
            week = [pair for d in range(day - 7, day) for pair in days.get(d, ())]
            if len({sender for sender, _ in month}) > SENDERS_MAX:
                hits["fan_in"].add(day)
            if sum(amount for _, amount in week) > RECEIVED_MAX:
                hits["much"].add(day)
        for rule, numbers in hits.items():
            if numbers:
                found[rule, pseudonym(SECRET, receiver)] = runs(numbers)
    return found


@pytest.mark.prove
@pytest.mark.shared
def test_alerts_by_account_are_those_that_the_file_itself_shows(tmp_path):
    file = Path(os.environ.get("SHIDIAN_SHARED", "")) / "data" / "transfers.csv.gz"
    if not file.exists():
        pytest.skip(f"no {file}: name the folder of shared inputs in SHIDIAN_SHARED")
    journal = tmp_path / "journal.sqlite3"
    loaded = load_text(RULES, name="transfers.yaml", resolve=lambda _name: "")
    with Journal(journal) as opened:
        record = activation(document=loaded.document, rules_digest=loaded.rules_digest, plan={})
        opened.append_control(EntryKind.ACTIVATION, 1, record)
    (tmp_path / "map.yaml").write_text(MAP)
    (tmp_path / "secret").write_bytes(SECRET)
    words = ["telemetry", "import", str(file), "--map", str(tmp_path / "map.yaml")]
    words += ["--project", PROJECT, "--journal", str(journal), "--secret", str(tmp_path / "secret")]
    result = CliRunner().invoke(main, words)
    assert result.stdout == "120558 accepted\n", result.output
    with JournalReader(journal) as reader:
        found = replay(reader)
        names = reader.pseudonyms(PROJECT)
    assert not found.faults
    with gzip.open(file, "rt") as text:
        rows = list(csv.DictReader(text))
    last_day = max(int(row["time"]) for row in rows) - 1
    seen = {}
    for (_, rule, group), episodes in found.final.items():
        spans = [
            (
                (episode.start_us - START_US) // DAY_US,
                last_day + 1 if episode.end_us is None else (episode.end_us - START_US) // DAY_US,
            )
            for episode in episodes
        ]
        if spans:
            seen[rule, names[code_of(group)]] = spans
    wanted = expected(rows, last_day)
    assert len(wanted) > 50
    assert seen == wanted


def code_of(group):
    """Code of the receiver that a group names."""
    return int("".join(character for character in group if character.isdigit()))
