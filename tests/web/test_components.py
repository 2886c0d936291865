"""The design system: dumb tags, values in, accessible HTML out."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from django.template import Context, Template
from django.utils.translation import override

from shidian.core.procedure.calendars import by_id
from shidian.core.procedure.types import ClockLine, ClockSum, LineKind
from shidian.core.rulebook.model import Because, Force, Source, Text, Unit
from shidian.web.templatetags import components


def draw(source: str, language: str = "en", **context: object) -> str:
    with override(language):
        return Template("{% load components %}" + source).render(Context(context))


TEXT = Text(zh="公示", en="Notice")


def test_text_speaks_the_active_language() -> None:
    assert draw("{{ t|text }}", "zh-hans", t=TEXT) == "公示"
    assert draw("{{ t|text }}", "en", t={"zh": "公示", "en": "Notice"}) == "Notice"
    assert draw("{{ t|text }}", "en", t="plain") == "plain"


def test_text_is_escaped() -> None:
    assert "<script>" not in draw("{{ t|text }}", t=Text(zh="<script>", en="<script>"))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1234567, "1,234,567"),
        (Decimal("1200.50"), "1,200.5"),
        (Decimal("1000000.00"), "1,000,000"),
        (Fraction(1, 3), "0.33"),
        (0.25, "0.25"),
        (None, ""),
    ],
)
def test_number_groups_digits_and_drops_trailing_zeros(value: object, shown: str) -> None:
    assert components.number(value) == shown


def test_day_and_moment_follow_the_language() -> None:
    at = datetime(2026, 10, 27, 6, 3, tzinfo=UTC)
    assert draw("{{ at|moment }}", "zh-hans", at=at) == "2026年10月27日 14:03"
    assert draw("{{ at|moment }}", "en", at=at) == "27 October 2026, 14:03"
    assert draw("{{ at|day }}", "en", at=date(2026, 10, 1)) == "1 October 2026"


def test_whose_turn_says_who_what_since_and_due() -> None:
    turn = {
        "who": Text(zh="示范市金融局", en="Finance"),
        "doing": "sign",
        "since": date(2026, 10, 20),
        "days": 3,
        "due": date(2026, 10, 27),
    }
    html = draw("{% whose_turn turn %}", turn=turn)
    assert "Waiting for <b>Finance</b>: sign" in html
    assert "Since 20 October 2026 (3 working days)" in html
    assert "due on 27 October 2026" in html


def test_whose_turn_marks_what_is_mine_and_what_is_late() -> None:
    html = draw(
        "{% whose_turn turn %}",
        turn={"doing": "answer", "mine": True, "overdue": True, "due": date(2026, 1, 1)},
    )
    assert "Your turn:" in html
    assert "was due on" in html


def clock(**changes: object) -> ClockSum:
    values: dict[str, object] = {
        "key": "screening/screening",
        "clock": "screening",
        "name": TEXT,
        "stage": "screening",
        "force": Force.STATUTORY,
        "unit": Unit.WORKING_DAY,
        "length": 5,
        "received": date(2026, 3, 2),
        "due": date(2026, 3, 9),
        "provisional": False,
        "stopped": None,
        "paused_units": 0,
        "calendar": "cn-working-day 1",
        "counted": by_id("cn-working-day"),
        "asked": date(2026, 3, 5),
        "lines": (
            ClockLine(
                LineKind.COUNTED,
                date(2026, 3, 3),
                date(2026, 3, 6),
                4,
                4,
                Text(zh="工作日", en="working days"),
            ),
        ),
    }
    return ClockSum(**{**values, **changes})  # type: ignore[arg-type]


def test_clock_shows_due_days_left_and_the_sum() -> None:
    html = draw("{% clock sum %}", sum=clock())
    assert "due on 9 March 2026" in html
    assert "(2 working days left)" in html
    assert "working days</td>" in html
    assert "statutory" in html


def test_clock_says_when_it_is_over_or_stopped_or_cannot_be_known() -> None:
    assert "(3 working days over)" in draw("{% clock sum %}", sum=clock(asked=date(2026, 3, 12)))
    assert "done on 4 March 2026" in draw("{% clock sum %}", sum=clock(stopped=date(2026, 3, 4)))
    assert "calendar of that year is missing" in draw("{% clock sum %}", sum=clock(due=None))


@pytest.mark.parametrize(
    ("basis", "mark"), [("verified", "●"), ("reported", "◐"), ("assumed", "○")]
)
def test_source_mark_has_a_mark_and_a_source(basis: str, mark: str) -> None:
    sources = {"s": Source(title=Text(zh="公告", en="The notice"), kind="notice")}
    html = draw(
        "{% source_mark because sources %}",
        because=Because(basis=basis, source="s", article="5"),
        sources=sources,
    )
    assert mark in html
    assert "The notice" in html
    assert "popovertarget" in html


def test_source_mark_without_a_basis_is_nothing() -> None:
    assert draw("{% source_mark because %}", because=None) == ""


@pytest.mark.parametrize(
    ("used", "level", "words"),
    [
        (50, "headroom ", "50% of the limit used."),
        (75, "headroom warning", "past the 70% mark"),
        (101, "headroom breach", "over it"),
    ],
)
def test_headroom_says_the_share_in_words(used: int, level: str, words: str) -> None:
    html = draw(
        "{% headroom used cap 'people' 'Investors' marks %}", used=used, cap=100, marks=(70, 80, 90)
    )
    assert level in html
    assert words in html
    assert 'aria-label="Investors: ' in html


def test_headroom_without_a_cap_or_data_says_so() -> None:
    assert "No limit agreed." in draw("{% headroom 5 None %}")
    assert "no data yet" in draw("{% headroom None 10 %}")


@pytest.mark.parametrize("level", components.SEVERITIES)
def test_severity_has_word_and_shape(level: str) -> None:
    html = draw("{% severity level %}", level=level)
    assert "<svg" in html
    assert level in html


def test_line_chart_labels_series_directly_and_draws_the_limit() -> None:
    at = [datetime(2026, 3, 2, hour, tzinfo=UTC) for hour in range(4)]
    series = [{"label": "orders", "points": list(zip(at, [1, 5, None, 9], strict=True))}]
    html = draw(
        "{% line_chart series title='Orders' unit='a minute' limit=8 limit_label='cap' csv_url='/data.csv' %}",
        series=series,
    )
    assert ">orders</text>" in html
    assert ">cap</text>" in html
    assert 'class="limit"' in html
    assert 'href="/data.csv"' in html
    assert "lowest 1, highest 9" in html
    assert "style=" not in html


def test_line_chart_without_values_says_so() -> None:
    assert "No values have arrived yet." in draw("{% line_chart series %}", series=[])


def test_error_summary_links_to_fields() -> None:
    html = draw(
        "{% error_summary errors %}", errors=[("id_name", "Give a name."), ("", "Try again.")]
    )
    assert '<a href="#id_name">Give a name.</a>' in html
    assert "There are 2 problems" in html


def test_confirm_answers_the_four_questions() -> None:
    html = draw("{% confirm 'law' 'practice' told 'no' %}", told=["the applicant", "the public"])
    for words in (
        "In law",
        "In practice",
        "Who is told",
        "Can it be undone",
        "the applicant, the public",
    ):
        assert words in html


def test_facts_leave_out_rows_without_a_value() -> None:
    html = draw("{% facts rows %}", rows=[("A", "1"), ("B", ""), {"label": "C", "value": TEXT}])
    assert ">B<" not in html
    assert "Notice" in html
