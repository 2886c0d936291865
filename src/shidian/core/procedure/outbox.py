"""What the rest of the house must do about new events: record, mail, pilot, snapshot."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from shidian.core.procedure.consents import leading, signers
from shidian.core.procedure.moves import consultation_of, stage_of
from shidian.core.procedure.objecting import rule_named
from shidian.core.procedure.parties import unsigned
from shidian.core.procedure.types import ActorKind, CaseState, EventKind, OutboxItem
from shidian.core.rulebook.model import Rulebook, StageKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shidian.core.procedure.types import Json, NewEvent

PUBLIC_ACTS = frozenset(
    {
        EventKind.NOTICE_OPENED,
        EventKind.NOTICE_EXTENDED,
        EventKind.NOTICE_CLOSED,
        EventKind.COMMENT_ANSWERED,
        EventKind.CASE_ADMITTED,
        EventKind.PILOT_STARTED,
        EventKind.PILOT_EXTENDED,
        EventKind.CASE_CLOSED,
        EventKind.OBJECTION_DECIDED,
    }
)
_SHOWS = PUBLIC_ACTS | {EventKind.STAGE_ENTERED, EventKind.CASE_MIGRATED}
_TO_APPLICANT = frozenset(
    {
        EventKind.STAGE_ENTERED,
        EventKind.REQUEST_OPENED,
        EventKind.CASE_CLOSED,
        EventKind.SILENCE_RECORDED,
        EventKind.CLOCK_EXTENDED,
        EventKind.NOTICE_EXTENDED,
        EventKind.CASE_MIGRATED,
        EventKind.OBJECTION_DECIDED,
        EventKind.DEFENCE_CALLED,
    }
)
_TO_OFFICER = frozenset(
    {
        EventKind.CASE_SUBMITTED,
        EventKind.REQUEST_ANSWERED,
        EventKind.CONFLICT_DECLARED,
        EventKind.ROUND_RECONSIDERED,
        EventKind.ASSESSMENT_FILED,
        EventKind.COMMENT_RECEIVED,
        EventKind.SIGNOFF_GIVEN,
        EventKind.REPORT_FILED,
        EventKind.OPINION_GIVEN,
        EventKind.RISK_GRADED,
        EventKind.SILENCE_RECORDED,
        EventKind.CASE_MIGRATED,
        EventKind.DECISION_HELD,
        EventKind.OBJECTION_DECIDED,
        EventKind.VOTE_RECORDED,
        EventKind.SHEET_ANSWERED,
    }
)


_DECLARED = frozenset({EventKind.CONFLICT_DECLARED})
"""Told with whether there is a conflict: only one that there is asks something of an officer."""
_TO_EXPERTS = frozenset({EventKind.ROUND_OPENED, EventKind.EXPERTS_INVITED})
_SITTINGS = frozenset({EventKind.DEFENCE_CALLED, EventKind.MEETING_CALLED})
_TO_AUTHORITIES = frozenset(
    {
        EventKind.CONSULTATION_OPENED,
        EventKind.MIGRATION_PROPOSED,
        EventKind.STAGE_ENTERED,
        EventKind.OBJECTION_FILED,
    }
)
_ABOUT_PARTNERS = frozenset(
    {
        EventKind.PARTNER_INVITED,
        EventKind.PARTNER_JOINED,
        EventKind.PARTNER_DECLINED,
        EventKind.PARTNER_LEFT,
        EventKind.SIGNATURES_REQUESTED,
        EventKind.APPLICATION_SIGNED,
    }
)
_MAILED = (
    _TO_APPLICANT
    | _TO_OFFICER
    | _TO_EXPERTS
    | _TO_AUTHORITIES
    | _ABOUT_PARTNERS
    | _SITTINGS
    | {EventKind.REVIEW_FILED}
)
_ABOUT_THE_PILOT = frozenset(
    {EventKind.PILOT_STARTED, EventKind.CASE_MIGRATED, EventKind.CASE_CLOSED}
)


def outbox_items(
    rulebook: Rulebook, before: CaseState, after: CaseState, events: Sequence[NewEvent]
) -> tuple[OutboxItem, ...]:
    """All items for the events of one act, in their order."""
    items: list[OutboxItem] = []
    stage = before.stage
    for event in events:
        if event.kind is EventKind.STAGE_ENTERED:
            stage = str(event.data["to"])
        if event.kind is EventKind.POOL_COMMITTED:
            items.append(_pool_leaf(event))
        if event.kind in PUBLIC_ACTS:
            items.append(_leaf(rulebook, before, after, event, stage))
        if event.kind is EventKind.STAGE_ENTERED and before.admitted:
            items.append(_staged(after, event))
        if event.kind in _ABOUT_THE_PILOT:
            items += _pilot(after, event)
        if event.kind in _MAILED:
            items += _mail(rulebook, after, event)
    if any(event.kind in _SHOWS for event in events):
        items.append(OutboxItem("snapshot.case", {"case": after.case, "stage": after.stage}))
    return tuple(items)


def _leaf(
    rulebook: Rulebook, before: CaseState, after: CaseState, event: NewEvent, stage: str
) -> OutboxItem:
    payload: dict[str, Json] = {
        "kind": event.kind.value,
        "case": after.case,
        "stage": stage,
        "at": _moment(event),
        "legal_effect": event.data["legal_effect"],
    }
    if event.data.get("sha256"):
        payload["sha256"] = event.data["sha256"]
    if event.kind is EventKind.NOTICE_EXTENDED:
        payload["until"] = event.data["until"]
    if after.number:
        payload["number"] = after.number
    if event.kind is EventKind.CASE_CLOSED and _outcome_is_public(rulebook, before, after):
        payload["outcome"] = after.outcome
    if event.kind is EventKind.OBJECTION_DECIDED and before.notice is not None:
        payload["outcome"] = event.data["outcome"]
    return OutboxItem("record.leaf", payload)


def _outcome_is_public(rulebook: Rulebook, before: CaseState, after: CaseState) -> bool:
    """A pilot's is where the register has it; else it is recorded sealed, as a refusal before any
    publicity is, so that nobody reads what it was."""
    if after.admitted:
        return "outcome" in rulebook.public_register.public
    return before.notice is not None


def _pool_leaf(event: NewEvent) -> OutboxItem:
    """The fingerprint alone: the public learns that a pool was fixed when, not in which case."""
    return OutboxItem(
        "record.leaf",
        {"kind": event.kind.value, "at": _moment(event), "sha256": event.data["sha256"]},
    )


def _staged(after: CaseState, event: NewEvent) -> OutboxItem:
    payload = {"case": after.case, "number": after.number, "stage": event.data["to"]}
    return OutboxItem("pilot.staged", {**payload, "at": _moment(event)})


def _pilot(after: CaseState, event: NewEvent) -> Iterator[OutboxItem]:
    common: dict[str, Json] = {"case": after.case, "number": after.number, "at": _moment(event)}
    if event.kind is EventKind.PILOT_STARTED:
        yield OutboxItem("pilot.admitted", {**common, "plan": dict(after.plan)})
    if event.kind is EventKind.CASE_MIGRATED and after.admitted:
        yield OutboxItem("pilot.migrated", {**common, "plan": dict(after.plan)})
    if event.kind is EventKind.CASE_CLOSED and after.admitted:
        yield OutboxItem("pilot.closed", {**common, "outcome": after.outcome})


def _mail(rulebook: Rulebook, after: CaseState, event: NewEvent) -> Iterator[OutboxItem]:
    if event.kind in _TO_APPLICANT:
        yield _letter(ActorKind.APPLICANT, after, event, institution=after.institution)
    if event.kind in _TO_OFFICER:
        found = {"conflict": event.data["conflict"]} if event.kind in _DECLARED else {}
        yield _letter(ActorKind.OFFICER, after, event, **found)
    if event.kind in _TO_EXPERTS:
        experts = event.data["experts"]
        for expert in experts if isinstance(experts, list | tuple) else ():
            yield _letter(ActorKind.EXPERT, after, event, person=expert)
    yield from _mail_to_the_panel(after, event)
    if event.kind in _ABOUT_PARTNERS:
        yield from _mail_about_partners(after, event)
    if event.kind in _TO_AUTHORITIES:
        yield from _mail_to_authorities(rulebook, after, event)


def _mail_to_the_panel(after: CaseState, event: NewEvent) -> Iterator[OutboxItem]:
    """That a session is called, to all without a conflict; to one, that their sheet was entered."""
    if event.kind in _SITTINGS and after.round is not None:
        for expert in after.round.experts:
            if not after.round.conflicts.get(expert):
                yield _letter(ActorKind.EXPERT, after, event, person=expert)
    if event.kind is EventKind.REVIEW_FILED and event.data.get("sha256"):
        yield _letter(ActorKind.EXPERT, after, event, person=event.data["expert"])


def _mail_about_partners(after: CaseState, event: NewEvent) -> Iterator[OutboxItem]:
    """To the side that did not act; to the officers what changes among the parties once filed."""
    if event.kind is EventKind.SIGNATURES_REQUESTED:
        for party in unsigned(after):
            yield _letter(ActorKind.PARTNER, after, event, institution=party.institution)
        return
    if event.actor.kind is ActorKind.PARTNER:
        yield _letter(ActorKind.APPLICANT, after, event, institution=after.institution)
    if event.data.get("institution") != event.actor.institution:
        yield _letter(ActorKind.PARTNER, after, event, institution=event.data["institution"])
    changes = event.kind in (EventKind.PARTNER_JOINED, EventKind.PARTNER_LEFT)
    if changes and after.stage_kind is not StageKind.DRAFT:
        yield _letter(ActorKind.OFFICER, after, event)


def _mail_to_authorities(
    rulebook: Rulebook, after: CaseState, event: NewEvent
) -> Iterator[OutboxItem]:
    """What another authority, an assessor body or a signing officer is asked."""
    if event.kind is EventKind.CONSULTATION_OPENED:
        asked = consultation_of(rulebook, str(event.data["consultation"]))
        yield _letter(ActorKind.OFFICER, after, event, authority=asked.authority)
    if event.kind is EventKind.OBJECTION_FILED:
        rule = rule_named(rulebook, str(event.data["objection"]))
        if rule is not None:
            yield _letter(ActorKind.OFFICER, after, event, authority=rule.body)
    signing: tuple[str, ...] = ()
    if event.kind is EventKind.MIGRATION_PROPOSED:
        signing = leading(rulebook)
    if event.kind is EventKind.STAGE_ENTERED:
        stage = stage_of(rulebook, after.stage)
        if stage.kind is StageKind.ASSESSMENT and stage.by == "assessor-body":
            yield _letter(ActorKind.ASSESSOR, after, event)
        signing = signers(rulebook, stage)
    for authority in signing:
        yield _letter(ActorKind.SIGNING_OFFICER, after, event, authority=authority)


def _letter(kind: ActorKind, after: CaseState, event: NewEvent, **to: Json) -> OutboxItem:
    return OutboxItem(
        f"mail.{kind}",
        {"kind": event.kind.value, "case": after.case, "stage": after.stage, **to},
    )


def _moment(event: NewEvent) -> str:
    return event.at.astimezone(UTC).isoformat().replace("+00:00", "Z")
