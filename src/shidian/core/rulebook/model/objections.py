"""How a decision is objected to."""

from __future__ import annotations

from pydantic import Field

from shidian.core.rulebook.model.values import Frozen, Identifier, Text


class ObjectionRule(Frozen):
    """How the applicant objects to a decision that ended its case before a pilot.

    `against`: the outcomes that can be objected to. `body`: the authority that looks at it again;
    with `others_decide` nobody who had a hand in the decision. `within`: the clock, started by
    `case.closed`, in which it is filed; `clock`: the one, started by `objection.filed`, in which it
    is decided. `changed_to`, `sent_back_to`: the stage that the case goes on in where the decision
    is changed, or is to be made anew; none: that cannot come of it.
    """

    id: Identifier
    name: Text
    against: tuple[Identifier, ...] = Field(min_length=1)
    body: Identifier
    others_decide: bool = False
    within: Identifier | None = None
    clock: Identifier | None = None
    changed_to: Identifier | None = None
    sent_back_to: Identifier | None = None
    guidance: Text | None = None
