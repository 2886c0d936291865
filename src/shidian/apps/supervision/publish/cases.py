"""Bodies about a case: its public course and its notice."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db.models import Count
from django.utils import timezone

from shidian.apps.cases.models import CaseEvent, SchemeAuthority
from shidian.apps.notices.models import CommentState
from shidian.apps.supervision.publish import words
from shidian.apps.supervision.publish.language import Language, name, text, title
from shidian.apps.supervision.publish.register import (
    lead_name,
    outcome_name,
    partner_names,
    shows,
)
from shidian.core.procedure.types import EventKind

if TYPE_CHECKING:
    from shidian.apps.accounts.models import Authority
    from shidian.apps.cases.models import Case
    from shidian.apps.notices.bodies import (
        CommentCounts,
        CommentLine,
        ExtensionLine,
        NoticeBody,
        VersionLine,
    )
    from shidian.apps.notices.models import Comment, Notice, NoticeExtension
    from shidian.apps.notices.pilot_bodies import CaseBody, TimelineEvent, TimelineStage

_MAKES_PUBLIC = (EventKind.NOTICE_OPENED.value, EventKind.CASE_ADMITTED.value)


def is_public(case: Case) -> bool:
    """Whether the public may know of the case: from its public notice on, or its admission."""
    return CaseEvent.objects.filter(case=case, kind__in=_MAKES_PUBLIC).exists()


def case_body(case: Case, language: Language) -> CaseBody:
    """The public course of a case."""
    stage = case.stage_rule
    notice = case.notices.order_by("-version").first()
    pilot = getattr(case, "pilot", None)
    return {
        "reference": case.reference,
        "title": title(case, language),
        "number": case.number or "",
        "scheme_title": title(case.scheme, language),
        "zone": case.rulebook.zone,
        "lead": lead_name(case, language),
        "partners": partner_names(case, language),
        "stage": text(stage.names.public or stage.names.staff, language),
        "ended": _ended(case, language) if case.outcome else "",
        "groups": public_course(case, language),
        "notice": notice.slug if notice else "",
        "pilot": pilot.public_id if pilot else "",
    }


def _ended(case: Case, language: Language) -> str:
    closed, colon = ("已结案", "：") if language == "zh" else ("Closed", ": ")
    outcome = outcome_name(case, case.outcome, language)
    return f"{closed}{colon}{outcome}" if outcome else closed


def public_course(case: Case, language: Language) -> list[TimelineStage]:
    """The public acts, in order, under the stage in which they happened."""
    authorities = {
        part.local_id: part.authority
        for part in SchemeAuthority.objects.filter(scheme=case.scheme_id).select_related(
            "authority"
        )
    }
    groups: list[TimelineStage] = []
    rows = CaseEvent.objects.filter(case=case, public=True).select_related("institution")
    for event in rows.order_by("seq"):
        if event.kind not in words.EVENT:
            continue
        if event.kind == EventKind.STAGE_ENTERED or not groups:
            groups.append(
                {"stage": _stage_name(case, event, language), "current": False, "events": []}
            )
        groups[-1]["events"].append(_line(case, event, authorities, language))
    if groups:
        groups[-1]["current"] = True
    return groups


def _stage_name(case: Case, event: CaseEvent, language: Language) -> str:
    stage_id = str(event.data.get("to") or case.stage)
    names = case.rulebook.stage(stage_id).names
    return text(names.public or names.staff, language)


def _line(
    case: Case, event: CaseEvent, authorities: dict[str, Authority], language: Language
) -> TimelineEvent:
    if event.authority in authorities:
        who = name(authorities[event.authority], language)
    elif event.institution and event.actor_kind == "applicant" and shows(case, "parties"):
        who = name(event.institution, language)
    else:
        who = text(words.ACTOR[event.actor_kind], language)
    return {
        "what": text(words.EVENT[event.kind], language),
        "who": who,
        "at": timezone.localtime(event.at, ZoneInfo(case.rulebook.zone)).isoformat(
            timespec="seconds"
        ),
        "note": public_note(case, event, language),
    }


def public_note(case: Case, event: CaseEvent, language: Language) -> str:
    """The one public fact that an act carries. Reasons and everything else stay inside."""
    if event.kind == EventKind.CASE_ADMITTED and case.number:
        return f"试点编号：{case.number}" if language == "zh" else f"Number: {case.number}"
    if event.kind == EventKind.CASE_CLOSED:
        return outcome_name(case, str(event.data.get("outcome")), language)
    return ""


def notice_body(notice: Notice, language: Language) -> NoticeBody:
    """A notice with its published comments. Contacts never, names as their senders gave them."""
    case = notice.case
    if case is None:
        raise ValueError(f"{notice.slug} is about a draft: the lab publishes it")
    comments = notice.comments.filter(state=CommentState.PUBLISHED).order_by("received_at", "pk")
    return {
        "slug": notice.slug,
        "case": case.reference,
        "scheme_title": title(case.scheme, language),
        "zone": case.rulebook.zone,
        "title": title(notice, language),
        "text": notice.body_zh if language == "zh" or not notice.body_en else notice.body_en,
        "sha256": notice.sha256,
        "lead": lead_name(case, language),
        "partners": partner_names(case, language),
        "opens_on": notice.opens_on.isoformat(),
        "closes_on": notice.closes_on.isoformat() if notice.closes_on else "",
        "comments_taken": notice.comments_taken,
        "premoderation": notice.premoderation,
        "comments": [comment_line(comment, language) for comment in comments],
        "number": notice.version,
        "change": in_language(notice.change_zh, notice.change_en, language),
        "replaces": _version(notice.replaces),
        "replaced_by": _version(notice.replaced_by),
        "extensions": [_extension(one, language) for one in notice.extensions.order_by("pk")],
        "counts": comment_counts(notice),
        "summary": _summary(notice, language),
    }


def in_language(zh: str, en: str, language: Language) -> str:
    """What an officer wrote; Chinese where there is no English text."""
    return zh if language == "zh" or not en else en


def _version(other: Notice | None) -> list[VersionLine]:
    if other is None:
        return []
    return [{"slug": other.slug, "number": other.version, "sha256": other.sha256}]


def _extension(one: NoticeExtension, language: Language) -> ExtensionLine:
    return {
        "before": one.before.isoformat(),
        "until": one.until.isoformat(),
        "reason": in_language(one.reason_zh, one.reason_en, language),
        "decided_on": timezone.localdate(one.at).isoformat(),
    }


def _summary(notice: Notice, language: Language) -> str:
    newest = notice.summaries.order_by("-pk").first()
    return in_language(newest.text_zh, newest.text_en, language) if newest else ""


def comment_counts(notice: Notice) -> CommentCounts:
    """How many comments are shown and withheld, and how often that was decided the other way."""
    rows = notice.comments.order_by().values_list("state").annotate(n=Count("pk"))
    counted = dict(rows.values_list("state", "n"))
    decided = notice.comments.annotate(n=Count("moderations")).filter(n__gt=1)
    return {
        "published": counted.get(CommentState.PUBLISHED, 0),
        "withheld": counted.get(CommentState.WITHHELD, 0),
        "reversed": sum(decided.values_list("n", flat=True)) - decided.count(),
        "shortened": notice.comments.filter(state=CommentState.PUBLISHED).exclude(shown="").count(),
    }


def comment_line(comment: Comment, language: Language) -> CommentLine:
    """A published comment with its answer."""
    english = comment.answer_en or comment.answer_zh
    return {
        "name": comment.name,
        "text": comment.shown or comment.body,
        "received_on": timezone.localdate(comment.received_at).isoformat(),
        "answer": comment.answer_zh if language == "zh" else english,
        "answered_on": (
            timezone.localdate(comment.answered_at).isoformat() if comment.answered_at else ""
        ),
        "shortened": bool(comment.shown),
    }
