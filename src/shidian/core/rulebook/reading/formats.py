"""What machines write as formats, as people name them: kinds of files, the form of a number."""

from __future__ import annotations

import re

from shidian.core.rulebook.model import Text
from shidian.core.rulebook.reading.numbers import both

_FILES = {
    "application/pdf": "PDF",
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "DOCX",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "XLSX",
}
_PLACES = {
    "uscc": Text(zh="统一社会信用代码", en="unified social credit code"),
    "lei": Text(zh="法人机构识别编码", en="LEI"),
    "year": Text(zh="年份", en="year"),
    "seq": Text(zh="顺序号", en="serial number"),
}
_PLACE = re.compile(r"\{(\w+)(?::0?(\d{1,2}))?\}")


def file_kind(media_type: str) -> str:
    """application/pdf → PDF; a type that nobody names otherwise stays as it is."""
    return _FILES.get(media_type, media_type)


def number_form(template: str) -> Text:
    """`{uscc}-{year}-{seq:04}` → unified social credit code-year-serial number (4 digits)."""
    return Text(
        zh=_PLACE.sub(lambda found: _place(found).zh, template),
        en=_PLACE.sub(lambda found: _place(found).en, template),
    )


def _place(found: re.Match[str]) -> Text:
    name, digits = found.groups()
    said = _PLACES.get(name, both(found.group()))
    if digits is None:
        return said
    return Text(zh=f"{digits}位{said.zh}", en=f"{digits}-digit {said.en}")
