"""A panel's sessions: called, minuted, voted on; what the applicant and the experts say of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases.domain.deciding import do
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.models import Case
from shidian.apps.cases.zones import day_in
from shidian.apps.review.models import (
    Minutes,
    Panel,
    Presenters,
    Session,
    SessionCall,
    SessionItem,
)
from shidian.core.procedure.types import EventKind, Json, SessionKind, Verb
from shidian.core.rulebook.model import StageKind, Text
from shidian_kit.wire import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.domain.perform import Performed
    from shidian.apps.review.models import Assignment

TEXT_MAX = 50_000
NAME_MAX = 60


@dataclass(frozen=True, slots=True)
class When:
    """When and where a session is held. `address`: over the network, as an https address."""

    starts_at: datetime
    ends_at: datetime
    place: str = ""
    address: str = ""

    def check(self) -> None:
        """Raises DomainError (`bad-data`)."""
        if self.ends_at <= self.starts_at:
            raise DomainError(
                "bad-data",
                Text(zh="结束时间应晚于开始时间。", en="The session ends after it starts."),
                "ends_at",
            )
        if not self.place.strip() and not self.address.strip():
            raise DomainError(
                "bad-data",
                Text(
                    zh="请填写地点或线上会议地址。", en="Say where: a place, or an address online."
                ),
                "place",
            )


@transaction.atomic
def call_session(
    *,
    case: Case,
    kind: SessionKind,
    when: When,
    by: Person,
    others: Sequence[Case] = (),
    reason: str = "",
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Session:
    """Call a session of the case's newest round; or move the one that was called, with a reason.

    `others`: further cases on a meeting's agenda, of the same scheme. Everyone on the panels who
    has no conflict is told, and for a defence the applicant. Events, on every case: defence.called
    or meeting.called. Raises DomainError, ForbiddenError.
    """
    when.check()
    at = at or timezone.now()
    known = item_of(case, kind)
    session = known.session if known else Session.objects.create(kind=kind, scheme=case.scheme)
    agenda = {one.pk: one for one in (case, *others, *_agenda(session))}
    if kind is SessionKind.DEFENCE and len(agenda) > 1:
        raise DomainError(
            "bad-data",
            Text(zh="一次答辩只对一个案件。", en="A defence is of one case."),
            "others",
        )
    version = session.calls.count() + 1
    SessionCall.objects.create(
        session=session,
        version=version,
        starts_at=when.starts_at,
        ends_at=when.ends_at,
        place=when.place.strip(),
        address=when.address.strip(),
        reason=reason.strip(),
        called_by=by,
        called_at=at,
    )
    for one in sorted(agenda.values(), key=lambda found: found.pk):
        if one.scheme_id != case.scheme_id:
            raise ForbiddenError
        data: dict[str, Json] = {
            "session": str(session.pk),
            "kind": kind.value,
            "on": day_in(one.rulebook, when.starts_at).isoformat(),
            "sha256": _sha256(_as_called(when)),
            "reason": reason.strip() or None,
        }
        seq = expected_seq if one.pk == case.pk else None
        do(Verb.CALL_SESSION, one, data, by=by, at=at, expected_seq=seq)
        panel = Panel.objects.filter(case=one).latest("round")
        SessionItem.objects.get_or_create(session=session, panel=panel)
    return session


@transaction.atomic
def call_off(
    *,
    case: Case,
    kind: SessionKind,
    reason: str,
    by: Person,
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Session:
    """Call a session off, for every case on its agenda. The same events. Raises DomainError."""
    at = at or timezone.now()
    item = _standing(case, kind)
    session, before = item.session, item.session.call
    SessionCall.objects.create(
        session=session,
        version=before.version + 1,
        starts_at=before.starts_at,
        ends_at=before.ends_at,
        place=before.place,
        address=before.address,
        off=True,
        reason=reason.strip(),
        called_by=by,
        called_at=at,
    )
    for one in sorted(_agenda(session), key=lambda found: found.pk):
        data: dict[str, Json] = {
            "session": str(session.pk),
            "kind": kind.value,
            "off": True,
            "reason": reason.strip() or None,
        }
        seq = expected_seq if one.pk == case.pk else None
        do(Verb.CALL_SESSION, one, data, by=by, at=at, expected_seq=seq)
    return session


@transaction.atomic
def name_presenters(
    *,
    item: SessionItem,
    people: Sequence[Mapping[str, str]],
    version: int,
    by: Person,
    at: datetime | None = None,
) -> Presenters:
    """The applicant says whom it sends. `version`: the one that was on the page, 0 for none.

    Raises DomainError (`overtaken` where somebody else named others meanwhile), ForbiddenError.
    """
    case = Case.objects.select_for_update().get(pk=item.panel.case_id)
    if not allows(by, Permission.PRESENTERS_NAME, case):
        raise ForbiddenError
    named = [
        {"name": one["name"].strip(), "duty": one.get("duty", "").strip()}
        for one in people
        if one["name"].strip()
    ]
    panel = case.stage_rule.panel
    most = panel.defence.presenters_max if panel and panel.defence else 0
    if not named or len(named) > most:
        raise DomainError(
            "bad-data",
            Text(zh=f"请填写答辩人，不超过 {most} 人。", en=f"Name who presents: {most} at most."),
            "people",
        )
    closed = item.panel.closed_id is not None or not item.session.is_defence
    if closed or item.session.call.off:
        raise _no_session()
    newest = item.presenters
    if (newest.version if newest else 0) != version:
        raise DomainError(
            "overtaken",
            Text(
                zh="本单位已有人先填写了答辩人：请查看后再改。",
                en="Somebody of your institution named the presenters first: read, then change.",
            ),
        )
    return Presenters.objects.create(
        item=item, version=version + 1, people=named, named_by=by, named_at=at or timezone.now()
    )


@transaction.atomic
def keep_minutes(
    *,
    case: Case,
    kind: SessionKind,
    version: int,
    text: str,
    present: Sequence[str],
    by: Person,
    others: str = "",
    reason: str = "",
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Minutes:
    """Keep the minutes on one case. `version`: the next; `present`: person ids of the panel.

    Event: minutes.kept, with the fingerprint of the text and of who was there. Raises DomainError
    (also where somebody kept that version first), ForbiddenError.
    """
    item = _standing(case, kind)
    body = {"text": text.strip(), "present": sorted(present), "others": others.strip()}
    if not body["text"] or len(text) > TEXT_MAX:
        raise DomainError(
            "bad-data",
            Text(
                zh=f"请填写纪要，不超过 {TEXT_MAX} 字。",
                en=f"Write the minutes, within {TEXT_MAX} characters.",
            ),
            "text",
        )
    data: dict[str, Json] = {
        "session": str(item.session_id),
        "version": version,
        "sha256": _sha256(body),
        "present": sorted(present),
        "reason": reason.strip() or None,
    }
    done = do(Verb.KEEP_MINUTES, case, data, by=by, at=at, expected_seq=expected_seq)
    return Minutes.objects.create(
        item=item,
        version=version,
        text=str(body["text"]),
        present=sorted(present),
        others=others.strip(),
        reason=reason.strip(),
        kept=done.event(EventKind.MINUTES_KEPT),
    )


def record_vote(
    *,
    case: Case,
    chair: str,
    ballots: Mapping[str, Mapping[str, str]],
    by: Person,
    reason: str = "",
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Performed:
    """Record the panel's vote. `ballots`: person id → {choice, reason} of everyone present.

    Again only with a `reason`; the earlier vote stays in the file. Event: vote.recorded, with the
    count. Raises DomainError, ForbiddenError.
    """
    item = _standing(case, SessionKind.MEETING)
    data: dict[str, Json] = {
        "session": str(item.session_id),
        "chair": chair,
        "ballots": {person: dict(one) for person, one in ballots.items()},
        "reason": reason.strip() or None,
    }
    return do(Verb.RECORD_VOTE, case, data, by=by, at=at, expected_seq=expected_seq)


def answer_sheet(
    *,
    assignment: Assignment,
    confirm: bool,
    by: Person,
    reason: str = "",
    at: datetime | None = None,
) -> Performed:
    """Say that the sheet entered from paper is what one wrote, or, with a reason, that it is not.

    Disputed, an open round is not closed before the sheet is put right, and a closed one is in
    doubt. Event: sheet.answered. Raises DomainError, ForbiddenError.
    """
    if not allows(by, Permission.REVIEW_SUBMIT, assignment):
        raise ForbiddenError
    data: dict[str, Json] = {"confirm": confirm, "reason": reason.strip()}
    return do(Verb.ANSWER_SHEET, assignment.panel.case, data, by=by, at=at)


def item_of(case: Case, kind: SessionKind) -> SessionItem | None:
    """The case's place in the session of its newest round that stands; None where there is none."""
    panel = Panel.objects.filter(case=case).order_by("-round").first()
    if panel is None:
        return None
    found = SessionItem.objects.filter(panel=panel, session__kind=kind).select_related("session")
    newest = found.order_by("-session").first()
    return None if newest is None or newest.session.call.off else newest


def _standing(case: Case, kind: SessionKind) -> SessionItem:
    """The same. Raises DomainError (`no-session`)."""
    found = item_of(case, kind)
    if found is None:
        raise _no_session()
    return found


def _agenda(session: Session) -> list[Case]:
    """The cases on it that are still in review."""
    cases = Case.objects.filter(panels__sessions__session=session).distinct()
    return [one for one in cases if one.stage_rule.kind is StageKind.REVIEW]


def _no_session() -> DomainError:
    return DomainError(
        "no-session",
        Text(zh="本轮没有召集此会：请先召集。", en="The round has no such session: call it first."),
    )


def _as_called(when: When) -> dict[str, str]:
    return {
        "starts_at": when.starts_at.isoformat(),
        "ends_at": when.ends_at.isoformat(),
        "place": when.place.strip(),
        "address": when.address.strip(),
    }


def _sha256(body: Mapping[str, object]) -> str:
    """Of the canonical JSON, so that what was kept can be checked against the event."""
    return hashlib.sha256(canonical.dumps(body)).hexdigest()
