"""What the people of `factories` have done once is written down, and not thought out again.

A world, and each step of a walk, comes about by the project's own verbs, a second of them for a whole
case. The first time that a step is taken from some state of the database, the statements that wrote
are noted, and afterwards what the walk knew; whenever a later test takes the same step from the same
state, the notes are carried out instead. That the state is the same is never assumed:

- each test begins with the migrated database (`begin`, by `conftest.py`);
- a step that is noted or carried out leads to the state named after it;
- whatever else writes, by whomever, leads to a state without a name, from which all is played.

So is everything in a test that patches anything, keeps its rows, or has travelled in time, and in a
process without pytest. Ids are the same as in playing: SQLite rolls its counters back, PostgreSQL's
are set back by the first step.
"""

from __future__ import annotations

import io
import pickle
from contextlib import suppress
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate

import time_machine
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import pytest

    from shidian.core.rulebook.loaded import Loaded
    from tests.factories import Walk, World

State = tuple[object, ...]
"""The steps that led from the migrated database to this one."""
_PLAIN = ("SELECT", "BEGIN", "SAVEPOINT", "RELEASE", "EXPLAIN", "PRAGMA")
_PLAYED = frozenset({"monkeypatch", "committed_db", "restore_database", "settings"})
"""A test with one of these may have steps done otherwise, or see more than its own rows."""


@dataclass(frozen=True)
class Note:
    """What a step wrote, and what was known after it."""

    statements: list[tuple[str, Any, bool]]
    known: bytes


class _Scenes:
    """The state of this process's test, and all notes."""

    def __init__(self) -> None:
        self.state: State | None = None
        self.notes: dict[State, Note] = {}
        self.written: list[tuple[str, Any, bool]] | None = None
        self.counters: list[tuple[Any, ...]] = []

    def watch(
        self,
        execute: Callable[..., Any],
        sql: str,
        params: Any,
        many: bool,
        context: dict[str, Any],
    ) -> Any:
        """See what the test's connection is asked to do."""
        if not sql.lstrip().upper().startswith(_PLAIN):
            if self.written is None:
                self.state = None
            else:
                self.written.append((sql, params, many))
        return execute(sql, params, many, context)

    def take(
        self, step: State, play: Callable[[], None], keep: Callable[[], bytes | None]
    ) -> bytes | None:
        """Take a step: by its note, which is returned, or by playing it."""
        if not self.state and self.state is not None:
            self._set_out()
        if (
            self.state is None
            or self.written is not None
            or time_machine.escape_hatch.is_travelling()
        ):
            play()
            return None
        then = (*self.state, step)
        if (note := self.notes.get(then)) is not None:
            with connection.cursor() as cursor:
                self.written = []
                for sql, params, many in note.statements:
                    (cursor.executemany if many else cursor.execute)(sql, params)
                self.written = None
            self.state = then
            return note.known
        self._note(then, play, keep)
        return None

    def _note(
        self, then: State, play: Callable[[], None], keep: Callable[[], bytes | None]
    ) -> None:
        self.state, self.written = None, []
        try:
            play()
        finally:
            written, self.written = self.written, None
        known = keep()
        if known is not None and not any(sql.startswith("ROLLBACK") for sql, _, _ in written):
            self.notes[then] = Note(written, known)
            self.state = then

    def _set_out(self) -> None:
        """Begin with nobody there; PostgreSQL's counters outlive a test that was rolled back."""
        if get_user_model().objects.exists():
            self.state = None
        if connection.vendor != "postgresql":
            return
        with connection.cursor() as cursor:
            if not self.counters:
                cursor.execute("SELECT quote_ident(sequencename), last_value FROM pg_sequences")
                self.counters = cursor.fetchall()
            one = "setval(%s, %s, %s)"
            values = [(name, last or 1, last is not None) for name, last in self.counters]
            cursor.execute(
                f"SELECT {', '.join([one] * len(values))}", [part for row in values for part in row]
            )


_scenes = _Scenes()


def begin(item: pytest.Item) -> None:
    """A test begins: the database is as it was migrated, unless something is special about it."""
    _scenes.state = None if _asks_for(item) & _PLAYED else ()
    if _scenes.watch not in connection.execute_wrappers:
        connection.execute_wrappers.append(_scenes.watch)


def _asks_for(item: pytest.Item) -> set[str]:
    """Names of the fixtures that the test and the project's own fixtures ask for."""
    info = getattr(item, "_fixtureinfo", None)
    if info is None:
        return set()
    names = set(info.argnames)
    for fixtures in info.name2fixturedefs.values():
        for one in fixtures:
            if one.func.__module__.startswith("tests."):
                names |= set(one.argnames)
    return names


def _things(world: World) -> Iterator[tuple[object, Model]]:
    """The world's own things, each with where it stands."""
    for name, value in vars(world).items():
        several: Iterable[tuple[object, Any]] = ((None, value),)
        if isinstance(value, dict):
            several = value.items()
        elif isinstance(value, list):
            several = enumerate(value)
        yield from (((name, key), one) for key, one in several)


def _fields(world: World) -> dict[object, dict[str, Any]]:
    return {
        place: {field.attname: vars(one).get(field.attname) for field in one._meta.concrete_fields}
        for place, one in _things(world)
    }


class _Writer(pickle.Pickler):
    """Names the world's things rather than copying them."""

    def __init__(self, file: io.BytesIO, world: World) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self._places = {id(one): place for place, one in _things(world)}

    def persistent_id(self, obj: object) -> object:
        return self._places.get(id(obj))


class _Reader(pickle.Unpickler):
    def __init__(self, known: bytes, world: World) -> None:
        super().__init__(io.BytesIO(known))
        self._things = dict(_things(world))

    def persistent_load(self, place: object) -> Model:
        return self._things[place]


def remembered_world(
    make: Callable[[Loaded | None], World],
) -> Callable[[Loaded | None], World]:
    """`make`, carried out from its note where there is one."""

    @wraps(make)
    def made(document: Loaded | None = None) -> World:
        found: list[World] = []
        known = _scenes.take(
            ("world", document.digest if document else None),
            lambda: found.append(make(document)),
            lambda: pickle.dumps(found[0]),
        )
        if known is not None:
            again: World = pickle.loads(known)
            return again
        return found[0]

    return made


def remembered_step(
    play: Callable[Concatenate[Walk, ...], None],
) -> Callable[Concatenate[Walk, ...], None]:
    """A step of a walk, carried out from its note where there is one."""

    @wraps(play)
    def taken(walk: Walk) -> None:
        own = {name: value for name, value in vars(walk).items() if name != "world"}
        before = _fields(walk.world)
        step = (
            type(walk),
            play.__name__,
            *((n, v.pk if isinstance(v, Model) else v) for n, v in sorted(own.items())),
            *((place, one.pk) for place, one in _things(walk.world)),
        )

        def keep() -> bytes | None:
            if _fields(walk.world) != before:
                return None  # a note would leave the world's things as they were
            file = io.BytesIO()
            after = {name: value for name, value in vars(walk).items() if name != "world"}
            with suppress(pickle.PicklingError, TypeError, AttributeError):
                _Writer(file, walk.world).dump(after)
                return file.getvalue()
            return None

        known = _scenes.take(step, lambda: play(walk), keep)
        if known is not None:
            vars(walk).update(_Reader(known, walk.world).load())

    return taken
