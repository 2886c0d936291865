"""What a letter's state, its acts and their effects are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from shidian.apps.cases import letter_queries as acts
from shidian.apps.cases.views.effect import NOBODY, NOTHING_IN_LAW, SIGNERS, Effect
from shidian.core.procedure.letters import LetterStepKind

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    from shidian.core.procedure.letters import LetterState

WAYS = {
    "online": _("here, through the system"),
    "by-hand": _("handed over"),
    "post": _("by post"),
    "courier": _("by courier"),
    "other": _("in another way"),
}
STEPS = {
    LetterStepKind.WRITTEN: _("Text written"),
    LetterStepKind.SIGNED: _("Signed for the authority"),
    LetterStepKind.SENT_BACK: _("Sent back to be changed"),
    LetterStepKind.RELEASED: _("Released under its number"),
    LetterStepKind.TAKEN_BACK: _("Taken back to be corrected"),
    LetterStepKind.WITHDRAWN: _("Letter withdrawn"),
    LetterStepKind.BOUND: _("Scan of the stamped paper confirmed"),
    LetterStepKind.SERVED: _("Served"),
    LetterStepKind.RECEIVED: _("Receipt confirmed"),
    LetterStepKind.REFUSED: _("Not accepted by the recipient"),
    LetterStepKind.UNDELIVERED: _("Could not be delivered"),
}
SERVICE = {
    LetterStepKind.SERVED: (_("served, receipt awaited"), "info"),
    LetterStepKind.RECEIVED: (_("receipt confirmed"), "done"),
    LetterStepKind.REFUSED: (_("not accepted"), "warning"),
    LetterStepKind.UNDELIVERED: (_("came back"), "warning"),
}
NOT_SERVED = (_("not served yet"), "todo")
LABELS = {
    acts.WRITE: _("Edit the letter"),
    acts.SIGN: _("Sign the letter"),
    acts.SEND_BACK: _("Send the letter back"),
    acts.RELEASE: _("Release the letter"),
    acts.TAKE_BACK: _("Take the letter back"),
    acts.WITHDRAW: _("Withdraw the letter"),
    acts.BIND: _("Confirm the stamped scan"),
    acts.SERVE: _("Serve the letter"),
    acts.RECEIPT: _("Enter the receipt of service"),
    acts.ACKNOWLEDGE: _("Confirm the receipt"),
}
DONE = {
    acts.SIGN: _("The letter is signed."),
    acts.SEND_BACK: _("The letter went back to its author."),
    acts.RELEASE: _("The letter is out under its number. Print it, and have it stamped."),
    acts.TAKE_BACK: _("The letter is a draft again. It keeps its number."),
    acts.WITHDRAW: _("The letter is withdrawn."),
    acts.BIND: _("The scan is confirmed: it is of the version that is out."),
    acts.SERVE: _("The service is on file."),
    acts.RECEIPT: _("The receipt is on file."),
    acts.ACKNOWLEDGE: _("The receipt is confirmed."),
}
_RECIPIENT = _("the recipient's people, where it has an account here")
_KEPT = _("No. It stays on file; a later step can only follow it.")
EFFECTS = {
    acts.WRITE: Effect(
        law=NOTHING_IN_LAW,
        practice=_("A draft. Signatures under an earlier text stay on file and count no more."),
        told=(SIGNERS,),
        undo=_("Yes: it can be edited until it is released."),
    ),
    acts.SIGN: Effect(
        law=_("Your authority agrees to issue this text, under its seal or the one it names."),
        practice=_("When all whose signature is wanted have signed, the letter can be released."),
        told=(NOBODY,),
        undo=_("Until the release: who edits the text takes its signatures with it."),
    ),
    acts.SEND_BACK: Effect(
        law=NOTHING_IN_LAW,
        practice=_("The text cannot go out as it stands. Its author reads why and edits it."),
        told=(NOBODY,),
        undo=_KEPT,
    ),
    acts.RELEASE: Effect(
        law=_(
            "The letter is issued with today's date. What follows from it in law is for the text"
            " and the law it names to say; service is another step."
        ),
        practice=_(
            "It gets the next number of its issuer's register, and its text is fixed with a check"
            " code. Nobody outside the authorities reads it before it is served on them."
        ),
        told=(NOBODY,),
        undo=_("Until it is served it can be taken back and corrected; it keeps its number."),
    ),
    acts.TAKE_BACK: Effect(
        law=NOTHING_IN_LAW,
        practice=_(
            "The letter is a draft again. A paper that was printed of it is no longer one of it,"
            " stamped or not: destroy it."
        ),
        told=(NOBODY,),
        undo=_("It can be released again, under the same number."),
    ),
    acts.WITHDRAW: Effect(
        law=_("The letter stands no more. What it caused is for the law to say."),
        practice=_("Its number stays its own in the register and is not given again."),
        told=(_RECIPIENT,),
        undo=_("No. Another letter can be written."),
        grave=True,
    ),
    acts.BIND: Effect(
        law=_("You confirm that this scan is of the stamped paper of exactly this text."),
        practice=_("The scan is kept with the letter, and whoever is served reads it."),
        told=(NOBODY,),
        undo=_("Only by taking the letter back before it is served."),
    ),
    acts.SERVE: Effect(
        law=_("The service of the letter. Periods that run from it begin as the law says."),
        practice=_(
            "The recipient's people, where it has an account here, read the letter from now on."
        ),
        told=(_RECIPIENT,),
        undo=_KEPT,
    ),
    acts.RECEIPT: Effect(
        law=_("Evidence of the service, as the paper says it."),
        practice=_("The receipt is kept with its scan."),
        told=(NOBODY,),
        undo=_KEPT,
    ),
    acts.ACKNOWLEDGE: Effect(
        law=_("You confirm for your institution that it has received this letter, today."),
        practice=_("It says nothing on whether you agree with the letter."),
        told=(_("the authority that issued it"),),
        undo=_KEPT,
    ),
}


def state_word(state: LetterState) -> tuple[_StrPromise, str]:
    """How far a letter is, as a word and its kind of chip."""
    if state.withdrawn:
        return _("no longer stands"), "critical"
    if state.is_draft:
        return (_("sent back"), "warning") if state.sent_back else (_("in draft"), "todo")
    ends = set(state.served.values())
    if ends and ends <= {LetterStepKind.RECEIVED}:
        return _("receipt confirmed"), "done"
    if ends:
        return _("served"), "info"
    return (_("stamped, not served"), "info") if state.bound else (_("released"), "info")
