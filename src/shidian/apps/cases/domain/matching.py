"""Partner matching: be found by one's own choice, write to who is, answer, and leave again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.accounts.models import Institution
from shidian.apps.cases import outbox
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.models import PartnerContact, PartnerProfile
from shidian.apps.cases.news_kinds import CONTACT, CONTACT_ANSWERED, CONTACT_SENT
from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from datetime import datetime

    from shidian.apps.accounts.models import Person

TEXT_MAX = 1_000
WORDS_MAX = 300
MESSAGE_MAX = 2_000
CONTACTS_A_DAY = 10
"""Messages that one institution may send within 24 hours."""


@transaction.atomic
def show_profile(
    *,
    institution: Institution,
    offers: str,
    seeks: str,
    technology: str,
    scene: str,
    by: Person,
    at: datetime | None = None,
) -> PartnerProfile:
    """Let one's institution be found, with these words, or change them.

    Raises ForbiddenError where `by` does not sign for it, DomainError (`empty-profile`,
    `too-long`).
    """
    if not allows(by, Permission.PROFILE_SET, institution):
        raise ForbiddenError
    at = at or timezone.now()
    texts = {"offers": offers.strip(), "seeks": seeks.strip()}
    words = {"technology": " ".join(technology.split()), "scene": " ".join(scene.split())}
    if not any(texts.values()):
        raise DomainError(
            "empty-profile",
            Text(
                zh="请至少填写“可提供”或“寻求”中的一项。",
                en="Say what you offer or what you seek.",
            ),
            "offers",
        )
    _are_short(texts, TEXT_MAX)
    _are_short(words, WORDS_MAX)
    profile, _made = PartnerProfile.objects.update_or_create(
        institution=institution,
        defaults={**texts, **words, "changed_at": at, "changed_by": by},
        create_defaults={
            **texts,
            **words,
            "shown_since": at,
            "changed_at": at,
            "changed_by": by,
        },
    )
    return profile


@transaction.atomic
def leave_matching(*, institution: Institution, by: Person) -> None:
    """Take the profile away, wholly. Messages stay with the two sides that have them.

    Raises ForbiddenError. Nothing happens where there was none.
    """
    if not allows(by, Permission.PROFILE_SET, institution):
        raise ForbiddenError
    PartnerProfile.objects.filter(institution=institution).delete()


@transaction.atomic
def write_to_partner(
    *,
    sender: Institution,
    receiver: Institution,
    text: str,
    by: Person,
    at: datetime | None = None,
) -> PartnerContact:
    """Send a message to an institution that wants to be found. Outbox `mail.contact`.

    Its people read it here; no address is told to either side. A second click finds the first
    message. Raises ForbiddenError where `by` does not draft or sign for the sender, DomainError
    (`not-shown`, `message`, `own`, `too-many`).
    """
    if not allows(by, Permission.CONTACT_WRITE, sender):
        raise ForbiddenError
    at = at or timezone.now()
    text = _checked(text)
    if sender.pk == receiver.pk:
        raise DomainError(
            "own", Text(zh="不能向本机构发送消息。", en="This is your own institution."), "text"
        )
    Institution.objects.select_for_update().get(pk=sender.pk)  # so that two do not both count nine
    if not PartnerProfile.objects.filter(institution=receiver).exists():
        raise DomainError(
            "not-shown",
            Text(
                zh="该机构未参加对接或已退出，不能向其发送消息。",
                en="This institution does not take part, or no longer.",
            ),
        )
    recent = PartnerContact.objects.filter(sender=sender, sent_at__gt=at - timedelta(days=1))
    twin = recent.filter(receiver=receiver, text=text, sent_by=by).first()
    if twin is not None:
        return twin
    if recent.count() >= CONTACTS_A_DAY:
        raise DomainError(
            "too-many",
            Text(
                zh=f"贵机构 24 小时内已发送 {CONTACTS_A_DAY} 条消息，请明日再发。",
                en=f"Your institution sent {CONTACTS_A_DAY} messages within a day; go on tomorrow.",
            ),
            "text",
        )
    made = PartnerContact.objects.create(
        sender=sender, receiver=receiver, text=text, sent_at=at, sent_by=by
    )
    outbox.put(f"mail.{CONTACT}", {"kind": CONTACT_SENT, "contact": made.pk}, at=at)
    return made


@transaction.atomic
def answer_partner(
    *, contact: PartnerContact, text: str, by: Person, at: datetime | None = None
) -> None:
    """Answer a message for the institution that it went to, once. Outbox `mail.contact`.

    Raises ForbiddenError, DomainError (`message`, `answered`).
    """
    if not allows(by, Permission.CONTACT_WRITE, contact.receiver):
        raise ForbiddenError
    text = _checked(text)
    locked = PartnerContact.objects.select_for_update().get(pk=contact.pk)
    if locked.answered_at is not None:
        raise DomainError(
            "answered",
            Text(zh="贵机构已有人答复该消息。", en="Somebody of your institution has answered it."),
        )
    locked.answer, locked.answered_by = text, by
    locked.answered_at = at or timezone.now()
    locked.save(update_fields=["answer", "answered_by", "answered_at"])
    said = {"kind": CONTACT_ANSWERED, "contact": locked.pk}
    outbox.put(f"mail.{CONTACT}", said, at=locked.answered_at)


def _checked(text: str) -> str:
    text = text.strip()
    if not text or len(text) > MESSAGE_MAX:
        raise DomainError(
            "message",
            Text(
                zh="请填写内容，不超过 2000 字。", en="Write something, at most 2,000 characters."
            ),
            "text",
        )
    return text


def _are_short(texts: dict[str, str], most: int) -> None:
    for name, text in texts.items():
        if len(text) > most:
            raise DomainError(
                "too-long",
                Text(zh=f"不超过 {most} 字。", en=f"At most {most:,} characters."),
                name,
            )
