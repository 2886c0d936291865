"""Fails when a migration would hold up, or break, the release that runs while it is applied.

Applies every migration to an empty PostgreSQL, one by one, and has squawk judge the statements that
really ran. What Python does in a migration shows in no statement on an empty table, so RunPython
and RunSQL on tables of earlier migrations count as findings of their own. A finding passes where
`scripts/migrations-baseline.txt` names its migration with a reason; a line there without a finding
is one too many. The rules in words: docs/operator/upgrade.md.

    scripts/with-postgres .venv/bin/python scripts/check_migrations.py
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

ROOT = Path(__file__).resolve().parents[1]
BASELINE = ROOT / "scripts" / "migrations-baseline.txt"
SQUAWK = Path(sysconfig.get_path("scripts")) / "squawk"
POSTGRESQL_OLDEST = "15"
MATTERS_OF_TASTE = (
    "prefer-bigint-over-int",
    "prefer-bigint-over-smallint",
    "prefer-identity",
    "prefer-text-field",
    "prefer-timestamp-tz",
    # `shidian migrate` sets a lock timeout for all of them, and tries again.
    "require-lock-timeout",
    "require-timeout-settings",
    "require-statement-timeout",
)
"""Rules about how a column is made, and what is done once for every migration elsewhere."""
_DDL = re.compile(r"\s*(ALTER|CREATE|DROP|REINDEX|TRUNCATE|LOCK|CLUSTER|VACUUM|SET CONSTRAINTS)\b")
_TRIGGERS = re.compile(r"\s*(CREATE (OR REPLACE )?(FUNCTION|TRIGGER)|DROP (FUNCTION|TRIGGER))\b")
_MADE = re.compile(r'CREATE TABLE "([^"]+)"')
_CHANGED = re.compile(r'ALTER TABLE "([^"]+)"')
_WORKS_ON_ROWS = frozenset({"RunPython", "RunSQL"})


@dataclass(frozen=True)
class Finding:
    """What is wrong with a migration (`app.name`): `rule` stays, `said` is for the reader."""

    migration: str
    rule: str
    said: str


class BaselineError(ValueError):
    """The baseline is not one `app.name: reason` a line."""


def judged(migration: str, statements: Iterable[str], *, atomic: bool = True) -> list[Finding]:
    """What squawk makes of a migration's statements. Tables that they make are nobody's yet."""
    kept = [one.strip().rstrip(";") for one in statements if _is_ddl(one)]
    if not kept:
        return []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "migration.sql"
        file.write_text(";\n".join(kept) + ";\n")
        options = ["--reporter=json", f"--pg-version={POSTGRESQL_OLDEST}"]
        options += [f"--exclude={','.join(MATTERS_OF_TASTE)}"]
        options += ["--assume-in-transaction"] if atomic else []
        done = subprocess.run(  # noqa: S603 - a pinned program and our own words
            [SQUAWK, *options, file], capture_output=True, text=True, check=False, cwd=folder
        )
        lines = file.read_text().splitlines()
    try:
        found = json.loads(done.stdout)
    except ValueError:
        raise RuntimeError(f"squawk on {migration}: {done.stderr or done.stdout}") from None
    made = {match[1] for line in lines if (match := _MADE.match(line))}
    return [
        Finding(migration, one["rule_name"], f"{one['message']} ({lines[one['line']][:160]})")
        for one in found
        # squawk knows new tables by most of its rules, not by all.
        if not ((of := _CHANGED.match(lines[one["line"]])) and of[1] in made)
    ]


def _is_ddl(statement: str) -> bool:
    """Triggers and their functions aside: they take a lock for a moment, and no table is read."""
    return bool(_DDL.match(statement)) and not _TRIGGERS.match(statement)


def of_rows(migration: str, operations: Sequence[Any]) -> list[Finding]:
    """Work on rows that stand there already: a squawk on an empty table sees nothing of it."""
    kinds = [type(one).__name__ for one in operations]
    if not _WORKS_ON_ROWS & set(kinds):
        return []
    said = "works on rows: in batches, outside a transaction, and harmless to do again"
    return [Finding(migration, "works-on-rows", said)]


def read_baseline(text: str) -> dict[str, str]:
    """Migration → why it may be as it is. Raises BaselineError."""
    allowed: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, colon, reason = line.partition(":")
        if not (colon and reason.strip() and re.fullmatch(r"\w+\.\w+", name)):
            raise BaselineError(f"line {number}: write app.name: reason")
        if name in allowed:
            raise BaselineError(f"line {number}: {name} stands there twice")
        allowed[name] = reason.strip()
    return allowed


def verdict(findings: Iterable[Finding], allowed: dict[str, str]) -> list[str]:
    """A line for each finding that nothing allows, and each allowance without a finding."""
    found = list(findings)
    said = [
        f"{one.migration}: {one.rule}: {one.said}" for one in found if one.migration not in allowed
    ]
    idle = sorted(allowed.keys() - {one.migration for one in found})
    return said + [
        f"{name}: nothing is found in it: take it out of {BASELINE.name}" for name in idle
    ]


def run_all() -> list[Finding]:
    """Apply every migration to the database of the settings, and judge ours."""
    from django.apps import apps
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    ours = {config.label for config in apps.get_app_configs() if config.name.startswith("shidian")}
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    found: list[Finding] = []
    state = executor._create_project_state(with_applied_migrations=True)  # noqa: SLF001 - as the command does
    for migration, _ in plan:
        name = f"{migration.app_label}.{migration.name}"
        ran: list[str] = []

        def note(run: Callable[..., Any], sql: str, *rest: Any, ran: list[str] = ran) -> Any:
            ran.append(str(sql))
            return run(sql, *rest)

        with connection.execute_wrapper(note):
            state = executor.apply_migration(state, migration)
        if migration.app_label in ours:
            found += judged(name, ran, atomic=migration.atomic)
            found += of_rows(name, migration.operations)
    return found


def main() -> int:
    """Exit status: 0 when every migration may run under load, or is named with a reason."""
    if not os.environ.get("SHIDIAN_DATABASE_URL"):
        sys.stdout.write("run me by scripts/with-postgres: migrations are judged on PostgreSQL\n")
        return 1
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shidian.web.settings")
    with tempfile.TemporaryDirectory() as home:
        os.environ["SHIDIAN_HOME"] = home
        import django

        django.setup()
        said = verdict(run_all(), read_baseline(BASELINE.read_text()))
    for line in said:
        sys.stdout.write(f"{line}\n")
    if said:
        sys.stdout.write("What to do: docs/operator/upgrade.md\n")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
