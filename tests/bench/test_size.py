"""`shidian bench size` at its smallest: what is sent is kept, and both parts say what they took."""

from __future__ import annotations

import pytest
from bench.size import SIZES, STEP_S, measure

pytestmark = pytest.mark.prove


def test_a_minute_of_a_city_is_kept_and_evaluated() -> None:
    found = measure("city", 1, lambda _: None)

    expected = SIZES["city"].per_step * SIZES["city"].pilots * 60 / STEP_S
    assert 0.6 * expected < found["events"] < 1.4 * expected
    for part in ("gate", "monitor"):
        assert 0 < found[part]["cores"] < 1
        assert 0 < found[part]["step_p99_s"] < STEP_S
