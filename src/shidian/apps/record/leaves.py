"""An outbox row → what the record says of it: kind, subject, time, and the document behind.

Nothing here is random and nothing reads the clock: the audit makes every leaf again and compares.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import MultipleObjectsReturned, ObjectDoesNotExist

from shidian.apps.cases.models import Case, CaseEvent, Outbox, RulebookVersion
from shidian.apps.notices.models import Notice, PublishedSnapshot
from shidian.apps.record.statement import RESTRICTED, Statement
from shidian.core.procedure.types import EventKind
from shidian.core.record.leaf import LeafKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TOPIC = "record.leaf"

KINDS = {
    "notice.opened": LeafKind.NOTICE_OPENED,
    "notice.extended": LeafKind.NOTICE_EXTENDED,
    "notice.closed": LeafKind.NOTICE_CLOSED,
    "comment.answered": LeafKind.COMMENT_ANSWERED,
    "case.admitted": LeafKind.DECISION,
    "case.closed": LeafKind.DECISION,
    "objection.decided": LeafKind.DECISION,
    "pilot.started": LeafKind.DECISION,
    "pilot.extended": LeafKind.DECISION,
    "draft.rejected": LeafKind.DECISION,
    "pool.committed": LeafKind.PANEL_DRAW,
    "order.issued": LeafKind.ORDER,
    "order.lapsed": LeafKind.ORDER,
    "tolerance.decided": LeafKind.DECISION,
    "exit.drilled": LeafKind.EXIT_DRILL,
    "evaluation.sealed": LeafKind.EVALUATION_PLAN,
    "evaluation.reported": LeafKind.EVALUATION_REPORT,
    "bridge.granted": LeafKind.DECISION,
    "bridge.ended": LeafKind.DECISION,
    "rulebook.published": LeafKind.RULEBOOK_PUBLISHED,
    "call.opened": LeafKind.CALL_OPENED,
    "calendar.changed": LeafKind.CALENDAR_CHANGED,
    "gate-key.certified": LeafKind.GATE_KEY,
    "page.published": LeafKind.PAGE_PUBLISHED,
    "page.withdrawn": LeafKind.PAGE_WITHDRAWN,
}
"""What stands in a row's payload → what stands in the leaf."""
_UNREADABLE = (
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    ObjectDoesNotExist,
    MultipleObjectsReturned,
)


def statement_of(row: Outbox) -> Statement:
    """What goes on record of a row. Always something: an act is never dropped for its form.

    A row that cannot be read goes on record by the hash of its payload, under the kind and at the
    time that it has in the outbox, sealed: nobody can say whether it was public.
    """
    try:
        made = _MAKERS.get(str(row.payload.get("kind")), _plain)(row)
        made.text()
    except _UNREADABLE as error:
        return _unreadable(row, error)
    return made


def _case_act(row: Outbox) -> Statement:
    """An act in a case. One that ended a case which never was public is sealed and scheduled."""
    case, payload = _case(row), row.payload
    document = {key: value for key, value in payload.items() if key != "publish_not_before"}
    if not _stage_is_public(case, str(payload["stage"])):
        del document["stage"]
    common: dict[str, Any] = {
        "kind": KINDS[payload["kind"]],
        "time": _at(row),
        "rules_digest": _rules_digest(row, case),
        "not_before": _not_before(row),
    }
    if payload["kind"] in _ENDINGS and "outcome" not in payload:
        return Statement(
            **common | {"rules_digest": None},
            subject=RESTRICTED,
            document={**payload, "outcome": _outcome_of(row, case)},
            sealed=True,
            opened=False,
            scheduled=True,
        )
    scheduled = common["not_before"] is not None
    return Statement(
        **common, subject=f"case/{case.reference}", document=document, scheduled=scheduled
    )


_ENDINGS = (EventKind.CASE_CLOSED, EventKind.OBJECTION_DECIDED)
"""What says how a case ended, or that it has not."""


def _outcome_of(row: Outbox, case: Case) -> str:
    """How it ended by that very act: an objection may have opened the case again since."""
    ended = case.events.filter(kind=row.payload["kind"], at=_at(row)).order_by("seq").first()
    return str(ended.data["outcome"]) if ended is not None else case.outcome


def _notice_act(row: Outbox) -> Statement:
    """A notice opened or closed. The document of an opening quotes the text that it fixed."""
    if row.case is None:
        made, notice = _plain(row), Notice.objects.get(slug=row.payload["notice"])
    else:
        made, notice = _case_act(row), _notice(row)
    document = {**(made.document or {}), "notice": notice.slug}
    if row.payload["kind"] == "notice.opened":
        document["text"] = {
            "title": {"zh": notice.title_zh, "en": notice.title_en},
            "body": {"zh": notice.body_zh, "en": notice.body_en},
        }
    return replace(made, subject=f"notice/{notice.slug}", document=document)


def _answered(row: Outbox) -> Statement:
    """An answer to a comment. Both are people's words: sealed, and erasable with the comment.

    What of them is published stands on the notice's page, which is on record as well.
    """
    payload = dict(row.payload)
    slug = payload.get("notice")
    digest = None
    if row.case is not None:
        event = row.case.events.filter(kind=payload["kind"], at=_at(row)).order_by("-seq").first()
        if event is None:
            raise LookupError("no event of that answer")
        payload["comment"] = event.data["comment"]
        slug = Notice.objects.get(comments__receipt=payload["comment"]).slug
        digest = _rules_digest(row, row.case)
    return Statement(
        kind=LeafKind.COMMENT_ANSWERED,
        subject=f"notice/{slug}",
        time=_at(row),
        rules_digest=digest,
        document=payload,
        sealed=True,
        opened=False,
    )


def _page(row: Outbox) -> Statement:
    """A page's contents as published. One that shows comments is sealed, with its salt published:
    when a comment must go, nobody can find it again by trying. One that had left the site before it
    was put on record is sealed too: the record does not bring it back."""
    payload = row.payload
    snapshot = PublishedSnapshot.objects.get(
        kind=payload["page"], key=payload["key"], version=payload["version"]
    )
    return Statement(
        kind=KINDS[payload["kind"]],
        subject=f"page/{snapshot.kind}/{snapshot.key}/{snapshot.version}",
        time=_at(row),
        document=None,
        snapshot=snapshot,
        sealed=bool(snapshot.body_zh.get("comments")) or bool(payload.get("gone")),
    )


def _order(row: Outbox) -> Statement:
    """An order issued or lapsed, a finding decided: a commitment at a fixed hour. Where the
    rulebook's register has them, document and salt are published; else nobody learns of one."""
    payload = row.payload
    public = payload["public"] is True
    about = "order" if "order" in payload else "incident"
    said = ("kind", about, "pilot", "digest", "at")
    return Statement(
        kind=KINDS[payload["kind"]],
        subject=f"{about}/{payload[about]}" if public else RESTRICTED,
        time=_at(row),
        rules_digest=payload["rules_digest"] if public else None,
        document={name: payload[name] for name in said},
        sealed=True,
        opened=public,
        scheduled=True,
    )


def _committed(row: Outbox) -> Statement:
    """What a firm and its authorities may show to be on record, and nobody else reads: a drill of
    an exit, a sealed plan of an evaluation, a report of it.
    """
    payload = row.payload
    return Statement(
        kind=KINDS[payload["kind"]],
        subject=RESTRICTED,
        time=_at(row),
        document=dict(payload),
        sealed=True,
        opened=False,
        scheduled=True,
    )


def _gate_key(row: Outbox) -> Statement:
    """A key under which permits are signed, and from when until when: what a firm's kit checks."""
    payload = row.payload
    return Statement(
        kind=LeafKind.GATE_KEY,
        subject=f"gate-key/{payload['key_id']}",
        time=_at(row),
        document=payload["document"],
    )


def _withdrawn(row: Outbox) -> Statement:
    payload = row.payload
    return Statement(
        kind=LeafKind.PAGE_WITHDRAWN,
        subject=f"page/{payload['page']}/{payload['key']}/{payload['version']}",
        time=_at(row),
        document={key: value for key, value in payload.items() if key != "digest"},
    )


_SUBJECTS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "rulebook.published": lambda said: f"rulebook/{said['scheme']}/{said['version']}",
    "call.opened": lambda said: f"call/{said['call']}",
    "calendar.changed": lambda said: f"calendar/{said['calendar']}/{said['edition']}",
    "draft.rejected": lambda said: f"scheme/{said['scheme']}",
    "notice.opened": lambda said: f"notice/{said['notice']}",
    "notice.closed": lambda said: f"notice/{said['notice']}",
}


def _plain(row: Outbox) -> Statement:
    """An act that concerns no case: its payload is what is said of it."""
    payload = row.payload
    document = {key: value for key, value in payload.items() if key != "publish_not_before"}
    digest = payload.get("rules_digest")
    if payload["kind"] == "rulebook.published":
        version = RulebookVersion.objects.defer("document").get(digest=payload["digest"])
        digest = version.rules_digest
    return Statement(
        kind=KINDS[payload["kind"]],
        subject=_SUBJECTS[payload["kind"]](payload),
        time=_at(row),
        rules_digest=digest,
        document=document,
        not_before=_not_before(row),
        scheduled=_not_before(row) is not None,
    )


def _pool(row: Outbox) -> Statement:
    """A pool fixed for a draw, by its fingerprint: not in which case, nor under which rules."""
    sha256 = str(row.payload["sha256"])
    return Statement(
        kind=LeafKind.PANEL_DRAW,
        subject=f"draw/{sha256[:16]}",
        time=_at(row),
        document={"kind": "pool.committed", "sha256": sha256},
    )


_MAKERS: dict[str, Callable[[Outbox], Statement]] = {
    "notice.opened": _notice_act,
    "notice.extended": _notice_act,
    "notice.closed": _notice_act,
    "comment.answered": _answered,
    "case.admitted": _case_act,
    "case.closed": _case_act,
    "objection.decided": _case_act,
    "pilot.started": _case_act,
    "pilot.extended": _case_act,
    "page.published": _page,
    "page.withdrawn": _withdrawn,
    "pool.committed": _pool,
    "gate-key.certified": _gate_key,
    "order.issued": _order,
    "order.lapsed": _order,
    "tolerance.decided": _order,
    "exit.drilled": _committed,
    "evaluation.sealed": _committed,
    "evaluation.reported": _committed,
    "bridge.granted": _committed,
    "bridge.ended": _committed,
}


def _unreadable(row: Outbox, error: Exception) -> Statement:
    raw = json.dumps(row.payload, sort_keys=True, ensure_ascii=True).encode()
    return Statement(
        kind=KINDS.get(str(row.payload.get("kind")), LeafKind.DECISION),
        subject=RESTRICTED,
        time=row.created,
        document={
            "outbox": row.pk,
            "payload_sha256": hashlib.sha256(raw).hexdigest(),
        },
        sealed=True,
        opened=False,
        scheduled=True,
        problem=f"recorded by its hash alone: {type(error).__name__}: {error}"[:500],
    )


def _case(row: Outbox) -> Case:
    if row.case is None:
        raise LookupError("the row names no case")
    return row.case


def _notice(row: Outbox) -> Notice:
    """The notice that was opened with this text, or that stood when one was closed."""
    notices = Notice.objects.filter(case=row.case, opened__at__lte=_at(row)).order_by("-version")
    if sha256 := row.payload.get("sha256"):
        notices = notices.filter(sha256=sha256)
    notice = notices.first()
    if notice is None:
        raise LookupError("no such notice")
    return notice


def _stage_is_public(case: Case, stage: str) -> bool:
    rulebook = case.rulebook
    known = next((one for one in rulebook.stages if one.id == stage), None)
    return known is not None and known.names.public is not None


def _rules_digest(row: Outbox, case: Case) -> str:
    """Of the rules that governed the case when it happened; older rows do not name them."""
    if digest := row.payload.get("rules_digest"):
        return str(digest)
    moved = CaseEvent.objects.filter(
        case=case, kind=EventKind.CASE_MIGRATED.value, at__gt=_at(row)
    ).order_by("seq")
    first = moved.first()
    version = case.rulebook_version
    if first is not None:
        version = RulebookVersion.objects.defer("document").get(
            scheme=case.scheme_id, digest=first.data["from_digest"]
        )
    return version.rules_digest


def _at(row: Outbox) -> datetime:
    moment = datetime.fromisoformat(row.payload["at"])
    if moment.tzinfo is None:
        raise ValueError("the row's time has no zone")
    return moment.astimezone(UTC)


def _not_before(row: Outbox) -> datetime | None:
    text = row.payload.get("publish_not_before")
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("publish_not_before has no zone")
    return moment.astimezone(UTC)
