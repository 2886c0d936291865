"""Stores of the tests' own, on SQLite or on the PostgreSQL that SHIDIAN_DATABASE_URL names.

Use pytest-django's `db` as ever: each test is rolled back. The append-only triggers refuse `flush`,
so that `transaction=True` does not work here; a test that must commit (threads, locks) takes the
fixture `committed_db`, after which the database is restored from a copy.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import django
import pytest
from hypothesis import settings as hypothesis_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_django import DjangoDbBlocker

    from shidian.apps.accounts.models import Person
    from tests.factories import Walk, World

_KEPT = {
    "SHIDIAN_DATABASE_URL",
    "SHIDIAN_SHARED",
    # Where several runs of tests, one after another, share what each would make anew.
    "SHIDIAN_MADE_ONCE",
    "SHIDIAN_CHROMIUM",
    "SHIDIAN_TEST_WORKERS",
    # How much a long proof proves; the full sizes are run by hand.
    "SHIDIAN_PROVE_SCALE",
    "SHIDIAN_PROVE_KILLS",
    "SHIDIAN_HISTORIES",
    "SHIDIAN_FAULT_STEP",
    "SHIDIAN_SIMULATED",
    "SHIDIAN_LOOKS",
    "SHIDIAN_PROMETHEUS_RUNS",
    "SHIDIAN_MEMORY_EVENTS",
    "SHIDIAN_API_CALLS",
    "SHIDIAN_XSS_PAYLOADS",
    "SHIDIAN_OUTAGES",
    "SHIDIAN_PILOT_KILLS",
    "SHIDIAN_MOVE_KILLS",
    "SHIDIAN_MOVE_SEED",
    "SHIDIAN_CHAOS_SECONDS",
    "SHIDIAN_CHAOS_SEED",
    "SHIDIAN_EXECUTOR_KILLS",
    "SHIDIAN_RELEASE_BEFORE",
    # What is not here to be proved with.
    "SHIDIAN_SPARK",
    "SHIDIAN_NO_NPM",
}


# How long an example takes says how busy the machine is; benches measure what time costs.
hypothesis_settings.register_profile("shidian", deadline=None)
hypothesis_settings.load_profile("shidian")


def _isolate() -> None:
    """Point every store at a new folder, before Django reads its settings."""
    if os.environ.get("PYTEST_XDIST_WORKER"):
        return  # the controller has made the folder, and the worker inherits it
    if "shidian.web.settings" in sys.modules:
        raise pytest.UsageError("unset DJANGO_SETTINGS_MODULE: the tests set it themselves")
    for name in [one for one in os.environ if one.startswith("SHIDIAN_") and one not in _KEPT]:
        del os.environ[name]
    home = tempfile.mkdtemp(prefix="shidian-tests-")
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    os.environ["SHIDIAN_HOME"] = home
    os.environ["SHIDIAN_PAGE_CACHE_S"] = "0"
    os.environ.setdefault("SHIDIAN_MADE_ONCE", tempfile.mkdtemp(dir=home))
    os.environ["DJANGO_SETTINGS_MODULE"] = "shidian.web.settings"


_isolate()
django.setup()


_POSTGRESQL_TEMPLATE = "shidian_migrated"
_DATABASE_FIXTURES = {"db", "committed_db", "restore_database"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what the second database has to see again."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if item.get_closest_marker("django_db") or fixtures & _DATABASE_FIXTURES:
            item.add_marker(pytest.mark.database)


def pytest_runtest_setup(item: pytest.Item) -> None:
    from django.utils import timezone, translation

    from tests.scenes import begin

    begin(item)
    # A request leaves its language and its zone behind in the thread.
    translation.deactivate()
    timezone.deactivate()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None,
    django_db_blocker: DjangoDbBlocker,
    request: pytest.FixtureRequest,
) -> None:
    """Each worker's database is a copy of one that was migrated once.

    SQLite: a file rather than memory, so that threads and copies are like in life.
    """
    from django.db import connections

    from tests.browser import build_home, made_once

    worker = getattr(request.config, "workerinput", {}).get("workerid", "main")
    settings = connections["default"].settings_dict
    if connections["default"].vendor == "sqlite":
        home = build_home(Path(os.environ["SHIDIAN_HOME"]) / f"test-{worker}")
        settings["TEST"]["NAME"] = str(home / "app.sqlite3")
        # The tests' databases need not survive a power cut.
        settings["OPTIONS"]["init_command"] = (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA foreign_keys=ON;"
        )
    else:
        settings["TEST"]["TEMPLATE"] = _POSTGRESQL_TEMPLATE
        with django_db_blocker.unblock():
            cluster = urlsplit(os.environ["SHIDIAN_DATABASE_URL"]).port
            made_once(f"postgresql-{cluster}", _make_template)


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """Whether the file that was laid there is taken as it is: SQLite's, which goes with its folder."""
    from django.db import connection

    return connection.vendor == "sqlite"


def _make_template(home: Path) -> None:
    """Make the migrated database from which the workers' are made, on this cluster."""
    from tests.browser import made_once

    home.mkdir()
    dump = made_once("postgresql-migrated", _dump_migrated) / "dump.sql"
    url = _empty_database(_POSTGRESQL_TEMPLATE)
    subprocess.run(
        ["psql", "-qX", "-v", "ON_ERROR_STOP=1", "-o", "/dev/null", "-f", dump, url], check=True
    )


def _dump_migrated(folder: Path) -> None:
    """Migrating takes half a minute; every cluster after the first reads what came of it."""
    from tests.browser import MIGRATE, run_python

    folder.mkdir()
    url = _empty_database(f"{_POSTGRESQL_TEMPLATE}_first")
    run_python(MIGRATE, folder, SHIDIAN_DATABASE_URL=url)
    subprocess.run(["pg_dump", "--no-owner", "-f", folder / "dump.sql", url], check=True)


def _empty_database(name: str) -> str:
    """Its address."""
    from django.db import connection

    with connection._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
        cursor.execute(f'CREATE DATABASE "{name}"')
    return urlsplit(os.environ["SHIDIAN_DATABASE_URL"])._replace(path=f"/{name}").geturl()


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None,
    django_db_modify_db_settings: None,
    django_db_keepdb: bool,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[None]:
    """The migrated database, which holds the calendar of working days from the start.

    In place of pytest-django's own, which makes none for a run whose tests take `committed_db` only.
    """
    from django.test.utils import setup_databases, teardown_databases

    from shidian.apps.cases.calendars import store_calendar
    from shidian.core.procedure.calendars import by_id

    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False, keepdb=django_db_keepdb)
        store_calendar(by_id("cn-working-day"))
    yield
    if not django_db_keepdb:
        with django_db_blocker.unblock():
            teardown_databases(made, verbosity=0)


@pytest.fixture(scope="session")
def restore_database(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Callable[[], None]:
    """A function that puts the database back to how it was after set-up."""
    from django.db import connection, connections

    with django_db_blocker.unblock():
        connection.close()
        name = str(connection.settings_dict["NAME"])
        if connection.vendor == "sqlite":
            return _sqlite_copy(name)
        template = f"{name}_template"
        _recreate(template, name)

    def restore() -> None:
        connections.close_all()
        _recreate(name, template)

    return restore


def _sqlite_copy(name: str) -> Callable[[], None]:
    from django.db import connections

    template = f"{name}.template"
    _backup(name, template)

    def restore() -> None:
        connections.close_all()
        _backup(template, name)

    return restore


def _backup(source: str, target: str) -> None:
    for leftover in (target, f"{target}-wal", f"{target}-shm"):
        Path(leftover).unlink(missing_ok=True)
    read, write = sqlite3.connect(source), sqlite3.connect(target)
    read.backup(write)
    read.close()
    write.close()


def _recreate(name: str, template: str) -> None:
    from django.db import connection

    with connection._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')


@pytest.fixture
def committed_db(
    restore_database: Callable[[], None], django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """The database without a transaction around the test; restored from a copy afterwards."""
    with django_db_blocker.unblock():
        try:
            yield
        finally:
            restore_database()


@pytest.fixture(scope="session", autouse=True)
def _plain_passwords(request: pytest.FixtureRequest) -> None:
    """Hash passwords with little work: the tests' accounts guard nothing."""
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session", autouse=True)
def _forced_sign_in_has_used_a_second_factor() -> Iterator[None]:
    """`client.force_login` stands for the whole of signing in; the pages' own way is not touched."""
    from allauth.account.internal.flows.login import record_authentication
    from django.contrib.auth.signals import user_logged_in
    from django.http import HttpRequest

    def remember(request: HttpRequest, user: Person, **_more: object) -> None:
        if type(request) is HttpRequest:  # the test client's own, no server's
            record_authentication(request, user, "mfa", type="totp")

    user_logged_in.connect(remember)
    yield
    user_logged_in.disconnect(remember)


@pytest.fixture
def world(db: None) -> World:
    """Authorities, officers, firms, experts, and a call that is always open."""
    from tests.factories import make_world

    return make_world()


@pytest.fixture
def walk(world: World) -> Walk:
    """A walk through the procedure that has not begun."""
    from tests.factories import Walk

    return Walk(world)
