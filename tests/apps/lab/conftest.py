"""Notes with figures of a handful of cases: what they say is the simulation's own tests' matter."""

from __future__ import annotations

from functools import partial

import pytest

from shidian.apps.lab.domain import noting
from shidian.apps.lab.whatif import what_if


@pytest.fixture(autouse=True)
def _few_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noting, "what_if", partial(what_if, cases=5))
