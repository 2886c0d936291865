"""The full-text index over `CaseText`: FTS5 on SQLite, a GIN index of tsvectors on PostgreSQL.

Made after every `migrate`, as the append-only triggers are, since a rebuilt SQLite table has lost
the triggers that keep its index. Both hold the same tokens and answer every query alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection, connections, router
from django.db.models.expressions import RawSQL

from shidian.apps.cases.models import CaseText
from shidian.apps.cases.search import terms_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shidian.apps.cases.search import Term

_VECTOR = "array_to_tsvector(string_to_array(tokens, ' '))"
_TABLE = "cases_casetext"

_PUT = "INSERT INTO cases_search(rowid, tokens) VALUES (new.case_id, new.tokens);"
_TAKE = (
    "INSERT INTO cases_search(cases_search, rowid, tokens)"
    " VALUES ('delete', old.case_id, old.tokens);"
)
_KEPT_BY = {"INSERT": _PUT, "DELETE": _TAKE, "UPDATE": f"{_TAKE} {_PUT}"}
SQLITE = (
    (
        "CREATE VIRTUAL TABLE IF NOT EXISTS cases_search USING"
        f" fts5(tokens, content='{_TABLE}', content_rowid='case_id', detail=none)"
    ),
    *(f"DROP TRIGGER IF EXISTS cases_search_{when.lower()}" for when in _KEPT_BY),
    *(
        f"CREATE TRIGGER cases_search_{when.lower()} AFTER {when} ON {_TABLE} BEGIN {what} END"
        for when, what in _KEPT_BY.items()
    ),
    # What stood in the table before the index did, such as after a migration that filled it.
    "INSERT INTO cases_search(cases_search) VALUES ('rebuild')",
)
POSTGRESQL = (f"CREATE INDEX IF NOT EXISTS cases_search ON {_TABLE} USING gin (({_VECTOR}))",)


def install_index(using: str) -> None:
    """Make the index, and the triggers that keep it, in the database `using`."""
    if not router.allow_migrate_model(using, CaseText):
        return
    statements = SQLITE if connections[using].vendor == "sqlite" else POSTGRESQL
    with connections[using].cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def matching(query: str) -> RawSQL | None:
    """Ids of the cases that have every word of the query; None where it has no word at all."""
    terms = terms_of(query)
    if not terms:
        return None
    if connection.vendor == "sqlite":
        sql = "SELECT rowid FROM cases_search WHERE cases_search MATCH %s"
        return RawSQL(sql, [_fts5(terms)])  # noqa: S611 - constants; the words are a parameter
    return RawSQL(  # noqa: S611
        f"SELECT case_id FROM {_TABLE} WHERE {_VECTOR} @@ %s::tsquery",  # noqa: S608 - constants
        [_tsquery(terms)],
    )


def _fts5(terms: Sequence[Term]) -> str:
    return " AND ".join(f'"{one.token}"{"*" if one.prefix else ""}' for one in terms)


def _tsquery(terms: Sequence[Term]) -> str:
    return " & ".join(f"'{one.token}'{':*' if one.prefix else ''}" for one in terms)
