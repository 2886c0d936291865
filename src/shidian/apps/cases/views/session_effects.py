"""What the acts of a panel's sessions do: call, minutes, vote, an expert's word on a sheet."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from shidian.apps.cases.views.effect import (
    APPLICANT,
    EXPERTS,
    IN_LAW_OPINION,
    KEPT_FOR_GOOD,
    NO_DECISION,
    NOBODY,
    OFFICERS,
    Effect,
)
from shidian.core.procedure.types import Verb

SESSION_EFFECTS: dict[Verb, Effect] = {
    Verb.CALL_SESSION: Effect(
        law=NO_DECISION,
        practice=_(
            "Everyone on the panel who has no conflict is called; to a defence the applicant is as"
            " well, who sees when and where and names who presents."
        ),
        told=(EXPERTS, APPLICANT),
        undo=_("It can be moved or called off, with a reason, until it has minutes."),
    ),
    Verb.KEEP_MINUTES: Effect(
        law=NO_DECISION,
        practice=_(
            "This version of the minutes is kept with its fingerprint in the case's history. A"
            " later version can follow it; none is overwritten."
        ),
        told=(NOBODY,),
        undo=KEPT_FOR_GOOD,
    ),
    Verb.RECORD_VOTE: Effect(
        law=IN_LAW_OPINION,
        practice=_(
            "The votes are counted by the rulebook's quorum and majority, and stand in the file as"
            " evidence for the decision, with the reasons of those who dissent."
        ),
        told=(OFFICERS,),
        undo=_("No. The panel can vote again, with a reason; the first vote stays in the file."),
    ),
    Verb.ANSWER_SHEET: Effect(
        law=IN_LAW_OPINION,
        practice=_(
            "If the sheet is yours, it stands. If not, the round is not closed before it is put"
            " right, and a round that was closed is examined again."
        ),
        told=(OFFICERS,),
        undo=_("You can change your word until the pilot begins."),
    ),
}
