"""The lab's public acts, as the audit of the record asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.lab.models import DraftEvent, DraftEventKind
from shidian.apps.record.audit import public_acts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shidian.apps.record.audit import Act

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
        notice = event.data["notice"]
        kind = _OF_A_NOTICE[DraftEventKind(event.kind)]
        wanted = {"kind": kind, "notice": notice, "at": event.at.isoformat()}
        yield f"{event.kind} of draft {event.draft.slug}, event {event.seq}", wanted


@public_acts
def rejections() -> Iterator[Act]:
    """Drafts rejected of which the public has heard."""
    events = DraftEvent.objects.filter(kind=DraftEventKind.REJECTED)
    for event in events.select_related("draft__scheme"):
        draft = event.draft
        if draft.wordings.exists() or draft.consultations.exists():
            at = event.at.isoformat()
            wanted = {"kind": "draft.rejected", "scheme": draft.scheme.slug, "at": at}
            yield f"draft {draft.slug} rejected", wanted
