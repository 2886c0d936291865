"""The page on which a firm connects its systems."""

from __future__ import annotations

import pytest
from django.urls import reverse

from shidian import keyring
from shidian.config import settings
from shidian_kit.wire import keys as wire_keys

from .things import quick_pilot


@pytest.fixture
def pilot(walk):
    return quick_pilot(walk)


@pytest.fixture
def address(pilot):
    return reverse("supervision:connection", args=[pilot.public_id])


def test_firm_reads_whom_to_trust_and_names_where_orders_go(client, world, pilot, address):
    keyring.ensure_keys(settings().keys)
    client.force_login(world.drafter)
    page = client.get(address).content.decode()
    assert wire_keys.public_text(keyring.gate_public_key(settings().keys)) in page
    assert pilot.public_id in page
    answer = client.post(address, {"url": "https://pilot.example/orders"})
    assert answer.status_code == 302
    assert pilot.order_endpoints.get(ended_at=None).url == "https://pilot.example/orders"
    wrong = client.post(address, {"url": "https://pilot.example/?a=1"})
    assert wrong.status_code == 200
    assert pilot.order_endpoints.count() == 1


def test_nobody_else_sees_or_names_it(client, world, pilot, address):
    for stranger in (world.rival_signer, world.outsider, world.assessor):
        client.force_login(stranger)
        assert client.get(address).status_code == 404
        assert client.post(address, {"url": "https://evil.example/"}).status_code == 404
    assert not pilot.order_endpoints.exists()
