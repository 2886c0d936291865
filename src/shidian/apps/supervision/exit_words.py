"""An exit plan in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from shidian.apps.supervision.domain.exits import drill_rules
from shidian.core.exit.drill import STEPS, Step
from shidian.core.exit.plan import Channel, How, Rounding, Words, read_exit_plan

if TYPE_CHECKING:
    from shidian.apps.cases.models import Case
    from shidian.apps.supervision.models import ExitPlan

HOW = (
    (How.PAY_OUT, gettext_lazy("Paid out to the investor")),
    (How.HAND_OVER, gettext_lazy("Handed over to another institution")),
    (How.MATURE, gettext_lazy("Held until it matures, then paid out")),
    (How.NOT_HELD, gettext_lazy("Never held in this pilot")),
)
CHANNELS = (
    (Channel.APP, gettext_lazy("Message in the app")),
    (Channel.SMS, gettext_lazy("Text message")),
    (Channel.MAIL, gettext_lazy("E-mail")),
    (Channel.POST, gettext_lazy("Letter")),
)
ROUNDINGS = (
    (Rounding.UP, gettext_lazy("Up, for the investor")),
    (Rounding.HALF_EVEN, gettext_lazy("To the nearest fen, halves to even")),
    (Rounding.DOWN, gettext_lazy("Down")),
)


def in_language(words: Words) -> str:
    """The text in the reader's language."""
    return words.en if (get_language() or "").startswith("en") else words.zh


def percent(bp: int) -> str:
    """Hundredths of a percent as a number of percent: 6667 → 66.67, 5000 → 50."""
    return f"{bp // 100}.{bp % 100:02d}".removesuffix(".00")


def plan_lines(case: Case, filed: ExitPlan) -> list[tuple[object, str]]:
    """The plan in words: (what, how)."""
    said, rules = read_exit_plan(filed.canonical), drill_rules(case)
    names: dict[str, Any] = (
        {one.id: one.name for one in (*rules.kinds, *rules.told)} if rules else {}
    )
    how, channels = {str(k): v for k, v in HOW}, {str(k): v for k, v in CHANNELS}
    lines: list[tuple[object, str]] = []
    for path in said.paths:
        parts = [str(how[path.how]), *([path.to] if path.to else [])]
        if path.fees_bp:
            parts.append(_("%(share)s%% of fees returned") % {"share": percent(path.fees_bp)})
        if path.losses_bp:
            parts.append(_("%(share)s%% of losses made good") % {"share": percent(path.losses_bp)})
        lines.append((names.get(path.kind, path.kind), _("; ").join(parts)))
    payers = _("; ").join(f"{one.name} {percent(one.share_bp)}%" for one in said.payers)
    lines.append((_("Who pays"), payers))
    lines.append((_("Parts of a fen are rounded"), str(dict(ROUNDINGS)[said.rounding])))
    told = _("; ").join(str(channels[one]) for one in said.channels)
    lines.append((_("Investors are told by"), told))
    lines += [(names.get(one.id, one.id), one.address) for one in said.told]
    for step in Step:
        pace = getattr(said, step.replace("-", "_"))
        lines.append(
            (
                {"zh": STEPS[step].zh, "en": STEPS[step].en},
                _("within %(days)s working days, %(n)s a day")
                % {"days": pace.days, "n": pace.per_day},
            )
        )
    return lines
