"""Base rules: published rulebooks that others extend, with who extends each."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db.models.fields.json import KeyTextTransform

from shidian.apps.cases.models import RulebookVersion


@dataclass(frozen=True, slots=True)
class Extending:
    """A published version that is laid over another."""

    rulebook: str
    version: str
    title_zh: str
    title_en: str
    status: str
    played: bool
    """Whether authorities take part in its scheme here."""


@dataclass(slots=True)
class Base:
    """A rulebook that others extend. `version`: its newest here; empty: it is not published."""

    rulebook: str
    version: str = ""
    title_zh: str = ""
    title_en: str = ""
    extended_by: list[Extending] = field(default_factory=list)


def base_rules() -> list[Base]:
    """Every rulebook that the newest version of another extends, by its id. Two queries."""
    rows = RulebookVersion.objects.annotate(base=KeyTextTransform("extends", "document"))
    newest: dict[str, tuple[str, str, str, str, str, int]] = {}
    for slug, *told in rows.order_by("pk").values_list(
        *("scheme__slug", "version", "scheme__title_zh", "scheme__title_en"),
        *("status", "base", "scheme"),
    ):
        newest[slug] = tuple(told)
    played = set(
        RulebookVersion.objects.filter(scheme__parts__isnull=False).values_list("scheme", flat=True)
    )
    bases: dict[str, Base] = {}
    for slug, (version, title_zh, title_en, status, base, scheme) in sorted(newest.items()):
        if base:
            bases.setdefault(base, Base(base)).extended_by.append(
                Extending(slug, version, title_zh, title_en, status, scheme in played)
            )
    for one in bases.values():
        if one.rulebook in newest:
            one.version, one.title_zh, one.title_en = newest[one.rulebook][:3]
    return sorted(bases.values(), key=lambda one: one.rulebook)
