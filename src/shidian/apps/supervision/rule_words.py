"""The words of the rulebook that govern an alert, and by when an officer has to have seen it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from shidian.apps.cases.rulebooks import loaded_rulebook
from shidian.core.procedure.alerts import acknowledge_within
from shidian.core.rulebook.model import Text
from shidian.core.rulebook.reading import read
from shidian.core.rulebook.reading.text import article_number

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from shidian.apps.cases.models import Case
    from shidian.apps.supervision.models import AlertEpisode
    from shidian.core.rulebook.model import Basis, Rulebook
    from shidian.core.rulebook.reading import Article

NOT_SAID = Text(
    zh="制度文本未规定告警确认时限，此为系统假定。",
    en="The rulebook sets no time for acknowledging alerts: this one is assumed.",
)


@dataclass(frozen=True, slots=True)
class Governing:
    """An article that an alert rests on. `anchor`: where it stands on the rulebook's page."""

    anchor: str
    number: Text
    heading: Text
    sentences: tuple[Text, ...]
    points: tuple[Text, ...]
    basis: Basis | None


def governing(case: Case, rule_id: str) -> list[Governing]:
    """The articles on the rule and on what it measures, in the rulebook's order.

    Of the version that governs the case now; what governed when the alert was made is frozen in its
    explanation.
    """
    rulebook = case.rulebook
    indicator = _indicator_of(rulebook, rule_id)
    wanted = (f"/alerts/{rule_id}/", f"/limits/{rule_id}/", f"/indicators/{indicator}/")
    version = case.rulebook_version
    return [
        _plain(article)
        for article in _articles(version.pk, version.digest)
        if any(path.startswith(wanted) for path in article.paths)
    ]


def _indicator_of(rulebook: Rulebook, rule_id: str) -> str:
    rules: list[Any] = [*rulebook.alerts, *rulebook.limits]
    return next((one.indicator for one in rules if one.id == rule_id), "")


@lru_cache(maxsize=16)
def _articles(version: int, digest: str) -> tuple[Article, ...]:
    return tuple(read(loaded_rulebook(version, digest)).articles)


def _plain(article: Article) -> Governing:
    def plain(sentences: Any) -> tuple[Text, ...]:
        return tuple(Text(zh=one.plain("zh"), en=one.plain("en")) for one in sentences)

    number = article.number
    return Governing(
        anchor=article.id,
        number=Text(zh=article_number(number, "zh"), en=article_number(number, "en")),
        heading=article.heading,
        sentences=plain(article.sentences),
        points=plain(article.points),
        basis=article.basis,
    )


@dataclass(frozen=True, slots=True)
class Escalation:
    """When an alert is, or was, raised; `because` and `sources`: why it is that time."""

    at: datetime
    is_raised: bool
    because: Any
    sources: Mapping[str, Any]


def escalation_of(case: Case, episode: AlertEpisode) -> Escalation | None:
    """By when an officer has to have seen it; None where its level is never raised, or seen."""
    loaded = loaded_rulebook(case.rulebook_version_id, case.rulebook_version.digest)
    stated = loaded.rulebook.monitoring.acknowledge_within
    within = acknowledge_within(stated).get(episode.level)
    if within is None or episode.seen_rank >= episode.rank:
        return None
    because: Any = {"basis": "assumed", "note": NOT_SAID}
    if stated:
        found = loaded.provenance.get(f"/monitoring/acknowledge_within/{episode.level}")
        because = found.because if found else None
    return Escalation(
        at=episode.level_at + within,
        is_raised=episode.raised_rank >= episode.rank,
        because=because,
        sources=loaded.rulebook.sources,
    )
