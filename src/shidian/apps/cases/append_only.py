"""Triggers that make tables append-only on SQLite and PostgreSQL alike.

Django rebuilds a SQLite table on most `AlterField`s, and its triggers are gone with the old table.
So they are not made by a migration: every app installs its own after every `migrate`.
`INSERT OR REPLACE` deletes without firing a DELETE trigger, so that on SQLite an existing key is
refused on INSERT as well; on PostgreSQL TRUNCATE is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connections, models, router

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.options import Options

MESSAGE = "append-only"


@dataclass(frozen=True, slots=True)
class Guard:
    """Table to protect. `mutable`: fields that may change. `erasable`: JSON fields that may become

    an empty object, and nothing else. `but`: SQL on `{row}`, true for rows that are let off.
    """

    model: type[models.Model]
    mutable: tuple[str, ...] = ()
    erasable: tuple[str, ...] = ()
    but: str = ""

    @property
    def table(self) -> str:
        return _meta(self.model).db_table

    @property
    def fixed_columns(self) -> tuple[str, ...]:
        """Columns that must stay as they were written."""
        fields = _meta(self.model).concrete_fields
        return tuple(str(field.column) for field in fields if field.name not in self.mutable)

    @property
    def keys(self) -> tuple[tuple[str, ...], ...]:
        """Groups of columns that name a row: the primary key and every unconditional uniqueness."""
        meta = _meta(self.model)
        column = {field.name: str(field.column) for field in meta.concrete_fields}
        single = tuple((column[field.name],) for field in meta.concrete_fields if field.unique)
        joint = tuple(
            tuple(column[name] for name in constraint.fields)
            for constraint in meta.constraints
            if isinstance(constraint, models.UniqueConstraint)
            and constraint.fields
            and constraint.condition is None
        )
        return single + joint


def _meta(model: type[models.Model]) -> Options[Any]:
    return model._meta  # noqa: SLF001 - Django's public API in spite of the underscore


def trigger_names(guard: Guard, vendor: str) -> tuple[str, ...]:
    """Names of the triggers that must stand on the table."""
    last = "no_replace" if vendor == "sqlite" else "no_truncate"
    return tuple(f"{guard.table}_{what}" for what in ("no_update", "no_delete", last))


def install(guards: Iterable[Guard], using: str) -> None:
    """(Re-)create the triggers of these tables in the database `using`."""
    connection = connections[using]
    with connection.cursor() as cursor:
        for guard in guards:
            if not router.allow_migrate_model(using, guard.model):
                continue
            for statement in statements(guard, connection):
                cursor.execute(statement)


def statements(guard: Guard, connection: BaseDatabaseWrapper) -> list[str]:
    """The SQL that puts the triggers in place, whether or not they stand already."""
    if connection.vendor == "sqlite":
        return _sqlite(guard)
    if connection.vendor == "postgresql":
        return _postgresql(guard)
    raise ValueError(f"no append-only triggers for {connection.vendor}; use SQLite or PostgreSQL")


def _let_off(guard: Guard, *rows: str) -> str:
    if not guard.but:
        return ""
    return " AND ".join(guard.but.format(row=row) for row in rows)


def _changed(guard: Guard, differs: str) -> str:
    """Condition under which an UPDATE is refused; empty: always."""
    conditions = []
    if guard.mutable or guard.erasable:
        changed = " OR ".join(
            f'OLD."{column}" {differs} NEW."{column}"'
            + (f" AND NEW.\"{column}\" {differs} '{{}}'" if column in guard.erasable else "")
            for column in guard.fixed_columns
        )
        conditions.append(f"({changed})")
    if guard.but:
        conditions.append(f"NOT ({_let_off(guard, 'OLD', 'NEW')})")
    return " AND ".join(conditions)


def _row_exists(table: str, key: tuple[str, ...]) -> str:
    same = " AND ".join(f'"{column}" = NEW."{column}"' for column in key)
    return f'EXISTS (SELECT 1 FROM "{table}" WHERE {same})'  # noqa: S608 - our own tables' names


def _sqlite(guard: Guard) -> list[str]:
    table = guard.table
    update, delete, replace = trigger_names(guard, "sqlite")
    changed = _changed(guard, "IS NOT")
    exists = " OR ".join(_row_exists(table, key) for key in guard.keys)
    replaced = f"({exists})" + (f" AND NOT ({_let_off(guard, 'NEW')})" if guard.but else "")
    deleted = f"NOT ({_let_off(guard, 'OLD')})" if guard.but else ""
    refuse = f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}: {table}'); END"
    made = []
    for name, when, condition in (
        (update, "UPDATE", changed),
        (delete, "DELETE", deleted),
        (replace, "INSERT", replaced),
    ):
        clause = f"WHEN {condition} " if condition else ""
        made += [
            f'DROP TRIGGER IF EXISTS "{name}"',
            f'CREATE TRIGGER "{name}" BEFORE {when} ON "{table}" FOR EACH ROW {clause}{refuse}',
        ]
    return made


def _postgresql(guard: Guard) -> list[str]:
    table = guard.table
    update, delete, truncate = trigger_names(guard, "postgresql")
    changed = _changed(guard, "IS DISTINCT FROM")
    deleted = f"NOT ({_let_off(guard, 'OLD')})" if guard.but else ""
    made = [
        (
            "CREATE OR REPLACE FUNCTION shidian_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{MESSAGE}: %', TG_TABLE_NAME "
            "USING ERRCODE = 'integrity_constraint_violation'; END $$"
        )
    ]
    for name, when, level, condition in (
        (update, "UPDATE", "ROW", changed),
        (delete, "DELETE", "ROW", deleted),
        (truncate, "TRUNCATE", "STATEMENT", ""),
    ):
        clause = f"WHEN ({condition}) " if condition else ""
        made += [
            f'DROP TRIGGER IF EXISTS "{name}" ON "{table}"',
            (
                f'CREATE TRIGGER "{name}" BEFORE {when} ON "{table}" FOR EACH {level} {clause}'
                "EXECUTE FUNCTION shidian_append_only()"
            ),
        ]
    return made
