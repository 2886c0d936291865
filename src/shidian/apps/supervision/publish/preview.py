"""What the public pages of a case would say if they were published now, beside what they say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shidian.apps.notices.models import PublishedSnapshot, SnapshotKind
from shidian.apps.supervision.models import Pilot
from shidian.apps.supervision.publish import cases, lessons, pilots

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shidian.apps.cases.models import Case
    from shidian.apps.supervision.publish.language import Language

LINES_MAX = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """A field of a page: its lines now, and as they would be."""

    name: str
    before: list[str]
    after: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PagePreview:
    """A public page of the case. `version`: of what is published; 0 where it is not yet."""

    kind: SnapshotKind
    key: str
    version: int
    fields: list[FieldChange]

    @property
    def changed(self) -> list[FieldChange]:
        """What the next publication would change."""
        return [one for one in self.fields if one.before != one.after]


def previews_of(case: Case, language: Language) -> list[PagePreview]:
    """Every page that the case has, or would have, in one language.

    Built by the very builders that publish; nothing is written. A case that is not public has none.
    """
    if not cases.is_public(case):
        return []
    built = [(kind, key, dict(body)) for kind, key, body in _bodies(case, language)]
    keys = {key for _kind, key, _body in built}
    rows = PublishedSnapshot.objects.current().filter(key__in=keys)
    standing = {
        (kind, key): (version, body)
        for kind, key, version, body in rows.values_list(
            "kind", "key", "version", f"body_{language}"
        )
    }
    return [_preview(kind, key, body, standing.get((kind.value, key))) for kind, key, body in built]


def _bodies(
    case: Case, language: Language
) -> Iterator[tuple[SnapshotKind, str, Mapping[str, Any]]]:
    yield SnapshotKind.CASE, case.reference, cases.case_body(case, language)
    for notice in case.notices.order_by("version"):
        yield SnapshotKind.NOTICE, notice.slug, cases.notice_body(notice, language)
    pilot = Pilot.objects.filter(case=case).select_related("case__scheme", "case__lead").first()
    if pilot is not None:
        yield SnapshotKind.PILOT, pilot.public_id, pilots.pilot_body(pilot, language)
    report = lessons.published_report(case)
    if report is not None:
        yield SnapshotKind.LESSON, case.reference, lessons.lesson_body(case, report, language)


def _preview(
    kind: SnapshotKind, key: str, body: Mapping[str, Any], standing: tuple[int, Any] | None
) -> PagePreview:
    version, before = standing or (0, {})
    fields = [
        FieldChange(
            name=name,
            before=lines_of(in_order_of(value, before.get(name))),
            after=lines_of(value),
        )
        for name, value in body.items()
    ]
    return PagePreview(kind=kind, key=key, version=version, fields=fields)


def in_order_of(model: object, value: object) -> object:
    """The value with its keys in the model's order: PostgreSQL keeps none of its own."""
    if isinstance(model, dict) and isinstance(value, dict):
        keys = [
            *(key for key in model if key in value),
            *(key for key in value if key not in model),
        ]
        return {key: in_order_of(model.get(key), value[key]) for key in keys}
    if isinstance(model, list) and isinstance(value, list) and model:
        return [in_order_of(model[min(n, len(model) - 1)], one) for n, one in enumerate(value)]
    return value


def lines_of(value: object) -> list[str]:
    """A field's value as lines that a person reads; a long one says how much more there is."""
    found = list(_said(value))
    rest = len(found) - LINES_MAX
    return [*found[:LINES_MAX], f"… +{rest}"] if rest > 0 else found


def _said(value: object) -> Iterator[str]:
    if isinstance(value, bool):
        yield "✓" if value else "–"
    elif isinstance(value, str | int | float):
        if value != "":
            yield str(value)
    elif isinstance(value, dict):
        line = " · ".join(one for item in value.values() for one in _said(item))
        if line:
            yield line
    elif isinstance(value, list):
        for item in value:
            yield from _said(item)
