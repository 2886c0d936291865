"""A rulebook counts by calendars that exist, or is told that it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from shidian.core.procedure.calendar_check import unknown_calendars
from shidian.core.procedure.calendars import known_ids
from shidian.core.rulebook.load import load_file

RULES = """\
rulebook: example
version: "1"
status: sketch
title: {zh: 例, en: Example}
because: {basis: assumed, note: {zh: 无, en: None}}
calendars: {deadlines: uk-working-day, market: gb-trading-day}
"""


def test_unknown_calendar_is_named_with_its_line_and_those_there_are(
    tmp_path: Path,
) -> None:
    path = tmp_path / "example.yaml"
    path.write_text(RULES, encoding="utf-8")

    [problem] = unknown_calendars(load_file(path))

    assert str(problem).removeprefix(f"{tmp_path}/") == (
        "example.yaml:6: /calendars/deadlines: there is no calendar 'uk-working-day';"
        f" there are: {', '.join(one for one in known_ids() if one.endswith('-working-day'))}"
    )
    assert "日历“uk-working-day”不存在" in problem.say("zh")


@pytest.mark.parametrize("name", ["demo-city", "eu-dlt", "au-asic-ers"])
def test_known_calendars_are_passed_over(name: str) -> None:
    assert unknown_calendars(load_file(Path(f"rulebooks/{name}.yaml"))) == ()
