"""Every public act, from the tables where people's acts are kept: what the record must tell of.

The audit asks for them to find what is missing, the back-fill to put on record what earlier
releases published and told nobody of. Apps above this one register theirs with `public_acts`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Max

from shidian.apps.cases.calendars import change_of
from shidian.apps.cases.models import CalendarVersion, Call, CaseEvent, Outbox, RulebookVersion
from shidian.apps.notices.models import PublishedSnapshot, SnapshotKind
from shidian.apps.record.leaves import KINDS, TOPIC
from shidian.core.procedure.outbox import PUBLIC_ACTS
from shidian_kit.wire import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, kw_only=True)
class Act:
    """A public act: its name in words, and what its row of the outbox says of it.

    `whole`: the payload is all that a row says, so that a row could be made of it. An act of a case
    is not: what of it may be told was known when it was done, and its row was written with it.
    """

    what: str
    payload: Mapping[str, Any]
    whole: bool = True


Source = Callable[[], Iterator[Act]]
_sources: list[Source] = []


def public_acts(source: Source) -> Source:
    """Register who knows public acts; apps above this one know theirs."""
    _sources.append(source)
    return source


def all_acts() -> list[Act]:
    """All public acts that the database knows of, source by source."""
    return [act for source in _sources for act in source()]


def untold(acts: Iterable[Act]) -> list[Act]:
    """Those of the acts, which were read before, that no row of the outbox tells of.

    An act and its row are written in one transaction: who asks for rows after acts misses none.
    """
    left, missing = told(), []
    for act in acts:
        key = key_of(act.payload)
        if not left[key]:
            missing.append(act)
        left[key] -= 1
    return missing


def told() -> Counter[str]:
    """How often the outbox tells of each act, by `key_of`."""
    payloads = Outbox.objects.filter(topic=TOPIC).values_list("payload", flat=True)
    return Counter(key_of(one) for one in payloads.iterator() if one.get("kind") in KINDS)


_IDENTIFYING = (
    *("kind", "case", "notice", "call", "scheme", "version", "calendar", "edition", "order"),
    *("key_id", "page", "key", "incident", "drill", "plan", "report", "bridge"),
)


def key_of(payload: Mapping[str, Any]) -> str:
    """What identifies an act: its kind, what it is about, and when."""
    members = {name: payload[name] for name in _IDENTIFYING if name in payload}
    if "page" not in payload:
        members["at"] = _moment(payload.get("at"))
    return canonical.dumps(members).decode()


def _moment(text: Any) -> str:
    try:
        return datetime.fromisoformat(str(text)).astimezone(UTC).isoformat()
    except ValueError:
        return str(text)


@public_acts
def case_acts() -> Iterator[Act]:
    """The public events of all cases."""
    events = CaseEvent.objects.filter(kind__in=[kind.value for kind in PUBLIC_ACTS])
    for event in events.select_related("case").iterator():
        said = {"kind": event.kind, "case": event.case.reference, "at": event.at.isoformat()}
        what = f"{event.kind} of case {event.case.reference}, event {event.seq}"
        yield Act(what=what, payload=said, whole=False)


@public_acts
def published_rules() -> Iterator[Act]:
    """Rulebooks, calls, calendars."""
    for version in RulebookVersion.objects.defer("document").select_related("scheme"):
        said = {
            "kind": "rulebook.published",
            "scheme": version.scheme.slug,
            "version": version.version,
            "digest": version.digest,
            "at": version.published_at.isoformat(),
        }
        yield Act(what=f"rulebook {version}", payload=said)
    for call in Call.objects.select_related("scheme"):
        said = {
            "kind": "call.opened",
            "call": call.slug,
            "scheme": call.scheme.slug,
            "at": call.published_at.isoformat(),
        }
        yield Act(what=f"call {call.slug}", payload=said)
    for edition in CalendarVersion.objects.prefetch_related("days"):
        yield Act(what=f"calendar {edition}", payload=change_of(edition))


@public_acts
def certified_gate_keys() -> Iterator[Act]:
    """Keys of gates: an act of the worker, which the outbox alone keeps."""
    rows = Outbox.objects.filter(topic=TOPIC, payload__kind="gate-key.certified").order_by("pk")
    for payload in rows.values_list("payload", flat=True):
        yield Act(what=f"gate key {payload.get('key_id')}", payload=payload)


@public_acts
def published_pages() -> Iterator[Act]:
    """Every version of every page, but for live figures; `gone` from the site or not."""
    pages = PublishedSnapshot.objects.exclude(kind=SnapshotKind.FIGURES)
    current = set(pages.current().values_list("pk", flat=True))
    columns = ("pk", "kind", "key", "version", "digest", "published_at")
    for pk, kind, key, version, digest, at in pages.order_by("pk").values_list(*columns).iterator():
        said = {"page": kind, "key": key, "version": version, "digest": digest}
        if pk not in current:
            said["gone"] = True
        yield Act(
            what=f"page {kind} {key} v{version}",
            payload={"kind": "page.published", **said, "at": at.isoformat()},
        )


@public_acts
def withdrawn_pages() -> Iterator[Act]:
    """Pages taken off the site: each time the version that it showed last."""
    gone = PublishedSnapshot.objects.exclude(kind=SnapshotKind.FIGURES)
    times = gone.exclude(withdrawn_at=None).order_by().values_list("kind", "key", "withdrawn_at")
    for kind, key, at, version in times.annotate(last=Max("version")):
        said = {"kind": "page.withdrawn", "page": kind, "key": key, "version": version}
        yield Act(
            what=f"page {kind} {key} v{version} withdrawn",
            payload={**said, "at": at.isoformat()},
        )
