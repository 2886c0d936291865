"""Plays a case: the history, the acts a willing party would do next, and any act at all."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from shidian.core.procedure import as_past, step
from shidian.core.procedure.calendars import WorkingCalendar, by_id
from shidian.core.procedure.consents import signers
from shidian.core.procedure.criteria import judged_between
from shidian.core.procedure.facts import needed_facts
from shidian.core.procedure.parties import text_to_sign
from shidian.core.procedure.thresholds import found_by_an_officer
from shidian.core.procedure.tiers import onward
from shidian.core.procedure.types import (
    Act,
    Actor,
    ActorKind,
    CaseState,
    Effects,
    PastEvent,
    Refusal,
    Task,
    Verb,
)

if TYPE_CHECKING:
    from shidian.core.rulebook.model import Rulebook, StageKind

FIRM = "firm-1"
PARTNER = "firm-2"
HASH = "ab" * 32
USCC = "91440101MA00000X0X"
START = datetime(2025, 3, 3, 2, 0, tzinfo=UTC)


@dataclass
class Player:
    """One case on a rulebook, with a clock of its own."""

    rulebook: Rulebook
    calendar: WorkingCalendar = field(default_factory=lambda: by_id("cn-working-day"))
    now: datetime = START
    history: tuple[PastEvent, ...] = ()
    effects: Effects | None = None

    @property
    def state(self) -> CaseState:
        return self.effects.state if self.effects else CaseState()

    def wait(self, days: int = 0, minutes: int = 0) -> None:
        self.now += timedelta(days=days, minutes=minutes)

    def try_(self, act: Act) -> Effects | Refusal:
        """Does the act if it may be done."""
        answer = step(self.rulebook, self.calendar, self.history, act)
        if isinstance(answer, Effects):
            self.history = (*self.history, *as_past(answer.events, len(self.history)))
            self.effects = answer
        return answer

    def do(self, verb: Verb, who: Actor | None = None, **data: object) -> Effects:
        """Does an act that must succeed."""
        answer = self.try_(self.act(verb, who, **data))
        assert isinstance(answer, Effects), answer
        return answer

    def refused(self, verb: Verb, who: Actor | None = None, **data: object) -> Refusal:
        """Does an act that must be refused, and leave everything as it was."""
        before = self.history
        answer = self.try_(self.act(verb, who, **data))
        assert isinstance(answer, Refusal), answer
        assert self.history == before
        return answer

    def act(self, verb: Verb, who: Actor | None = None, **data: object) -> Act:
        return Act(verb, who or self.who(verb), self.now, data)  # type: ignore[arg-type]

    def who(self, verb: Verb) -> Actor:
        """Someone in the capacity that usually does it."""
        from shidian.core.procedure.verbs import VERBS

        return self.actor(VERBS[verb].by[0])

    def actor(
        self, kind: ActorKind, *, person: str = "", authority: str | None = None, firm: str = ""
    ) -> Actor:
        lead = next(iter(self.rulebook.authorities)).id
        match kind:
            case ActorKind.APPLICANT:
                return Actor(kind, person or "applicant", institution=FIRM)
            case ActorKind.OFFICER | ActorKind.SIGNING_OFFICER:
                return Actor(kind, person or f"officer-{authority or lead}", authority or lead)
            case ActorKind.PARTNER:
                return Actor(kind, person or "partner", institution=firm or PARTNER)
            case ActorKind.ASSESSOR:
                return Actor(kind, person or "assessor", institution="body")
            case ActorKind.SYSTEM:
                return Actor(kind, "")
            case _:
                return Actor(kind, person or "expert-1")

    # -- what a willing party does next

    def start(self) -> Effects:
        return self.do(Verb.CREATE, case="T-1", institution=FIRM)

    def submit(self, **more: object) -> Effects:
        return self.do(Verb.SUBMIT, **{**self.form(), **more})

    def form(self) -> dict[str, object]:
        plan = {
            parameter.id: "1000"
            for parameter in self.rulebook.plan
            if parameter.type in ("int", "money", "decimal") or parameter.default is None
        }
        promises = [{"id": "p1", "text": "不亏"}, {"id": "p2", "text": "可退"}]
        return {"version": 1, "sha256": HASH, "missing": [], "promises": promises,
                "partners": [one.institution for one in self.state.parties.values()
                             if one.standing == "joined"], "plan": plan, "facts": dict.fromkeys(needed_facts(self.rulebook))}  # fmt: skip

    def cooperate(self, task: Task) -> Act:
        """The act that does a task, rightly."""
        self.now = max(self.now, _morning(task.not_before) if task.not_before else self.now)
        current = self.state.round
        if task.verb is Verb.SUBMIT_REVIEW and current and self.now.date() > current.ends:
            return self.act(Verb.EXTEND_ROUND, **self.willing(Verb.EXTEND_ROUND))
        return self.act(task.verb, self._doer(task), **self.willing(task.verb, task))

    def willing(  # noqa: C901, PLR0911, PLR0912, PLR0915 - one case a verb
        self, verb: Verb, task: Task | None = None
    ) -> dict[str, object]:
        """Data that do a verb rightly in the state the case is in."""
        state, today = self.state, self.now.date()
        last = (task.key if task else "").rpartition("/")[2]
        match verb:
            case Verb.CREATE:
                return {"case": "T-1", "institution": FIRM}
            case Verb.SUBMIT:
                return self.form()
            case Verb.REQUEST_INFORMATION:
                named = [one.id for one in (*self.rulebook.form, *self.rulebook.materials)][:2]
                return {"question": "请说明", "about": named, "due_working_days": 5}
            case Verb.ANSWER_INFORMATION:
                opened = [request.id for request in state.open_requests] or ["r1"]
                return {"request": opened[0], "answer": "如下"}
            case Verb.ADVANCE:
                met = {one.id: {"met": True, "reason": ""} for one in self._judged()}
                return {"reason": "办理", "findings": met or None,
                        "thresholds": self._thresholds(verb), "uscc": USCC, "seq": 1}  # fmt: skip
            case Verb.OPEN_ROUND:
                size = max(3, self._panel_min())
                experts = [f"expert-{n}" for n in range(1, size + 1)]
                until = today + timedelta(30)
                return {"experts": experts, "starts": str(today - timedelta(1)),
                        "ends": str(until), "reason": "评审"}  # fmt: skip
            case Verb.INVITE_EXPERTS:
                known = state.round.experts if state.round else ()
                return {"experts": [f"expert-{len(known) + 1}"]}
            case Verb.DECLARE_CONFLICT:
                return {"conflict": False, "reason": ""}
            case Verb.SUBMIT_REVIEW:
                scores = {one.id: self._score_max() for one in self._criteria()}
                return {"scores": scores, "reasons": dict.fromkeys(scores, "理由")}
            case Verb.ENTER_SHEET:
                given = self.willing(Verb.SUBMIT_REVIEW)
                expert = state.round.experts[0] if state.round else "x"
                return {**given, "expert": expert, "sha256": HASH, "declared": True}
            case Verb.EXTEND_ROUND:
                ends = max(state.round.ends if state.round else today, today)
                return {"ends": str(ends + timedelta(7)), "reason": "补交"}
            case Verb.COMMISSION_ASSESSMENT:
                return {"body": f"body-{len(state.commissioned) + 1}"}
            case Verb.FILE_ASSESSMENT:
                areas = self.rulebook.stage(state.stage).areas if state.stage else ()
                return {"findings": {one.id: {"finding": "pass", "text": "可"} for one in areas}}
            case Verb.OPEN_NOTICE:
                return {"sha256": HASH, "version": 1}
            case Verb.EXTEND_NOTICE:
                return {"until": str(today + timedelta(40)), "reason": "来信较多"}
            case Verb.RECORD_COMMENT:
                known_comments = state.notice.comments if state.notice else {}
                return {"comment": f"c{len(known_comments) + 1}", "sha256": HASH}
            case Verb.ANSWER_COMMENT:
                return {"comment": last if task else "c1", "sha256": HASH}
            case Verb.SIGN_OFF:
                needed = self._unsigned()
                authority = (task.authority if task else None) or (needed[0] if needed else "x")
                return {"authority": authority, "consent": True, "reason": "", "uscc": USCC,
                        "thresholds": self._thresholds(verb), "seq": 7}  # fmt: skip
            case Verb.FILE_REPORT:
                return {"report": next((one.id for one in self.rulebook.reports), "x"),
                        "sha256": HASH}  # fmt: skip
            case Verb.JUDGE_PROMISE:
                return {"promise": last if task else "p1", "judgement": "kept", "evidence": "附"}
            case Verb.FILE_EVALUATION:
                found = self.rulebook.stage(state.stage).dimensions if state.stage else ()
                return {"dimensions": {one.id: {"grade": "good", "text": "好"} for one in found}}
            case Verb.COMPLETE_STEP:
                here = self.rulebook.stage(state.stage).steps if state.stage else ()
                done = [one.id for one in here if one.by and one.id not in state.steps] or ["x"]
                return {"step": last if task else done[0], "text": "已完成", "on": str(today),
                        "sha256": HASH}  # fmt: skip
            case Verb.NOTE_PAPER:
                free = [one.id for one in self.rulebook.materials if one.id not in state.papers]
                return {"material": (free or ["x"])[0], "received": str(today),
                        "handed_by": "李明", "kept_at": "档案室 3 柜", "sha256": HASH}  # fmt: skip
            case Verb.STRIKE_PAPER:
                return {"material": next(iter(state.papers), "x"), "reason": "登记有误"}
            case Verb.EXTEND:
                return {"reason": "再试", "until": str(today + timedelta(2000)),
                        "thresholds": self._thresholds(verb)}  # fmt: skip
            case Verb.BEGIN_EVALUATION:
                return {"reason": "届满", "thresholds": self._thresholds(verb)}
            case Verb.CONSULT:
                return {"consultation": last if task else self._asked(), "sha256": HASH}
            case Verb.GIVE_OPINION:
                return {"consultation": last if task else self._asked(), "position": "support",
                        "text": "同意"}  # fmt: skip
            case Verb.ENTER_OPINION:
                return {"consultation": last if task else self._asked(), "position": "support",
                        "text": "同意", "sha256": HASH, "dated": str(today)}  # fmt: skip
            case Verb.GRADE_RISK:
                tiers = self.rulebook.tiers.levels if self.rulebook.tiers else ()
                factors = self.rulebook.tiers.factors if self.rulebook.tiers else ()
                found = {
                    one.id: {"found": one.options[0].id, "reason": "据申报"} for one in factors
                }
                return {"tier": tiers[0].id if tiers else "x", "reason": "规模小",
                        **({"factors": found} if found else {})}  # fmt: skip
            case Verb.RECORD_SILENCE:
                silent = [one.id for one in self.rulebook.clocks if one.on_silence != "nothing"]
                return {"clock": last if task else (silent or ["x"])[0], "uscc": USCC, "seq": 2}
            case Verb.EXTEND_CLOCK:
                longer = [one.id for one in self.rulebook.clocks if one.extension]
                return {"clock": (longer or ["x"])[0], "reason": "复杂"}
            case Verb.MIGRATE if task or state.migration:
                pending = state.migration
                return {
                    "to_digest": pending.to_digest if pending else "x",
                    "consent": True,
                    "authority": (task.authority if task else None) or "x",
                    "reason": "",
                }
            case Verb.MIGRATE:
                return {"from_digest": "sha256:a", "to_digest": "sha256:b", "version": "9",
                        "reason": "新版"}  # fmt: skip
            case Verb.CLOSE:
                return {"outcome": "graduated", "reason": "完成"}
            case Verb.INVITE_PARTNER:
                firms = [f"firm-{n}" for n in range(2, 60)]
                free = next(one for one in firms if one not in state.parties)
                intake = self.rulebook.intake
                kinds = intake.partner if intake else ("tech-company",)
                return {"institution": free, "kind": kinds[0] if kinds else "x", "task": "建模"}
            case Verb.ANSWER_INVITATION:
                return {"join": True, "reason": ""}
            case Verb.RELEASE_PARTNER:
                return {"institution": next(iter(state.parties), PARTNER), "reason": "另有安排"}
            case Verb.REQUEST_SIGNATURES:
                return {"sha256": HASH, "missing": []}
            case Verb.SIGN_APPLICATION:
                return {"sha256": text_to_sign(state) or HASH}
            case Verb.FILE_OBJECTION:
                return {"grounds": "评分未计入补充材料"}
            case Verb.DECIDE_OBJECTION:
                return {"outcome": "sent-back", "reason": "事实不清"}
            case Verb.RELEASE_DECISION:
                return {"batch": "第一批", "uscc": USCC, "seq": 3}
            case Verb.CALL_SESSION:
                kind = "meeting" if state.round and state.round.closed else "defence"
                return {"session": f"{kind}-{state.rounds}", "kind": kind, "sha256": HASH,
                        "on": str(today + timedelta(14)), "reason": "安排"}  # fmt: skip
            case Verb.KEEP_MINUTES:
                held = (state.round.meeting or state.round.defence) if state.round else None
                return {"session": held.id if held else "x", "sha256": HASH, "reason": "更正",
                        "version": held.minutes + 1 if held else 1, "present": []}  # fmt: skip
            case Verb.RECORD_VOTE:
                return self._votes()
            case Verb.ANSWER_SHEET:
                return {"confirm": True, "reason": ""}
            case Verb.CLOSE_ROUND:
                return {}
            case _:
                return {"reason": "理由"}

    def _votes(self) -> dict[str, object]:
        """Everyone entitled is there and votes for it; the first is in the chair."""
        current = self.state.round
        able = (
            [one for one in current.experts if current.conflicts.get(one) is False]
            if current
            else []
        )
        ballots = {one: {"choice": "for", "reason": ""} for one in able}
        session = current.meeting.id if current and current.meeting else "x"
        return {"session": session, "chair": able[0] if able else "x", "ballots": ballots,
                "reason": "再议"}  # fmt: skip

    def _asked(self) -> str:
        here = [one.id for one in self.rulebook.consultations if one.stage == self.state.stage]
        return here[0] if here else "x"

    def _thresholds(self, verb: Verb) -> dict[str, object]:
        """What an officer finds of the stage that the act moves to by default."""
        if not self.state.stage:
            return {}
        ahead = onward(self.rulebook, self.state.stage, verb, self.state.tier)
        found = found_by_an_officer(ahead[0]) if ahead else ()
        return {one.id: {"met": True, "reason": "已核实"} for one in found}

    def _doer(self, task: Task) -> Actor:
        return self.actor(
            task.kind,
            person=task.person or "",
            authority=task.authority,
            firm=task.institution or "",
        )

    def _criteria(self) -> list:
        return [one for one in self.rulebook.criteria if one.stage == self.state.stage]

    def _judged(self) -> list:
        if not self.state.stage:
            return []
        ahead = onward(self.rulebook, self.state.stage, Verb.ADVANCE, self.state.tier)
        here = self.rulebook.stage(self.state.stage)
        return list(judged_between(self.rulebook, here, ahead[0])) if ahead else []

    def _panel_min(self) -> int:
        panel = self.rulebook.stage(self.state.stage).panel if self.state.stage else None
        return panel.min if panel else 1

    def _score_max(self) -> int:
        panel = self.rulebook.stage(self.state.stage).panel if self.state.stage else None
        return panel.score_max if panel else 100

    def _unsigned(self) -> list[str]:
        if not self.state.stage:
            return []
        needed = signers(self.rulebook, self.rulebook.stage(self.state.stage))
        return [one for one in needed if one not in self.state.signoffs]


def play_to(player: Player, kind: StageKind, limit: int = 200) -> None:
    """Does the first open task again and again until the case is in a stage of that kind."""
    if not player.history:
        player.start()
    for _ in range(limit):
        if player.state.stage_kind is kind:
            return
        task = player.state.tasks[0]
        answer = player.try_(player.cooperate(task))
        assert isinstance(answer, Effects), (player.state.stage, task, answer)
        player.wait(minutes=1)
    raise AssertionError(f"stuck in {player.state.stage}")


def _morning(day: date) -> datetime:
    """Nine o'clock in the scheme's zone."""
    return datetime(day.year, day.month, day.day, 1, 0, tzinfo=UTC)
