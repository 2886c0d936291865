"""The audit: everything public in the app database against the log, leaf by leaf.

Three questions, each answered from the tables where people's acts are kept, not from the record's
own: does every public act have an outbox row; does every row have its leaf on the log, made of what
the database says today; does every leaf on the log belong to a row? The log's own arithmetic
(`shidian record verify`) is not asked here.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from django.utils import timezone

from shidian.apps.cases.calendars import change_of
from shidian.apps.cases.models import CalendarVersion, Outbox
from shidian.apps.notices.domain import text_sha256
from shidian.apps.notices.models import Notice, PublishedLeaf, PublishedSnapshot, SnapshotKind
from shidian.apps.record.acts import all_acts, key_of, told, untold
from shidian.apps.record.domain.preparing import leaf_bytes
from shidian.apps.record.leaves import TOPIC, statement_of
from shidian.apps.record.models import Erasure, LeafRow
from shidian.apps.record.statement import is_intact
from shidian.core.record.leaf import BEARS_TEXT, check_commitment, decode
from shidian_kit.wire import canonical
from shidian_kit.wire.refusal import RecordError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from shidian.core.record.reader import LogReader

LATE_S = 60.0
"""A leaf that is due this long and not on the log is a finding; a fresh one is only on its way."""


class Problem(StrEnum):
    """What can be wrong with something public."""

    MISSING = "missing"
    DIFFERENT = "different"
    WAITING = "waiting"
    UNKNOWN = "unknown"
    BY_HASH = "by-hash"
    UNPROVEN = "unproven"


@dataclass(frozen=True, order=True)
class Finding:
    """Something public that is not on record as it should be: what, and what is wrong with it."""

    problem: Problem
    what: str
    detail: str


Auditor = Callable[[], Iterator[Finding]]
_auditors: list[Auditor] = []


def audited(auditor: Auditor) -> Auditor:
    """Register who looks at what is behind public acts; apps above this one know theirs."""
    _auditors.append(auditor)
    return auditor


def audit(
    reader: LogReader, *, now: datetime | None = None, settle_s: float = 0.0
) -> list[Finding]:
    """All findings, sorted; none where everything public is on record as it happened.

    Others may write meanwhile: what came after a look is no finding. `settle_s`: how long a worker
    may take to keep the place of a leaf that the notary has published. Raises RecordError where the
    log cannot be read.
    """
    now = now or timezone.now()
    before = reader.checkpoint().size
    rows = list(
        Outbox.objects.filter(topic=TOPIC).select_related(
            "leaf", "case__scheme", "case__rulebook_version"
        )
    )
    log = dict(reader.entries(reader.checkpoint().size))
    return sorted(
        {
            *_acts_without_rows(),
            *_changed_things(),
            *_rows_against(rows, log, now),
            *(finding for auditor in _auditors for finding in auditor()),
            *_unknown({index: log[index] for index in range(before)}, settle_s),
        }
    )


def _acts_without_rows() -> Iterator[Finding]:
    """Public acts that no outbox row tells of, and rows that tell of none, or of one again."""
    earlier = told()
    acts = all_acts()
    for act in untold(acts):
        yield Finding(Problem.MISSING, act.what, "no row of the outbox tells of it")
    earlier.subtract(Counter(key_of(act.payload) for act in acts))
    for key, left in earlier.items():
        if left > 0:
            yield Finding(Problem.UNKNOWN, key, f"{left} more than there are such acts")


def _changed_things() -> Iterator[Finding]:
    """Published things whose own digest no longer fits what the database holds."""
    pages = PublishedSnapshot.objects.exclude(kind=SnapshotKind.FIGURES)
    for page in pages.exclude(leaf__erased_at__isnull=False).iterator():
        if not is_intact(page):
            yield Finding(Problem.DIFFERENT, f"page {page}", "its text does not give its digest")
    for notice in Notice.objects.all():
        told = text_sha256(
            title=notice.title_zh,
            body=notice.body_zh,
            title_en=notice.title_en,
            body_en=notice.body_en,
        )
        if told != notice.sha256:
            yield Finding(
                Problem.DIFFERENT, f"notice {notice.slug}", "its text does not give its hash"
            )
    told_of = {
        (one.get("calendar"), one.get("edition")): one.get("sha256")
        for one in Outbox.objects.filter(topic=TOPIC, payload__kind="calendar.changed").values_list(
            "payload", flat=True
        )
    }
    for edition in CalendarVersion.objects.prefetch_related("days"):
        sha256 = told_of.get((edition.calendar, edition.version))
        if sha256 and sha256 != change_of(edition)["sha256"]:
            yield Finding(Problem.DIFFERENT, f"calendar {edition}", "its days are not those told")


def _rows_against(
    rows: Sequence[Outbox], log: Mapping[int, bytes], now: datetime
) -> Iterator[Finding]:
    """Each row of the outbox, its leaf, and the log."""
    for row in rows:
        leaf = getattr(row, "leaf", None)
        what = f"outbox row {row.pk} ({row.payload.get('kind', 'no kind')})"
        if leaf is None or leaf.index is None:
            yield from _waiting(row, leaf, what, now)
            continue
        data = bytes(leaf.leaf)
        if leaf.index not in log:
            yield Finding(Problem.MISSING, what, f"the log has no leaf {leaf.index}")
        elif log[leaf.index] != data:
            yield Finding(
                Problem.DIFFERENT, what, f"leaf {leaf.index} of the log says something else"
            )
        yield from _made_again(row, leaf, what)


def _waiting(row: Outbox, leaf: LeafRow | None, what: str, now: datetime) -> Iterator[Finding]:
    due = row.created if leaf is None else leaf.due
    if leaf is not None and leaf.problem:
        yield Finding(Problem.WAITING, what, leaf.problem)
    elif (now - due).total_seconds() > LATE_S:
        yield Finding(Problem.WAITING, what, f"not on the log since {due.isoformat()}")


def _made_again(row: Outbox, leaf: LeafRow, what: str) -> Iterator[Finding]:
    """Whether the leaf is what would be said of the act today."""
    said = statement_of(row)
    if said.problem:
        yield Finding(Problem.BY_HASH, what, said.problem)
    if leaf.erased_at is not None:
        if not Erasure.objects.filter(row=leaf, at=leaf.erased_at).exists():
            yield Finding(Problem.DIFFERENT, what, "its text was erased, and no trail says why")
        return
    known = decode(bytes(leaf.leaf))
    if leaf.sealed:
        text = said.text() if leaf.document is None else canonical.dumps(leaf.document)
        fits = leaf.salt is not None and check_commitment(
            known.commitment or "", bytes(leaf.salt), text
        )
        if not fits:
            yield Finding(Problem.DIFFERENT, what, "salt and document do not give its commitment")
        return
    salt = None
    if leaf_bytes(said, salt, leaf.due) != bytes(leaf.leaf):
        yield Finding(Problem.DIFFERENT, what, f"leaf {leaf.index} was made of something else")
    public = PublishedLeaf.objects.filter(index=leaf.index or 0).first()
    if public is None or (public.document != leaf.document):
        yield Finding(Problem.DIFFERENT, what, "what the site shows of it is not what was recorded")


def _unknown(log: Mapping[int, bytes], settle_s: float) -> Iterator[Finding]:
    """Leaves of which this database knows nothing, such as after it was put back."""
    unknown = set(log) - _known()
    if any(not _is_the_notarys(log[index]) for index in unknown) and settle_s:
        time.sleep(settle_s)
        unknown -= _known()
    for index in sorted(unknown):
        if not _is_the_notarys(log[index]):
            yield Finding(Problem.UNKNOWN, f"leaf {index}", _told_by(log[index]))


def _known() -> set[int | None]:
    return set(LeafRow.objects.exclude(index=None).values_list("index", flat=True))


def _is_the_notarys(data: bytes) -> bool:
    """Whether the notary writes such leaves of its own accord."""
    try:
        return decode(data).kind in BEARS_TEXT
    except RecordError:
        return False


def _told_by(data: bytes) -> str:
    try:
        leaf = decode(data)
    except RecordError as error:
        return str(error)
    return f"{leaf.kind} of {leaf.subject} at {leaf.time}: no act here has it"
