"""How the database is made to refuse a write, on SQLite and PostgreSQL alike.

What is refused, and why, is said where the thing is known (`order_triggers`, `plan_triggers`). Like
the append-only triggers these are put in place after every migration: Django rebuilds a SQLite
table on most `AlterField`s, and its triggers are gone with the old table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from django.db import connections, router

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db import models
    from django.db.backends.base.base import BaseDatabaseWrapper

DIFFERS = {"sqlite": "IS NOT", "postgresql": "IS DISTINCT FROM"}
"""How a database compares two values that may be null."""
_VIOLATION = "integrity_constraint_violation"


class Trigger(NamedTuple):
    """Refuses a write to `table` where `condition` holds, in these words."""

    name: str
    table: str
    when: str
    condition: str
    says: str


@dataclass(frozen=True, slots=True)
class TriggerSet:
    """Triggers that stand where `model` is kept; what they say begins with `subject`.

    `made`: the triggers in the SQL of a database's vendor, under the same names in each.
    """

    model: type[models.Model]
    subject: str
    made: Callable[[str], list[Trigger]]

    def names(self) -> tuple[str, ...]:
        """Names of the triggers that must stand."""
        return tuple(trigger.name for trigger in self.made("sqlite"))


def install(kept: TriggerSet, using: str) -> None:
    """(Re-)create the triggers in the database `using`. Raises ValueError: of another vendor."""
    if not router.allow_migrate_model(using, kept.model):
        return
    connection = connections[using]
    with connection.cursor() as cursor:
        for statement in statements(kept, connection):
            cursor.execute(statement)


def statements(kept: TriggerSet, connection: BaseDatabaseWrapper) -> list[str]:
    """The SQL that puts the triggers in place, whether or not they stand already."""
    if connection.vendor not in DIFFERS:
        raise ValueError(f"no triggers for {connection.vendor}; use SQLite or PostgreSQL")
    triggers = kept.made(connection.vendor)
    if connection.vendor == "sqlite":
        return _sqlite(triggers, kept.subject)
    return _postgresql(triggers, kept.subject, _schema_of(connection))


def _sqlite(triggers: list[Trigger], subject: str) -> list[str]:
    made = []
    for name, table, when, condition, says in triggers:
        refuse = f"BEGIN SELECT RAISE(ABORT, '{subject}: {says}'); END"
        head = f'CREATE TRIGGER "{name}" BEFORE {when} ON "{table}" FOR EACH ROW'
        made += [f'DROP TRIGGER IF EXISTS "{name}"', f"{head} WHEN {condition} {refuse}"]
    return made


def _schema_of(connection: BaseDatabaseWrapper) -> str:
    """The PostgreSQL schema that tables are made in, as SQL names it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(current_schema())")
        return str(cursor.fetchone()[0])


def _postgresql(triggers: list[Trigger], subject: str, schema: str) -> list[str]:
    """A trigger's WHEN takes no subquery there: the condition stands in a function of its own.

    It looks tables up in `schema` first: else a temporary table of the name of the approvals would
    be counted in their place, by whoever may write an order.
    """
    made = []
    for name, table, when, condition, says in triggers:
        refuse = f"RAISE EXCEPTION '{subject}: {says}' USING ERRCODE = '{_VIOLATION}'"
        body = f"BEGIN IF {condition} THEN {refuse}; END IF; RETURN NEW; END"
        head = f'CREATE TRIGGER "{name}" BEFORE {when} ON "{table}" FOR EACH ROW'
        function = f'CREATE OR REPLACE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql'
        function += f" SET search_path = {schema}, pg_temp"
        made += [
            f"{function} AS $$ {body} $$",
            f'DROP TRIGGER IF EXISTS "{name}" ON "{table}"',
            f'{head} EXECUTE FUNCTION "{name}"()',
        ]
    return made
