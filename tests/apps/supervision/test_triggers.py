"""Triggers that refuse an order or a plan are put in place again, whatever stood before."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.db import connection, transaction

from shidian.apps.supervision import order_triggers, plan_triggers, triggers

SETS = (order_triggers.TRIGGERS, plan_triggers.TRIGGERS)


def standing() -> dict[str, str]:
    """Name → definition of every trigger there is."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        else:
            cursor.execute(
                "SELECT t.tgname, pg_get_triggerdef(t.oid) || pg_get_functiondef(t.tgfoid)"
                " FROM pg_trigger t WHERE NOT t.tgisinternal"
            )
        return dict(cursor.fetchall())


@pytest.mark.parametrize("kept", SETS, ids=lambda kept: kept.subject)
def test_installing_again_changes_nothing_and_a_missing_trigger_comes_back(db, kept):
    before = standing()
    assert set(kept.names()) <= set(before)
    triggers.install(kept, connection.alias)
    assert standing() == before
    gone = kept.made(connection.vendor)[0]
    on = f' ON "{gone.table}"' if connection.vendor == "postgresql" else ""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f'DROP TRIGGER "{gone.name}"{on}')
    assert gone.name not in standing()
    triggers.install(kept, connection.alias)
    assert standing() == before


@pytest.mark.parametrize("kept", SETS, ids=lambda kept: kept.subject)
def test_names_are_the_same_on_each_database(kept):
    named = {vendor: [one.name for one in kept.made(vendor)] for vendor in triggers.DIFFERS}
    assert named["sqlite"] == named["postgresql"] == list(kept.names())


def test_a_database_that_has_no_such_triggers_is_refused():
    with pytest.raises(ValueError, match="no triggers for oracle"):
        triggers.statements(SETS[0], SimpleNamespace(vendor="oracle"))
