"""Send a CSV of account transfers through the gate as one pilot's telemetry.

    python send_transfers.py transfers.csv.gz --gate http://127.0.0.1:8001 --project P-2026-0001 \
        --source urn:example:transfers --key transfers.key --spool transfers.spool --secret secret

The CSV (plain or .gz) has the columns sourceNodeId, targetNodeId, value, time. `time` is a day: 1
is 2023-01-01, so the pilot's start must not be later than 2023-01-02T00:00Z. Within a day, the k-th
transfer of the file (k from 0) gets the time of day k × 10 ms, so that times are distinct and the
same on each run. Each row becomes `transfer.made {amount, sender, receiver}`; account numbers leave
this script only as pseudonyms under the secret. Running it again sends only what was not
acknowledged.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from shidian_kit.cli import add_connection, connect, report
from shidian_kit.client import draft
from shidian_kit.pseudonym import pseudonym

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shidian_kit.spool import Draft

DAY_0_US = 1_672_444_800_000_000
"""2022-12-31T00:00Z: day 1 is the day after."""
DAY_US = 86_400_000_000
SPACING_US = 10_000


def transfers(lines: Iterator[str], secret: bytes) -> Iterator[Draft]:
    """CSV lines with a header → events, in the file's order."""
    so_far: Counter[int] = Counter()
    for row in csv.DictReader(lines):
        day = int(row["time"])
        time_us = DAY_0_US + day * DAY_US + so_far[day] * SPACING_US
        so_far[day] += 1
        yield draft(
            "transfer.made",
            {
                "amount": row["value"],
                "sender": pseudonym(secret, row["sourceNodeId"]),
                "receiver": pseudonym(secret, row["targetNodeId"]),
            },
            time_us,
        )


def main() -> int:
    """Spool the file once, then send what waits."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("file", type=Path)
    add_connection(parser)
    parser.add_argument("--secret", type=Path, required=True, help="file of at least 16 bytes")
    options = parser.parse_args()
    content = options.file.read_bytes()
    label = f"transfers sha256:{hashlib.sha256(content).hexdigest()}"
    text = (gzip.decompress(content) if options.file.suffix == ".gz" else content).decode()
    with connect(options) as client:
        client.events(transfers(iter(text.splitlines()), options.secret.read_bytes()), label=label)
        return report(client.flush())


if __name__ == "__main__":
    sys.exit(main())
