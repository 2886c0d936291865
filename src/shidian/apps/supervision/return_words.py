"""What returns' pages say: columns explained, cells that cannot be taken, rows as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from shidian.apps.supervision.domain.instants import from_us
from shidian.core.journal.entry import ColumnType
from shidian.imports.returns import TIME

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shidian.apps.supervision.models import IndicatorReturn
    from shidian.core.journal.streams import FieldSpec, StreamSpec
    from shidian.imports.returns import Wrong


def field_guide(spec: StreamSpec, zone: str) -> list[list[str]]:
    """For each column: its name, what stands in it, whether it is needed."""
    needed, may = _("yes"), _("no")
    when = _("when it happened: 2026-03-31, or 2026-03-31 15:00, in %(zone)s") % {"zone": zone}
    lines = [[TIME, when, needed]]
    lines += [
        [field.name, _what(field), needed if field.required else may] for field in spec.fields
    ]
    return lines


def _what(field: FieldSpec) -> str:
    """What may stand in a field."""
    kind = {
        ColumnType.MONEY: _("an amount with at most %(n)d digits behind the point")
        % {"n": field.scale},
        ColumnType.DECIMAL: _("a number with at most %(n)d digits behind the point")
        % {"n": field.scale},
        ColumnType.INT: _("a whole number"),
        ColumnType.DURATION: _("a duration in microseconds"),
        ColumnType.PSEUDONYM: _("a pseudonym: p_ and letters a to z and digits 2 to 7"),
        ColumnType.CODE: _("a code of at most 128 characters"),
        ColumnType.BOOL: _("true or false"),
        ColumnType.TEXT: _("text without personal data, at most 2,000 characters"),
    }[field.type]
    return _("%(kind)s, not negative") % {"kind": kind} if field.non_negative else kind


def wrong_cells(wrong: Iterable[Wrong], spec: StreamSpec) -> list[dict[str, Any]]:
    """Each cell that cannot be taken, where it stands and what would be right."""
    fields = {field.name: field for field in spec.fields}
    return [
        {
            "line": one.line,
            "column": one.column,
            "said": _said(one.code, fields.get(one.column)),
        }
        for one in wrong
    ]


def _said(code: str, field: FieldSpec | None) -> str:
    said = {
        "time": _("is no date or time: write 2026-03-31, or 2026-03-31 15:00"),
        "period": _("lies outside the period"),
        "missing": _("is empty and needed"),
        "negative": _("must not be negative"),
        "scale": _("has too many digits behind the point"),
        "range": _("is too large or too long"),
        "personal": _("holds personal data, which must not be sent"),
    }.get(code, _("does not fit"))
    if field is not None and code in ("type", "scale", "missing"):
        return _("%(said)s: %(what)s") % {"said": said, "what": _what(field)}
    return said


def shown_rows(found: IndicatorReturn, spec: StreamSpec, rows_max: int) -> list[dict[str, Any]]:
    """The first rows: their line, moment and cells in the order of the stream's fields."""
    names: Sequence[str] = [field.name for field in spec.fields]
    return [
        {"line": line, "at": from_us(time_us), "cells": [values.get(name, "") for name in names]}
        for line, time_us, values in found.rows[:rows_max]
    ]
