"""The pages run every rulebook that can run: from the call to the closing, by the open tasks alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.factories import RULEBOOKS
from tests.web.regimes import Regime, library

if TYPE_CHECKING:
    from shidian.core.rulebook.loaded import Loaded

pytestmark = pytest.mark.rendering

QUICK = {"au-asic-ers", "demo-two-stage", "uk-fca"}
"""A notification where silence lets a test start, a run in two stages, and rolling intake."""

RUNNABLE = [
    pytest.param(file.stem, marks=() if file.stem in QUICK else pytest.mark.prove)
    for file in sorted(RULEBOOKS.glob("*.yaml"))
    if "status: runnable" in file.read_text("utf-8")
]


@pytest.fixture(params=RUNNABLE)
def regime_text(request: pytest.FixtureRequest) -> Loaded:
    return library(request.param)


@pytest.mark.django_db
def test_every_runnable_rulebook_runs_from_the_call_to_the_closing(regime_text: Loaded) -> None:
    with Regime.founded(regime_text) as regime:
        walk = regime.start()
        walk.fill()
        walk.submit()
        walk.follow()
        assert walk.case.outcome
