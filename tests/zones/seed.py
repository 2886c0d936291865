"""The internal zone's content: canaries in every restricted place, and one notice that is open."""

from __future__ import annotations

import json
import sys
from datetime import timedelta


def seed() -> None:
    """Prints `{words, notice, pilot}`. Run inside a process whose stores are the internal zone's."""
    from django.utils import timezone

    from shidian.apps.cases.calendars import load_calendars
    from shidian.core.rulebook.model import StageKind
    from tests.apps.supervision.things import run_outbox
    from tests.factories import Walk, make_world
    from tests.sweeps.canaries import sow

    load_calendars()
    sown = sow(Walk(make_world()), count=6)
    open_now = Walk(sown.walk.world, title="三区试点", at=timezone.now() - timedelta(days=3))
    open_now.to(StageKind.NOTICE)
    notice = open_now.open_notice()
    run_outbox()
    told = {
        "words": list(sown.words),
        "notice": notice.slug,
        "pilot": sown.walk.case.pilot.public_id,
    }
    sys.stdout.write(json.dumps(told) + "\n")


def answer(receipt: str, complaint: str) -> None:
    """What officers and the institution do about both: the comment is published and answered, the
    complaint is answered. `complaint`: the hash of its receipt."""
    from shidian.apps.accounts.models import Person
    from shidian.apps.notices import domain as notices
    from shidian.apps.notices.models import Comment, CommentState
    from shidian.apps.supervision.domain.complaints import answer_complaint
    from shidian.apps.supervision.models import Complaint
    from tests.apps.supervision.things import run_outbox

    comment = Comment.objects.get(receipt=receipt)
    officer = Person.objects.get(username="case-bureau")
    notices.moderate_comment(comment=comment, state=CommentState.PUBLISHED, by=officer)
    notices.answer_comment(comment=comment, answer="赔付安排见规则第八条。", by=officer)
    answer_complaint(
        complaint=Complaint.objects.get(receipt_sha256=complaint),
        by=Person.objects.get(username="signer"),
        text="已核实并退款。",
    )
    run_outbox()
