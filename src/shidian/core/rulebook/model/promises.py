"""What the pilots of a scheme promise in figures."""

from __future__ import annotations

from typing import Literal

from shidian.core.rulebook.model.monitoring import (
    ThresholdText,  # noqa: TC001 - pydantic evaluates the annotation
)
from shidian.core.rulebook.model.values import Frozen, Identifier, Text


class PromiseRule(Frozen):
    """A promise in figures: the `indicator`'s final values must be as `holds` says.

    `holds` names a value of the plan, `<= plan.failures_promised`, which is then agreed, versioned,
    signed and changed as every other value of the plan; or a number that is the same for all. Where
    the parameter is not agreed the promise is not made: so the parameter's `required` (or its
    `default`) says whether the scheme asks for it.

    `kept`: at each instant of the run, when the run ends, or on the day that parameter `day` of the
    plan, a date, names.
    """

    id: Identifier
    title: Text
    indicator: Identifier
    holds: ThresholdText
    kept: Literal["throughout", "at-end", "by-date"] = "throughout"
    day: Identifier | None = None
