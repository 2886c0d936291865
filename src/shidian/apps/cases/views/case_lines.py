"""One case in a list: its stage, whose turn, how it ended. The same queries for any number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.paginator import Page, Paginator
from django.db.models import Prefetch

from shidian.apps.cases.models import Case, CaseHandler, Task
from shidian.apps.cases.views.turn import Turn, turn_of
from shidian.apps.cases.views.words import outcome_name, stage_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet

    from shidian.apps.cases.views.roles import Viewer
    from shidian.core.rulebook.model import Text


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One case in a list. `handler`: the officer in charge for an authority of the viewer's."""

    case: Case
    stage: Text
    turn: Turn
    outcome: Text | None
    handler: str = ""


def with_scheme(rows: QuerySet[Any], prefix: str = "") -> QuerySet[Any]:
    """Rows with what names a case: lead, rules, authorities. `prefix`: the way to the case."""
    return (
        rows.select_related(f"{prefix}lead", f"{prefix}rulebook_version", f"{prefix}call")
        .defer(f"{prefix}rulebook_version__document")
        .prefetch_related(f"{prefix}scheme__parts__authority")
    )


def with_turns(cases: QuerySet[Case]) -> QuerySet[Case]:
    """Cases with all that `case_line` reads but the officers in charge."""
    open_tasks = Task.objects.open().select_related("authority", "institution", "case")
    return with_scheme(cases).prefetch_related(
        Prefetch("tasks", queryset=open_tasks, to_attr="open_tasks")
    )


class CasePages(Paginator):  # type: ignore[type-arg]  # no class of Django takes a subscript here
    """Pages of cases in their order. What a line shows is joined to those of the page alone.

    `joined`: adds it. A sort of thousands of cases then carries nothing but what it sorts by.
    """

    def __init__(
        self,
        cases: QuerySet[Case],
        per_page: int,
        joined: Callable[[QuerySet[Case]], QuerySet[Case]],
    ) -> None:
        super().__init__(cases, per_page)
        self._ordered, self._joined = cases, joined

    def page(self, number: int | str) -> Page[Case]:
        """One query for the page. Raises InvalidPage."""
        valid = self.validate_number(number)
        first = (valid - 1) * self.per_page
        own = self._ordered.values("pk")[first : first + self.per_page]
        rows = Case.objects.filter(pk__in=own)
        if order := self._ordered.query.order_by:
            rows = rows.order_by(*order)
        return Page(list(self._joined(rows)), valid, self)


def with_handlers(cases: QuerySet[Case], viewer: Viewer) -> QuerySet[Case]:
    """Cases with the officers whom the viewer's own authorities have put in charge."""
    standing = CaseHandler.objects.filter(
        authority__in=viewer.roles.authorities(), ends=None
    ).select_related("officer")
    return cases.prefetch_related(Prefetch("handlers", queryset=standing, to_attr="in_charge"))


def case_line(case: Case, viewer: Viewer) -> CaseLine:
    """The line of a case from `with_turns`, and `with_handlers` where that was asked for."""
    in_charge: list[CaseHandler] = getattr(case, "in_charge", [])
    return CaseLine(
        case=case,
        stage=stage_name(case, viewer),
        turn=turn_of(case, getattr(case, "open_tasks", []), viewer),
        outcome=outcome_name(case),
        handler=", ".join(str(row.officer) for row in in_charge),
    )
