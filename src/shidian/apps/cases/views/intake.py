"""How a scheme takes applications, in words: its mode, windows, places, partners and fees."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from shidian.apps.cases.calendars import calendar_of
from shidian.apps.cases.words import currency_name, localized
from shidian.core.rulebook.model import IntakeMode, Status

if TYPE_CHECKING:
    from datetime import date

    from shidian.apps.cases.models import Scheme
    from shidian.core.rulebook.model import Fee, Intake, Rulebook, Window


def intake_rows(intake: Intake | None, scheme: Scheme) -> list[tuple[str, str]]:
    """Label and words of what the rulebook says of taking applications."""
    if intake is None:
        return []
    newest = scheme.rulebooks.exclude(status=Status.SKETCH).order_by("-pk").first()
    rulebook = newest.rulebook if newest else None
    rows = [(_("How applications are taken"), mode_words(intake.mode))]
    if intake.window is not None:
        rows.append((_("Window"), window_words(intake.window)))
    if intake.slots is not None:
        rows.append((_("Places"), str(intake.slots)))
    if intake.partners_max is not None:
        rows.append((_("Partners, at most"), str(intake.partners_max)))
    rows += [(localized(fee.name), fee_words(fee, intake, rulebook)) for fee in intake.fees]
    return [*rows, (_("Calls so far"), str(scheme.calls.count()))]


def mode_words(mode: IntakeMode) -> str:
    """What a way of taking applications means for whoever applies."""
    return {
        IntakeMode.CALL: _("in calls, each with a first and a last day"),
        IntakeMode.ROLLING: _("at any time"),
        IntakeMode.WINDOW: _("in windows that come round"),
        IntakeMode.NOTIFICATION: _("by notification at any time: the test begins unless stopped"),
        IntakeMode.COHORT: _("in cohorts that start together"),
    }[mode]


def window_words(window: Window) -> str:
    """14 calendar days, every 3 months."""
    if window.unit == "working-day":
        length = ngettext("%(n)d working day", "%(n)d working days", window.length)
    else:
        length = ngettext("%(n)d calendar day", "%(n)d calendar days", window.length)
    again = ngettext("every %(n)d month", "every %(n)d months", window.every_months)
    return _(", ").join([length % {"n": window.length}, again % {"n": window.every_months}])


def window_end(rulebook: Rulebook, first: date) -> date | None:
    """The last day of a window that opens on `first`, that day being its first."""
    window = rulebook.intake.window if rulebook.intake else None
    if window is None:
        return None
    if window.unit == "calendar-day":
        return first + timedelta(days=window.length - 1)
    calendar = calendar_of(rulebook)
    return calendar.add(first, window.length - calendar.counts(first))


def fee_words(fee: Fee, intake: Intake, rulebook: Rulebook | None) -> str:
    """The sum with its currency, and who does not pay."""
    total = f"{Decimal(fee.amount):,f} {currency_name(rulebook)}".strip()
    kinds = {one.id: localized(one.name) for one in intake.kinds}
    free = _(", ").join(kinds.get(one, one) for one in fee.free_for)
    return _("%(total)s; free for %(kinds)s") % {"total": total, "kinds": free} if free else total
