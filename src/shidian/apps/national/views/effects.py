"""What each act does: said on the page before it is done."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from shidian.apps.cases.views.effect import KEPT_FOR_GOOD, NO_DECISION, Effect

SEND = Effect(
    law=NO_DECISION,
    practice=_(
        "The text and its figures are fixed as they stand now. The other authority sees them from"
        " now on, and its time to answer begins tomorrow, where the rules name one."
    ),
    told=(_("the authority to which it is sent"),),
    undo=_("It can be withdrawn until it is answered; what was sent stays in the file."),
)
PUBLISH = Effect(
    law=_("None. What is published warns; it is no supervisory measure and imposes nothing."),
    practice=_(
        "The text stands on the public site as it was sent, under your authority's name, within"
        " minutes."
    ),
    told=(_("everyone who reads the public site"),),
    undo=_("Its words stay. It can be lifted, with the reason, and its page says so."),
)
TIP = Effect(
    law=_(
        "None. It points a risk out to those who supervise. It is no supervisory measure and"
        " imposes nothing on anyone."
    ),
    practice=_(
        "The officers of each chosen scheme see it on their desks. This page shows who has read it"
        " and what they answered. To be published it needs another officer of your authority."
    ),
    told=(_("the officers of the schemes that you chose"),),
    undo=KEPT_FOR_GOOD,
)
