"""Published bodies in which every text that a person can have written is a given one.

They are made from the types in `notices.bodies` and `notices.figures`, so that a new field of a
public page is in the sweeps from the day it is there. What the system itself writes (days, ids,
digests) is told apart by the field's name, in CODED; a field that is missing there gets a hostile
text, and the page that took it for a day breaks.
"""

from __future__ import annotations

import typing
from typing import TYPE_CHECKING, Any

from typing_extensions import is_typeddict

from shidian.apps.notices import bodies, pilot_bodies
from shidian.apps.notices.models import SnapshotKind

if TYPE_CHECKING:
    from collections.abc import Callable

DAY, MOMENT = "2025-03-03", "2025-03-03T09:00:00+08:00"
CODED: dict[str, Any] = {
    **dict.fromkeys(("date", "until", "before"), DAY),
    **dict.fromkeys(("at", "since"), MOMENT),
    "zone": "Asia/Shanghai",
    "counting_days": [DAY],
    **dict.fromkeys(
        ("slug", "public_id", "case", "pilot", "notice", "scheme", "reference", "lesson"), "x-0"
    ),
    **dict.fromkeys(("rulebook", "id"), "x-law"),
    **dict.fromkeys(("version", "rulebook_version"), "1"),
    "extends": "",
    "about": "draft",
    "url": "https://example.org/",
    "grade": "A",
    "on": DAY,
    "state": "running",
    "sha256": "ab" * 32,
    "digest": "sha256:" + "ab" * 32,
    "cap": "100",
    "warn_at": [50, 90],
    "used": "80",
    "trend": ["1", "2"],
    "indicator": "investors",
    "level": "breach",
    "points": [[MOMENT, "1"], ["2025-03-04T09:00:00+08:00", None], [MOMENT, "3"]],
    "months": [[DAY, 1, 2], ["2025-04-01", 3, 4]],
    "days": "12",
    "days_to_start": "30",
    "share": {"verified": 1, "reported": 1, "assumed": 1, "total": 3, "verified_per_cent": 33},
}
_ENDS = {"_on": DAY, "_at": MOMENT, "_digest": "sha256:" + "ab" * 32, "as_of": MOMENT}
"""Of a name: a day, a moment, a digest."""
_PLAIN: dict[str, Callable[[str], Any]] = {
    "what": lambda text: [{"label": text, "text": text}] * 2,
    "made_from": lambda text: {text: text},
    "cannot_run": lambda text: [text],
    "calendars": lambda text: {"cn-working-day": {"zh": text, "en": text}},
}
"""Fields whose type says less than what stands in them."""


def body_of(kind: type, text: str, **own: Any) -> dict[str, Any]:
    """A body of that type, all of whose texts are `text`. `own`: what it is known by."""
    hints = typing.get_type_hints(kind, localns={"Json": Any})
    made = {name: _value(name, hint, text) for name, hint in hints.items() if name not in own}
    return {**made, **own}


def _value(name: str, hint: Any, text: str) -> Any:
    if name in CODED and hint is not bodies.NoteBody:
        return CODED[name]
    ended = next((value for end, value in _ENDS.items() if name.endswith(end)), None)
    if ended is not None:
        return ended
    if name in _PLAIN and not _of_typed(hint):
        return _PLAIN[name](text)
    return _of(name, hint, text)


def _of_typed(hint: Any) -> bool:
    arguments = typing.get_args(hint)
    return bool(arguments) and is_typeddict(arguments[0])


def _of(name: str, hint: Any, text: str) -> Any:
    if is_typeddict(hint):
        return body_of(hint, text)
    if typing.get_origin(hint) is list:
        (inner,) = typing.get_args(hint)
        return [_of(name, inner, text), _of(name, inner, text)]
    if hint is bool:
        return True
    if hint is int or int in typing.get_args(hint):
        return 3
    assert hint is str, f"{name}: say in tests/sweeps/bodies.py what {hint} holds"
    return text


PAGES: dict[SnapshotKind, type] = {
    SnapshotKind.CALL: bodies.CallBody,
    SnapshotKind.NOTICE: bodies.NoticeBody,
    SnapshotKind.PILOT: pilot_bodies.PilotBody,
    SnapshotKind.CASE: pilot_bodies.CaseBody,
    SnapshotKind.SCHEME: bodies.SchemeBody,
    SnapshotKind.CLAUSES: bodies.ClausesBody,
    SnapshotKind.LESSON: pilot_bodies.LessonBody,
    SnapshotKind.TIP: bodies.TipBody,
}
"""Kinds whose whole body is made. Rulebooks and drafts are laws: `rulebook_body`."""


def rulebook_body(document: Any, text: str, **own: Any) -> dict[str, Any]:
    """A rulebook whose titles, names and texts are all `text`; what the rules say is as it was."""
    own = {"digest": f"sha256:{abs(hash(text)):064x}"[:71], **own}
    return body_of(bodies.RulebookBody, text, document=_said(document, text), **own)


def _said(value: Any, text: str) -> Any:
    if isinstance(value, dict):
        if set(value) == {"zh", "en"}:
            return {"zh": text, "en": text}
        return {key: _said(one, text) for key, one in value.items()}
    return [_said(one, text) for one in value] if isinstance(value, list) else value
