"""What a person may see, as SQL: the one place where lists are cut to size.

Access rows decide (`AccessRow`); a denial beats every grant. Grants reach a person directly,
through an authority in which they hold an office, or an institution where they are staff or assess.
An auditor reads everything that is not denied to them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from shidian.apps.accounts.models import Person, StaffRole
from shidian.apps.accounts.roles import roles_of
from shidian.apps.cases.news_kinds import NOT_SEEING
from shidian.apps.cases.news_subjects import SUBJECTS
from shidian.core.procedure.letters import LetterStepKind
from shidian.core.procedure.types import Verb
from shidian.core.rulebook.model import AuthorityRole

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from shidian.apps.cases.models import (  # noqa: F401 - named as text in base classes
        Case,
        CaseNote,
        Coaching,
        Letter,
        NewsItem,
        Task,
    )


def _rows_reaching(person: Person, effect: str) -> models.QuerySet[Any]:
    """Access rows that reach `person` now."""
    now = timezone.now()
    roles = roles_of(person)
    reached = Q(person=person)
    if authorities := roles.authorities():
        reached |= Q(authority__in=authorities)
    if institutions := roles.institutions() | roles.bodies:
        reached |= Q(institution__in=institutions)
    rows = apps.get_model("cases", "AccessRow").objects.all()
    return rows.filter(
        reached,
        Q(ends__isnull=True) | Q(ends__gt=now),
        effect=effect,
        starts__lte=now,
    )


def _denied(person: Person) -> Q:
    return Q(Exists(_rows_reaching(person, "deny").filter(case=OuterRef("pk"))))


def _granted(person: Person) -> Q:
    """An authority is granted thousands of cases, and each is asked; anyone else's are looked up.

    At 20,000 cases a firm's own three are found in 1 ms so, instead of in 50.
    """
    rows = _rows_reaching(person, "grant")
    if roles_of(person).authorities():
        return Q(Exists(rows.filter(case=OuterRef("pk"))))
    return Q(pk__in=rows.order_by().values("case"))


def of_one_of(cases: models.QuerySet[Any], way: str = "case") -> Q:
    """Whether a row's case is among these; `way`: from the row to its case.

    Asked of each row that is looked at. `case__in` would first find all the cases that somebody may
    see, which are many thousands, for the few rows of a page.
    """
    return Q(Exists(cases.filter(pk=OuterRef(way))))


class CaseQuerySet(models.QuerySet["Case"]):
    """Cases, cut to what someone may see."""

    def visible_to(self, person: Person | AnonymousUser) -> Self:
        """Only the cases that `person` may see. Nobody anonymous sees any."""
        if not isinstance(person, Person):
            return self.none()
        visible = self.filter(~_denied(person))
        if roles_of(person).is_auditor:
            return visible
        return visible.filter(_granted(person))


class TaskQuerySet(models.QuerySet["Task"]):
    """Tasks, cut to what someone may see or do."""

    def open(self) -> Self:
        """Tasks not done yet."""
        return self.filter(closed_at__isnull=True)

    def visible_to(self, person: Person | AnonymousUser) -> Self:
        """Tasks of cases that `person` may see."""
        cases = apps.get_model("cases", "Case").objects.visible_to(person)
        return self.filter(of_one_of(cases))

    def reaching(self, person: Person | AnonymousUser) -> Self:
        """Tasks of visible cases, and those before them in a case not denied to `person`.

        An expert declares their interests, and an invited institution answers, before they may see
        the case.
        """
        if not isinstance(person, Person):
            return self.none()
        cases = apps.get_model("cases", "Case").objects
        undenied = cases.filter(~_denied(person))
        before = Q(person=person)
        if places := roles_of(person).institutions():
            asked = Q(verb=Verb.ANSWER_INVITATION.value, closed_at__isnull=True)
            before |= asked & Q(institution__in=places)
        return self.filter(of_one_of(cases.visible_to(person)) | (before & of_one_of(undenied)))


class NoteQuerySet(models.QuerySet["CaseNote"]):
    """Internal notes, cut to the authority that wrote them."""

    def visible_to(self, person: Person | AnonymousUser) -> Self:
        """Notes of an authority in which `person` holds an office, on cases that they may see."""
        held = roles_of(person).authorities()
        if not held:
            return self.none()
        cases = apps.get_model("cases", "Case").objects.visible_to(person)
        return self.filter(of_one_of(cases), authority__in=held)


class LetterQuerySet(models.QuerySet["Letter"]):
    """Letters, cut to who issues, watches and was served."""

    def visible_to(self, person: Person | AnonymousUser) -> Self:
        """Of cases that `person` may see. Drafts: officers of the authorities that decide.

        What was ever numbered: officers of every authority of the scheme that is not merely
        consulted. What was served: the people of the institution or authority that it was served
        on, and they read none other. An auditor reads all.
        """
        cases = apps.get_model("cases", "Case").objects.visible_to(person)
        rows = self.filter(of_one_of(cases))
        roles = roles_of(person)
        if roles.is_auditor:
            return rows
        steps = apps.get_model("cases", "LetterStep").objects.filter(letter=OuterRef("pk"))
        held, places = roles.authorities(), roles.institutions()
        found = Q(Exists(steps.filter(kind=LetterStepKind.SERVED, institution__in=places)))
        if held:
            parts = apps.get_model("cases", "SchemeAuthority").objects.filter(
                scheme=OuterRef("case__scheme"), authority__in=held
            )
            deciding = (AuthorityRole.LEAD.value, AuthorityRole.MEMBER.value)
            watching = parts.exclude(role=AuthorityRole.CONSULTED.value)
            found |= Q(Exists(parts.filter(role__in=deciding)))
            found |= Q(Exists(watching)) & Q(numbered__isnull=False)
            found |= Q(Exists(steps.filter(kind=LetterStepKind.SERVED, authority__in=held)))
        return rows.filter(found)


class CoachingQuerySet(models.QuerySet["Coaching"]):
    """Coaching requests, cut to the two sides."""

    def visible_to(self, person: Person | AnonymousUser) -> Self:
        """Those of the person's institutions, and those that their authority was asked.

        An auditor reads all. Other authorities, and firms, learn of none.
        """
        roles = roles_of(person)
        if roles.is_auditor:
            return self.all()
        reached = Q(institution__in=roles.institutions(StaffRole.DRAFTER, StaffRole.SIGNER))
        return self.filter(reached | Q(authority__in=roles.authorities()))

    def open(self) -> Self:
        """Those that wait for an answer."""
        return self.filter(answered_at__isnull=True, withdrawn_at__isnull=True)


class NewsQuerySet(models.QuerySet["NewsItem"]):
    """What a person is told, cut to what they may still know of."""

    def reaching(self, person: Person | AnonymousUser) -> Self:
        """The person's own news of what they see, and of what asks something of them before.

        Who ceased to be a partner still reads that they did, and an expert of a call to a meeting.
        A denial takes all of it away.
        """
        if not isinstance(person, Person):
            return self.none()
        roles = roles_of(person)
        cases = apps.get_model("cases", "Case").objects
        own = self.filter(person=person)
        asked = apps.get_model("cases", "Task").objects.open().reaching(person)
        undenied = cases.filter(~_denied(person))
        left = Q(kind__in=[str(kind) for kind in NOT_SEEING])
        of_cases = (
            of_one_of(cases.visible_to(person))
            | Q(Exists(asked.filter(case=OuterRef("case"))))
            | (left & of_one_of(undenied))
        )
        coachings = apps.get_model("cases", "Coaching").objects.visible_to(person)
        places = roles.institutions(StaffRole.DRAFTER, StaffRole.SIGNER)
        written = Q(contact__sender__in=places) | Q(contact__receiver__in=places)
        of_coaching = Q(Exists(coachings.filter(pk=OuterRef("coaching"))))
        of_subjects = Q()
        for one in SUBJECTS.values():
            known = one.visible(person).filter(reference=OuterRef("reference"))
            of_subjects |= Q(subject=one.kind) & Q(Exists(known))
        return own.filter(
            (Q(case__isnull=False) & of_cases)
            | (Q(coaching__isnull=False) & of_coaching)
            | (Q(contact__isnull=False) & written)
            | of_subjects
        )

    def with_titles(self, person: Person | AnonymousUser) -> Self:
        """Each with `knows_title`: whether the person may read what the case is called."""
        cases = apps.get_model("cases", "Case").objects.visible_to(person)
        return self.annotate(knows_title=Exists(cases.filter(pk=OuterRef("case"))))
