"""Founding a scheme, publishing its rulebook, opening calls."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases import outbox
from shidian.apps.cases.calendars import load_calendars_of
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.models import Call, RulebookVersion, Scheme, SchemeAuthority
from shidian.core.rulebook.model import Status, Text
from shidian.core.rulebook.published import check_publishable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from shidian.apps.accounts.models import Authority, Person
    from shidian.core.rulebook.loaded import Loaded

CALL_DAYS_MAX = 1100
"""How far ahead, from the day of publication, a call's first or last day may lie."""


@transaction.atomic
def found_scheme(*, loaded: Loaded, authorities: Mapping[str, Authority]) -> Scheme:
    """Make the scheme that a rulebook speaks of; an operator's act, repeated without harm.

    `authorities`: the rulebook's authority ids → authorities. Ids left out take no part here.
    """
    rulebook = loaded.rulebook
    scheme, _ = Scheme.objects.get_or_create(
        slug=rulebook.rulebook,
        defaults={"title_zh": rulebook.title.zh, "title_en": rulebook.title.en},
    )
    for rule in rulebook.authorities:
        if rule.id in authorities:
            SchemeAuthority.objects.get_or_create(
                scheme=scheme,
                local_id=rule.id,
                defaults={"authority": authorities[rule.id], "role": rule.role.value},
            )
    return scheme


@transaction.atomic
def publish_rulebook(
    *, scheme: Scheme, loaded: Loaded, by: Person | None, at: datetime | None = None
) -> RulebookVersion:
    """Publish one version of the scheme's rules, for good. `by` None: the operator's set-up.

    The same version with the same digest is the same act again. Effects: the immutable row; outbox
    `snapshot.rulebook`, `snapshot.scheme`, `record.leaf`. Raises DomainError (`not-this-scheme`,
    `published-already`), ForbiddenError.
    """
    at = at or timezone.now()
    if by is not None and not allows(by, Permission.RULEBOOK_PUBLISH, scheme):
        raise ForbiddenError
    rulebook = loaded.rulebook
    if rulebook.rulebook != scheme.slug:
        raise DomainError(
            "not-this-scheme",
            Text(
                zh=f"该制度文本属于“{rulebook.rulebook}”。",
                en=f"This rulebook belongs to {rulebook.rulebook}.",
            ),
        )
    Scheme.objects.select_for_update().get(pk=scheme.pk)
    known = dict(scheme.rulebooks.values_list("version", "digest"))
    problem = check_publishable(known, loaded)
    if problem is not None:
        raise DomainError(
            "published-already",
            Text(
                zh=f"版本 {rulebook.version} 已发布且内容不同：请给修改后的文本一个新版本号。",
                en=str(problem),
            ),
            "version",
        )
    if rulebook.version in known:
        return scheme.rulebooks.get(version=rulebook.version)
    version = RulebookVersion.objects.create(
        scheme=scheme,
        version=rulebook.version,
        status=rulebook.status.value,
        digest=loaded.digest,
        rules_digest=loaded.rules_digest,
        document=loaded.document,
        published_at=at,
        published_by=by,
    )
    load_calendars_of(rulebook, at=at)
    key = {"scheme": scheme.slug, "version": version.version, "digest": version.digest}
    _announce("rulebook", key, "rulebook.published", at)
    return version


@transaction.atomic
def open_call(
    *,
    rulebook: RulebookVersion,
    title: str,
    opens_on: date,
    closes_on: date | None,
    by: Person | None,
    title_en: str = "",
    guide: str = "",
    guide_en: str = "",
    released_together: bool = False,
    number: int | None = None,
    at: datetime | None = None,
) -> Call:
    """Invite applications under a published rulebook. `by` None: the operator's set-up.

    `number`: the one that the officer was shown; where another call took it meanwhile (or the same
    form was sent twice), nothing is opened. Effects: the call with the scheme's next number; outbox
    `snapshot.call`, `snapshot.scheme`, `record.leaf`. Raises DomainError (`sketch`,
    `superseded`, `dates`, `number-taken`), ForbiddenError.
    """
    at = at or timezone.now()
    scheme = Scheme.objects.select_for_update().get(pk=rulebook.scheme_id)
    if by is not None and not allows(by, Permission.CALL_OPEN, scheme):
        raise ForbiddenError
    _must_be_callable(rulebook, scheme)
    _check_window(opens_on, closes_on, published=timezone.localdate(at) if by else None)
    free = next_call_number(scheme)
    if number not in (None, free):
        raise DomainError(
            "number-taken",
            Text(
                zh=f"第 {number} 号征集批次已开启：请先查看，确需另行开启的，再核对下文。",
                en=f"Call number {number} has been opened already:"
                " look at it first; if another one is meant, check the text again.",
            ),
        )
    call = Call.objects.create(
        scheme=scheme,
        rulebook_version=rulebook,
        number=free,
        slug=f"{scheme.slug}-{free}",
        title_zh=title,
        title_en=title_en,
        opens_on=opens_on,
        closes_on=closes_on,
        released_together=released_together,
        guide_zh=guide,
        guide_en=guide_en,
        published_at=at,
        published_by=by,
    )
    _announce("call", {"call": call.slug, "scheme": scheme.slug}, "call.opened", at)
    return call


def _must_be_callable(rulebook: RulebookVersion, scheme: Scheme) -> None:
    """Raises DomainError: a sketch, or no longer the scheme's newest version."""
    if rulebook.status == Status.SKETCH:
        raise DomainError(
            "sketch",
            Text(
                zh="草图状态的制度文本不能开启征集：请先补全并发布可运行版本。",
                en="A sketch cannot open a call: complete it and publish a runnable version.",
            ),
        )
    newer = scheme.rulebooks.exclude(status=Status.SKETCH).filter(pk__gt=rulebook.pk)
    if newer.exists():
        raise DomainError(
            "superseded",
            Text(
                zh="该版本已被新版取代：新的征集只能适用最新版本。",
                en="A newer version has taken this one's place: a new call names only the newest.",
            ),
            "rulebook",
        )


def next_call_number(scheme: Scheme) -> int:
    """The number that the scheme's next call gets."""
    return (scheme.calls.aggregate(newest=Max("number"))["newest"] or 0) + 1


def _check_window(opens_on: date, closes_on: date | None, *, published: date | None) -> None:
    """Refuse days in the wrong order, and an officer's call that opens before it is published."""
    if closes_on is not None and closes_on < opens_on:
        raise DomainError(
            "dates",
            Text(zh="截止日不得早于开始日。", en="A call cannot close before it opens."),
            "closes_on",
        )
    if published is None:
        return
    if opens_on < published:
        raise DomainError(
            "dates",
            Text(
                zh="开始日不得早于今天：征集自发布之日起方可受理。",
                en="A call cannot open before the day on which it is published.",
            ),
            "opens_on",
        )
    if max(opens_on, closes_on or opens_on) > published + timedelta(days=CALL_DAYS_MAX):
        raise DomainError(
            "dates",
            Text(
                zh=f"日期不得晚于今天起 {CALL_DAYS_MAX} 天：不设截止日的，请留空。",
                en=f"A day cannot lie more than {CALL_DAYS_MAX} days ahead:"
                " leave the last day empty for a call without an end.",
            ),
            "closes_on" if closes_on else "opens_on",
        )


def _announce(what: str, key: dict[str, str], kind: str, at: datetime) -> None:
    """Have the page of the thing and of its scheme renewed, and the fact recorded."""
    outbox.put(f"snapshot.{what}", key, at=at)
    outbox.put("snapshot.scheme", {"scheme": key["scheme"]}, at=at)
    outbox.put("record.leaf", {"kind": kind, **key, "at": at.isoformat()}, at=at)
