"""The open API under schemathesis: whatever is asked, no server error and nothing undeclared."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, given, settings
from schemathesis import checks

from shidian.core.rulebook.model import StageKind
from shidian.web.wsgi import application
from tests.apps.supervision.things import run_outbox

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.django_db, pytest.mark.prove]

CALLS = int(os.environ.get("SHIDIAN_API_CALLS", "660"))
"""In all, over sixteen addresses; one takes nothing, and is asked once. 22,000 make twenty thousand."""
CHECKS = (
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
)


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """As Django's own test client does: a request must not close the test's connection."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


def test_whatever_is_asked_is_answered_as_described(walk) -> None:
    walk.to(StageKind.NOTICE)
    run_outbox()
    walk.pass_notice()
    walk.admit()
    run_outbox()
    described = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)
    operations = [one.ok() for one in described.get_all_operations()]
    assert len(operations) == 16
    asked = 0
    for operation in operations:

        @settings(
            max_examples=CALLS // len(operations),
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def run(case) -> None:
            nonlocal asked
            asked += 1
            case.call_and_validate(checks=CHECKS)

        run()
    assert asked >= CALLS * 0.9
