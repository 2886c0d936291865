"""Returns: figures of a period that a person prepares as a file and a signer attests."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases import outbox, uploads
from shidian.apps.cases.errors import ForbiddenError
from shidian.apps.cases.rulebooks import loaded_rulebook
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.domain.return_rows import renumbered, table_of, totals_of
from shidian.apps.supervision.models import (
    AT_WORK,
    IndicatorReturn,
    Pilot,
    ReturnState,
)
from shidian.core.journal.streams import StreamSpec, read_streams
from shidian_kit.wire import canonical
from shidian_kit.wire import keys as wire_keys
from shidian_kit.wire.signed_file import is_signed_by

if TYPE_CHECKING:
    from datetime import date, datetime

    from django.core.files.base import File
    from django.db.models import QuerySet

    from shidian.apps.accounts.domain.proving import Proof
    from shidian.apps.accounts.models import Person

TOPIC = "gate.return"


@dataclass(frozen=True, slots=True)
class Period:
    """What a return is of: a stream, from the first day to the last one, both included."""

    stream: str
    starts_on: date
    ends_on: date

    @classmethod
    def of(cls, found: IndicatorReturn) -> Period:
        """That of a return."""
        return cls(found.stream, found.starts_on, found.ends_on)


def streams_of(pilot: Pilot) -> dict[str, StreamSpec]:
    """The streams that the pilot's rulebook knows, as the gate reads them."""
    return read_streams(loaded_rulebook(pilot.case.rulebook_version_id).document)


@transaction.atomic
def prepare_return(
    *,
    pilot: Pilot,
    period: Period,
    file: File[Any],
    by: Person,
    signature: str = "",
    at: datetime | None = None,
) -> IndicatorReturn:
    """Keep a file of figures for one stream and period; a signer looks at it next.

    `signature`: of one of the pilot's machine keys over the file, where a system made it. A return
    of the same stream and period that still waits is dropped. Nothing is sent yet. Raises
    ForbiddenError, SupervisionError, ReturnRefusedError with every cell that cannot be taken.
    """
    moment = at or timezone.now()
    locked = Pilot.objects.select_for_update(of=("self",)).select_related("case").get(pk=pilot.pk)
    if not allows(by, Permission.RETURN_PREPARE, locked.case):
        raise ForbiddenError
    specs = streams_of(locked)
    spec = specs.get(period.stream)
    if spec is None:
        raise SupervisionError(_("The rulebook has no such stream."), field="stream")
    _fits(locked, period, moment)
    sha256 = uploads.digest_of(file)
    key_id = _signing_key(locked, sha256, signature)
    table = table_of(
        file,
        spec,
        starts_on=period.starts_on,
        ends_on=period.ends_on,
        zone=locked.case.rulebook.zone,
    )
    for waiting in _returns(locked, period, ReturnState.PREPARED).defer("rows"):
        _drop(waiting, by, moment)
    prepared = IndicatorReturn(
        pilot=locked,
        number=_next_number(locked),
        stream=period.stream,
        starts_on=period.starts_on,
        ends_on=period.ends_on,
        file_name=PurePath((file.name or "file").replace("\\", "/")).name[:200],
        sha256=sha256,
        size_bytes=file.size or 0,
        signed_by_key=key_id,
        rows=[[row.line, row.time_us, dict(row.values)] for row in table.rows],
        row_count=len(table.rows),
        totals=totals_of(spec, table),
        prepared_by=by,
        prepared_at=moment,
    )
    uploads.keep(file, prepared.path)
    prepared.save(force_insert=True)
    return prepared


@transaction.atomic
def drop_return(*, found: IndicatorReturn, by: Person, at: datetime | None = None) -> None:
    """Give up a return that nobody has attested. Raises ForbiddenError, SupervisionError."""
    locked = IndicatorReturn.objects.select_for_update().select_related("pilot__case")
    waiting = locked.get(pk=found.pk)
    if not allows(by, Permission.RETURN_PREPARE, waiting.pilot.case):
        raise ForbiddenError
    if waiting.state != ReturnState.PREPARED:
        raise _already(waiting)
    _drop(waiting, by, at or timezone.now())


def statement_of(found: IndicatorReturn, by: Person) -> str:
    """What `by` attests, as canonical JSON: which file, of what, for when, with what totals."""
    content = {
        "attests": "the figures are complete and right to the best of the signer's knowledge",
        "project": found.pilot.public_id,
        "return": found.number,
        "stream": found.stream,
        "from": found.starts_on.isoformat(),
        "to": found.ends_on.isoformat(),
        "sha256": found.sha256,
        "rows": found.row_count,
        "totals": found.totals,
        "institution": found.pilot.case.lead.name_zh,
        "signer": by.name_zh,
    }
    return canonical.dumps(content).decode()


@transaction.atomic
def attest_return(
    *,
    found: IndicatorReturn,
    by: Person,
    proof: Proof | None,
    at: datetime | None = None,
) -> IndicatorReturn:
    """Attest a return for the lead institution; its rows go to the journal as events.

    An attested return of the same stream and period is replaced: rows that are the same stay,
    others are corrected, taken away or added. `proof`: of the signer's second factor, None where
    they have none. Outbox `gate.return`. Raises ForbiddenError, SupervisionError: attested or
    dropped already, the pilot does not run, the period has been filed otherwise meanwhile.
    """
    moment = at or timezone.now()
    pilot = (
        Pilot.objects.select_for_update(of=("self",)).select_related("case").get(pk=found.pilot_id)
    )
    locked = IndicatorReturn.objects.select_for_update().get(pk=found.pk)
    locked.pilot = pilot
    if not allows(by, Permission.RETURN_ATTEST, pilot.case):
        raise ForbiddenError
    if locked.state != ReturnState.PREPARED:
        raise _already(locked)
    period = Period.of(locked)
    _fits(pilot, period, moment)
    before = _returns(pilot, period, ReturnState.ATTESTED).order_by("-number").first()
    high = IndicatorReturn.objects.filter(pilot=pilot).aggregate(high=Max("last_seqno"))["high"]
    locked.numbers, locked.events, locked.last_seqno = renumbered(
        before.rows if before else [],
        before.numbers if before and before.numbers else [],
        locked.rows,
        high or 0,
    )
    locked.replaces = before
    locked.state, locked.ended_by, locked.ended_at = ReturnState.ATTESTED, by, moment
    locked.statement = statement_of(locked, by)
    locked.evidence = (
        {"method": proof.method, "use": proof.use, **proof.evidence}
        if proof
        else {"method": "session"}
    )
    locked.outbox_id = outbox.put(TOPIC, {"return": locked.pk}, case=pilot.case, at=moment).pk
    locked.save()
    return locked


def _fits(pilot: Pilot, period: Period, moment: datetime) -> None:
    """That a return of this period can be filed now. Raises SupervisionError."""
    zone = ZoneInfo(pilot.case.rulebook.zone)
    today = timezone.localtime(moment, zone).date()
    if pilot.state not in AT_WORK:
        raise SupervisionError(_("Returns are filed for running pilots only."))
    if period.ends_on < period.starts_on:
        raise SupervisionError(_("The period ends before it begins."), field="ends_on")
    if period.ends_on >= today:
        raise SupervisionError(_("The period is not over yet."), field="ends_on")
    if period.starts_on < pilot.starts_on:
        raise SupervisionError(_("The period begins before the pilot."), field="starts_on")
    other = (
        IndicatorReturn.objects.filter(
            pilot=pilot,
            stream=period.stream,
            state=ReturnState.ATTESTED,
            starts_on__lte=period.ends_on,
            ends_on__gte=period.starts_on,
        )
        .exclude(starts_on=period.starts_on, ends_on=period.ends_on)
        .first()
    )
    if other is not None:
        raise SupervisionError(
            _("Return %(number)d covers %(first)s to %(last)s: file that period again, or another.")
            % {"number": other.number, "first": other.starts_on, "last": other.ends_on},
            field="starts_on",
        )


def _signing_key(pilot: Pilot, sha256: str, signature: str) -> str:
    if not signature.strip():
        return ""
    for key in pilot.machine_keys.filter(revoked_at=None):
        if is_signed_by(wire_keys.load_public(key.public_key), sha256, signature):
            return str(key.key_id)
    raise SupervisionError(
        _("No key of this pilot made this signature over this file."), field="signature"
    )


def _drop(one: IndicatorReturn, by: Person, moment: datetime) -> None:
    one.state, one.ended_by, one.ended_at = ReturnState.DROPPED, by, moment
    one.save(update_fields=("state", "ended_by", "ended_at"))


def _next_number(pilot: Pilot) -> int:
    highest = IndicatorReturn.objects.filter(pilot=pilot).aggregate(high=Max("number"))["high"]
    return int(highest or 0) + 1


def _returns(pilot: Pilot, period: Period, state: ReturnState) -> QuerySet[IndicatorReturn]:
    return IndicatorReturn.objects.filter(
        pilot=pilot,
        stream=period.stream,
        starts_on=period.starts_on,
        ends_on=period.ends_on,
        state=state,
    )


def _already(found: IndicatorReturn) -> SupervisionError:
    what = {"who": found.ended_by, "state": found.get_state_display()}
    return SupervisionError(_("This return is %(state)s: by %(who)s.") % what)
