"""An exit plan in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from shidian.apps.supervision.domain.exits import drill_rules
from shidian.core.exit.drill import STEPS, Step
from shidian.core.exit.plan import Channel, How, Rounding, Words, read_exit_plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shidian.apps.accounts.models import Institution
    from shidian.apps.cases.models import Case
    from shidian.apps.supervision.models import ExitPlan
    from shidian.core.exit.plan import Payer

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


def payer_names(case: Case, payers: Iterable[Payer]) -> list[str]:
    """Payers as the reader knows them: in English by the name that the plan gives, or that the

    parties of the case have; else by the name as it was written.
    """
    listed = list(payers)
    if not (get_language() or "").startswith("en"):
        return [one.name for one in listed]
    known = {one.name_zh: one.name_en for one in (case.lead, *_partners(case, listed))}
    return [one.name_en or known.get(one.name) or one.name for one in listed]


def _partners(case: Case, payers: Sequence[Payer]) -> list[Institution]:
    """The partner institutions, where a payer is neither the lead nor named in English."""
    if all(one.name_en or one.name == case.lead.name_zh for one in payers):
        return []
    return [one.institution for one in case.parties.select_related("institution")]


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
    named = payer_names(case, said.payers)
    payers = _("; ").join(
        f"{name} {percent(one.share_bp)}%" for one, name in zip(said.payers, named, strict=True)
    )
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
