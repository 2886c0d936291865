"""What the lab's lists show, in a fixed number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, Subquery

from shidian.apps.accounts.models import Person
from shidian.apps.accounts.roles import roles_of
from shidian.apps.cases.models import Case, RulebookVersion, Scheme
from shidian.apps.lab.models import (
    CheckResult,
    Consultation,
    Difficulty,
    DraftState,
    RulebookDraft,
)

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser
    from django.db.models import QuerySet

    from shidian.core.rulebook.model import Clause

ENDED_MAX = 20
"""Ended drafts listed of one scheme."""


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A published version. `open_cases`: cases under it that have not ended."""

    version: RulebookVersion
    open_cases: int
    newest: bool


@dataclass(frozen=True, slots=True)
class DraftLine:
    """A draft in a list. `consulting`: it is before the public, or waits for the summary."""

    draft: RulebookDraft
    sound: bool
    consulting: bool
    superseded: bool


@dataclass(frozen=True, slots=True)
class SchemeLine:
    """A scheme with its rulebooks, newest first, and its drafts."""

    scheme: Scheme
    versions: list[VersionLine]
    open: list[DraftLine]
    ended: list[DraftLine]


def schemes_seen_by(person: Person | AnonymousUser) -> QuerySet[Scheme]:
    """Schemes in which an authority of the officer's has a part; an auditor's are all."""
    if not isinstance(person, Person):
        return Scheme.objects.none()
    roles = roles_of(person)
    if roles.is_auditor:
        return Scheme.objects.all()
    return Scheme.objects.filter(parts__authority__in=roles.authorities()).distinct()


def scheme_lines(person: Person | AnonymousUser) -> list[SchemeLine]:
    """Every scheme the officer sees, with versions and drafts. Three queries after the roles."""
    running = Count("cases", filter=Q(cases__outcome=""))
    versions = RulebookVersion.objects.defer("document").annotate(running=running).order_by("-pk")
    drafts = with_check(RulebookDraft.objects.visible_to(person)).select_related("published")
    drafts = drafts.defer("published__document").order_by("-changed_at", "-pk")
    schemes = schemes_seen_by(person).prefetch_related(
        Prefetch("rulebooks", queryset=versions, to_attr="versions"),
        Prefetch("drafts", queryset=drafts, to_attr="drafts_seen"),
    )
    return [_scheme_line(scheme) for scheme in schemes]


def with_check(drafts: QuerySet[RulebookDraft]) -> QuerySet[RulebookDraft]:
    """Drafts annotated with `sound`, of the newest check of the newest text, and `consulting`."""
    newest = CheckResult.objects.filter(
        revision__draft=OuterRef("pk"), revision__number=OuterRef("last_revision")
    ).order_by("-pk")
    return drafts.annotate(
        sound=Subquery(newest.values("sound")[:1]),
        consulting=Exists(
            Consultation.objects.filter(draft=OuterRef("pk"), concluded_at__isnull=True)
        ),
    )


def _scheme_line(scheme: Scheme) -> SchemeLine:
    versions: list[RulebookVersion] = getattr(scheme, "versions", [])
    newest = versions[0].pk if versions else None
    lines = [
        DraftLine(
            draft,
            bool(getattr(draft, "sound", False)),
            bool(getattr(draft, "consulting", False)),
            draft.state == DraftState.PUBLISHED and draft.published_id != newest,
        )
        for draft in getattr(scheme, "drafts_seen", [])
    ]
    return SchemeLine(
        scheme,
        [
            VersionLine(version, int(getattr(version, "running", 0)), version.pk == newest)
            for version in versions
        ],
        [line for line in lines if line.draft.is_open],
        [line for line in lines if not line.draft.is_open][:ENDED_MAX],
    )


def is_superseded(version: RulebookVersion) -> bool:
    """Whether a newer version of the scheme's rules was published."""
    return RulebookVersion.objects.filter(scheme=version.scheme_id, pk__gt=version.pk).exists()


def difficulties_of(case: Case) -> QuerySet[Difficulty]:
    """What one pilot met with, newest first. The caller has asked for the permission."""
    return (
        Difficulty.objects.filter(pilot__case=case)
        .select_related("recorded_by", "institution")
        .prefetch_related("evidence")
    )


def by_clause(
    clauses: tuple[Clause, ...], rows: QuerySet[Difficulty]
) -> list[tuple[Clause, list[Difficulty]]]:
    """Difficulties under the clause that they are about, in the rulebook's order."""
    listed = list(rows)
    return [(clause, [one for one in listed if one.clause == clause.id]) for clause in clauses]
