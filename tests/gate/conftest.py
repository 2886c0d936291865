from __future__ import annotations

import pytest

from shidian_kit.wire import keys

from .running import running_gate


@pytest.fixture(scope="module")
def gate(tmp_path_factory):
    with running_gate(tmp_path_factory.mktemp("gate")) as gate:
        status, _ = gate.activate()
        assert status == 200
        yield gate


@pytest.fixture(scope="module")
def key(gate):
    key = keys.generate()
    assert gate.register(key)[0] == 200
    return key
