"""Who judges in a review stage, before whom the applicant appears, and how the panel votes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from shidian.core.rulebook.model.values import Frozen, Identifier, Text

Share = Annotated[str, Field(pattern=r"^[1-9][0-9]?/[1-9][0-9]?$")]
"""A part of a whole as an exact fraction, such as `2/3`; at most `1/1`."""


class Area(Frozen):
    """A named area of an assessment, dimension of an evaluation, or discipline of a panel."""

    id: Identifier
    name: Text


class Defence(Frozen):
    """A round's defence session: the applicant presents the project and answers the panel.

    `required`: without its minutes the round cannot be closed. `notice_working_days`: so many lie
    between the day of the call and that of the session. `panel_names`: whether the applicant is
    told who sits.
    """

    required: bool = False
    notice_working_days: int = Field(default=0, ge=0, le=60)
    presenters_max: int = Field(default=5, ge=1, le=30)
    panel_names: Literal["hidden", "shown"] = "hidden"


class VoteRule(Frozen):
    """How a panel votes. Entitled is who declared that they have no conflict.

    `quorum`: the share of those entitled that must be present. `majority`: the share of `of` that
    must be in favour, more than it, or, `at_least`, that itself. `of`: of the votes for and
    against, of everyone present, or of everyone entitled. `casting`: as many for as against, the
    chair's own vote decides.
    """

    quorum: Share
    majority: Share
    of: Literal["cast", "present", "entitled"] = "cast"
    at_least: bool = False
    casting: bool = False


class ReviewMeeting(Frozen):
    """The panel's meeting after its round is closed. `required`: without a vote in favour the case

    does not go on.
    """

    required: bool = False
    vote: VoteRule


class Panel(Frozen):
    """The expert panel of a review stage. `drawn`: how its members are found."""

    min: int = Field(ge=1, le=99)
    max: int | None = Field(default=None, ge=1, le=99)
    odd: bool = False
    disciplines: tuple[Area, ...] = Field(default=(), max_length=10)
    independent: bool = False
    drawn: Literal["chosen", "random"] = "chosen"
    score_max: int = Field(default=100, ge=1, le=1000)
    pass_mark: int | None = Field(default=None, ge=0, le=1000)
    defence: Defence | None = None
    meeting: ReviewMeeting | None = None
