"""Ctrl-C ends the demonstration that the tours and the guides were walked on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.e2e.demo_city import DemoCity

pytestmark = pytest.mark.prove


def test_interrupt_ends_every_process(city: DemoCity) -> None:
    """After all others that use it: nothing answers afterwards."""
    started = city.descendants()
    assert len(started) >= 5
    assert city.interrupt() == 0
    assert not [pid for pid in started if Path(f"/proc/{pid}").exists()]
    assert "all processes have stopped" in city.log.read_text()
