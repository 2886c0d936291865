"""What stands behind the first version of a plan: signatures, admission, the public record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shidian.apps.cases.history import past_event, state_of
from shidian.apps.cases.models import CaseEvent
from shidian.apps.record.models import LeafRow
from shidian.config import settings
from shidian.core.procedure.admission import agreement_of
from shidian.core.procedure.types import EventKind
from shidian.core.record.reader import LogReader
from shidian_kit.wire import agreement, canonical
from shidian_kit.wire.refusal import RecordError

if TYPE_CHECKING:
    from datetime import datetime

    from shidian.apps.accounts.models import Institution
    from shidian.apps.cases.models import Case

_FILED = (EventKind.CASE_SUBMITTED, EventKind.REQUEST_ANSWERED)
_KINDS = (*_FILED, EventKind.APPLICATION_SIGNED, EventKind.CASE_ADMITTED)


@dataclass(frozen=True, slots=True)
class Signed:
    """An institution's signature of the application: the lead's is its filing."""

    institution: Institution | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Admission:
    """How the first version came about. `version`, `sha256`: of the form as it was filed last,

    `filed_at`. `entry`: place of the admission on the public record; None: not there, or not yet.
    `is_proved`: what was agreed is fixed by that entry.
    """

    signatures: tuple[Signed, ...]
    version: int
    sha256: str
    filed_at: datetime
    admitted_at: datetime
    entry: int | None
    is_proved: bool


def admission_of(case: Case) -> Admission | None:
    """The evidence, in three queries; None where the case was never filed or not admitted."""
    events = list(
        CaseEvent.objects.filter(case=case, kind__in=[kind.value for kind in _KINDS])
        .select_related("institution")
        .order_by("seq")
    )
    admitted = next((one for one in reversed(events) if one.kind == EventKind.CASE_ADMITTED), None)
    if admitted is None:
        return None
    events = [one for one in events if one.seq < admitted.seq]
    filed = [one for one in events if one.kind in _FILED and "sha256" in one.data]
    submitted = [one for one in filed if one.kind == EventKind.CASE_SUBMITTED]
    if not submitted:
        return None
    leaf = _leaf(admitted)
    return Admission(
        signatures=(
            Signed(case.lead, submitted[-1].at),
            *(
                Signed(one.institution, one.at)
                for one in events
                if one.kind == EventKind.APPLICATION_SIGNED
                and one.data.get("sha256") == submitted[-1].data["sha256"]
            ),
        ),
        version=int(filed[-1].data["version"]),
        sha256=str(filed[-1].data["sha256"]),
        filed_at=filed[-1].at,
        admitted_at=admitted.at,
        entry=None if leaf is None else leaf.index,
        is_proved=leaf is not None and leaf.index is not None and "sha256" in admitted.data,
    )


def proof_of_agreement(case: Case) -> bytes | None:
    """The file that proves what was agreed (`wire.agreement`); None where nothing does, or not yet.

    None as well where text and fingerprint do not agree any more: a proof of that proves nothing.
    """
    admitted = (
        CaseEvent.objects.filter(case=case, kind=EventKind.CASE_ADMITTED).order_by("-seq").first()
    )
    leaf = None if admitted is None else _leaf(admitted)
    if admitted is None or leaf is None or leaf.index is None or leaf.document is None:
        return None
    text = agreement_of(state_of(case), past_event(admitted).data)
    if admitted.data.get("sha256") != agreement.fingerprint(text):
        return None
    try:
        proof = LogReader(settings().record_tiles).tlog_proof(leaf.index)
    except (RecordError, IndexError):
        return None
    return agreement.bundle(
        agreement=text,
        document=canonical.dumps(leaf.document),
        leaf=bytes(leaf.leaf),
        proof=proof,
    )


def _leaf(admitted: CaseEvent) -> LeafRow | None:
    """The leaf of the newest admission up to this event."""
    return (
        LeafRow.objects.filter(
            outbox__case=admitted.case_id, outbox__payload__kind=EventKind.CASE_ADMITTED.value
        )
        .order_by("-pk")
        .first()
    )
