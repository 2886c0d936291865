"""One event as it travels: CloudEvents 1.0 with the extensions project, epoch, seqno, rev, op.

An event's identity is (source, epoch, seqno, rev), and `id` is its text form
`source/epoch/seqno/rev`. `seqno` and money travel as text, since JSON numbers are exact only up to
2^53 − 1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Value: TypeAlias = str | int | bool | None
"""Value of a field of `data`; money and decimals as text such as `163.30`."""

SPEC_VERSION = "1.0"
SEQNO_MAX = 2**63 - 1
EPOCH_MAX = 2**31 - 1
REV_MAX = 1_000_000
FIELDS_MAX = 64
TIME_MIN_US = -62_135_596_800_000_000
TIME_MAX_US = 253_402_300_799_999_999
"""The years 1 to 9999 UTC, which text can say."""

_EPOCH_START = datetime(1970, 1, 1, tzinfo=UTC)
_SEQNO = re.compile(r"[1-9][0-9]{0,18}")
_TIME = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)",
    re.ASCII | re.IGNORECASE,
)
_PROJECT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?")
_SOURCE = re.compile(r"[A-Za-z0-9._~:/@+-]{1,128}")
_TYPE = re.compile(r"[a-z][a-z0-9]*(?:\.[a-z][a-z0-9_]*)+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}")
_CLOUDEVENTS = {"specversion", "id", "source", "type", "time", "subject", "datacontenttype", "data"}
_ATTRIBUTES = _CLOUDEVENTS | {"project", "epoch", "seqno", "rev", "op"}


class Op(StrEnum):
    """What an event does to the one it names: stands new, replaces it, or takes it away."""

    NEW = "new"
    CORRECT = "correct"
    VOID = "void"


_OPS = {op.value: op for op in Op}


class EnvelopeError(ValueError):
    """What is wrong with an event. `field` names the attribute, the message says what is right."""

    def __init__(self, field_name: str, message: str) -> None:
        super().__init__(message)
        self.field = field_name


@dataclass(frozen=True, slots=True)
class Event:
    """An event, checked. `time_us`: microseconds since 1970 UTC. `rev` is 0 for an original."""

    project: str
    source: str
    epoch: int
    seqno: int
    type: str
    time_us: int
    data: Mapping[str, Value] = field(default_factory=dict)
    rev: int = 0
    op: Op = Op.NEW
    subject: str | None = None

    @property
    def id(self) -> str:
        """Text form of the identity."""
        return f"{self.source}/{self.epoch}/{self.seqno}/{self.rev}"


def to_dict(event: Event) -> dict[str, object]:
    """Event → the JSON object that travels."""
    wire: dict[str, object] = {
        "specversion": SPEC_VERSION,
        "id": event.id,
        "source": event.source,
        "type": event.type,
        "time": format_time(event.time_us),
        "project": event.project,
        "epoch": event.epoch,
        "seqno": str(event.seqno),
        "rev": event.rev,
        "op": event.op.value,
        "data": dict(event.data),
    }
    if event.subject is not None:
        wire["subject"] = event.subject
    return wire


def from_dict(wire: object) -> Event:
    """JSON value → Event. Raises EnvelopeError naming the attribute and what is right there."""
    if not isinstance(wire, dict):
        raise EnvelopeError("", "an event is a JSON object")
    if not wire.keys() <= _ATTRIBUTES:
        unknown = min(str(name) for name in wire.keys() - _ATTRIBUTES)
        raise EnvelopeError(shown_name(unknown), "no such attribute is known")
    if wire.get("specversion") != SPEC_VERSION:
        raise EnvelopeError("specversion", 'must be "1.0"')
    if wire.get("datacontenttype", "application/json") != "application/json":
        raise EnvelopeError("datacontenttype", "must be application/json")
    project = _text(wire, "project", _PROJECT, "must be the project's public id")
    source = _text(
        wire, "source", _SOURCE, "must be 1 to 128 characters A–Z a–z 0–9 . _ ~ : / @ + -"
    )
    type_ = _text(wire, "type", _TYPE, "must be a stream's id such as transfer.made")
    epoch = _integer(wire, "epoch", 1, EPOCH_MAX)
    seqno = _seqno(wire)
    rev = _integer(wire, "rev", 0, REV_MAX) if "rev" in wire else 0
    op = _op(wire, rev)
    subject = wire.get("subject")
    if subject is not None and (not isinstance(subject, str) or not 0 < len(subject) <= 256):  # noqa: PLR2004
        raise EnvelopeError("subject", "must be text of 1 to 256 characters")
    event = Event(
        project, source, epoch, seqno, type_, _time(wire), _data(wire, op), rev, op, subject
    )
    if wire.get("id") != event.id:
        raise EnvelopeError("id", f"must be source/epoch/seqno/rev: {event.id}")
    return event


def of_spool(wire: Mapping[str, Any]) -> Event:
    """What `to_dict` made of an event that `from_dict` took: that event, not checked once more."""
    since = datetime.fromisoformat(wire["time"]) - _EPOCH_START
    return Event(
        wire["project"],
        wire["source"],
        wire["epoch"],
        int(wire["seqno"]),
        wire["type"],
        (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds,
        wire["data"],
        wire["rev"],
        _OPS[wire["op"]],
        wire.get("subject"),
    )


def parse_time(text: str) -> int:
    """RFC 3339 time with a zone and at most 6 digits of a second → µs UTC. Raises ValueError."""
    if _TIME.fullmatch(text) is None:
        raise ValueError("write 2023-01-01T09:30:00.000000Z, with a zone")
    since = datetime.fromisoformat(text) - _EPOCH_START
    time_us = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    if not TIME_MIN_US <= time_us <= TIME_MAX_US:
        raise ValueError("a time lies in the years 1 to 9999 UTC")
    return time_us


def format_time(time_us: int) -> str:
    """µs UTC → RFC 3339, six digits, `Z`. Raises OverflowError outside the years 1 to 9999."""
    moment = _EPOCH_START + timedelta(microseconds=time_us)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


def shown_name(name: str) -> str:
    """A name as a report may show it: `?` where it does not look like one but like lost content."""
    return name if _NAME.fullmatch(name) else "?"


def _text(wire: Mapping[str, object], name: str, form: re.Pattern[str], right: str) -> str:
    value = wire.get(name)
    if not isinstance(value, str) or form.fullmatch(value) is None:
        raise EnvelopeError(name, right)
    return value


def _integer(wire: Mapping[str, object], name: str, low: int, high: int) -> int:
    value = wire.get(name)
    if type(value) is not int or not low <= value <= high:
        raise EnvelopeError(name, f"must be an integer from {low} to {high}")
    return value


def _seqno(wire: Mapping[str, object]) -> int:
    value = wire.get("seqno")
    if not isinstance(value, str) or _SEQNO.fullmatch(value) is None or int(value) > SEQNO_MAX:
        raise EnvelopeError("seqno", f'must be text, "1" to "{SEQNO_MAX}"')
    return int(value)


def _op(wire: Mapping[str, object], rev: int) -> Op:
    value = wire.get("op", "new")
    if value == "new" and rev == 0:
        return Op.NEW
    if value in ("correct", "void") and rev > 0:
        return Op.CORRECT if value == "correct" else Op.VOID
    raise EnvelopeError("op", "must be new with rev 0, or correct or void with rev 1 and above")


def _time(wire: Mapping[str, object]) -> int:
    value = wire.get("time")
    try:
        return parse_time(value if isinstance(value, str) else "")
    except (ValueError, OverflowError) as error:
        raise EnvelopeError("time", f"must be an RFC 3339 time: {error}") from error


def _data(wire: Mapping[str, object], op: Op) -> Mapping[str, Value]:
    data = wire.get("data", {})
    if not isinstance(data, dict) or len(data) > FIELDS_MAX:
        raise EnvelopeError("data", f"must be an object of at most {FIELDS_MAX} fields")
    if op is Op.VOID and data:
        raise EnvelopeError("data", "must be left out: the event takes another one away")
    for name, value in data.items():
        if isinstance(value, float | list | dict):
            raise EnvelopeError(
                f"data.{shown_name(name)}", "must be text, an integer, true or false"
            )
    return data
