"""What each act does in law and in practice, who is told, and whether it can be undone: in words.

The confirmation page of an act shows these four before anybody sends it.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from shidian.apps.cases.views.effect import (
    APPLICANT,
    ASSESSORS,
    CONSULTED,
    EXPERTS,
    IN_LAW_OPINION,
    INVITED,
    KEPT_FOR_GOOD,
    LEAD,
    NO_DECISION,
    NOBODY,
    OFFICERS,
    PARTNERS,
    PUBLIC,
    SIGNERS,
    Effect,
)
from shidian.apps.cases.views.evaluation_effects import EVALUATION_EFFECTS
from shidian.apps.cases.views.session_effects import SESSION_EFFECTS
from shidian.core.procedure.types import Verb

EFFECTS: dict[Verb, Effect] = {
    Verb.SUBMIT: Effect(
        law=_("You declare for your institution that the application is true and complete."),
        practice=_(
            "The version at hand is fixed and goes to the authorities. You can no longer change it,"
            " unless they return it or ask for more. The screening period begins."
        ),
        told=(OFFICERS, PARTNERS),
        undo=_("No, but you can withdraw the application at any time before a decision."),
    ),
    Verb.REQUEST_INFORMATION: Effect(
        law=_("A step of the procedure. The screening period stands still until the answer."),
        practice=_(
            "The applicant sees your question as their next task, with a deadline. The case waits."
        ),
        told=(APPLICANT,),
        undo=_("No. You can ask once more, or move on without the answer."),
    ),
    Verb.ANSWER_INFORMATION: Effect(
        law=_("Your answer becomes part of the application."),
        practice=_("The authorities go on with the screening and its period runs again."),
        told=(OFFICERS,),
        undo=_("No. What is missing can be asked for again."),
    ),
    Verb.ADVANCE: Effect(
        law=NO_DECISION,
        practice=_("The case moves to its next stage, and that stage's tasks and period begin."),
        told=(APPLICANT,),
        undo=_("Only by an act that the next stage allows, such as returning the case."),
    ),
    Verb.RETURN_TO_APPLICANT: Effect(
        law=NO_DECISION,
        practice=_(
            "The applicant can change the application again and has to submit it anew."
            " Earlier versions stay in the file."
        ),
        told=(APPLICANT,),
        undo=_("No. The case comes back when the applicant submits it."),
    ),
    Verb.REJECT: Effect(
        law=_(
            "The project is not selected for the pilot. No licence and no right is refused by it."
        ),
        practice=_("The case is closed. The applicant sees the reason you give."),
        told=(APPLICANT, SIGNERS),
        undo=_("No. The applicant may apply again under another call."),
        grave=True,
    ),
    Verb.WITHDRAW: Effect(
        law=_("Your institution gives up the application or ends its pilot of its own accord."),
        practice=_("The case is closed. A running pilot takes no new investors from now on."),
        told=(OFFICERS, PARTNERS),
        undo=_("No. You may apply again under another call."),
        grave=True,
    ),
    Verb.TERMINATE: Effect(
        law=_(
            "An instruction inside the agreed terms of the pilot. It is not a supervisory measure;"
            " such a measure needs its own procedure and document."
        ),
        practice=_("The pilot ends and the case is closed. Run-off follows the exit plan."),
        told=(APPLICANT, SIGNERS, PUBLIC),
        undo=_("No."),
        grave=True,
    ),
    Verb.OPEN_ROUND: Effect(
        law=NO_DECISION,
        practice=_(
            "The experts you choose are invited. Each declares interests first and sees the"
            " application only after declaring none."
        ),
        told=(EXPERTS,),
        undo=_("The round can be closed; invitations that were sent stay in the file."),
    ),
    Verb.COMMIT_POOL: Effect(
        law=NO_DECISION,
        practice=_(
            "The pool is fixed as it is now. Its fingerprint goes on the public record, which does"
            " not say in which case. Once the seed is known it draws the panel, and anyone can"
            " compute it again."
        ),
        told=(PUBLIC,),
        undo=_("Another pool can take its place; both fingerprints stay on record."),
    ),
    Verb.INVITE_EXPERTS: Effect(
        law=NO_DECISION,
        practice=_("The experts you choose join the open round."),
        told=(EXPERTS,),
        undo=KEPT_FOR_GOOD,
    ),
    Verb.DECLARE_CONFLICT: Effect(
        law=_("You declare truthfully whether you have an interest in this case."),
        practice=_(
            "Without a conflict you may read the application and score it. With one, the case"
            " disappears from your desk and you no longer see it."
        ),
        told=(OFFICERS,),
        undo=_("No. A conflict that you find later can be declared at any time."),
    ),
    Verb.SUBMIT_REVIEW: Effect(
        law=IN_LAW_OPINION,
        practice=_("Your scores and reasons are fixed and go to the case officers."),
        told=(OFFICERS,),
        undo=KEPT_FOR_GOOD,
    ),
    Verb.CLOSE_ROUND: Effect(
        law=IN_LAW_OPINION,
        practice=_("The weighted score is worked out and fixed. No more reviews are taken."),
        told=(OFFICERS,),
        undo=_("No. Another round can be opened with a reason."),
    ),
    Verb.EXTEND_ROUND: Effect(
        law=NO_DECISION,
        practice=_(
            "Everyone on the panel who has not filed may do so until the new last day. It is the"
            " same day for all."
        ),
        told=(EXPERTS,),
        undo=KEPT_FOR_GOOD,
    ),
    Verb.ENTER_SHEET: Effect(
        law=IN_LAW_OPINION,
        practice=_(
            "The expert's scores and reasons count as if they had been submitted here. They are"
            " marked as entered from paper, with your name and the scan, and the expert sees them."
        ),
        told=(EXPERTS,),
        undo=KEPT_FOR_GOOD,
    ),
    Verb.UPHOLD_REVIEW: Effect(
        law=_("A finding of the authority, with reasons. The case can be decided again."),
        practice=_(
            "The result of the review stands although a sheet that counted came from an expert with"
            " a conflict. If it should not stand, send the case back to be reviewed again."
        ),
        told=(OFFICERS,),
        undo=KEPT_FOR_GOOD,
    ),
    Verb.COMMISSION_ASSESSMENT: Effect(
        law=NO_DECISION,
        practice=_(
            "The body's assessors see the case and its application from now on and file their"
            " findings."
        ),
        told=(ASSESSORS,),
        undo=_("No, but its access ends when the case is closed."),
    ),
    Verb.FILE_ASSESSMENT: Effect(
        law=IN_LAW_OPINION,
        practice=_("Your findings are fixed and go to the case officers."),
        told=(OFFICERS,),
        undo=KEPT_FOR_GOOD,
    ),
    Verb.OPEN_NOTICE: Effect(
        law=_("A public notice. It gives everyone the opportunity to comment."),
        practice=_(
            "The text below is fixed and published at once. The window for comments opens and"
            " its period begins tomorrow."
        ),
        told=(PUBLIC, APPLICANT),
        undo=_("No. Another text is another notice with a window of its own; this one stays."),
    ),
    Verb.EXTEND_NOTICE: Effect(
        law=_("The window for comments is longer. It can be made longer again, never shorter."),
        practice=_(
            "The public page shows the new last day with your reason, and comments are taken until"
            " then. The case cannot move on before."
        ),
        told=(PUBLIC, APPLICANT),
        undo=_("No."),
    ),
    Verb.ANSWER_COMMENT: Effect(
        law=NO_DECISION,
        practice=_("Your answer is published beside the comment."),
        told=(PUBLIC,),
        undo=KEPT_FOR_GOOD,
    ),
    Verb.SIGN_OFF: Effect(
        law=_(
            "Your authority's word in the joint decision of the working group. The decision"
            " stands when every authority named in the rulebook has consented."
        ),
        practice=_("With the last consent the project is admitted and gets its number."),
        told=(OFFICERS, SIGNERS, APPLICANT),
        undo=_("Until the last consent your authority can sign anew; both words stay in the file."),
    ),
    Verb.FILE_REPORT: Effect(
        law=_("Your institution fulfils its duty to report."),
        practice=_("The report is fixed and goes to the authorities."),
        told=(OFFICERS,),
        undo=KEPT_FOR_GOOD,
    ),
    Verb.NOTE_PAPER: Effect(
        law=NO_DECISION,
        practice=_(
            "The document counts as handed in. Whoever may see the documents sees that it is on"
            " paper, when it came, from whom, and where it is kept."
        ),
        told=(NOBODY,),
        undo=_("The note can be struck with a reason; both stay in the file."),
    ),
    Verb.STRIKE_PAPER: Effect(
        law=NO_DECISION,
        practice=_("The document counts as not handed in, unless it was uploaded as well."),
        told=(NOBODY,),
        undo=_("It can be noted again."),
    ),
    Verb.EXTEND: Effect(
        law=_("The agreed term of the pilot is prolonged."),
        practice=_("The pilot runs on until the day you set, under the same limits."),
        told=(APPLICANT, PUBLIC),
        undo=_("The evaluation can begin again at any time."),
    ),
    Verb.CONSULT: Effect(
        law=NO_DECISION,
        practice=_(
            "The authority sees the case and its application from now on. Where its word is asked"
            " for, its time to answer begins."
        ),
        told=(CONSULTED,),
        undo=KEPT_FOR_GOOD,
    ),
    Verb.GIVE_OPINION: Effect(
        law=_(
            "Your authority's word. Whether an objection binds those who decide is for the rulebook"
            " to say."
        ),
        practice=_("It goes to the authorities that decide."),
        told=(OFFICERS, SIGNERS),
        undo=_("You can replace it while the case stays in this stage; both stay in the file."),
    ),
    Verb.ENTER_OPINION: Effect(
        law=IN_LAW_OPINION,
        practice=_(
            "What the letter says counts as the word of the authority that was asked. It is marked"
            " as entered from a letter, with your name, the letter's date and number, and the scan."
        ),
        told=(OFFICERS,),
        undo=_("No. A later letter can be entered as long as the case has not moved on."),
    ),
    Verb.GRADE_RISK: Effect(
        law=IN_LAW_OPINION,
        practice=_(
            "From now on the case takes the route, periods, caps and reports of the tier you"
            " choose."
        ),
        told=(OFFICERS,),
        undo=_("It can be graded anew until the pilot begins; both grades stay in the file."),
    ),
    Verb.EXTEND_CLOCK: Effect(
        law=_("The period is longer by what the rulebook allows, and not by more."),
        practice=_("The new last day is shown to everyone who works on the case."),
        told=(APPLICANT, OFFICERS),
        undo=_("No."),
    ),
    Verb.RECORD_SILENCE: Effect(
        law=_("It writes down what the rulebook attaches to a period that ran out unanswered."),
        practice=_("The case goes on as if the word had been given."),
        told=(APPLICANT, OFFICERS, SIGNERS),
        undo=KEPT_FOR_GOOD,
    ),
    Verb.INVITE_PARTNER: Effect(
        law=_("An offer to take part. It binds nobody before the institution joins."),
        practice=_(
            "Its signers see the project's name, its parties and the part you describe, and nothing"
            " of the application. Once it joins its staff read and draft with you."
        ),
        told=(INVITED,),
        undo=_("The invitation can be withdrawn, and a partner be let go, with a reason."),
    ),
    Verb.ANSWER_INVITATION: Effect(
        law=_(
            "Your institution's own decision. It signs the application itself before it is filed."
        ),
        practice=_(
            "If it joins, its staff see the case from now on. If it declines, nobody there sees"
            " anything of it."
        ),
        told=(LEAD,),
        undo=_("A partner can leave at any time with a reason; who declined can be invited anew."),
    ),
    Verb.LEAVE_CASE: Effect(
        law=_(
            "Your institution gives up its part in the project. Contracts are not touched by it."
        ),
        practice=_("Nobody at your institution sees the case from now on."),
        told=(LEAD, OFFICERS),
        undo=_("No. The lead institution can invite yours anew."),
        grave=True,
    ),
    Verb.RELEASE_PARTNER: Effect(
        law=_("The institution takes part no more. Contracts are not touched by it."),
        practice=_("Nobody there sees the case from now on; an open invitation is void."),
        told=(PARTNERS, OFFICERS),
        undo=_("No. It can be invited anew."),
        grave=True,
    ),
    Verb.REQUEST_SIGNATURES: Effect(
        law=NO_DECISION,
        practice=_(
            "Each partner's signers are asked to read and sign this very text. A later change makes"
            " their signatures count no more, and you lay the new text before them."
        ),
        told=(PARTNERS,),
        undo=_("You can go on drafting; signatures under the earlier text stay in the file."),
    ),
    Verb.SIGN_APPLICATION: Effect(
        law=_("Your institution is bound by what the application says of its part."),
        practice=_(
            "The text is signed under its fingerprint. The lead institution submits it when every"
            " partner has signed."
        ),
        told=(LEAD,),
        undo=_("No, but your institution can leave the case."),
    ),
    Verb.TAKE_BACK_DECISION: Effect(
        law=_("No decision was told to anybody, so none is changed."),
        practice=_(
            "The case can be decided anew in this stage; consents are given again. The decision"
            " that was kept stays in the file of the authorities."
        ),
        told=(NOBODY,),
        undo=KEPT_FOR_GOOD,
    ),
    Verb.FILE_OBJECTION: Effect(
        law=_(
            "You ask another authority to look at the decision again, as the rulebook provides."
            " Other remedies that the law gives you are not touched."
        ),
        practice=_(
            "The decision stands until it is decided on. The authority named sees the whole file"
            " and decides within its period."
        ),
        told=(OFFICERS,),
        undo=_("No. One objection can be made to a decision."),
    ),
    Verb.DECIDE_OBJECTION: Effect(
        law=_(
            "The answer to an objection under the rulebook. It is not an administrative decision."
        ),
        practice=_(
            "If the decision stands, the case stays closed. If not, the case goes on in the stage"
            " shown, where that stage's work is done again."
        ),
        told=(APPLICANT, OFFICERS),
        undo=_("No."),
        grave=True,
    ),
    Verb.CLOSE: Effect(
        law=_("The pilot ends with the outcome you choose. No licence is granted by it."),
        practice=_("The case is closed and kept for the years that the rulebook names."),
        told=(APPLICANT, PARTNERS, PUBLIC),
        undo=_("No."),
        grave=True,
    ),
    **EVALUATION_EFFECTS,
    **SESSION_EFFECTS,
}
