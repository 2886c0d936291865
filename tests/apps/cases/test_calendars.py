"""Calendars in the database: stored when a rulebook counts by them, newest edition used."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

import pytest

from shidian.apps.cases.calendars import calendar_of, load_calendars, load_calendars_of
from shidian.apps.cases.domain import schemes
from shidian.apps.cases.errors import DomainError
from shidian.apps.cases.models import CalendarVersion
from shidian.core.procedure.calendars import by_id, edition_of
from shidian.core.rulebook.load import load_file
from shidian.core.rulebook.model import Unit

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).parents[3] / "rulebooks"


def stored() -> set[str]:
    return set(CalendarVersion.objects.values_list("calendar", flat=True))


def test_publishing_stores_the_calendar_that_the_rulebook_counts_by():
    loaded = load_file(ROOT / "in-sebi.yaml")
    assert "in-working-day" not in stored()
    scheme = schemes.found_scheme(loaded=loaded, authorities={})
    schemes.publish_rulebook(scheme=scheme, loaded=loaded, by=None)
    assert "in-working-day" in stored()
    assert "in-trading-day" not in stored()  # no clock of it counts trading days
    assert calendar_of(loaded.rulebook).version == edition_of("in-working-day")
    assert load_calendars() == []


def test_clock_in_trading_days_brings_their_calendar():
    rulebook = load_file(ROOT / "demo-city.yaml").rulebook
    clocks = tuple(clock.model_copy(update={"unit": Unit.TRADING_DAY}) for clock in rulebook.clocks)
    trading = rulebook.model_copy(update={"clocks": clocks})
    with pytest.raises(DomainError):
        calendar_of(trading)
    load_calendars_of(trading)
    found = calendar_of(trading)
    assert found.counts(date(2023, 10, 7))
    assert found.trading is not None
    assert not found.trading.counts(date(2023, 10, 7))
    assert found.trading.days == by_id("cn-trading-day").days


def test_calendar_that_the_library_lacks_is_said_when_a_date_is_needed():
    rulebook = load_file(ROOT / "demo-city.yaml").rulebook
    calendars = rulebook.calendars.model_copy(update={"deadlines": "xx-working-day"})
    other = rulebook.model_copy(update={"calendars": calendars})
    assert load_calendars_of(other) == []
    with pytest.raises(DomainError) as missing:
        calendar_of(other)
    assert "xx-working-day" in missing.value.text.en


def test_loading_again_is_quick():
    load_calendars()
    began = time.process_time()
    assert load_calendars() == []
    assert time.process_time() - began < 1
