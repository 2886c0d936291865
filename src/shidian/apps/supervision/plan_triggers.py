"""Triggers by which the database itself refuses a plan that its officers do not carry.

They hold for whoever writes, this application's own role included, on SQLite and PostgreSQL alike:

- a change begins as proposed, and moves along its transitions and no others;
- it is in force only with approvals of its very digest by two different officers, and with the
  institution's signature of that digest;
- an approval is given by somebody who holds an office, a signature by a signer of the lead; neither
  by a second factor that served an order;
- a version that is looser than the one before, by the rulebook itself, needs such a change, or an
  order: a resumption that two officers approved, or a restriction that lapsed;
- any other version that differs from the one before needs such a change, such an order, a
  restriction that an officer approved, or the proof of the officer who tightened it: of that very
  text, kept before it.

Of what is looser numbers are compared here; sets, dates and modes are judged by the application
alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.supervision.models import (
    Order,
    OrderApproval,
    PlanApproval,
    PlanChange,
    PlanSignature,
    PlanTightening,
    PlanVersion,
)
from shidian.apps.supervision.triggers import DIFFERS, Trigger, TriggerSet

if TYPE_CHECKING:
    from django.db import models


def _table(model: type[models.Model]) -> str:
    return str(model._meta.db_table)  # noqa: SLF001 - Django's public API in spite of its name


_CHANGE, _APPROVAL, _SIGNATURE = map(_table, (PlanChange, PlanApproval, PlanSignature))
_VERSION, _ORDER, _ORDER_APPROVAL = map(_table, (PlanVersion, Order, OrderApproval))
_TIGHTENING = _table(PlanTightening)
_NUMBERS = "('int', 'money', 'decimal')"
_OFFICES = "('case-officer', 'signing-officer')"


def _approvers(table: str, of: str, row: str) -> str:
    return (
        f'(SELECT COUNT(DISTINCT a."officer_id") FROM "{table}" a'  # noqa: S608 - our own names
        f' WHERE a."{of}" = {row}."id" AND a."digest" = {row}."digest")'
    )


def _is_carried(row: str) -> str:
    signed = (
        f'EXISTS (SELECT 1 FROM "{_SIGNATURE}" s WHERE s."change_id" = {row}."id"'  # noqa: S608
        f' AND s."digest" = {row}."digest")'
    )
    return f"({_approvers(_APPROVAL, 'change_id', row)} >= 2 AND {signed})"


_NO_OFFICE = (
    'NOT EXISTS (SELECT 1 FROM "accounts_officer" f WHERE f."person_id" = NEW."officer_id"'  # noqa: S608
    f' AND f."role" IN {_OFFICES})'
)
_NOT_OPEN = (
    f'NOT EXISTS (SELECT 1 FROM "{_CHANGE}" c WHERE c."id" = NEW."change_id"'  # noqa: S608
    ' AND c."state" = \'proposed\' AND c."digest" = NEW."digest")'
)
_SERVED_AN_ORDER = (
    f'EXISTS (SELECT 1 FROM "{_ORDER_APPROVAL}" o'  # noqa: S608
    ' WHERE o."factor_use" = NEW."factor_use")'
)
_NO_SIGNER = (
    'NOT EXISTS (SELECT 1 FROM "accounts_staff" f'  # noqa: S608
    ' JOIN "cases_case" k ON k."lead_id" = f."institution_id"'
    ' JOIN "supervision_pilot" p ON p."case_id" = k."id"'
    ' WHERE f."person_id" = NEW."signer_id" AND f."role" = \'signer\' AND p."id" IN'
    f' (SELECT c."pilot_id" FROM "{_CHANGE}" c WHERE c."id" = NEW."change_id" UNION ALL'
    f' SELECT v."pilot_id" FROM "{_VERSION}" v WHERE v."id" = NEW."version_id"))'
)
_BY_CHANGE = (
    f'EXISTS (SELECT 1 FROM "{_CHANGE}" c WHERE c."id" = NEW."change_id"'  # noqa: S608
    ' AND c."pilot_id" = NEW."pilot_id" AND c."state" = \'in-force\''
    f" AND {_is_carried('c')})"
)
_BY_ORDER = (
    f'EXISTS (SELECT 1 FROM "{_ORDER}" o WHERE o."id" = NEW."order_id"'  # noqa: S608
    ' AND o."pilot_id" = NEW."pilot_id" AND ('
    f"(o.\"kind\" = 'resume' AND {_approvers(_ORDER_APPROVAL, 'order_id', 'o')} >= 2)"
    " OR (o.\"kind\" = 'restrict' AND o.\"state\" = 'lapsed')))"
)


_ORDERED = (
    f'EXISTS (SELECT 1 FROM "{_ORDER}" o WHERE o."id" = NEW."order_id"'  # noqa: S608
    ' AND o."pilot_id" = NEW."pilot_id" AND o."kind" = \'restrict\''
    f" AND {_approvers(_ORDER_APPROVAL, 'order_id', 'o')} >= 1)"
)


def _by_tightening(vendor: str) -> str:
    """Its officer has proven that it was they who wanted this very plan of this pilot."""
    if vendor == "sqlite":
        base, project = (f"json_extract(t.\"canonical\", '$.{one}')" for one in ("base", "project"))
        plan = "json_each(t.\"canonical\", '$.plan')"
        same = (
            f'(SELECT COUNT(*) FROM {plan}) = (SELECT COUNT(*) FROM json_each(NEW."values"))'  # noqa: S608
            f" AND NOT EXISTS (SELECT 1 FROM {plan} j WHERE j.value IS NOT"
            " json_extract(NEW.\"values\", '$.\"' || j.key || '\"'))"
        )
    else:
        base = "(t.\"canonical\"::jsonb ->> 'base')::int"
        project = "(t.\"canonical\"::jsonb ->> 'project')"
        same = '(t."canonical"::jsonb -> \'plan\') = NEW."values"'
    return (
        f'EXISTS (SELECT 1 FROM "{_TIGHTENING}" t'  # noqa: S608
        ' JOIN "supervision_pilot" p ON p."id" = NEW."pilot_id"'
        ' WHERE t."id" = NEW."tightening_id" AND t."officer_id" = NEW."made_by_id"'
        f' AND {project} = p."public_id" AND {base} = NEW."number" - 1 AND {same})'
    )


def _differs(vendor: str) -> str:
    return (
        f'EXISTS (SELECT 1 FROM "{_VERSION}" b WHERE b."pilot_id" = NEW."pilot_id"'  # noqa: S608
        f' AND b."number" = NEW."number" - 1 AND b."values" {DIFFERS[vendor]} NEW."values")'
    )


def _is_looser(vendor: str) -> str:
    """Some number of the rulebook's plan is looser than in the version before, or gone."""
    if vendor == "sqlite":
        parameters = "json_each(r.\"document\", '$.plan') j"
        field = "json_extract(j.value, '$.{}')"
        number = "CAST(json_extract({}.\"values\", '$.\"' || {} || '\"') AS REAL)"
    else:
        parameters = "jsonb_array_elements(r.\"document\" -> 'plan') j"
        field = "(j ->> '{}')"
        number = '(({}."values" ->> {})::numeric)'
    name, kind, tighter = (field.format(one) for one in ("id", "type", "tighter"))
    old, new = number.format("b", name), number.format("NEW", name)
    looser = (
        f"({new} IS NULL OR (COALESCE({tighter}, 'lower') = 'lower' AND {new} > {old})"
        f" OR ({tighter} = 'higher' AND {new} < {old}))"
    )
    return (
        f'EXISTS (SELECT 1 FROM "{_VERSION}" b'  # noqa: S608
        ' JOIN "supervision_pilot" p ON p."id" = b."pilot_id"'
        ' JOIN "cases_case" k ON k."id" = p."case_id"'
        ' JOIN "cases_rulebookversion" r ON r."id" = k."rulebook_version_id"'
        f" CROSS JOIN {parameters}"
        ' WHERE b."pilot_id" = NEW."pilot_id" AND b."number" = NEW."number" - 1'
        f" AND {kind} IN {_NUMBERS} AND {old} IS NOT NULL AND {looser})"
    )


def _triggers(vendor: str) -> list[Trigger]:
    ends = "NEW.\"state\" IN ('in-force', 'declined', 'withdrawn')"
    moved = f'OLD."state" <> NEW."state" AND NOT (OLD."state" = \'proposed\' AND {ends})'
    uncarried = f"NEW.\"state\" = 'in-force' AND NOT {_is_carried('NEW')}"
    not_approved = (
        f'NEW."change_id" IS NOT NULL AND ({_NOT_OPEN} OR NOT EXISTS (SELECT 1 FROM "{_CHANGE}" c'  # noqa: S608
        f' WHERE c."id" = NEW."change_id" AND {_approvers(_APPROVAL, "change_id", "c")} >= 2))'
    )
    gap = (
        f'NEW."number" > 1 AND NOT EXISTS (SELECT 1 FROM "{_VERSION}" b'  # noqa: S608
        ' WHERE b."pilot_id" = NEW."pilot_id" AND b."number" = NEW."number" - 1)'
    )
    loosened = f"{_is_looser(vendor)} AND NOT ({_BY_CHANGE} OR {_BY_ORDER})"
    carried = f"{_BY_CHANGE} OR {_BY_ORDER} OR {_ORDERED} OR {_by_tightening(vendor)}"
    changed = f"{_differs(vendor)} AND NOT ({carried})"
    begun = "NEW.\"state\" <> 'proposed' OR NEW.\"digest\" = ''"
    of_officer = f"{_NOT_OPEN} OR {_NO_OFFICE} OR {_SERVED_AN_ORDER}"
    of_tightener = f"{_NO_OFFICE} OR {_SERVED_AN_ORDER}"
    of_signer = f"{_NO_SIGNER} OR {_SERVED_AN_ORDER} OR ({not_approved})"
    return [
        Trigger(f"{_CHANGE}_begins", _CHANGE, "INSERT", begun, "begins as proposed"),
        Trigger(f"{_CHANGE}_moves", _CHANGE, "UPDATE", moved, "no such transition"),
        Trigger(f"{_CHANGE}_carried", _CHANGE, "UPDATE", uncarried, "not carried by both sides"),
        Trigger(f"{_APPROVAL}_given", _APPROVAL, "INSERT", of_officer, "an officer approves"),
        Trigger(f"{_SIGNATURE}_given", _SIGNATURE, "INSERT", of_signer, "a signer signs"),
        Trigger(f"{_VERSION}_follows", _VERSION, "INSERT", gap, "versions follow one another"),
        Trigger(f"{_VERSION}_carried", _VERSION, "INSERT", loosened, "loosened by nobody"),
        Trigger(f"{_TIGHTENING}_given", _TIGHTENING, "INSERT", of_tightener, "an officer tightens"),
        Trigger(f"{_VERSION}_proven", _VERSION, "INSERT", changed, "changed by nobody"),
    ]


TRIGGERS = TriggerSet(PlanChange, "plan", _triggers)
