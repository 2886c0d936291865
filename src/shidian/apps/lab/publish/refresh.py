"""Publishing the lab's pages: builds both bodies and stores what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.lab.publish import bodies
from shidian.apps.notices.domain import publish_snapshot
from shidian.apps.notices.models import PublishedSnapshot, SnapshotKind

if TYPE_CHECKING:
    from shidian.apps.cases.models import Scheme
    from shidian.apps.lab.models import Consultation


def publish_consultation(consultation: Consultation) -> None:
    """The notice's page; and, once, the rules that it fixed."""
    slug = consultation.notice.slug
    if not PublishedSnapshot.objects.filter(kind=SnapshotKind.DRAFT, key=slug).exists():
        publish_snapshot(
            kind=SnapshotKind.DRAFT,
            key=slug,
            zh=bodies.draft_text_body(consultation, "zh"),
            en=bodies.draft_text_body(consultation, "en"),
        )
    publish_snapshot(
        kind=SnapshotKind.NOTICE,
        key=slug,
        zh=dict(bodies.draft_notice_body(consultation, "zh")),
        en=dict(bodies.draft_notice_body(consultation, "en")),
    )


def publish_clauses(scheme: Scheme) -> None:
    """The page of a scheme's clauses under test."""
    publish_snapshot(
        kind=SnapshotKind.CLAUSES,
        key=scheme.slug,
        zh=dict(bodies.clauses_body(scheme, "zh")),
        en=dict(bodies.clauses_body(scheme, "en")),
    )
