"""Triggers by which the database itself refuses an order that its approvals do not carry.

They hold for whoever writes, this application's own role included. Like the append-only triggers
they are installed after every migration, on SQLite and PostgreSQL alike. What they keep:

- an order begins as proposed, and moves along the transitions of an order and no others;
- it is issued only with approvals of its very digest by as many different officers as it takes;
- its canonical text and what is fixed with it are written once;
- an approval is given by somebody who holds an office, of an order that can still be approved;
- an order that was countersigned does not lapse.
"""

from __future__ import annotations

from shidian.apps.supervision.models import Order, OrderApproval
from shidian.apps.supervision.triggers import DIFFERS, Trigger, TriggerSet

_ORDER = Order._meta.db_table  # noqa: SLF001 - Django's public API in spite of the underscore
_APPROVAL = OrderApproval._meta.db_table  # noqa: SLF001
_MOVES = (
    ("proposed", "issued"),
    ("proposed", "declined"),
    ("proposed", "withdrawn"),
    ("issued", "received"),
    ("issued", "effective"),
    ("received", "effective"),
    ("issued", "lapsed"),
    ("received", "lapsed"),
    ("effective", "lapsed"),
)
_WRITTEN_ONCE = (
    "issued_at",
    "control_outbox_id",
    "lapse_outbox_id",
    "received_at",
    "effective_at",
    "ended_at",
    "lapses_at",
    "announced_at",
)
_WITH_DIGEST = ("canonical", "digest", "follows_id")
_WITH_ISSUE = ("plan_before", "lapses_at")
_CLOSED = (
    f'NOT EXISTS (SELECT 1 FROM "{_ORDER}" o WHERE o."id" = NEW."order_id"'  # noqa: S608
    " AND o.\"state\" IN ('proposed', 'issued', 'received', 'effective')"
    ' AND o."digest" = NEW."digest")'
)
_NO_OFFICE = (
    'NOT EXISTS (SELECT 1 FROM "accounts_officer" f WHERE f."person_id" = NEW."officer_id"'
    " AND f.\"role\" IN ('case-officer', 'signing-officer'))"
)


def _approvers(row: str) -> str:
    return (
        f'(SELECT COUNT(DISTINCT "officer_id") FROM "{_APPROVAL}"'  # noqa: S608 - our own names
        f' WHERE "order_id" = {row}."id" AND "digest" = {row}."digest")'
    )


def _triggers(vendor: str) -> list[Trigger]:
    """All triggers, in the SQL of this vendor."""
    moves = " OR ".join(
        f"(OLD.\"state\" = '{old}' AND NEW.\"state\" = '{new}')" for old, new in _MOVES
    )
    binding = "NEW.\"state\" IN ('issued', 'received', 'effective', 'lapsed')"
    few = f'{_approvers("NEW")} < OLD."required_approvals"'
    unbound = f'NEW."digest" = \'\' OR NEW."issued_at" IS NULL OR {few}'
    endless = 'NEW."lapses" AND NEW."lapses_at" IS NULL'
    lapsing = "OLD.\"state\" <> 'lapsed' AND NEW.\"state\" = 'lapsed'"
    begun = "NEW.\"state\" <> 'proposed' OR NEW.\"digest\" <> ''"
    moved = f'OLD."state" <> NEW."state" AND NOT ({moves})'
    says = "not approved by as many officers as it takes"
    stays = f'NOT OLD."lapses" OR {_approvers("NEW")} > 1'
    rewritten = _rewritten(DIFFERS[vendor])
    return [
        Trigger(f"{_ORDER}_begins", _ORDER, "INSERT", begun, "begins as proposed"),
        Trigger(f"{_ORDER}_moves", _ORDER, "UPDATE", moved, "no such transition"),
        Trigger(
            f"{_ORDER}_approved",
            _ORDER,
            "UPDATE",
            f"{binding} AND ({unbound} OR ({endless}))",
            says,
        ),
        Trigger(f"{_ORDER}_fixed", _ORDER, "UPDATE", rewritten, "is not rewritten"),
        Trigger(
            f"{_ORDER}_stays",
            _ORDER,
            "UPDATE",
            f"{lapsing} AND ({stays})",
            "countersigned: it stays",
        ),
        Trigger(
            f"{_APPROVAL}_open", _APPROVAL, "INSERT", _CLOSED, "of an open order, by its digest"
        ),
        Trigger(f"{_APPROVAL}_officer", _APPROVAL, "INSERT", _NO_OFFICE, "given by an officer"),
    ]


def _rewritten(differs: str) -> str:
    """Something was written before, and another value comes."""
    once = [
        f'(OLD."{name}" IS NOT NULL AND OLD."{name}" {differs} NEW."{name}")'
        for name in _WRITTEN_ONCE
    ]
    fixed = [
        f'(OLD."digest" <> \'\' AND OLD."{name}" {differs} NEW."{name}")' for name in _WITH_DIGEST
    ]
    issued = [
        f'(OLD."issued_at" IS NOT NULL AND OLD."{name}" {differs} NEW."{name}")'
        for name in _WITH_ISSUE
    ]
    return " OR ".join(once + fixed + issued)


TRIGGERS = TriggerSet(Order, "order", _triggers)
