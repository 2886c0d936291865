"""The finding of tolerance (容错认定): one officer finds and proposes, a signing officer decides.

It is the authorities' own, made on a closed incident and only where the rulebook has one. It is no
administrative decision; one that was taken elsewhere is named, not made, here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases import outbox
from shidian.apps.cases.errors import ForbiddenError
from shidian.apps.cases.news_kinds import TOLERANCE
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.domain.incidents import TEXT_CHARS_MAX, publish_again
from shidian.apps.supervision.models import Incident, ToleranceDecision, ToleranceFinding
from shidian.core.procedure.incidents import IncidentState
from shidian.core.rulebook.model import LegalEffect
from shidian_kit.wire import canonical
from shidian_kit.wire.digest import sha256_tag

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from shidian.apps.accounts.models import Person
    from shidian.core.rulebook.model import ToleranceRule

MEASURE_CHARS_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the officer found. `conditions`: id → (met, reason); `proposal`: id of a decision."""

    facts: str
    causation: str
    compensation: str
    opinion: str
    conditions: Mapping[str, tuple[bool, str]]
    proposal: str


def tolerance_rule(incident: Incident) -> ToleranceRule | None:
    """The rule by which a finding may be made on it; None where the rulebook has none for it."""
    rules = incident.pilot.case.rulebook.incidents
    rule = rules.tolerance if rules is not None else None
    if rule is None or (rule.severities and incident.severity not in rule.severities):
        return None
    return rule


def standing_finding(incident: Incident) -> ToleranceFinding | None:
    """The newest finding, unless it was sent back; None where one may be made."""
    newest = incident.findings.select_related("decision", "by").order_by("-number").first()
    if newest is None:
        return None
    decision = decision_of(newest)
    return None if decision is not None and not decision.decision else newest


def decision_of(finding: ToleranceFinding) -> ToleranceDecision | None:
    """What was decided on it; None where nothing was yet."""
    try:
        return finding.decision
    except ToleranceDecision.DoesNotExist:
        return None


@transaction.atomic
def propose_finding(
    *, incident: Incident, found: Found, by: Person, at: datetime | None = None
) -> ToleranceFinding:
    """Find for or against tolerance, condition by condition; mail to the signing officers.

    Raises ForbiddenError, or SupervisionError: the rulebook has no such finding for it, it is not
    closed, a finding stands, something is not stated, or the proposal contradicts the conditions.
    """
    locked = _locked(incident, by, Permission.INCIDENT_HANDLE)
    rule = tolerance_rule(locked)
    if rule is None:
        raise SupervisionError(_("The rulebook has no finding of tolerance for this incident."))
    if locked.state != IncidentState.CLOSED:
        raise SupervisionError(_("A finding is made once the incident is closed."))
    if standing_finding(locked) is not None:
        raise SupervisionError(_("A finding was made already. Reload the page."))
    for name in ("facts", "causation", "compensation", "opinion"):
        _stated(getattr(found, name), name)
    for condition in rule.conditions:
        _stated(found.conditions.get(condition.id, (False, ""))[1], f"reason_{condition.id}")
    _fits(rule, found.proposal, {name: met for name, (met, _why) in found.conditions.items()})
    finding = ToleranceFinding(
        incident=locked,
        number=locked.findings.count() + 1,
        facts=found.facts.strip(),
        causation=found.causation.strip(),
        compensation=found.compensation.strip(),
        opinion=found.opinion.strip(),
        conditions=[
            {
                "id": one.id,
                "met": found.conditions[one.id][0],
                "reason": found.conditions[one.id][1].strip(),
            }
            for one in rule.conditions
        ],
        proposal=found.proposal,
        rules_digest=locked.pilot.case.rulebook_version.rules_digest,
        by=by,
        at=at or timezone.now(),
    )
    finding.save(force_insert=True)
    _mail(locked, "signing-officer", finding.at)
    return finding


@transaction.atomic
def decide_finding(
    *,
    finding: ToleranceFinding,
    decision: str,
    reason: str,
    by: Person,
    measure: str = "",
    at: datetime | None = None,
) -> ToleranceDecision:
    """Decide on a finding; empty `decision`: send it back. Never by the officer who made it.

    `measure`: number and date of a formal measure taken elsewhere, if one was. Outbox: a leaf of
    the record, mail to the institution where it was decided, else to the case officers. Raises
    ForbiddenError, or SupervisionError: decided already, no reason, the incident was opened again,
    or the conditions were not all found met.
    """
    locked = _locked(finding.incident, by, Permission.INCIDENT_DECIDE)
    kept = ToleranceFinding.objects.select_related("decision").get(pk=finding.pk)
    kept.incident = locked
    moment = at or timezone.now()
    if decision_of(kept) is not None:
        raise SupervisionError(_("This was decided already. Reload the page."))
    if kept.by_id == by.pk:
        raise SupervisionError(_("Another officer decides than the one who made the finding."))
    if decision and locked.state != IncidentState.CLOSED:
        raise SupervisionError(_("The incident was opened again: send the finding back."))
    rule = tolerance_rule(locked)
    if decision and rule is None:
        raise SupervisionError(_("The rulebook has no finding of tolerance for this incident."))
    if decision and rule is not None:
        _fits(rule, decision, {one["id"]: one["met"] for one in kept.conditions}, "decision")
    _stated(reason, "reason")
    if len(measure) > MEASURE_CHARS_MAX:
        raise SupervisionError(_("At most 200 characters."), field="measure")
    measure = measure.strip()
    effect = LegalEffect.SUPERVISORY_MEASURE_REFERENCE if measure else LegalEffect.SERVICE
    decided = ToleranceDecision(
        finding=kept,
        decision=decision,
        reason=reason.strip(),
        measure=measure,
        legal_effect=effect.value,
        by=by,
        at=moment,
    )
    decided.save(force_insert=True)
    if decision:
        put_leaf(decided)
        publish_again(locked, moment)
    _mail(locked, "applicant" if decision else "officer", moment)
    return decided


def put_leaf(decided: ToleranceDecision) -> None:
    """Have the record make a leaf of it."""
    case = decided.finding.incident.pilot.case
    outbox.put("record.leaf", leaf_payload(decided), case=case, at=decided.at)


def leaf_payload(decided: ToleranceDecision) -> dict[str, object]:
    """What a leaf's row says: the digest of finding and decision, never their words."""
    finding = decided.finding
    incident = finding.incident
    content = {
        "incident": incident.reference,
        "finding": finding.number,
        "facts": finding.facts,
        "causation": finding.causation,
        "compensation": finding.compensation,
        "opinion": finding.opinion,
        "conditions": finding.conditions,
        "proposal": finding.proposal,
        "decision": decided.decision,
        "reason": decided.reason,
        "measure": decided.measure,
        "legal_effect": decided.legal_effect,
    }
    return {
        "kind": "tolerance.decided",
        "incident": incident.reference,
        "pilot": incident.pilot.public_id,
        "digest": sha256_tag(canonical.dumps(content)),
        "rules_digest": finding.rules_digest,
        "public": "incidents" in incident.pilot.case.rulebook.public_register.public,
        "at": decided.at.isoformat(),
    }


def _locked(incident: Incident, by: Person, permission: Permission) -> Incident:
    locked = (
        Incident.objects.select_for_update(of=("self",))
        .select_related("pilot__case__rulebook_version")
        .get(pk=incident.pk)
    )
    if not allows(by, permission, locked.pilot.case):
        raise ForbiddenError
    return locked


def _stated(text: str, where: str) -> None:
    if not text.strip():
        raise SupervisionError(_("This must be stated."), field=where)
    if len(text) > TEXT_CHARS_MAX:
        raise SupervisionError(_("Write a text of at most 5,000 characters."), field=where)


def _fits(
    rule: ToleranceRule, decision: str, met: Mapping[str, bool], where: str = "proposal"
) -> None:
    chosen = next((one for one in rule.decisions if one.id == decision), None)
    if chosen is None:
        raise SupervisionError(_("The rulebook has no such decision."), field=where)
    if chosen.needs_all and not all(met.get(one.id, False) for one in rule.conditions):
        raise SupervisionError(
            _("This takes every condition found met, and one is not."), field=where
        )


def _mail(incident: Incident, to: str, at: datetime) -> None:
    case = incident.pilot.case
    outbox.put(f"mail.{to}", {"kind": TOLERANCE, "case": case.reference}, case=case, at=at)
