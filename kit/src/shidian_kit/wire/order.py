"""An order (试点处置指令) as it travels, and the firm's acknowledgement of it.

Both are JSON objects in canonical form (RFC 8785): what is signed, hashed and approved is one
sequence of bytes. `digest(order)` is what officers approve, what the journal and the record keep,
and what an acknowledgement must name.

    {"authority": "bureau", "basis": "…", "format": "shidian.order/1", "id": "D-2026-0001",
     "issued_at": "2026-11-15T01:30:00.000000Z", "kind": "suspend", "plan": {},
     "project": "P-2026-0001", "reason": {"en": "…", "zh": "…"}, "rules_digest": "sha256:…"}

`follows` stands only where the order follows another one. Any other member is refused.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from shidian_kit.wire.canonical import dumps
from shidian_kit.wire.digest import read_tag, sha256_tag
from shidian_kit.wire.envelope import format_time, parse_time, shown_name

if TYPE_CHECKING:
    from collections.abc import Mapping

ORDER_FORMAT = "shidian.order/1"
ACKNOWLEDGEMENT_FORMAT = "shidian.acknowledgement/1"
DOCUMENT_BYTES_MAX = 64 * 1024
REASON_CHARS_MAX = 4_000
BASIS_CHARS_MAX = 4_000
AUTHORITY_CHARS_MAX = 200
PARAMETERS_MAX = 64

_EPOCH_START = datetime(1970, 1, 1, tzinfo=UTC)
_ID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?")
_PARAMETER = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,30})(?:\.[0-9]{1,18})?")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_ORDER_MEMBERS = frozenset(
    {
        "format",
        "id",
        "project",
        "kind",
        "plan",
        "follows",
        "reason",
        "basis",
        "authority",
        "rules_digest",
        "issued_at",
    }
)
_ACKNOWLEDGEMENT_MEMBERS = frozenset({"format", "order", "project", "digest", "kind", "at"})


class OrderKind(StrEnum):
    """What an order does."""

    REMIND = "remind"
    WARN = "warn"
    RESTRICT = "restrict"
    SUSPEND = "suspend"
    RESUME = "resume"
    TERMINATE = "terminate"


class AcknowledgementKind(StrEnum):
    """How far the firm is: it has the order; the order is in effect in its system."""

    RECEIVED = "received"
    EFFECTIVE = "effective"


class OrderError(ValueError):
    """What is wrong with an order or an acknowledgement: `field` names the member."""

    def __init__(self, field_name: str, message: str) -> None:
        super().__init__(f"{field_name}: {message}" if field_name else message)
        self.field = field_name


class Reason(NamedTuple):
    """Why, in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class OrderDocument:
    """An order's whole content. Checked when it is made. Raises OrderError.

    `id`, `project`, `follows`: public ids. `plan`: parameter → decimal text, those that a
    `restrict` changes and none in any other. `basis`: the terms or articles it rests on.
    `authority`: who orders. `issued_at`: aware, kept in UTC to the microsecond.
    """

    id: str
    project: str
    kind: OrderKind
    reason: Reason
    basis: str
    authority: str
    rules_digest: str
    issued_at: datetime
    plan: Mapping[str, str] = field(default_factory=dict)
    follows: str | None = None

    def __post_init__(self) -> None:
        _check_id("id", self.id)
        _check_id("project", self.project)
        if self.follows is not None:
            _check_id("follows", self.follows)
            if self.follows == self.id:
                raise OrderError("follows", "an order does not follow itself")
        if not isinstance(self.kind, OrderKind):
            raise OrderError("kind", f"must be one of {', '.join(OrderKind)}")
        _check_text("reason.zh", self.reason.zh, REASON_CHARS_MAX)
        _check_text("reason.en", self.reason.en, REASON_CHARS_MAX)
        _check_text("basis", self.basis, BASIS_CHARS_MAX)
        _check_text("authority", self.authority, AUTHORITY_CHARS_MAX)
        _check_digest("rules_digest", self.rules_digest)
        _check_plan(self.kind, self.plan)
        object.__setattr__(self, "issued_at", _utc("issued_at", self.issued_at))


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """A firm's word on an order. Checked when it is made. Raises OrderError.

    `order`, `project`: public ids; `digest`: that of the order as the firm read it; `at`: when, by
    the firm's clock.
    """

    order: str
    project: str
    digest: str
    kind: AcknowledgementKind
    at: datetime

    def __post_init__(self) -> None:
        _check_id("order", self.order)
        _check_id("project", self.project)
        _check_digest("digest", self.digest)
        if not isinstance(self.kind, AcknowledgementKind):
            raise OrderError("kind", f"must be one of {', '.join(AcknowledgementKind)}")
        object.__setattr__(self, "at", _utc("at", self.at))


_Document = TypeVar("_Document", OrderDocument, Acknowledgement)
_Kind = TypeVar("_Kind", OrderKind, AcknowledgementKind)


def canonical(document: OrderDocument | Acknowledgement) -> bytes:
    """The one sequence of bytes that says this document."""
    return dumps(
        _order_dict(document) if isinstance(document, OrderDocument) else _ack_dict(document)
    )


def digest(document: OrderDocument) -> str:
    """`sha256:…` of the canonical bytes."""
    return sha256_tag(canonical(document))


def parse_order(data: bytes) -> OrderDocument:
    """Canonical bytes → order. Raises OrderError, also where the form is not the canonical one."""
    wire = _object(data, ORDER_FORMAT, _ORDER_MEMBERS, optional=frozenset({"follows"}))
    reason, plan = wire["reason"], wire["plan"]
    if not isinstance(reason, dict) or set(reason) != {"zh", "en"}:
        raise OrderError("reason", "must be an object of zh and en")
    if not isinstance(plan, dict):
        raise OrderError("plan", "must be an object")
    order = OrderDocument(
        id=wire["id"],
        project=wire["project"],
        kind=_member(OrderKind, wire["kind"]),
        reason=Reason(reason["zh"], reason["en"]),
        basis=wire["basis"],
        authority=wire["authority"],
        rules_digest=wire["rules_digest"],
        issued_at=_time("issued_at", wire["issued_at"]),
        plan=plan,
        follows=wire.get("follows"),
    )
    return _same(order, data)


def parse_acknowledgement(data: bytes) -> Acknowledgement:
    """Canonical bytes → acknowledgement. Raises OrderError, as `parse_order` does."""
    wire = _object(data, ACKNOWLEDGEMENT_FORMAT, _ACKNOWLEDGEMENT_MEMBERS)
    acknowledgement = Acknowledgement(
        order=wire["order"],
        project=wire["project"],
        digest=wire["digest"],
        kind=_member(AcknowledgementKind, wire["kind"]),
        at=_time("at", wire["at"]),
    )
    return _same(acknowledgement, data)


def _order_dict(order: OrderDocument) -> dict[str, object]:
    wire: dict[str, object] = {
        "format": ORDER_FORMAT,
        "id": order.id,
        "project": order.project,
        "kind": order.kind,
        "plan": dict(order.plan),
        "reason": {"zh": order.reason.zh, "en": order.reason.en},
        "basis": order.basis,
        "authority": order.authority,
        "rules_digest": order.rules_digest,
        "issued_at": format_time(time_us(order.issued_at)),
    }
    if order.follows is not None:
        wire["follows"] = order.follows
    return wire


def _ack_dict(acknowledgement: Acknowledgement) -> dict[str, object]:
    return {
        "format": ACKNOWLEDGEMENT_FORMAT,
        "order": acknowledgement.order,
        "project": acknowledgement.project,
        "digest": acknowledgement.digest,
        "kind": acknowledgement.kind,
        "at": format_time(time_us(acknowledgement.at)),
    }


def _object(
    data: bytes, format_: str, members: frozenset[str], optional: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """JSON object with exactly these members."""
    if len(data) > DOCUMENT_BYTES_MAX:
        raise OrderError("", f"a document has {DOCUMENT_BYTES_MAX} bytes at most")
    try:
        wire = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise OrderError("", f"not JSON: {error}") from None
    if not isinstance(wire, dict):
        raise OrderError("", "must be a JSON object")
    if wire.get("format") != format_:
        raise OrderError("format", f"must be {format_}")
    if unknown := wire.keys() - members:
        raise OrderError(shown_name(min(unknown)), "no such member is known")
    if missing := members - optional - wire.keys():
        raise OrderError(min(missing), "is missing")
    return wire


def _same(document: _Document, data: bytes) -> _Document:
    if canonical(document) != data:
        raise OrderError("", "must be canonical JSON (RFC 8785): no spaces, members in order")
    return document


def _member(kind: type[_Kind], value: object) -> _Kind:
    if not isinstance(value, str) or value not in list(kind):
        raise OrderError("kind", f"must be one of {', '.join(kind)}")
    return kind(value)


def _check_id(name: str, value: object) -> None:
    if not isinstance(value, str) or _ID.fullmatch(value) is None:
        raise OrderError(name, "must be a public id: 1 to 64 of A–Z a–z 0–9 . _ -")


def _check_text(name: str, value: object, chars_max: int) -> None:
    if not isinstance(value, str) or not value.strip() or len(value) > chars_max:
        raise OrderError(name, f"must be text of 1 to {chars_max} characters")
    if _CONTROL.search(value):
        raise OrderError(name, "must have no control characters")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise OrderError(name, "must be valid Unicode") from None


def _check_digest(name: str, value: object) -> None:
    try:
        read_tag(value if isinstance(value, str) else "")
    except ValueError as error:
        raise OrderError(name, str(error)) from None


def _check_plan(kind: OrderKind, plan: Mapping[str, str]) -> None:
    if (kind is OrderKind.RESTRICT) != bool(plan):
        raise OrderError("plan", "names what a restrict changes, and stays empty elsewhere")
    if len(plan) > PARAMETERS_MAX:
        raise OrderError("plan", f"has {PARAMETERS_MAX} parameters at most")
    for name, value in plan.items():
        if not isinstance(name, str) or _PARAMETER.fullmatch(name) is None:
            raise OrderError(f"plan.{shown_name(str(name))}", "is not a parameter's name")
        if not isinstance(value, str) or _DECIMAL.fullmatch(value) is None:
            raise OrderError(f"plan.{name}", 'must be a decimal as text, such as "1500.00"')


def _utc(name: str, moment: object) -> datetime:
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise OrderError(name, "must be a time with a zone")
    return moment.astimezone(UTC)


def _time(name: str, value: object) -> datetime:
    try:
        return _EPOCH_START + timedelta(
            microseconds=parse_time(value if isinstance(value, str) else "")
        )
    except (ValueError, OverflowError) as error:
        raise OrderError(name, f"must be an RFC 3339 time: {error}") from None


def time_us(moment: datetime) -> int:
    """An aware time → µs UTC since 1970."""
    return (moment - _EPOCH_START) // timedelta(microseconds=1)
