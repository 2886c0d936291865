"""The board in words, and the rows of one with many pilots, written without a template.

Five hundred pilots with all their limits are some ten thousand nodes of a template, which cost more
than everything else on the page together. Every text is escaped here; nothing else is inserted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, pgettext

from shidian.apps.cases.words import localized
from shidian.apps.supervision.board import LATE_PER_CENT_POOR
from shidian.apps.supervision.models import PilotState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from shidian.apps.supervision.board import Tile
    from shidian.apps.supervision.board_figures import Quality

_SHAPES = {
    "info": '<circle cx="8" cy="8" r="7"/>',
    "warning": '<path d="M8 1l7.5 14H.5z"/>',
    "breach": '<path d="M8 0l8 8-8 8-8-8z"/>',
    "critical": '<path d="M5 1h6l4 4v6l-4 4H5l-4-4V5z"/>',
}
"""As `{% severity %}` draws them."""
_PLACE = "P-0000-0000"


Say: TypeAlias = "Callable[[str], str]"
"""Translates; one that remembers, where many rows say the same."""


def quality_words(quality: Quality | None, say: Say = _) -> str:
    """How a pilot's sources deliver, in few words."""
    if quality is None:
        return say("no data yet")
    words = []
    if quality.silent:
        words.append(say("sources silent: %(n)d") % {"n": quality.silent})
    if quality.missing:
        words.append(say("numbers missing: %(n)d") % {"n": quality.missing})
    if quality.late_per_cent >= LATE_PER_CENT_POOR:
        words.append(say("late: %(share).1f%%") % {"share": quality.late_per_cent})
    return say("; ").join(words) or say("data complete")


def complaint_words(tile: Tile, say: Say = _) -> str:
    """How many complaints are open, and for how many of them the institution is late."""
    if tile.complaints_late:
        said = say("complaints open: %(n)d, overdue: %(late)d")
        return said % {"n": tile.complaints, "late": tile.complaints_late}
    return say("complaints open: %(n)d") % {"n": tile.complaints}


def incident_words(tile: Tile, say: Say = _) -> str:
    """How many incidents are open, and of how many something is overdue."""
    if tile.incidents_late:
        said = say("incidents open: %(n)d, overdue: %(late)d")
        return said % {"n": tile.incidents, "late": tile.incidents_late}
    return say("incidents open: %(n)d") % {"n": tile.incidents}


def duty_words(late: int, say: Say = _) -> str:
    """How many duties are overdue."""
    return say("duties overdue: %(n)d") % {"n": late}


def report_words(late: int, say: Say = _) -> str:
    """How many reports are overdue."""
    return say("reports overdue: %(n)d") % {"n": late}


def drill_words(say: Say = _) -> str:
    """That the exit plan is to be drilled."""
    return say("exit drill overdue")


def unseen_words(unseen: int, say: Say = _) -> str:
    """How many alerts nobody has acknowledged."""
    return say("to acknowledge: %(n)d") % {"n": unseen}


_SAID = (
    *(gettext_noop("no data yet"), gettext_noop("sources silent: %(n)d")),
    *(gettext_noop("numbers missing: %(n)d"), gettext_noop("late: %(share).1f%%")),
    *(gettext_noop("; "), gettext_noop("data complete"), gettext_noop("duties overdue: %(n)d")),
    gettext_noop("complaints open: %(n)d, overdue: %(late)d"),
    gettext_noop("incidents open: %(n)d, overdue: %(late)d"),
    gettext_noop("incidents open: %(n)d"),
    *(gettext_noop("reports overdue: %(n)d"), gettext_noop("exit drill overdue")),
    *(gettext_noop("complaints open: %(n)d"), gettext_noop("to acknowledge: %(n)d")),
)
"""What `say` is given, where the catalogue's collector finds it."""


@dataclass(frozen=True, slots=True)
class _Page:
    """What the rows of one page share, looked up once."""

    say: Say
    address: str
    chips: Mapping[str, str]
    states: Mapping[str, str]
    titles: dict[int, str] = field(default_factory=dict)


def rows_of(tiles: Sequence[Tile]) -> SafeString:
    """A row of the table for each pilot, in the order given."""
    page = _Page(
        say=cache(_),
        address=reverse("supervision:pilot", args=[_PLACE]),
        chips={level: _chip(level) for level in _SHAPES},
        states={state.value: escape(state.label) for state in PilotState},
    )
    return mark_safe("".join(_row(tile, page) for tile in tiles))  # noqa: S308 - all is escaped


def _row(tile: Tile, page: _Page) -> str:
    pilot, worst = tile.pilot, tile.worst
    name, case = escape(pilot.public_id), pilot.case
    standing = "critical" if tile.halted else worst
    mark = f"{pilot.state}{worst}{tile.unseen}{'halted' if tile.halted else ''}"
    return (
        f'<tr id="tile-{name}" class="{standing}" data-mark="{mark}">'
        f'<th scope="row"><a href="{page.address.replace(_PLACE, name)}">{escape(case.title)}</a>'
        f'<p class="meta">{escape(case.lead.name)} · {name}</p></th>'
        f"<td>{_state(tile, page)}</td><td>{_alerts(tile, page)}</td>"
        f'<td class="uses">{_uses(tile, page)}</td>'
        f"<td>{escape(quality_words(tile.quality, page.say))}</td><td>{_owed(tile, page)}</td></tr>"
    )


def _chip(level: str) -> str:
    words = {
        "info": pgettext("severity", "Notice"),
        "warning": pgettext("severity", "Warning"),
        "breach": pgettext("severity", "Breach"),
        "critical": pgettext("severity", "Critical"),
    }
    shape = f'<svg viewBox="0 0 16 16" aria-hidden="true">{_SHAPES[level]}</svg>'
    return f'<span class="chip {level}">{shape}{escape(words[level])}</span>'


def _state(tile: Tile, page: _Page) -> str:
    word = page.states[tile.pilot.state]
    stopped = f'<span class="chip warning">{word}</span>' if tile.stopped else word
    if not tile.halted:
        return stopped
    said = escape(_("not monitored since entry %(n)d") % {"n": tile.pilot.fault.entry})
    return f'{stopped}<p class="halted">{said}</p>'


def _alerts(tile: Tile, page: _Page) -> str:
    parts = [f"{page.chips[level]} {n}" for level, n in tile.alerts.counts]
    if tile.unseen:
        parts.append(f'<span class="strong">{escape(unseen_words(tile.unseen, page.say))}</span>')
    if muted := tile.alerts.muted_count:
        said = escape(_("muted: %(muted)s") % {"muted": muted})
        parts.append(f'<span class="soft">{said}</span>')
    return " ".join(parts) or "–"


def _uses(tile: Tile, page: _Page) -> str:
    parts = []
    for use in tile.uses:
        title = use.limit.title
        if (said := page.titles.get(id(title))) is None:
            said = page.titles[id(title)] = escape(localized(title))
        share = "–" if use.used is None else f"{int(use.share * 100)} %"
        parts.append(f'<span class="use {use.standing}">{said} {share}</span>')
    return "".join(parts)


def _owed(tile: Tile, page: _Page) -> str:
    parts = []
    if tile.complaints:
        kind = ' class="strong"' if tile.complaints_late else ""
        parts.append(f"<span{kind}>{escape(complaint_words(tile, page.say))}</span>")
    if tile.incidents:
        kind = ' class="strong"' if tile.incidents_late else ""
        parts.append(f"<span{kind}>{escape(incident_words(tile, page.say))}</span>")
    if tile.duties_late:
        said = escape(duty_words(tile.duties_late, page.say))
        parts.append(f'<span class="strong">{said}</span>')
    owed = [
        *([report_words(tile.reports_late, page.say)] if tile.reports_late else []),
        *([drill_words(page.say)] if tile.drill_late else []),
    ]
    parts += [f'<span class="strong">{escape(one)}</span>' for one in owed]
    return "<br>".join(parts) or "–"
