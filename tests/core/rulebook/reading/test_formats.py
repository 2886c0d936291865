"""Formats as people name them."""

from __future__ import annotations

from shidian.core.rulebook.reading.formats import file_kind, number_form


def test_file_kind_is_named_as_people_name_it() -> None:
    assert file_kind("application/pdf") == "PDF"
    assert file_kind("text/csv") == "text/csv"


def test_number_form_names_each_place() -> None:
    said = number_form("{uscc}-{year}-{seq:04}")
    assert said.zh == "统一社会信用代码-年份-4位顺序号"
    assert said.en == "unified social credit code-year-4-digit serial number"


def test_number_form_keeps_what_it_does_not_know() -> None:
    assert number_form("RS-{region}").en == "RS-{region}"
