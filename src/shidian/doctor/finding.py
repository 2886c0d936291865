"""One thing that was looked at, and what was found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Gauge, generate_latest

if TYPE_CHECKING:
    from collections.abc import Iterable


class Level(StrEnum):
    """`warn`: it works, and will not for long; `fail`: something does not work now."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """`name` is stable; `what` says what was found, `do` what helps where it is not in order."""

    name: str
    level: Level
    what: str
    do: str = ""


_SHOWN = {Level.OK: 0, Level.WARN: 1, Level.FAIL: 2}


def exposition(findings: Iterable[Finding], now_s: float) -> str:
    """Prometheus's text: `shidian_finding{name}` 0, 1 or 2, the worst where a name comes twice.

    `shidian_doctor_seconds` is when it was looked, s since 1970.
    """
    registry = CollectorRegistry()
    shown = Gauge(
        "shidian_finding", "0 in order, 1 not for long, 2 fails.", ["name"], registry=registry
    )
    worst: dict[str, int] = {}
    for finding in findings:
        worst[finding.name] = max(worst.get(finding.name, 0), _SHOWN[finding.level])
    for name, level in worst.items():
        shown.labels(name).set(level)
    Gauge("shidian_doctor_seconds", "When it was looked.", registry=registry).set(now_s)
    return generate_latest(registry).decode()
