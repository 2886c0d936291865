"""Whose turn it is, in the words of whoever looks: one sentence for lists and case pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from shidian.core.procedure.types import ActorKind
from shidian.core.rulebook.model import AuthorityRole

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from shidian.apps.cases.models import Case, Task
    from shidian.apps.cases.views.roles import Viewer


@dataclass(frozen=True, slots=True)
class Turn:
    """What `{% whose_turn %}` shows."""

    who: str = ""
    doing: str = ""
    since: date | None = None
    days: int | None = None
    due: date | None = None
    overdue: bool = False
    mine: bool = False
    also: str = ""
    ended: str = ""


def addressee(task: Task, case: Case) -> str:  # noqa: PLR0911 - one a kind
    """Who is to act, by name where the law of the procedure lets everyone know it."""
    if task.authority is not None:
        return str(task.authority)
    match ActorKind(task.kind):
        case ActorKind.APPLICANT | ActorKind.PARTNER:
            return str(task.institution or case.lead)
        case ActorKind.OFFICER | ActorKind.SIGNING_OFFICER:
            return lead_authorities(case)
        case ActorKind.EXPERT:
            return _("the experts")
        case ActorKind.ASSESSOR:
            return str(task.institution) if task.institution else _("the assessor body")
        case ActorKind.PUBLIC:
            return _("the public")
    return _("the system")


def lead_authorities(case: Case) -> str:
    """Names of the scheme's lead authorities, which handle its cases."""
    parts = list(case.scheme.parts.all())
    leads = [part for part in parts if part.role == AuthorityRole.LEAD] or parts
    return _(", ").join(str(part.authority) for part in leads) or _("the authorities")


def tells_together(case: Case) -> bool:
    """Whether results of the present stage are kept: nothing then tells one case from another."""
    match case.stage_rule.release:
        case "together":
            return True
        case "by-call":
            return case.call.released_together
        case _:
            return False


def turn_of(case: Case, tasks: Sequence[Task], viewer: Viewer, ended: str = "") -> Turn:
    """The sentence at the top: mine first, else the task that is due first."""
    if not tasks:
        return Turn(ended=ended or _("Nobody has to act at present."))
    mine = [task for task in tasks if viewer.has(task)]
    if not mine and not viewer.is_of_the_authorities and tells_together(case):
        return Turn(
            ended=_("The results of this call are released together; they are not out yet.")
        )
    first = _pressing(mine or tasks)
    others = _merged([task for task in tasks if task.verb == first.verb and task is not first])
    who = addressee(first, case)
    named = [who, *(name for name in (addressee(task, case) for task in others) if name != who)]
    today = timezone.localdate()
    return Turn(
        who=_(", ").join(dict.fromkeys(named)),
        doing=first.what,
        since=timezone.localdate(first.opened_at),
        due=first.due,
        overdue=first.due is not None and first.due < today,
        mine=bool(mine),
        also=_and_also(tasks, first),
    )


def _pressing(tasks: Iterable[Task]) -> Task:
    return min(tasks, key=lambda task: (task.due is None, task.due or timezone.localdate()))


def _merged(tasks: Sequence[Task]) -> Sequence[Task]:
    return [task for task in tasks if task.authority is not None]


def _and_also(tasks: Sequence[Task], first: Task) -> str:
    others = len({(task.verb, task.what) for task in tasks} - {(first.verb, first.what)})
    if not others:
        return ""
    return ngettext("%(n)d other task is open", "%(n)d other tasks are open", others) % {
        "n": others
    }
