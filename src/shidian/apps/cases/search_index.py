"""A full-text index over a table of tokens: FTS5 on SQLite, a GIN index of tsvectors on PostgreSQL.

Made after every `migrate`, as the append-only triggers are, since a rebuilt SQLite table has lost
the triggers that keep its index. Both hold the same tokens and answer every query alike.

    INDEX = TextIndex("cases_search", CaseText)
    INDEX.install(using)
    Case.objects.filter(pk__in=INDEX.matching("试点"))
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import connection, connections, router
from django.db.models.expressions import RawSQL

from shidian.apps.cases.models import CaseText
from shidian.apps.cases.search import terms_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from django.db.models import Model

    from shidian.apps.cases.search import Term

_VECTOR = "array_to_tsvector(string_to_array(tokens, ' '))"


@dataclass(frozen=True, slots=True)
class TextIndex:
    """The index `name` over a model with a column `tokens`, apart by single spaces.

    It names rows by the model's primary key, which must be a whole number.
    """

    name: str
    model: type[Model]

    def install(self, using: str) -> None:
        """Make the index, and the triggers that keep it, in the database `using`."""
        if not router.allow_migrate_model(using, self.model):
            return
        sqlite = connections[using].vendor == "sqlite"
        with connections[using].cursor() as cursor:
            for statement in self._sqlite() if sqlite else self._postgresql():
                cursor.execute(statement)

    def matching(self, query: str) -> RawSQL | None:
        """Keys of the rows that have every word of the query; None where it has no word at all."""
        terms = terms_of(query)
        if not terms:
            return None
        if connection.vendor == "sqlite":
            sql = f"SELECT rowid FROM {self.name} WHERE {self.name} MATCH %s"  # noqa: S608 - constants
            return RawSQL(sql, [_fts5(terms)])  # noqa: S611 - the words are a parameter
        sql = f"SELECT {self._key} FROM {self._table} WHERE {_VECTOR} @@ %s::tsquery"  # noqa: S608 - constants
        return RawSQL(sql, [_tsquery(terms)])  # noqa: S611 - the words are a parameter

    @property
    def _table(self) -> str:
        return self.model._meta.db_table  # noqa: SLF001 - Django's documented API

    @property
    def _key(self) -> str:
        return str(self.model._meta.pk.column)  # noqa: SLF001 - as above

    def _sqlite(self) -> Iterator[str]:
        put = f"INSERT INTO {self.name}(rowid, tokens) VALUES (new.{self._key}, new.tokens);"  # noqa: S608 - constants
        take = (
            f"INSERT INTO {self.name}({self.name}, rowid, tokens)"  # noqa: S608 - constants
            f" VALUES ('delete', old.{self._key}, old.tokens);"
        )
        yield (
            f"CREATE VIRTUAL TABLE IF NOT EXISTS {self.name} USING"
            f" fts5(tokens, content='{self._table}', content_rowid='{self._key}', detail=none)"
        )
        for when, what in {"INSERT": put, "DELETE": take, "UPDATE": f"{take} {put}"}.items():
            trigger = f"{self.name}_{when.lower()}"
            yield f"DROP TRIGGER IF EXISTS {trigger}"
            yield f"CREATE TRIGGER {trigger} AFTER {when} ON {self._table} BEGIN {what} END"
        # What stood in the table before the index did, such as after a migration that filled it.
        yield f"INSERT INTO {self.name}({self.name}) VALUES ('rebuild')"  # noqa: S608 - constants

    def _postgresql(self) -> Iterator[str]:
        yield f"CREATE INDEX IF NOT EXISTS {self.name} ON {self._table} USING gin (({_VECTOR}))"


CASES = TextIndex("cases_search", CaseText)
"""Finds cases by the words of `indexing.index_case`."""


def _fts5(terms: Sequence[Term]) -> str:
    return " AND ".join(f'"{one.token}"{"*" if one.prefix else ""}' for one in terms)


def _tsquery(terms: Sequence[Term]) -> str:
    return " & ".join(f"'{one.token}'{':*' if one.prefix else ''}" for one in terms)
