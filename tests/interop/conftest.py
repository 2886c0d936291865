"""The compiled judge, once for all tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.interop.judge import Judge, build

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    with Judge(build(tmp_path_factory.mktemp("go"))) as asked:
        yield asked
