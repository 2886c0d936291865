"""What somebody sets for a proof reaches it: the suite puts away settings that it does not know."""

from __future__ import annotations

import re
from pathlib import Path

from tests.conftest import _KEPT

TESTS = Path(__file__).parent
READ = re.compile(r'environ(?:\.get\(|\[)\s*"(SHIDIAN_[A-Z_]+)"')
OWN = {"SHIDIAN_HOME", "SHIDIAN_PAGE_CACHE_S"}
"""The suite gives these itself."""


def test_each_setting_that_a_test_reads_is_left_to_it():
    read = {name for file in TESTS.rglob("*.py") for name in READ.findall(file.read_text())}

    assert len(read) > 10
    assert read - OWN <= _KEPT
