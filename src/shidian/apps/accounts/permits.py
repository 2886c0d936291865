"""Predicates and permissions with types: the few calls of `rules` that this project makes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, Self, cast

from rules.permissions import add_perm, has_perm
from rules.predicates import predicate as untyped_predicate

if TYPE_CHECKING:
    from collections.abc import Callable

    from shidian.apps.accounts.access import Permission


class Predicate(Protocol):
    """A question about a person and an object; answers combine with & and |."""

    def __call__(self, person: Any, obj: Any = None) -> bool: ...
    def __and__(self, other: Self) -> Self: ...
    def __or__(self, other: Self) -> Self: ...


def predicate(function: Callable[[Any, Any], bool]) -> Predicate:
    """Make a function of (person, object) a predicate."""
    return cast("Predicate", untyped_predicate(function))  # type: ignore[no-untyped-call]


def permit(permission: Permission, to: Predicate) -> None:
    """Say who has a permission. Each is said once."""
    add_perm(permission.value, to)  # type: ignore[no-untyped-call]


def is_permitted(person: object, permission: Permission, obj: object) -> bool:
    """Whether the permission's predicate holds; False where nobody said who has it."""
    return bool(has_perm(permission.value, person, obj))  # type: ignore[no-untyped-call]
