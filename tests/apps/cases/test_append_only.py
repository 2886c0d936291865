"""The append-only triggers stand after every migration, and refuse every way to rewrite a row."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone

from shidian.apps.cases import domain as cases
from shidian.apps.cases import outbox
from shidian.apps.cases.append_only import Guard, trigger_names
from shidian.apps.cases.guards import GUARDS as CASE_GUARDS
from shidian.apps.cases.models import AccessRow, CaseEvent, Outbox, RulebookVersion
from shidian.apps.lab.guards import GUARDS as LAB_GUARDS
from shidian.apps.notices.domain import publish_snapshot, withdraw_snapshot
from shidian.apps.notices.guards import GUARDS as NOTICE_GUARDS
from shidian.apps.notices.models import ErasureGround, PublishedSnapshot, SnapshotKind
from shidian.apps.record.domain import erase_text
from shidian.apps.record.guards import GUARDS as RECORD_GUARDS
from shidian.apps.record.models import LeafRow
from shidian.apps.review.guards import GUARDS as REVIEW_GUARDS
from shidian.apps.supervision.guards import GUARDS as SUPERVISION_GUARDS
from shidian.core.rulebook.model import StageKind
from tests.apps.record.things import MemoryNotary, feed

if TYPE_CHECKING:
    from tests.factories import Walk, World

GUARDS = (*CASE_GUARDS, *REVIEW_GUARDS, *NOTICE_GUARDS, *RECORD_GUARDS)
ALL_GUARDS = (*GUARDS, *SUPERVISION_GUARDS, *LAB_GUARDS)


def standing_triggers() -> set[str]:
    """Names of all triggers in the database."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        else:
            cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")
        return {row[0] for row in cursor.fetchall()}


def wanted_triggers() -> set[str]:
    return {name for guard in ALL_GUARDS for name in trigger_names(guard, connection.vendor)}


@pytest.mark.django_db
def test_triggers_stand_after_migration() -> None:
    assert wanted_triggers() <= standing_triggers()


def test_triggers_stand_again_after_a_table_was_rebuilt(committed_db: None) -> None:
    old = CaseEvent._meta.get_field("kind")
    new = models.CharField(max_length=80)
    new.set_attributes_from_name("kind")
    new.model = CaseEvent
    with connection.schema_editor() as editor:
        editor.alter_field(CaseEvent, old, new)
    if connection.vendor == "sqlite":
        assert not wanted_triggers() <= standing_triggers()  # the trap this test is about

    call_command("migrate", verbosity=0)

    assert wanted_triggers() <= standing_triggers()


def test_a_migration_may_rebuild_a_table_with_rows(committed_db: None) -> None:
    from tests.factories import Walk, make_world

    case = Walk(make_world()).to(StageKind.SCREENING)
    before = list(case.events.values_list("seq", "kind"))
    old = CaseEvent._meta.get_field("kind")
    new = models.CharField(max_length=80)
    new.set_attributes_from_name("kind")
    new.model = CaseEvent
    with connection.schema_editor() as editor:
        editor.alter_field(CaseEvent, old, new)
    call_command("migrate", verbosity=0)

    assert list(case.events.values_list("seq", "kind")) == before
    refuses(lambda: sql("UPDATE cases_caseevent SET kind = 'forged'"))


def refuses(rewrite: object) -> None:
    """The database refuses, in words that say why; the transaction around goes on."""
    assert callable(rewrite)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        rewrite()


def sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize("model", [CaseEvent, Outbox, RulebookVersion])
def test_update_and_delete_are_refused(walk: Walk, model: type[models.Model]) -> None:
    walk.create()
    table = model._meta.db_table
    row = model._default_manager.first()
    assert row is not None

    refuses(lambda: sql(f'UPDATE "{table}" SET id = id'))
    refuses(lambda: sql(f'DELETE FROM "{table}"'))
    refuses(row.save)
    refuses(lambda: model._default_manager.filter(pk=row.pk)._raw_delete("default"))

    assert model._default_manager.filter(pk=row.pk).exists()


WITHOUT_ROWS = {
    *("review_drawpool", "notices_comment", "notices_publishedsnapshot"),
    *("notices_commentmoderation", "notices_noticeextension", "notices_noticesummary"),
    "notices_sentfile",
    *("review_session", "review_sessioncall", "review_sessionitem"),
    *("review_presenters", "review_minutes", "notices_zonebundle"),
    *("cases_letter", "cases_letterversion", "cases_letternumber", "cases_letterstep"),
    "cases_taskreminder",
}
"""Guarded tables that the walk below leaves empty; their triggers are of the same making."""


def test_every_guarded_table_with_rows_refuses(walk: Walk) -> None:
    case = walk.to(StageKind.CLOSED)
    bureau = walk.world.authorities["bureau"]
    cases.write_note(case=case, authority=bureau, text="x", by=walk.officer)
    cases.assign_cases(
        cases=[case], authority=bureau, officer=walk.officer, reason="x", by=walk.officer
    )
    said = {"kind": "secret", "at": timezone.now().isoformat()}
    outbox.put("record.leaf", said, at=timezone.now())
    notary = MemoryNotary()
    feed(notary, slot_s=1)
    feed(notary, slot_s=1, now=timezone.now() + timedelta(seconds=2))
    sealed = LeafRow.objects.get(outbox__payload__kind="secret")
    erase_text(row=sealed, ground=ErasureGround.REQUEST, reason="x", by="x")
    without_rows = set()
    for guard in GUARDS:
        if not guard.model._default_manager.exists():
            without_rows.add(guard.table)
            continue
        fixed = next(name for name in guard.fixed_columns if name != "id")
        refuses(lambda guard=guard: sql(f'DELETE FROM "{guard.table}"'))
        refuses(lambda guard=guard, fixed=fixed: rewritten(guard, fixed))
    # A new table is walked to here, or named.
    assert without_rows == WITHOUT_ROWS


def rewritten(guard: Guard, column: str) -> None:
    """Change one fixed column of every row to something else."""
    field = next(f for f in guard.model._meta.concrete_fields if f.column == column)
    number = isinstance(field, models.ForeignKey | models.IntegerField)
    other = f'"{column}" + 1' if number else f"\"{column}\" || 'x'"
    sql(f'UPDATE "{guard.table}" SET "{column}" = {other}')


def test_an_existing_key_is_not_replaced(walk: Walk) -> None:
    walk.create()
    event = CaseEvent.objects.get(case=walk.case, seq=1)
    if connection.vendor == "sqlite":
        columns = (
            '"case_id","seq","kind","at","recorded_at","actor_kind","authority","data","public"'
        )
        values = "case_id, seq, 'forged', at, recorded_at, actor_kind, '', '{}', 0"
        source = f"SELECT {values} FROM cases_caseevent WHERE id = {event.pk}"
        refuses(lambda: sql(f"INSERT OR REPLACE INTO cases_caseevent ({columns}) {source}"))
        refuses(
            lambda: sql(
                f"REPLACE INTO cases_caseevent (id,{columns}) SELECT {event.pk},"
                f"{values} FROM cases_caseevent WHERE id = {event.pk}"
            )
        )
    else:
        sql("SET CONSTRAINTS ALL IMMEDIATE")  # else PostgreSQL refuses for another reason
        refuses(lambda: sql("TRUNCATE cases_caseevent CASCADE"))
        source = (
            "INSERT INTO cases_outbox SELECT * FROM cases_outbox"
            " ON CONFLICT (id) DO UPDATE SET topic = 'forged'"
        )
        refuses(lambda: sql(source))
    event.refresh_from_db()
    assert event.kind == "case.created"


def test_an_access_row_can_end_and_nothing_else(walk: Walk) -> None:
    walk.create()
    row = AccessRow.objects.get(case=walk.case)

    refuses(lambda: AccessRow.objects.filter(pk=row.pk).update(effect="deny"))
    AccessRow.objects.filter(pk=row.pk).update(ends=timezone.now(), ended_because=row.because)

    row.refresh_from_db()
    assert row.ends is not None


def test_a_snapshot_can_be_withdrawn_but_not_changed(world: World) -> None:
    snapshot = publish_snapshot(
        kind=SnapshotKind.CALL, key="one", zh={"title": "一"}, en={"title": "One"}
    )

    other = {"title": "二"}
    refuses(lambda: PublishedSnapshot.objects.filter(pk=snapshot.pk).update(body_zh=other))
    refuses(lambda: PublishedSnapshot.objects.filter(pk=snapshot.pk).update(kind="figures"))
    assert withdraw_snapshot(kind=SnapshotKind.CALL, key="one") == 1


def test_live_figures_are_refreshed_in_place(world: World) -> None:
    for n in range(3):
        publish_snapshot(kind=SnapshotKind.FIGURES, key="home", zh={"n": n}, en={"n": n})

    snapshot = PublishedSnapshot.objects.get(kind="figures", key="home")
    assert snapshot.body_en == {"n": 2}
