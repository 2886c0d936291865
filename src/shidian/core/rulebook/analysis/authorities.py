"""Authorities: who signs, who is asked, and what an act of theirs is in law."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from shidian.core.rulebook.analysis.expressions import is_constantly, judged
from shidian.core.rulebook.analysis.finding import Finding, error, missing, unknown, warning
from shidian.core.rulebook.analysis.words import AUTHORITY, CLOCK, KINDS, ROLES, STAGE, say
from shidian.core.rulebook.model import (
    Authority,
    AuthorityRole,
    Consultation,
    ConsultationKind,
    LegalEffect,
    Rulebook,
    SignoffRule,
    Stage,
    StageKind,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SIGNING = frozenset({AuthorityRole.LEAD, AuthorityRole.MEMBER})
"""Roles whose consent a decision can need: the others guide, are told, or are asked."""

_UNSIGNED = frozenset({StageKind.DRAFT, StageKind.CLOSED})
_COMMANDING = frozenset({LegalEffect.INSTRUCTION, LegalEffect.SUPERVISORY_MEASURE_REFERENCE})
_NOT_OF_AN_AUTHORITY = frozenset(
    {
        "create",
        "submit",
        "answer_information",
        "withdraw",
        "declare_conflict",
        "submit_review",
        "file_assessment",
        "record_comment",
        "file_report",
    }
)
_VERB_OF = {
    ConsultationKind.FILING: "filing",
    ConsultationKind.OPINION: "opinion",
    ConsultationKind.NO_OBJECTION: "opinion",
}


def findings(rulebook: Rulebook, on: date | None) -> Iterator[Finding]:
    """What is wrong with who decides. `on`: the day on which the rules are judged, if on any."""
    authorities = {authority.id: authority for authority in rulebook.authorities}
    for authority in rulebook.authorities:
        yield from _validity(authority)
    if rulebook.authorities and not any(one.role in SIGNING for one in rulebook.authorities):
        yield missing(
            rulebook,
            "/authorities",
            say(
                "没有牵头或成员部门，无人办理和签批",
                "no authority leads or is a member: nobody decides",
            ),
            say("至少将一个部门写为 role: lead", "write role: lead for one of them"),
        )
    for stage in rulebook.stages:
        if stage.signoff is not None:
            yield from _signoff(stage, stage.signoff, authorities, on)
    for consultation in rulebook.consultations:
        yield from _consultation(rulebook, consultation, authorities)
    for one in rulebook.letters.codes:
        if one.id not in authorities:
            yield unknown(f"/letters/codes/{one.id}", AUTHORITY, one.id, authorities)
    coaching = rulebook.intake.coaching if rulebook.intake else None
    if coaching is not None and coaching.authority not in authorities:
        yield unknown("/intake/coaching/authority", AUTHORITY, coaching.authority, authorities)
    yield from _acts(rulebook)


def _day(text: str | None) -> date | None:
    """The date of a text; None where there is none, or it is none and said so elsewhere."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _validity(authority: Authority) -> Iterator[Finding]:
    path = f"/authorities/{authority.id}"
    for key in ("valid_from", "valid_to"):
        text = getattr(authority, key)
        if text is not None and _day(text) is None:
            yield error(
                f"{path}/{key}",
                say(f"“{text}”不是日期", f"'{text}' is no date"),
                say("应写为 2026-01-31 的形式", "write 2026-01-31"),
            )
    since, until = _day(authority.valid_from), _day(authority.valid_to)
    if since and until and until < since:
        yield error(
            f"{path}/valid_to",
            say("终止日早于起始日", "ends before it begins"),
            say("请对调两个日期", "swap the dates"),
        )


def _signoff(
    stage: Stage, rule: SignoffRule, authorities: Mapping[str, Authority], on: date | None
) -> Iterator[Finding]:
    path = f"/stages/{stage.id}/signoff"
    if stage.kind in _UNSIGNED:
        kind = KINDS[stage.kind]
        yield error(
            path,
            say(f"{kind.zh}阶段没有需要会签的决定", f"a {kind.en} stage has no decision to sign"),
            say("请将会签移至作出决定的阶段", "move it to the stage that decides"),
        )
    for key, names in (("all_of", rule.all_of), ("of", rule.of)):
        for index, name in enumerate(names):
            yield from _signer(f"{path}/{key}/{index}", name, authorities, on)
    yield from _quorum(path, rule)
    if rule.lead is not None and rule.lead not in {*rule.all_of, *rule.of}:
        yield error(
            f"{path}/lead",
            say(
                f"牵头会签的“{rule.lead}”不在会签部门之列", f"'{rule.lead}' leads but does not sign"
            ),
            say("请将其列入 all_of 或 of", "name it in all_of or of as well"),
        )
    signers = [authorities[name] for name in (*rule.all_of, *rule.of) if name in authorities]
    yield from _together(path, signers if rule.k in (None, len(rule.of)) else [])


def _signer(
    path: str, name: str, authorities: Mapping[str, Authority], on: date | None
) -> Iterator[Finding]:
    if name not in authorities:
        yield unknown(path, AUTHORITY, name, authorities)
        return
    authority = authorities[name]
    if authority.role not in SIGNING:
        role = ROLES[authority.role]
        yield error(
            path,
            say(f"“{name}”为{role.zh}，不参加会签", f"'{name}' is {role.en} and cannot sign off"),
            say("请写明牵头部门或成员部门", "name a lead or member authority"),
        )
    until = _day(authority.valid_to)
    if on is not None and until is not None and until < on:
        yield error(
            path,
            say(
                f"“{name}”的名称自{until}起失效，无法会签",
                f"'{name}' ended on {until} and cannot sign off",
            ),
            say("请改列承接其职责的部门", "name the authority that took over from it"),
        )


def _quorum(path: str, rule: SignoffRule) -> Iterator[Finding]:
    if not rule.all_of and not rule.of:
        yield error(
            path,
            say("会签规则未列任何部门", "a sign-off by nobody"),
            say("请写 all_of: […] 或 k 与 of", "write all_of: […], or k and of"),
        )
    if (rule.k is None) != (not rule.of):
        absent, present = ("k", "of") if rule.k is None else ("of", "k")
        yield error(
            f"{path}/{present}",
            say(f"有 {present} 而无 {absent}", f"{present} without {absent}"),
            say(
                "k 与 of 应同时写明：of 中至少 k 个部门同意", "write both: k of those in of consent"
            ),
        )
    elif rule.k is not None and rule.k > len(rule.of):
        yield error(
            f"{path}/k",
            say(
                f"须{rule.k}个部门同意，但只列了{len(rule.of)}个",
                f"{rule.k} must consent, but of names only {len(rule.of)}",
            ),
            say(f"请写不大于{len(rule.of)}的数", f"write {len(rule.of)} or less, or name more"),
        )
    for index, name in enumerate(rule.of):
        if name in rule.all_of or name in rule.of[:index]:
            yield error(
                f"{path}/of/{index}",
                say(f"“{name}”会签两次", f"'{name}' is asked to sign twice"),
                say("每个部门只列一次", "name each authority once"),
            )


def _together(path: str, signers: list[Authority]) -> Iterator[Finding]:
    """Consent that everyone gives needs a day on which everyone exists."""
    starts = [(day, one.id) for one in signers if (day := _day(one.valid_from))]
    ends = [(day, one.id) for one in signers if (day := _day(one.valid_to))]
    if starts and ends and max(starts)[0] > min(ends)[0]:
        late, early = max(starts)[1], min(ends)[1]
        if late != early:
            yield error(
                path,
                say(
                    f"“{early}”终止时“{late}”尚未设立，两者不可能同日会签",
                    f"'{early}' ends before '{late}' begins: no day on which both can sign",
                ),
                say("请只列同一时期的部门", "name authorities of one time"),
            )


def _consultation(
    rulebook: Rulebook, asked: Consultation, authorities: Mapping[str, Authority]
) -> Iterator[Finding]:
    path = f"/consultations/{asked.id}"
    stages = {stage.id: stage for stage in rulebook.stages}
    if asked.stage not in stages:
        yield unknown(f"{path}/stage", STAGE, asked.stage, stages)
    elif stages[asked.stage].kind in _UNSIGNED:
        kind = KINDS[stages[asked.stage].kind]
        yield error(
            f"{path}/stage",
            say(
                f"{kind.zh}阶段无可会商事项", f"nothing is put to an authority in a {kind.en} stage"
            ),
            say("请写申报之后、结案之前的阶段", "name a stage between submission and closing"),
        )
    if asked.authority not in authorities:
        yield unknown(f"{path}/authority", AUTHORITY, asked.authority, authorities)
    else:
        yield from _consulted(asked, authorities[asked.authority], f"{path}/authority")
    yield from _consultation_clock(rulebook, asked, path)
    yield from _when(rulebook, asked, f"{path}/when")
    if asked.binding and asked.kind is ConsultationKind.FILING:
        yield error(
            f"{path}/binding",
            say("备案只需报送，不产生有约束力的意见", "a filing is sent, and nobody objects to it"),
            say(
                "请写 kind: no-objection 或删去 binding",
                "write kind: no-objection, or leave binding out",
            ),
        )


def _when(rulebook: Rulebook, asked: Consultation, path: str) -> Iterator[Finding]:
    if asked.when is None:
        return
    from shidian.core.rulebook.expression import Kind
    from shidian.core.rulebook.form import form_types

    yield from judged(path, asked.when, form_types(rulebook), Kind.BOOL)
    if is_constantly(asked.when, False):
        yield error(
            path,
            say("条件永不成立，会商从不进行", "never holds: nobody is ever consulted"),
            say("请更正条件，或删去该项", "write a condition that can hold, or leave it out"),
        )


def _consulted(asked: Consultation, authority: Authority, path: str) -> Iterator[Finding]:
    verb = _VERB_OF[asked.kind]
    if authority.role is AuthorityRole.LEAD:
        yield error(
            path,
            say(
                f"“{authority.id}”是牵头部门，由其自行决定，无需会商",
                f"'{authority.id}' leads: it decides and is not asked",
            ),
            say("请用会签，或写另一部门", "let it sign off, or name another authority"),
        )
    elif verb not in authority.verbs and (
        authority.verbs or authority.role is AuthorityRole.NATIONAL
    ):
        yield error(
            path,
            say(f"“{authority.id}”的职权中没有 {verb}", f"'{authority.id}' has no verb {verb}"),
            say(f"请在其 verbs 中加入 {verb}", f"add {verb} to its verbs"),
        )


def _consultation_clock(rulebook: Rulebook, asked: Consultation, path: str) -> Iterator[Finding]:
    clocks = {clock.id: clock for clock in rulebook.clocks}
    if asked.clock is None:
        if asked.required and asked.kind is not ConsultationKind.FILING:
            yield warning(
                path,
                say(
                    "必经的会商没有时限，案件可能一直等待",
                    "a required consultation without a clock: a case may wait for ever",
                ),
                say("请写明 clock", "add clock: …"),
            )
    elif asked.clock not in clocks:
        yield unknown(f"{path}/clock", CLOCK, asked.clock, clocks)
    elif clocks[asked.clock].starts != "consultation.opened":
        yield error(
            f"{path}/clock",
            say(
                f"时限“{asked.clock}”不自会商之日起算",
                f"clock '{asked.clock}' does not start when the consultation opens",
            ),
            say(
                "请将该时限写为 starts: consultation.opened",
                "write starts: consultation.opened in that clock",
            ),
        )
    elif clocks[asked.clock].after not in (None, asked.id):
        yield error(
            f"{path}/clock",
            say(
                f"时限“{asked.clock}”属于会商“{clocks[asked.clock].after}”",
                f"clock '{asked.clock}' belongs to consultation '{clocks[asked.clock].after}'",
            ),
            say("请为每项会商各设时限", "give each consultation a clock of its own"),
        )


def _acts(rulebook: Rulebook) -> Iterator[Finding]:
    for name, rule in rulebook.acts.items():
        if name in _NOT_OF_AN_AUTHORITY and rule.effect in _COMMANDING:
            yield error(
                f"/acts/{name}/effect",
                say(
                    f"{name} 不是主管部门的行为，不可能是 {rule.effect}",
                    f"{name} is no act of an authority and cannot be {rule.effect}",
                ),
                say("请写 service 或 licence-reference", "write service or licence-reference"),
            )
