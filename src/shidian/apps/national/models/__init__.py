"""The national body's nouns."""

from __future__ import annotations

from shidian.apps.national.models.dispatch import (
    Dispatch,
    DispatchState,
    DispatchStep,
    DispatchStepKind,
    DispatchVersion,
    Position,
)
from shidian.apps.national.models.tip import RiskTip, TipAddressee, TipStep, TipStepKind

__all__ = [
    "Dispatch",
    "DispatchState",
    "DispatchStep",
    "DispatchStepKind",
    "DispatchVersion",
    "Position",
    "RiskTip",
    "TipAddressee",
    "TipStep",
    "TipStepKind",
]
