"""A draft's own page and what is read beside it: changes, reading, note, clauses' wordings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from shidian.apps.accounts.access import Permission, rule
from shidian.apps.accounts.models import OfficerRole
from shidian.apps.cases.rules import authorities_handling
from shidian.apps.cases.zones import day_in
from shidian.apps.lab.checking import check_text
from shidian.apps.lab.domain import newest_revision
from shidian.apps.lab.domain.consulting import unanswered
from shidian.apps.lab.dossier import (
    dossier_sha256,
    is_approved,
    newest_note,
    newest_wordings,
    standing,
)
from shidian.apps.lab.meaning import changes
from shidian.apps.lab.models import DraftEventKind, DraftState
from shidian.apps.lab.queries import is_superseded
from shidian.apps.lab.views.loaders import asker, crumbs, draft_by_slug, may_write
from shidian.core.rulebook.reading import read, say

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from shidian.apps.accounts.models import Person
    from shidian.apps.lab.models import Approval, CheckResult, Consultation, RulebookDraft
    from shidian.core.rulebook.reading import Lang, Reading

CHANGES_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a draft stands for the officer who looks at it."""

    draft: RulebookDraft
    check: CheckResult
    approvals: tuple[Approval, ...]
    given: tuple[Approval, ...]
    """Those of the approvals that stand."""
    open_consultation: Consultation | None
    may_write: bool
    may_sign: bool
    person: Person

    @property
    def approved(self) -> bool:
        """Whether it may be published now."""
        return self.draft.state == DraftState.SUBMITTED and is_approved(self.given)

    @property
    def acts(self) -> list[str]:
        """The acts that are open to the person now, the one that is their turn first."""
        if not self.may_write:
            return []
        if self.draft.state == DraftState.SUBMITTED:
            return self._when_submitted()
        found = []
        if self.check.sound and self.open_consultation is None:
            found += ["submit", "consult"]
        if self.may_sign:
            found.append("reject")
        return found

    def _when_submitted(self) -> list[str]:
        found = []
        mine = any(one.by_id == self.person.pk for one in self.given)
        if self.approved:
            found.append("publish")
        elif not mine and (self.may_sign or not self.given):
            found.append("approve")
        found.append("return")
        if self.may_sign:
            found.append("reject")
        return found


def standing_of(request: HttpRequest, draft: RulebookDraft) -> Standing:
    """Read once per page."""
    person = asker(request)
    revision = newest_revision(draft)
    check = revision.checks.select_related("revision").order_by("-pk")[:1].get()
    approvals = tuple(draft.approvals.select_related("by", "revision").order_by("pk"))
    given = standing(approvals, dossier_sha256(draft, check)) if approvals else []
    open_ones = draft.consultations.filter(concluded_at=None).select_related("notice")
    signs = authorities_handling(person, draft.scheme_id, OfficerRole.SIGNING)
    return Standing(
        draft,
        check,
        approvals,
        tuple(given),
        open_ones.first(),
        may_write(request, draft),
        bool(signs),
        person,
    )


@rule(Permission.DRAFT_READ, obj=draft_by_slug)
def page(request: HttpRequest, draft: RulebookDraft, **_url: object) -> HttpResponse:
    """Everything about a draft on one page."""
    now = standing_of(request, draft)
    loaded = check_text(draft.scheme, newest_revision(draft).text).loaded
    found = changes(draft.base, loaded) if loaded else None
    context = {
        "draft": draft,
        "now": now,
        "errors": [one for one in now.check.problems if one["level"] == "error"],
        "superseded": draft.published is not None and is_superseded(draft.published),
        "turn": turn_of(now, timezone.now()),
        "changes": found[:CHANGES_SHOWN] if found is not None else None,
        "changes_all": len(found or ()),
        "consultations": [
            (one, one.notice.comments.count(), unanswered(one))
            for one in draft.consultations.select_related("notice")
        ],
        "note": newest_note(draft),
        "note_is_old": _note_is_old(draft),
        "wordings": newest_wordings(draft),
        "clause_titles": _clause_titles(draft),
        "timeline": timeline_of(draft),
        "may_word": now.may_write and draft.state == DraftState.DRAFT,
        "crumbs": crumbs(draft),
    }
    return render(request, "lab/draft.html", context)


def _note_is_old(draft: RulebookDraft) -> bool:
    note = newest_note(draft)
    return note is not None and note.revision.number != draft.last_revision


def turn_of(now: Standing, at: datetime) -> dict[str, Any]:
    """Whose turn it is, in the words of the whose-turn pattern."""
    draft = now.draft
    officers = _("the scheme's officers")
    if draft.state == DraftState.PUBLISHED:
        return {"ended": _("Published. Its text can no longer change; a new draft can follow.")}
    if draft.state == DraftState.REJECTED:
        return {"ended": _("Rejected. Nothing of it came into force.")}
    if draft.state == DraftState.SUBMITTED:
        if now.approved:
            doing, next_ = _("Publish it"), _("the version is in force for new calls")
        elif now.given:
            doing, next_ = _("Give the second approval"), _("publication")
            officers = _("a signing officer")
        else:
            doing, next_ = _("Approve it"), _("a signing officer's approval")
        return _turn(officers, doing, next_, mine=bool({"publish", "approve"} & set(now.acts)))
    consultation = now.open_consultation
    if consultation is not None:
        last = consultation.notice.closes_on
        if last is not None and day_in(now.draft.base.rulebook, at) <= last:
            found = _turn(_("the public"), _("Comment on it"), _("answers and a summary"))
            return {**found, "due": last}
        doing = _("Answer the comments and sum them up")
        return _turn(officers, doing, _("approval"), mine=now.may_write)
    doing = _("Submit it for approval") if now.check.sound else _("Mend the errors in the text")
    return _turn(officers, doing, _("approval by two officers"), mine=now.may_write)


def _turn(who: str, doing: str, next_: str, *, mine: bool = False) -> dict[str, Any]:
    return {"who": who, "doing": doing, "next": next_, "mine": mine}


def timeline_of(draft: RulebookDraft) -> list[dict[str, Any]]:
    """The draft's events as `{% timeline %}` takes them. Saved texts in a row are one line."""
    names = {
        part.local_id: str(part.authority)
        for part in draft.scheme.parts.select_related("authority")
    }
    titles = _clause_titles(draft)
    events: list[dict[str, Any]] = []
    last = ""
    for row in draft.events.select_related("person").order_by("seq"):
        who = " ".join(filter(None, [names.get(row.authority, ""), str(row.person or "")]))
        entry = {
            "what": row.get_kind_display(),
            "who": who or _("a member of the public"),
            "at": row.at,
            "note": _event_note(row.kind, row.data, titles),
        }
        key = f"{row.kind} {who}"
        if row.kind == DraftEventKind.REVISED and key == last:
            events[-1] = entry
        else:
            events.append(entry)
        last = key
    return [{"stage": draft.get_state_display(), "current": True, "events": events}]


def _clause_titles(draft: RulebookDraft) -> dict[str, str]:
    """Clauses by id, in the reader's words; one that only the draft names has its id."""
    english = (get_language() or "").startswith("en")
    clauses = draft.base.rulebook.clauses
    titles = {one.id: one.title.en if english else one.title.zh for one in clauses}
    named = draft.wordings.values_list("clause", flat=True)
    return {one: one for one in named} | titles


def _event_note(kind: str, data: dict[str, Any], titles: dict[str, str]) -> str:
    match DraftEventKind(kind):
        case DraftEventKind.REVISED:
            errors = int(data.get("errors", 0))
            revision = _("Revision %(number)s") % {"number": data.get("revision")}
            found = _("no errors") if not errors else _("errors: %(n)d") % {"n": errors}
            return _(", ").join([revision, found])
        case DraftEventKind.PUBLISHED:
            version = _("Version %(version)s") % {"version": data.get("version")}
            return _(", ").join(filter(None, [version, str(data.get("instrument", ""))]))
        case DraftEventKind.RETURNED | DraftEventKind.REJECTED:
            return str(data.get("reason", ""))
        case DraftEventKind.WORDED:
            clause = str(data.get("clause", ""))
            return titles.get(clause, clause)
        case DraftEventKind.COMMENTED | DraftEventKind.ANSWERED:
            return str(data.get("comment", ""))
    return ""


@rule(Permission.DRAFT_READ, obj=draft_by_slug)
def reading(request: HttpRequest, draft: RulebookDraft, **_url: object) -> HttpResponse:
    """The draft as a lawyer reads it."""
    revision = newest_revision(draft)
    loaded = check_text(draft.scheme, revision.text).loaded
    context = {
        "draft": draft,
        "revision": revision,
        "reading": _in_language(read(loaded)) if loaded else None,
        "crumbs": crumbs(draft, _("Reading")),
    }
    return render(request, "lab/reading.html", context)


def _in_language(found: Reading) -> list[dict[str, Any]]:
    """Chapters in the active language, each article's sentences and points as plain text."""
    lang: Lang = "zh" if (get_language() or "zh-hans").startswith("zh") else "en"
    return [
        {
            "id": chapter.id,
            "number": chapter.number,
            "title": say(chapter.title, lang),
            "articles": [
                {
                    "id": article.id,
                    "number": article.number,
                    "heading": say(article.heading, lang),
                    "basis": str(article.basis) if article.basis else "",
                    "text": [one.plain(lang) for one in article.sentences],
                    "points": [one.plain(lang) for one in article.points],
                }
                for article in chapter.articles
            ],
        }
        for chapter in found.chapters
    ]


@rule(Permission.DRAFT_READ, obj=draft_by_slug)
def meaning(request: HttpRequest, draft: RulebookDraft, **_url: object) -> HttpResponse:
    """Every change of the rules, in words."""
    loaded = check_text(draft.scheme, newest_revision(draft).text).loaded
    context = {
        "draft": draft,
        "changes": changes(draft.base, loaded) if loaded else None,
        "crumbs": crumbs(draft, _("What changes")),
    }
    return render(request, "lab/changes.html", context)
