"""What the working group sends to another authority, such as the national body, for its answer."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from shidian.core.rulebook.model.values import Frozen, Identifier, Period, Text


class DispatchKind(StrEnum):
    """What is sent: to be noted, to be decided upon, to report at intervals or of one matter."""

    FILING = "filing"
    REQUEST = "request"
    PERIODIC = "periodic"
    SPECIAL = "special"


class DispatchRule(Frozen):
    """Something that the deciding authorities send to `authority`.

    `answer_within`: its time to note it, reply or send it back, from the day after it was sent;
    silence means nothing. `every_months`, `sent_within`: of a periodic one, how many months it
    covers, and by when it is sent after their end. `contents`: headings that a draft begins with.
    """

    id: Identifier
    name: Text
    kind: DispatchKind
    authority: Identifier
    answer_within: Period | None = None
    every_months: int | None = Field(default=None, ge=1, le=60)
    sent_within: Period | None = None
    contents: tuple[Text, ...] = ()
