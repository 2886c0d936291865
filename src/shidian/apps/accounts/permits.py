"""Predicates and permissions with types: the few calls of `rules` that this project makes."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import TYPE_CHECKING, Any, Protocol, Self, cast

from django.db.models import Model
from rules.permissions import add_perm, has_perm
from rules.predicates import predicate as untyped_predicate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shidian.apps.accounts.access import Permission


class Predicate(Protocol):
    """A question about a person and an object; answers combine with & and |."""

    def __call__(self, person: Any, obj: Any = None) -> bool: ...
    def __and__(self, other: Self) -> Self: ...
    def __or__(self, other: Self) -> Self: ...


Question = tuple[object, ...]
"""A predicate, the person's key, the object's class and key."""
_answers: ContextVar[dict[Question, bool] | None] = ContextVar("answers", default=None)


@contextmanager
def remembering() -> Iterator[None]:
    """Each predicate is asked once of a person and an object, however often the page wants to know.

    For requests that change nothing: what an act gives or takes counts at the next question.
    """
    token = _answers.set({})
    try:
        yield
    finally:
        _answers.reset(token)


def predicate(function: Callable[[Any, Any], bool]) -> Predicate:
    """Make a function of (person, object) a predicate."""

    @wraps(function)
    def asked(person: Any, obj: Any = None) -> bool:
        known = _answers.get()
        if known is None or not _has_key(person) or not (obj is None or _has_key(obj)):
            return function(person, obj)
        question = (function, person.pk, type(obj), obj and obj.pk)
        if question not in known:
            known[question] = function(person, obj)
        return known[question]

    return cast("Predicate", untyped_predicate(asked))  # type: ignore[no-untyped-call]


def _has_key(one: object) -> bool:
    return isinstance(one, Model) and one.pk is not None


def permit(permission: Permission, to: Predicate) -> None:
    """Say who has a permission. Each is said once."""
    add_perm(permission.value, to)  # type: ignore[no-untyped-call]


def is_permitted(person: object, permission: Permission, obj: object) -> bool:
    """Whether the permission's predicate holds; False where nobody said who has it."""
    return bool(has_perm(permission.value, person, obj))  # type: ignore[no-untyped-call]
