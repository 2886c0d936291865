"""Where SHIDIAN_SHARED names the shared inputs, a test that skips for want of them has failed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    must_run = item.get_closest_marker("shared") and os.environ.get("SHIDIAN_SHARED")
    if must_run and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} skipped although SHIDIAN_SHARED is set: {report.longrepr}"
    return report
