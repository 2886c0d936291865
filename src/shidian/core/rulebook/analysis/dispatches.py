"""Dispatches: to an authority that there is and that may take them, periodic ones with a period."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.analysis.authorities import SIGNING
from shidian.core.rulebook.analysis.finding import Finding, error, unknown
from shidian.core.rulebook.analysis.words import AUTHORITY, say
from shidian.core.rulebook.model import DispatchKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shidian.core.rulebook.model import Authority, DispatchRule, Rulebook

_VERB_OF = {DispatchKind.FILING: "filing", DispatchKind.REQUEST: "opinion"}


def findings(rulebook: Rulebook) -> Iterator[Finding]:
    """What is wrong with what the working group sends to others."""
    authorities = {one.id: one for one in rulebook.authorities}
    for rule in rulebook.dispatches:
        path = f"/dispatches/{rule.id}"
        if rule.authority not in authorities:
            yield unknown(f"{path}/authority", AUTHORITY, rule.authority, authorities)
        else:
            yield from _receiver(rule, authorities[rule.authority], f"{path}/authority")
        yield from _period(rule, path)


def _receiver(rule: DispatchRule, authority: Authority, path: str) -> Iterator[Finding]:
    if authority.role in SIGNING:
        yield error(
            path,
            say(
                f"“{authority.id}”属于工作组，不能向自己报送",
                f"'{authority.id}' is of the working group, which sends nothing to itself",
            ),
            say("请写工作组以外的部门", "name an authority that does not decide"),
        )
    verb = _VERB_OF.get(rule.kind)
    if verb is not None and authority.verbs and verb not in authority.verbs:
        yield error(
            path,
            say(f"“{authority.id}”的职权中没有 {verb}", f"'{authority.id}' has no verb {verb}"),
            say(f"请在其 verbs 中加入 {verb}", f"add {verb} to its verbs"),
        )


def _period(rule: DispatchRule, path: str) -> Iterator[Finding]:
    if rule.kind is DispatchKind.PERIODIC:
        if rule.every_months is None:
            yield error(
                f"{path}/every_months",
                say("定期报告没有周期", "a periodic report has no period"),
                say("请写 every_months", "add every_months: …"),
            )
        return
    for key in ("every_months", "sent_within"):
        if getattr(rule, key) is not None:
            yield error(
                f"{path}/{key}",
                say("只有定期报告才有周期", "only a periodic report has a period"),
                say(f"请删去 {key}，或写 kind: periodic", f"remove {key}, or write kind: periodic"),
            )
