"""Control records: what the gate must know, told through the outbox and kept in the log itself."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from shidian.core.journal.entry import CONTROL_KINDS, Entry, EntryKind
from shidian.core.journal.orders import (
    LapseRecord,
    OrderConflictError,
    OrderRecord,
    ProjectOrders,
)
from shidian.core.journal.permits import PermitTerms, read_permit_terms
from shidian.core.journal.streams import DocumentError, StreamSpec, read_streams, read_tick_us
from shidian_kit.wire import keys
from shidian_kit.wire.digest import read_tag

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

EFFECTIVE_AFTER_US = 60_000_000
"""A change to a project that has data takes effect no sooner than this after it is appended."""
OUTBOX_ID_MAX = 2**62
RETURNS_SOURCE = "returns"
"""The source of every project under which the worker sends what persons attested; no key has it."""


class ControlError(ValueError):
    """A control record that cannot be taken; the message says what is right."""


class DepartedError(ControlError):
    """A record for a project that has left: it is to be told where that is now."""


class KeyRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A machine key of one source of one project, registered or revoked."""

    project: str
    source: str
    key_id: str
    public_key: str
    revoked: bool = False


class ActivationRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A rulebook in force for a project from `effective_us` on, with its full document and plan.

    `start_us`: when the pilot starts; `plan`: parameter → decimal text; `tier`: the pilot's risk
    tier, left out of the record where there is none; `stage`: the one its case is in, where a limit
    asks for it; `calendars`: per calendar window (month,
    trading-day) the instants in µs at which one opens, where an indicator has such a window.
    """

    project: str
    start_us: int
    effective_us: int
    rules_digest: str
    document: dict[str, Any]
    plan: dict[str, str]
    tier: str | None = None
    stage: str | None = None
    calendars: dict[str, list[int]] = {}


class PlanRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """All plan parameters of a project from `effective_us` on, and the `stage` that its case enters

    with them; left out where the case stays in its stage.
    """

    project: str
    effective_us: int
    plan: dict[str, str]
    stage: str | None = None


class ClosingRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A project that takes no more events: its case was closed at `effective_us` as `outcome`.

    `keep_until_us`: until when its events are kept, by the rulebook's retention; left out where the
    rulebook names no end. Of several closings of a project, the last one counts.
    """

    project: str
    effective_us: int
    outcome: str
    keep_until_us: int | None = None


class DepartureRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A project that leaves for another journal: from here on this one takes nothing of it."""

    project: str
    effective_us: int
    to: str


class ArrivalRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A project that came from another journal with its log up to `entry`, taken in at `ingest_us`.

    `entries`, `codes`, `digest`: what came, as the journal that it left says (see `moving.Whole`).
    """

    project: str
    effective_us: int
    came_from: str
    entry: int
    ingest_us: int
    entries: int
    codes: int
    digest: str


class RouteRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A project of another journal, whose gate is at `url`. `keys`: those of its sources now.

    They are asked for who asks; what they sign is answered with the address, and taken nowhere.
    """

    project: str
    url: str
    keys: dict[str, str]


ControlRecord: TypeAlias = (
    KeyRecord
    | ActivationRecord
    | PlanRecord
    | ClosingRecord
    | OrderRecord
    | LapseRecord
    | DepartureRecord
    | ArrivalRecord
    | RouteRecord
)
CLOCKS_APART_MAX_US = 30_000_000
"""How far the clock of the journal that a project left may be ahead of this one's."""

_TYPES: dict[EntryKind, type[ControlRecord]] = {
    EntryKind.KEY: KeyRecord,
    EntryKind.ACTIVATION: ActivationRecord,
    EntryKind.PLAN: PlanRecord,
    EntryKind.CLOSING: ClosingRecord,
    EntryKind.ORDER: OrderRecord,
    EntryKind.LAPSE: LapseRecord,
    EntryKind.DEPARTURE: DepartureRecord,
    EntryKind.ARRIVAL: ArrivalRecord,
    EntryKind.ROUTE: RouteRecord,
}


@dataclass(frozen=True, slots=True)
class ProjectState:
    """What the journal knows of a project from its latest activation, and its latest plan.

    `permit`: None where the rulebook has no permits.
    """

    start_us: int
    streams: dict[str, StreamSpec]
    tick_us: int
    rules_digest: str
    plan: dict[str, str]
    permit: PermitTerms | None


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A registered key, and the one source of the one project that it may write."""

    project: str
    source: str
    public_key: Ed25519PublicKey
    revoked: bool


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A key of a project of another journal."""

    project: str
    public_key: Ed25519PublicKey


@dataclass(slots=True)
class Registry:
    """State that control records build up, in the order of the log."""

    projects: dict[str, ProjectState] = field(default_factory=dict)
    keys: dict[str, KnownKey] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    orders: dict[str, ProjectOrders] = field(default_factory=dict)
    departed: set[str] = field(default_factory=set)
    routes: dict[str, str] = field(default_factory=dict)
    foreign_keys: dict[str, ForeignKey] = field(default_factory=dict)

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Registry:
        """The state after these control entries."""
        registry = cls()
        for entry in entries:
            registry.apply(parse(entry.kind, entry.control()))
        return registry

    def check(self, record: ControlRecord) -> None:
        """Whether the record fits what is known. Raises ControlError."""
        if isinstance(record, DepartureRecord | ArrivalRecord | RouteRecord):
            self._check_place(record)
            return
        if record.project in self.departed and not isinstance(record, ClosingRecord):
            raise DepartedError(f"{record.project} has left this journal")
        if isinstance(record, KeyRecord):
            bound = self.keys.get(record.key_id)
            if bound and (bound.project, bound.source) != (record.project, record.source):
                raise ControlError("this key is bound to another source; make a new key")
        after = isinstance(record, PlanRecord | ClosingRecord | OrderRecord | LapseRecord)
        if after and record.project not in self.projects:
            raise ControlError(f"{record.project} has no rulebook activation yet")
        if isinstance(record, PlanRecord):
            _require_mode(self.projects[record.project].permit, record.plan)
        if record.project in self.closed and _begins(record):
            raise ControlError(f"{record.project} is closed")
        if isinstance(record, OrderRecord | LapseRecord):
            try:
                self.orders_of(record.project).check(record)
            except OrderConflictError as error:
                raise ControlError(str(error)) from error

    def _check_place(self, record: DepartureRecord | ArrivalRecord | RouteRecord) -> None:
        name = record.project
        here = name in self.projects and name not in self.departed
        if isinstance(record, DepartureRecord):
            if not here:
                raise ControlError(f"{name} is not in this journal")
            if name in self.closed:
                raise ControlError(f"{name} is closed: it stays where it is")
        elif isinstance(record, ArrivalRecord):
            if name in self.projects:
                raise ControlError(f"{name} is or was in this journal: it cannot come here")
        elif here:
            raise ControlError(f"{name} is in this journal: it is not to be found elsewhere")

    def _place(self, record: DepartureRecord | ArrivalRecord | RouteRecord) -> None:
        if isinstance(record, DepartureRecord):
            self.departed.add(record.project)
        elif isinstance(record, RouteRecord):
            self.routes[record.project] = record.url
            for key_id, public in record.keys.items():
                self.foreign_keys[key_id] = ForeignKey(record.project, keys.load_public(public))

    def apply(self, record: ControlRecord) -> None:
        """Take in a record that `check` let through."""
        if isinstance(record, DepartureRecord | ArrivalRecord | RouteRecord):
            self._place(record)
            return
        if isinstance(record, KeyRecord):
            public = keys.load_public(record.public_key)
            self.keys[record.key_id] = KnownKey(
                record.project, record.source, public, record.revoked
            )
        elif isinstance(record, ActivationRecord):
            self.projects[record.project] = ProjectState(
                record.start_us,
                read_streams(record.document),
                read_tick_us(record.document),
                record.rules_digest,
                record.plan,
                read_permit_terms(record.document),
            )
        elif isinstance(record, PlanRecord):
            self.projects[record.project] = replace(self.projects[record.project], plan=record.plan)
        elif isinstance(record, ClosingRecord):
            self.closed.add(record.project)
        else:
            self.orders[record.project] = self.orders_of(record.project).after(record)

    def orders_of(self, project: str) -> ProjectOrders:
        """The orders that a project is under."""
        return self.orders.get(project) or ProjectOrders()

    def require_order(self, project: str, order_id: str, digest: str) -> None:
        """That this very order is known here. Raises ControlError."""
        known = self.orders_of(project).digests.get(order_id)
        if known is None:
            raise ControlError(f"no order {order_id} has reached the gate")
        if known != digest:
            raise ControlError(f"order {order_id} has the digest {known}")

    def copy(self) -> Registry:
        """Another one that is as this one is now."""
        return Registry(
            dict(self.projects),
            dict(self.keys),
            set(self.closed),
            dict(self.orders),
            set(self.departed),
            dict(self.routes),
            dict(self.foreign_keys),
        )

    def tick_us(self) -> int | None:
        """Shortest tick among projects that a key may still write; None if there is none."""
        open_projects = {key.project for key in self.keys.values() if not key.revoked}
        open_projects -= self.closed | self.departed
        ticks = [state.tick_us for name, state in self.projects.items() if name in open_projects]
        return min(ticks, default=None)


def _require_mode(terms: PermitTerms | None, plan: dict[str, str]) -> None:
    """The plan's permit mode is one that a permit can say. Raises ControlError."""
    try:
        if terms is not None:
            terms.mode_of(plan)
    except ValueError as error:
        raise ControlError(f"plan {terms.agreed if terms else ''}: {error}") from error


def _begins(record: ControlRecord) -> bool:
    """Whether something is to be in force from now on, which of a closed project nothing is."""
    if isinstance(record, KeyRecord):
        return not record.revoked
    return isinstance(record, ActivationRecord | PlanRecord)


def parse(kind: EntryKind, record: object) -> ControlRecord:
    """JSON value → typed record, checked by itself. Raises ControlError."""
    if kind not in CONTROL_KINDS:
        raise ControlError(f"kind must be one of {', '.join(sorted(CONTROL_KINDS))}")
    try:
        typed = msgspec.convert(record, _TYPES[kind])
        if isinstance(typed, KeyRecord):
            named = keys.key_id(keys.load_public(typed.public_key))
            if named != typed.key_id:
                raise ControlError(f"key_id of this public key is {named}")
            if typed.source == RETURNS_SOURCE:
                raise ControlError(f"no key may write as {RETURNS_SOURCE}: persons attest those")
        if isinstance(typed, ActivationRecord):
            read_streams(typed.document)
            read_tick_us(typed.document)
            _require_mode(read_permit_terms(typed.document), typed.plan)
        if isinstance(typed, OrderRecord):
            read_tag(typed.digest)
        if isinstance(typed, RouteRecord):
            _require_ids(typed)
    except (ValueError, keys.KeyFormatError, DocumentError) as error:
        raise ControlError(str(error)) from error
    return typed


def _require_ids(record: RouteRecord) -> None:
    """Keys go by their own ids. Raises ControlError."""
    for key_id, public in record.keys.items():
        if keys.key_id(keys.load_public(public)) != key_id:
            raise ControlError(f"{key_id} is not the id of its public key")


def in_force(record: ControlRecord, *, ingest_us: int, has_data: bool) -> ControlRecord:
    """The record as appended: its `effective_us` never lies in the past of the data."""
    if not isinstance(record, ActivationRecord | PlanRecord) or not has_data:
        return record
    effective_us = max(record.effective_us, ingest_us + EFFECTIVE_AFTER_US)
    return msgspec.structs.replace(record, effective_us=effective_us)


def same_record(typed: ControlRecord, held: dict[str, Any]) -> bool:
    """Whether a repeated record is the one held, whose `effective_us` may have been moved."""
    given = msgspec.to_builtins(typed)
    moved = held.get("effective_us", 0) >= given.get("effective_us", 0)
    return bool(moved and {**given, "effective_us": 0} == {**held, "effective_us": 0})
