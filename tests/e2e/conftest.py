"""One demonstration for the tours and for those who follow the guides after them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.demo_city import DemoCity, demo_city

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoCity]:
    """Loaded anew; ended by the last of its tests, or with the run."""
    with demo_city(tmp_path_factory.mktemp("demo") / "home") as city:
        yield city
