"""What the acts of an evaluation do, in the four answers of their confirmation page."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from shidian.apps.cases.views.effect import APPLICANT, IN_LAW_OPINION, NO_DECISION, OFFICERS, Effect
from shidian.core.procedure.types import Verb

EVALUATION_EFFECTS: dict[Verb, Effect] = {
    Verb.BEGIN_EVALUATION: Effect(
        law=NO_DECISION,
        practice=_("The pilot goes on while its promises and results are judged one by one."),
        told=(APPLICANT, OFFICERS),
        undo=_("The pilot can be extended after the evaluation."),
    ),
    Verb.JUDGE_PROMISE: Effect(
        law=IN_LAW_OPINION,
        practice=_("The judgement and its evidence become part of the evaluation."),
        told=(OFFICERS, APPLICANT),
        undo=_("It can be judged anew until the case is closed; both judgements stay in the file."),
    ),
    Verb.FILE_EVALUATION: Effect(
        law=IN_LAW_OPINION,
        practice=_("The grades become part of the evaluation."),
        told=(OFFICERS, APPLICANT),
        undo=_("It can be filed anew until the case is closed; both stay in the file."),
    ),
    Verb.COMPLETE_STEP: Effect(
        law=IN_LAW_OPINION,
        practice=_(
            "The step counts as done on the day that you state; the next one is asked for. The"
            " case can be closed once all are done."
        ),
        told=(OFFICERS, APPLICANT),
        undo=_(
            "No. Where a promise is judged or a dimension graded anew, a signing officer confirms"
            " the result again."
        ),
    ),
}
