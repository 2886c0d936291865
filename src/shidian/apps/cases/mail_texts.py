"""What a letter by mail says: that something happened, never what, which needs signing in."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from django.conf import settings as django_settings
from django.core.mail import EmailMessage
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from shidian.apps.cases.news_subjects import SUBJECTS
from shidian.config import settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shidian.apps.cases.models import Mail, NewsItem


def letter(mail: Mail, news: Sequence[NewsItem]) -> EmailMessage:
    """The letter of these news (one at least) in its reader's language.

    `news`: with `knows_title`; only what the reader may know of at this moment.
    """
    with override(mail.person.language):
        one = mail.digest_on is None
        text = _body(news[0]) if one else _digest_body(news)
        if settings().demo:
            text = _("Demonstration.") + "\n\n" + text
        return EmailMessage(
            subject=_subject(news[0]) if one else _digest_subject(mail, news),
            body=text,
            from_email=django_settings.DEFAULT_FROM_EMAIL,
            to=[mail.person.email],
            headers={
                "Message-ID": mail.message_id,
                "X-Shidian-Outbox": " ".join(str(one.outbox_id) for one in news[:20]),
            },
        )


def name_of(item: NewsItem) -> str:
    """What the news is of: by its title for those who may know that, else by its number.

    On one line: a line break would begin another header, and is refused.
    """
    if item.case is not None:
        title = item.case.title if getattr(item, "knows_title", False) else item.case.reference
    elif item.coaching is not None:
        title = _("Coaching request %(number)d") % {"number": item.coaching.pk}
    elif item.subject in SUBJECTS:
        title = str(SUBJECTS[item.subject].words) % {"reference": item.reference}
    else:
        title = _("Partner matching")
    return " ".join(title.split())


def _subject(item: NewsItem) -> str:
    if item.case is not None and not getattr(item, "knows_title", False):
        return _("News on case %(reference)s") % {"reference": item.case.reference}
    return _("News on “%(title)s”") % {"title": name_of(item)}


def _body(item: NewsItem) -> str:
    if item.case is None:
        return _("Something that concerns you happened: %(what)s.\nSign in to see what.") % {
            "what": name_of(item)
        }
    return _(
        "Something happened on the case %(reference)s that concerns you.\n"
        "Sign in to see what, and whose turn it is."
    ) % {"reference": item.case.reference}


def _digest_subject(mail: Mail, news: Sequence[NewsItem]) -> str:
    day = date_format(mail.digest_on or timezone.localdate(), "Y-m-d")
    words = ngettext("%(day)s: %(n)d piece of news", "%(day)s: %(n)d pieces of news", len(news))
    return words % {"day": day, "n": len(news)}


def _digest_body(news: Sequence[NewsItem]) -> str:
    """A line for each thing with how often, in the order in which they first came."""
    counted = Counter(name_of(one) for one in news)
    lines = [f"- {name}" + (f" ({n})" if n > 1 else "") for name, n in counted.items()]
    return "\n".join(
        [
            _("Since the last summary something happened that concerns you:"),
            "",
            *lines,
            "",
            _("Sign in to see what, and whose turn it is."),
        ]
    )
