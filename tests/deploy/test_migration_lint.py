"""What a migration may do while the release before it serves people."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

import pytest
from django.db import migrations, models

from tests.browser import ROOT

if TYPE_CHECKING:
    from types import ModuleType

NEW_TABLE = 'CREATE TABLE "t" ("id" bigint NOT NULL PRIMARY KEY, "x" text NOT NULL)'


@pytest.fixture(scope="module")
def lint() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "check_migrations", ROOT / "scripts" / "check_migrations.py"
    )
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules["check_migrations"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ('CREATE INDEX "t_x" ON "t" ("x")', "require-concurrent-index-creation"),
        ('DROP INDEX "t_x"', "require-concurrent-index-deletion"),
        ('ALTER TABLE "t" ALTER COLUMN "x" TYPE text USING "x"::text', "changing-column-type"),
        ('ALTER TABLE "t" ALTER COLUMN "x" SET NOT NULL', "adding-not-nullable-field"),
        ('ALTER TABLE "t" ALTER COLUMN "x" DROP DEFAULT', "ban-drop-default"),
        ('ALTER TABLE "t" RENAME COLUMN "x" TO "y"', "renaming-column"),
        ('ALTER TABLE "t" RENAME TO "u"', "renaming-table"),
        ('ALTER TABLE "t" DROP COLUMN "x"', "ban-drop-column"),
        ('DROP TABLE "t"', "ban-drop-table"),
        ('ALTER TABLE "t" ADD CONSTRAINT "u" UNIQUE ("x")', "disallowed-unique-constraint"),
        ('ALTER TABLE "t" ADD CONSTRAINT "c" CHECK ("x" > 1)', "constraint-missing-not-valid"),
        (
            'ALTER TABLE "t" ADD CONSTRAINT "f" FOREIGN KEY ("x") REFERENCES "u" ("id")',
            "adding-foreign-key-constraint",
        ),
    ],
)
def test_a_statement_that_locks_or_breaks_is_found(
    lint: ModuleType, statement: str, rule: str
) -> None:
    assert rule in {one.rule for one in lint.judged("cases.0099_x", [statement])}


@pytest.mark.parametrize(
    "statement",
    [
        'CREATE INDEX CONCURRENTLY IF NOT EXISTS "t_x" ON "t" ("x")',
        'ALTER TABLE "t" ADD COLUMN IF NOT EXISTS "y" text NULL',
        'ALTER TABLE "t" ADD COLUMN IF NOT EXISTS "y" text DEFAULT \'\' NOT NULL',
    ],
)
def test_the_ways_that_the_page_recommends_pass(lint: ModuleType, statement: str) -> None:
    assert lint.judged("cases.0099_x", [statement], atomic=False) == []


def test_what_is_done_to_a_table_of_the_same_migration_harms_nobody(lint: ModuleType) -> None:
    statements = [
        NEW_TABLE,
        'CREATE INDEX "t_x" ON "t" ("x")',
        'ALTER TABLE "t" ADD COLUMN "u_id" bigint NOT NULL CONSTRAINT "f" REFERENCES "u"("id")',
    ]
    assert lint.judged("cases.0099_x", statements) == []


def test_reading_and_triggers_are_no_matter_of_locks(lint: ModuleType) -> None:
    statements = [
        "SELECT 1",
        "CREATE OR REPLACE FUNCTION f() RETURNS trigger AS $$ BEGIN DROP TABLE t; END $$",
        "DROP TRIGGER IF EXISTS t ON t",
    ]
    assert lint.judged("cases.0099_x", statements) == []


def test_work_on_rows_is_found_though_it_runs_no_statement(lint: ModuleType) -> None:
    found = lint.of_rows("cases.0099_x", [migrations.RunPython(migrations.RunPython.noop)])
    assert [one.rule for one in found] == ["works-on-rows"]
    added = migrations.AddField("case", "x", models.TextField(null=True))
    assert lint.of_rows("cases.0099_x", [added]) == []


def test_a_reason_allows_and_a_reason_for_nothing_is_refused(lint: ModuleType) -> None:
    found = lint.Finding("cases.0099_x", "renaming-column", "…")
    assert lint.verdict([found], {"cases.0099_x": "why"}) == []
    assert "renaming-column" in lint.verdict([found], {})[0]
    assert "take it out" in lint.verdict([], {"cases.0099_x": "why"})[0]


@pytest.mark.parametrize(
    "line", ["cases.0099_x", "cases.0099_x:", "no name: why", "a.b: c\na.b: d"]
)
def test_a_baseline_without_name_or_reason_is_refused(lint: ModuleType, line: str) -> None:
    with pytest.raises(lint.BaselineError):
        lint.read_baseline(line)


def test_every_migration_of_the_baseline_is_there_and_has_a_reason(lint: ModuleType) -> None:
    for name in lint.read_baseline(lint.BASELINE.read_text()):
        app, _, migration = name.partition(".")
        assert (ROOT / "src/shidian/apps" / app / "migrations" / f"{migration}.py").is_file(), name
