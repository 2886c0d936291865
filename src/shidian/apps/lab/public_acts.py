"""The lab's public acts, as the audit of the record asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.lab.domain.deciding import said_of_rejection
from shidian.apps.lab.domain.recording import leaf_payload
from shidian.apps.lab.models import DraftEvent, DraftEventKind
from shidian.apps.record.acts import Act, public_acts

if TYPE_CHECKING:
    from collections.abc import Iterator

_OF_A_NOTICE = {
    DraftEventKind.CONSULTED: "notice.opened",
    DraftEventKind.CONCLUDED: "notice.closed",
    DraftEventKind.ANSWERED: "comment.answered",
}


@public_acts
def consultations() -> Iterator[Act]:
    """Drafts put out for comment, comments on them answered, what was made of them."""
    events = DraftEvent.objects.filter(kind__in=_OF_A_NOTICE).select_related("draft")
    for event in events.iterator():
        yield Act(
            what=f"{event.kind} of draft {event.draft.slug}, event {event.seq}",
            payload=leaf_payload(_OF_A_NOTICE[DraftEventKind(event.kind)], event.data, at=event.at),
        )


@public_acts
def rejections() -> Iterator[Act]:
    """Drafts rejected of which the public has heard."""
    events = DraftEvent.objects.filter(kind=DraftEventKind.REJECTED)
    for event in events.select_related("draft__scheme"):
        if said := said_of_rejection(event.draft, event.data):
            yield Act(
                what=f"draft {event.draft.slug} rejected",
                payload=leaf_payload("draft.rejected", said, at=event.at),
            )
