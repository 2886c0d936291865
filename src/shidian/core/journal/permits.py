"""Permits as the journal sees them: terms from the rulebook, limits from the plan, a lease each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shidian.core.journal.streams import DocumentError, read_duration_us
from shidian_kit.wire import canonical
from shidian_kit.wire.digest import sha256_tag
from shidian_kit.wire.permit import DURATION_MS_MAX, OnOutage, Permit, PermitMode

if TYPE_CHECKING:
    from shidian.core.journal.controls import KnownKey, Registry

_US_PER_MS = 1_000


class PermitRefusedError(Exception):
    """No permit is issued. `code`: not-active, closed, departed, no-permits, revoked."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class PermitTerms:
    """`orders.permit` of a rulebook. `agreed`: the plan parameter that says a pilot's own mode."""

    ttl_ms: int
    grace_ms: int
    mode: PermitMode
    on_outage: OnOutage
    agreed: str | None = None

    def mode_of(self, plan: Mapping[str, str]) -> PermitMode:
        """What stops under this plan; what the rulebook says where nothing else is agreed."""
        return PermitMode(plan.get(self.agreed or "", self.mode))


def read_permit_terms(document: Mapping[str, Any]) -> PermitTerms | None:
    """Terms of the rulebook; None where it has no permits. Raises DocumentError."""
    orders = document.get("orders")
    given = orders.get("permit") if isinstance(orders, Mapping) else None
    if given is None:
        return None
    if not isinstance(given, Mapping):
        raise DocumentError("orders.permit must be an object")
    try:
        mode = PermitMode(str(given.get("mode", PermitMode.NO_NEW_BUSINESS)))
        on_outage = OnOutage(str(given.get("on_regulator_outage", OnOutage.KEEP_LAST)))
    except ValueError as error:
        raise DocumentError(f"orders.permit: {error}") from error
    ttl_ms = read_duration_us("orders.permit.ttl", given.get("ttl")) // _US_PER_MS
    grace_ms = read_duration_us("orders.permit.grace", given.get("grace", "0s")) // _US_PER_MS
    if not 1 <= ttl_ms <= DURATION_MS_MAX or grace_ms > DURATION_MS_MAX:
        raise DocumentError("orders.permit: ttl and grace last at most a week, ttl at least 1 ms")
    return PermitTerms(ttl_ms, grace_ms, mode, on_outage, _mode_parameter(document))


def _mode_parameter(document: Mapping[str, Any]) -> str | None:
    """The plan parameter of type `permit-mode`, if the rulebook has one."""
    plan = document.get("plan")
    for one in plan if isinstance(plan, list) else ():
        if isinstance(one, Mapping) and one.get("type") == "permit-mode":
            return str(one.get("id"))
    return None


def limits_digest(rules_digest: str, plan: Mapping[str, str]) -> str:
    """What a permit binds a pilot to: the rules and the plan in force, as one digest."""
    return sha256_tag(canonical.dumps({"plan": dict(plan), "rules_digest": rules_digest}))


def lease(
    registry: Registry, key_id: str, nonce: str, *, entry: int, issued_us: int
) -> tuple[KnownKey, Permit]:
    """The permit for whoever holds the key, as things stand in this registry.

    Raises PermitRefusedError.
    """
    key = registry.keys[key_id]
    if key.revoked:
        raise PermitRefusedError("revoked", "This key was revoked: register a new one.")
    if key.project in registry.departed:
        raise PermitRefusedError("departed", f"{key.project} has left this journal.")
    if key.project in registry.closed:
        raise PermitRefusedError("closed", f"{key.project} is closed.")
    project = registry.projects.get(key.project)
    if project is None:
        raise PermitRefusedError("not-active", "No rulebook is in force for this project yet.")
    terms = project.permit
    if terms is None:
        raise PermitRefusedError("no-permits", "The rulebook of this project has no permits.")
    orders = registry.orders_of(key.project)
    permit = Permit(
        project=key.project,
        source=key.source,
        nonce=nonce,
        mode=terms.mode_of(project.plan),
        state=orders.state,
        order=orders.by,
        limits=limits_digest(project.rules_digest, project.plan),
        entry=entry,
        issued_us=issued_us,
        ttl_ms=terms.ttl_ms,
        grace_ms=terms.grace_ms,
        on_outage=terms.on_outage,
    )
    return key, permit
