"""`shidian bench portal` on a small site: every page answers, with the keys as documented."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from shidian.cli.bench_portal import portal

pytestmark = pytest.mark.prove  # a site of its own, and a server


def test_every_page_is_measured() -> None:
    result = CliRunner().invoke(
        portal, ["--projects", "101", "--comments", "1200", "--seconds", "1", "--json"]
    )

    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert set(found) == {"p95_ms", "notice_requests_per_second", "yardstick_ms"}
    assert len(found["p95_ms"]) == 17
    assert all(0 < taken_ms < 2_000 for taken_ms in found["p95_ms"].values())
    assert found["notice_requests_per_second"] is None or found["notice_requests_per_second"] > 0
