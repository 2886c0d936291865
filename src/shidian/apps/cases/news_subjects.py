"""What news can be of beside a case, a coaching request or a contact: an app above registers it.

    register(Subject("dispatch", people=…, visible=…, words=_("Dispatch %(reference)s"), route=…))
    outbox.put("mail.dispatch", {"kind": "dispatch.sent", "dispatch": reference, …}, at=at)

Like all news it reaches nobody who may not know of its subject at the moment when they look.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from django.db.models import QuerySet

    from shidian.apps.accounts.models import Person


@dataclass(frozen=True, slots=True)
class Subject:
    """`people`: who is told what a payload says. `visible`: those that a person may know of, by

    their `reference`. `words`: how one is named to everyone. `route`: its page, by its reference.
    """

    kind: str
    people: Callable[[Mapping[str, Any]], Iterable[Person]]
    visible: Callable[[Person], QuerySet[Any]]
    words: Any
    route: str


SUBJECTS: dict[str, Subject] = {}


def register(one: Subject) -> Subject:
    """Make it known under its kind, which is the ending of its topic in the outbox."""
    if one.kind in SUBJECTS:
        raise ValueError(f"news of {one.kind} is registered twice")
    SUBJECTS[one.kind] = one
    return one
