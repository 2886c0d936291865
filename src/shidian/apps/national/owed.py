"""What a working group owes of periodic reports: the newest period that is over, sent or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shidian.apps.cases.zones import day_in
from shidian.apps.national.bodies import newest_versions, rules_of
from shidian.apps.national.domain.checks import last_day_after
from shidian.apps.national.models import Dispatch, DispatchState
from shidian.apps.national.periods import ReportPeriod, last_period

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime

    from shidian.apps.cases.models import Scheme
    from shidian.core.rulebook.model import DispatchRule


@dataclass(frozen=True, slots=True)
class OwedReport:
    """A periodic report of the newest period that is over. `dispatch`: what there is of it."""

    scheme: Scheme
    rule: DispatchRule
    period: ReportPeriod
    due: date | None
    dispatch: Dispatch | None
    today: date

    @property
    def is_sent(self) -> bool:
        """Whether the other side has it, or had it and sent it back."""
        return self.dispatch is not None and self.dispatch.sent_at is not None

    @property
    def is_late(self) -> bool:
        """Whether its day is over, and it was never sent."""
        return not self.is_sent and self.due is not None and self.due < self.today


def owed_reports(schemes: Collection[Scheme], at: datetime) -> list[OwedReport]:
    """Of each of these schemes and each periodic report of its newest rules. Two queries.

    Nothing is owed for a time in which these rules were not yet published.
    """
    by_id = {one.pk: one for one in schemes}
    versions = newest_versions(by_id)
    begun: dict[tuple[int, str, date | None, date | None], Dispatch] = {}
    for one in Dispatch.objects.filter(scheme__in=list(by_id), kind="periodic").exclude(
        state=DispatchState.WITHDRAWN
    ):
        begun[one.scheme_id, one.rule, one.first, one.last] = one
    found = []
    for scheme_id, version in versions.items():
        rulebook = rules_of(version)
        today = day_in(rulebook, at)
        for rule in rulebook.dispatches:
            if rule.every_months is None:
                continue
            period = last_period(rule.every_months, today)
            if period.last < day_in(rulebook, version.published_at):
                continue
            found.append(
                OwedReport(
                    by_id[scheme_id],
                    rule,
                    period,
                    last_day_after(rule.sent_within, rulebook, period.last),
                    begun.get((scheme_id, rule.id, period.first, period.last)),
                    today,
                )
            )
    return found
