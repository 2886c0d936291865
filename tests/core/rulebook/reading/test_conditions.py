"""Expressions in words: names become labels, options their names, and both languages say the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shidian.core.rulebook.reading.conditions import phrase
from tests.core.rulebook.reading.library import regime

DEMO = regime("demo-city").rulebook


@pytest.mark.parametrize(
    ("expression", "zh", "en"),
    [
        ("partners > 0", "参与机构的家数超过0", "the number of partners is more than 0"),
        (
            "innovation.kind = 'tech-product'",
            "“项目类型”为“科技产品”",
            "“Type of project” is “Technology product”",
        ),
        (
            "'ai' IN technology.technologies",
            "“主要技术（可多选）”包括“人工智能”",
            "“Main technologies (one or more)” includes “Artificial intelligence”",
        ),
        (
            "partners > 0 AND (schedule.months > 12 OR scale.investors_max >= 1000)",
            "参与机构的家数超过0，且（“拟试点期限（月）”超过12，或者“参与投资者人数上限（不涉及投资者的填 0）”不低于1,000）",
            (
                "the number of partners is more than 0 and (“Intended length of the pilot, in months” is"
                " more than 12 or “Most investors that may take part (0 if the project has none)” is at"
                " least 1,000)"
            ),
        ),
        (
            "data.telemetry",
            "“同意按本方案规定的数据流实时报送运行数据，投资者一律以假名报送”为“是”",
            (
                "“We will send running data in real time as this scheme's streams require, with investors"
                " under pseudonyms only” holds"
            ),
        ),
        (
            "security.assessment IS NULL",
            "未填写“技术安全评估报告（PDF，不超过 20 MiB）”",
            "“Security assessment report (PDF, at most 20 MiB)” is not stated",
        ),
        (
            "lead_kind IN ('securities-firm', 'fund-manager')",
            "牵头机构的类别为下列之一：“证券公司”、“基金管理公司”",
            "the kind of lead institution is “Securities firm” or “Fund manager”",
        ),
    ],
)
def test_expression_reads_in_both_languages(expression: str, zh: str, en: str) -> None:
    said = phrase(DEMO, expression)
    assert (said.zh, said.en) == (zh, en)


def test_money_is_written_with_its_currency() -> None:
    said = phrase(DEMO, "scale.turnover_max > 5000000")
    assert said.zh.endswith("超过500万" + DEMO.place.currency_name.zh)
    assert said.en.endswith(f"is more than {DEMO.currency} 5,000,000")


def test_field_of_a_stream_keeps_its_name() -> None:
    stream = DEMO.stream("order.placed")
    assert phrase(DEMO, "amount > 100", stream).en.startswith("amount is more than ")


def test_text_that_does_not_parse_is_given_as_it_stands() -> None:
    assert phrase(DEMO, "__import__('os')").en == "__import__('os')"


atoms = st.sampled_from(
    ["partners > 1", "data.telemetry", "schedule.months <= 3", "tier = 'low'", "NOT data.telemetry"]
)
expressions = st.recursive(
    atoms,
    lambda inner: st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(
        lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"
    ),
    max_leaves=6,
)


@given(expressions)
def test_any_expression_names_what_it_depends_on(expression: str) -> None:
    said = phrase(DEMO, expression)
    assert said.zh
    assert said.en.count("(") == said.en.count(")")
    labels = [word for word in ("参与机构的家数", "“拟试点期限（月）”") if word in said.zh]
    assert len(labels) == ("partners" in expression) + ("schedule" in expression)
