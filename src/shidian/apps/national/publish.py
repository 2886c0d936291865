"""The public page of a risk tip: what was pointed out, to whom, since when; nobody's answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from shidian.apps.notices.domain import publish_snapshot
from shidian.apps.notices.models import SnapshotKind
from shidian.apps.supervision.publish.cases import in_language
from shidian.apps.supervision.publish.language import Language, name, title

if TYPE_CHECKING:
    from shidian.apps.national.models import RiskTip
    from shidian.apps.notices.bodies import TipBody


def publish_tip(tip: RiskTip) -> None:
    """Publish it in both languages; the same contents again publish nothing."""
    publish_snapshot(
        kind=SnapshotKind.TIP,
        key=tip.reference,
        zh=dict(tip_body(tip, "zh")),
        en=dict(tip_body(tip, "en")),
    )


def tip_body(tip: RiskTip, language: Language) -> TipBody:
    """Who answered, and what, is between the authorities."""
    lifted = timezone.localdate(tip.lifted_at).isoformat() if tip.lifted_at else ""
    return {
        "slug": tip.reference,
        "title": in_language(tip.subject, tip.subject_en, language),
        "authority": name(tip.authority, language),
        "text": in_language(tip.text, tip.text_en, language),
        "schemes": [
            {"slug": one.scheme.slug, "title": title(one.scheme, language)}
            for one in tip.addressees.select_related("scheme")
        ],
        "sent_on": timezone.localdate(tip.sent_at).isoformat(),
        "lifted_on": lifted,
    }
