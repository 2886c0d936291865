"""Notes with figures of a handful of cases: what they say is the simulation's own tests' matter."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from shidian.apps.lab.domain import noting
from shidian.apps.lab.whatif import what_if

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _few_cases() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(noting, "what_if", partial(what_if, cases=5))
        yield
