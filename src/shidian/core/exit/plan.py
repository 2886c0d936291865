"""The exit plan of a pilot as data: how each kind of position ends, who is told, who pays, when."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from shidian_kit.wire import canonical
from shidian_kit.wire.digest import sha256_tag

FORMAT = "shidian.exit-plan/1"
PLAN_BYTES_MAX = 65_536
SHARE_WHOLE_BP = 10_000
"""Shares are in hundredths of a percent."""
DAYS_MAX = 400
PER_DAY_MAX = 10_000_000
LISTED_MAX = 50
ADDRESS_CHARS_MAX = 300


@dataclass(frozen=True, slots=True)
class Words:
    """One text in both languages. Of its own: the notary reads certificates, and no rulebooks."""

    zh: str
    en: str


class How(StrEnum):
    """How a position ends: paid out, handed over in kind, held until it matures; or never held."""

    PAY_OUT = "pay-out"
    HAND_OVER = "hand-over"
    MATURE = "mature"
    NOT_HELD = "not-held"


class Channel(StrEnum):
    """How an investor is told."""

    APP = "app"
    SMS = "sms"
    MAIL = "mail"
    POST = "post"


class Rounding(StrEnum):
    """What becomes of parts of a fen."""

    UP = "up"
    DOWN = "down"
    HALF_EVEN = "half-even"


class ExitError(ValueError):
    """An exit plan cannot be read. `where` names the member at fault."""

    def __init__(self, where: str, zh: str, en: str) -> None:
        super().__init__(f"{where}: {en}")
        self.where = where
        self.text = Words(zh=zh, en=en)


@dataclass(frozen=True, slots=True)
class Path:
    """How positions of one kind end. `to` names who takes over what is handed over.

    `fees_bp`, `losses_bp`: what share of fees paid and of losses is made good.
    """

    kind: str
    how: How
    to: str = ""
    fees_bp: int = 0
    losses_bp: int = 0


@dataclass(frozen=True, slots=True)
class Payer:
    """Who bears what share of fees and losses that are made good.

    `name_en`: the name as readers of English know it, where the plan gives one.
    """

    name: str
    share_bp: int
    name_en: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """An authority or other body that is told, and where."""

    id: str
    address: str


@dataclass(frozen=True, slots=True)
class Pace:
    """How many working days a step may take, and how many things it settles a day."""

    days: int
    per_day: int


@dataclass(frozen=True)
class ExitPlan:
    """`paths` in the order of run-off. `channels` in the order in which they are tried."""

    paths: tuple[Path, ...]
    payers: tuple[Payer, ...]
    channels: tuple[Channel, ...]
    told: tuple[Told, ...]
    notices: Pace
    run_off: Pace
    refunds: Pace
    rounding: Rounding = Rounding.UP

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "format": FORMAT,
            "paths": [
                {
                    "kind": one.kind,
                    "how": one.how,
                    "to": one.to,
                    "fees_bp": one.fees_bp,
                    "losses_bp": one.losses_bp,
                }
                for one in self.paths
            ],
            "payers": [_payer(one) for one in self.payers],
            "channels": list(self.channels),
            "told": [{"id": one.id, "address": one.address} for one in self.told],
            "notices": _pace(self.notices),
            "run_off": _pace(self.run_off),
            "refunds": _pace(self.refunds),
            "rounding": self.rounding,
        }

    def canonical(self) -> bytes:
        """Canonical JSON (RFC 8785)."""
        return canonical.dumps(self.document())

    def digest(self) -> str:
        """`sha256:…` of the canonical JSON."""
        return sha256_tag(self.canonical())

    def path_of(self, kind: str) -> Path | None:
        """How positions of that kind end, where the plan says it."""
        return next((one for one in self.paths if one.kind == kind), None)


def read_exit_plan(text: bytes | str) -> ExitPlan:
    """Canonical JSON → plan. What contradicts itself is read too: the drill finds it.

    Raises ExitError for what is no plan: wrong types, figures out of bounds, other members.
    """
    data = text.encode() if isinstance(text, str) else text
    if len(data) > PLAN_BYTES_MAX:
        raise ExitError("plan", f"超过 {PLAN_BYTES_MAX} 字节", f"over {PLAN_BYTES_MAX} bytes")
    try:
        plan = _read(json.loads(data))
        same = plan.canonical() == data
    except ExitError:
        raise
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise ExitError("plan", f"无法读取：{error}", f"cannot be read: {error}") from error
    if not same:
        raise ExitError("plan", "不是规范 JSON，或含有未知内容", "not canonical, or says more")
    return plan


def _read(given: dict[str, Any]) -> ExitPlan:
    for name in ("paths", "payers", "channels", "told"):
        if not isinstance(given[name], list) or len(given[name]) > LISTED_MAX:
            raise ExitError(name, f"最多 {LISTED_MAX} 项", f"a list of at most {LISTED_MAX}")
    paths = tuple(
        Path(
            _text("paths.kind", one["kind"]),
            How(one["how"]),
            _text("paths.to", one["to"]),
            _number("paths.fees_bp", one["fees_bp"], SHARE_WHOLE_BP),
            _number("paths.losses_bp", one["losses_bp"], SHARE_WHOLE_BP),
        )
        for one in given["paths"]
    )
    if len({one.kind for one in paths}) != len(paths):
        raise ExitError("paths", "同一类头寸出现两次", "a kind of position is named twice")
    return ExitPlan(
        paths=paths,
        payers=tuple(
            Payer(
                _text("payers.name", one["name"]),
                _number("payers.share_bp", one["share_bp"], SHARE_WHOLE_BP),
                _text("payers.name_en", one.get("name_en", "")),
            )
            for one in given["payers"]
        ),
        channels=tuple(Channel(one) for one in given["channels"]),
        told=tuple(
            Told(_text("told.id", one["id"]), _text("told.address", one["address"]))
            for one in given["told"]
        ),
        notices=_read_pace("notices", given["notices"]),
        run_off=_read_pace("run_off", given["run_off"]),
        refunds=_read_pace("refunds", given["refunds"]),
        rounding=Rounding(given["rounding"]),
    )


def _payer(payer: Payer) -> dict[str, object]:
    """Without an English name none is said: plans from before there was one stay as they are."""
    said: dict[str, object] = {"name": payer.name, "share_bp": payer.share_bp}
    return {**said, "name_en": payer.name_en} if payer.name_en else said


def _pace(pace: Pace) -> dict[str, int]:
    return {"days": pace.days, "per_day": pace.per_day}


def _read_pace(where: str, given: dict[str, Any]) -> Pace:
    days = _number(f"{where}.days", given["days"], DAYS_MAX)
    per_day = _number(f"{where}.per_day", given["per_day"], PER_DAY_MAX)
    if per_day < 1:
        raise ExitError(f"{where}.per_day", "每日至少办理一笔", "settles at least one a day")
    return Pace(days, per_day)


def _text(where: str, value: object) -> str:
    if not isinstance(value, str) or len(value) > ADDRESS_CHARS_MAX:
        raise ExitError(
            where, f"应为不超过 {ADDRESS_CHARS_MAX} 字的文本", f"up to {ADDRESS_CHARS_MAX} chars"
        )
    return value


def _number(where: str, value: object, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise ExitError(where, f"应为 0 至 {most} 的整数", f"a whole number from 0 to {most}")
    return value
