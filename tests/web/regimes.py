"""Any regime at the pages: its scheme with made-up people, and a case that follows its open tasks.

    with Regime.founded(library("eu-dlt")) as regime:
        walk = regime.start()
        walk.fill(); walk.submit()
        walk.follow()                  # each open task by whoever it waits for, until it is closed

Nothing here knows a regime: who acts and what is filled in is read off the rulebook, the open tasks
and the forms as they stand on the page. Time is frozen and moved on where a task has to wait.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from shidian.apps.accounts import domain as accounts
from shidian.apps.accounts.models import Authority, OfficerRole, Person, StaffRole
from shidian.apps.accounts.uscc import lei_check_digits
from shidian.apps.cases import domain as cases
from shidian.apps.cases.filled import filled_form
from shidian.apps.cases.models import Call, Case, Task
from shidian.apps.cases.outbox import deliver_pending
from shidian.apps.cases.views.buttons import way_of
from shidian.apps.cases.views.roles import viewer_of
from shidian.apps.supervision.domain import exits
from shidian.core.procedure.types import Verb
from shidian.core.rulebook.load import from_document, load_file
from tests.factories import LONG_AGO, RULEBOOKS, make_person, uscc
from tests.files import pdf
from tests.web.form_answers import posted, solve
from tests.web.html_forms import Page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpResponse

    from shidian.apps.accounts.models import Institution
    from shidian.apps.cases.models import RulebookVersion
    from shidian.core.rulebook.loaded import Loaded
    from shidian.core.rulebook.model import Rulebook

START = datetime(2025, 3, 3, 2, 0, tzinfo=UTC)
TASKS_MAX = 120
LAST = (Verb.CLOSE_ROUND, Verb.ADVANCE, Verb.SIGN_OFF, Verb.CLOSE, Verb.BEGIN_EVALUATION)
"""What ends a stage comes once its work is done."""
SESSION = timedelta(minutes=10)
"""Whoever was away for longer signs in again."""
PDF = pdf()


def library(name: str) -> Loaded:
    """A rulebook of the library with test authorities in place of those that exist."""
    document = json.loads(json.dumps(load_file(RULEBOOKS / f"{name}.yaml").document))
    for number, authority in enumerate(document["authorities"], start=1):
        authority["name"] = {"zh": f"测试机关{number}", "en": f"Test authority {number}"}
    return from_document(document)


def made(rulebook: Rulebook) -> Loaded:
    """A rulebook that a test made up, as if it had been published."""
    dumped = rulebook.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    return from_document(_as_text(dumped))


def _as_text(value: Any) -> Any:
    match value:
        case dict():
            return {key: _as_text(one) for key, one in value.items()}
        case list() | tuple():
            return [_as_text(one) for one in value]
        case bool():
            return "true" if value else "false"
        case _:
            return value if value is None else str(value)


class RefusedError(AssertionError):
    """A page did not take what it asked for."""


@dataclass
class Regime:
    """The people of one scheme. `officers`, `signers`: by the rulebook's authority id."""

    rulebook: Rulebook
    clock: time_machine.Coordinates
    version: RulebookVersion
    officers: dict[str, Person]
    signers: dict[str, Person]
    lead: Institution
    signer: Person
    others: list[Person]
    language: str = "zh-hans"
    call: Call | None = None
    _clients: dict[int | None, Client] = field(default_factory=dict)
    _signed_in: dict[int, datetime] = field(default_factory=dict)

    @staticmethod
    @contextmanager
    def founded(loaded: Loaded, *, language: str = "zh-hans") -> Iterator[Regime]:
        """The scheme with its people; the clock stands at `START`."""
        with time_machine.travel(START, tick=False) as clock:
            yield found(loaded, clock, language)

    @property
    def people(self) -> list[Person]:
        return [*self.officers.values(), *self.signers.values(), self.signer, *self.others]

    def client(self, person: Person | None) -> Client:
        """Signed in as that person; the session outlives the years that a case takes."""
        key = person.pk if person else None
        if key not in self._clients:
            client = Client()
            client.cookies["django_language"] = self.language
            self._clients[key] = client
        if person is not None:
            seen = self._signed_in.get(person.pk)
            if seen is None or self.now() - seen > SESSION:
                backend = "django.contrib.auth.backends.ModelBackend"
                self._clients[key].force_login(person, backend=backend)
            self._signed_in[person.pk] = self.now()
        return self._clients[key]

    def now(self) -> datetime:
        return datetime.now(ZoneInfo(self.rulebook.zone))

    def wait(self, **span: int) -> None:
        """Let time go by."""
        self.clock.shift(timedelta(**span))

    def get(self, person: Person | None, address: str) -> Page:
        answer = self.client(person).get(address)
        assert answer.status_code == 200, (str(person), address, answer.status_code)
        return Page(answer.content.decode())

    def post(self, person: Person | None, address: str, data: dict[str, Any]) -> HttpResponse:
        """Send; what is refused raises `RefusedError` with the page's own words."""
        answer = self.client(person).post(address, data)
        if answer.status_code == 302:
            self.get(person, answer["Location"])
            return answer
        form = (answer.context or {}).get("form")
        words = form.errors.as_text() if form is not None else Page(answer.content.decode()).text
        raise RefusedError(f"{person} {address} {answer.status_code}: {words[:600]}; sent {data}")

    def open_call(self) -> Call:
        """An officer of a lead opens the call by its page: write, look at it, publish."""
        officer = next(
            self.officers[one.id] for one in self.rulebook.authorities if one.role.value == "lead"
        )
        address = reverse("cases:open-call", args=[self.version.scheme.slug])
        data = self.get(officer, address).posting[0].data()
        data |= {"title": ["第一批"], "title_en": ["First call"]}
        preview = self.client(officer).post(address, {**data, "then": "preview"})
        assert preview.status_code == 200, preview.context["form"].errors.as_text()
        self.post(officer, address, {**data, "then": "publish"})
        self.call = Call.objects.get(scheme=self.version.scheme)
        return self.call

    def start(self) -> Walk:
        """The signer starts an application under the call."""
        call = self.call or self.open_call()
        address = reverse("cases:start", args=[call.slug])
        data = self.get(self.signer, address).posting[0].data()
        data["lead"] = data["lead"] or [str(self.lead.pk)]
        title = f"测试项目 {Case.objects.count() + 1}"
        self.post(self.signer, address, {**data, "title": title, "title_en": f"Test {title}"})
        return Walk(self, Case.objects.order_by("-pk")[0])


def found(loaded: Loaded, clock: time_machine.Coordinates, language: str) -> Regime:
    """Authorities, officers, a firm of a kind that may lead, experts and assessors."""
    rulebook = loaded.rulebook
    authorities: dict[str, Authority] = {
        rule.id: accounts.found_authority(
            code=f"test-{rule.id}", name=rule.name.zh, name_en=rule.name.en
        )
        for rule in rulebook.authorities
    }
    offices: dict[OfficerRole, dict[str, Person]] = {OfficerRole.CASE: {}, OfficerRole.SIGNING: {}}
    for role, held in offices.items():
        for local, authority in authorities.items():
            held[local] = make_person(f"{role}-{local}")
            accounts.appoint_officer(
                person=held[local], authority=authority, role=role, starts=LONG_AGO
            )
    scheme = cases.found_scheme(loaded=loaded, authorities=authorities)
    version = cases.publish_rulebook(scheme=scheme, loaded=loaded, by=None, at=START)
    lead, body = (_firm(rulebook, number) for number in (1, 2))
    signer, assessor = make_person("signer"), make_person("assessor")
    accounts.enrol_staff(person=signer, institution=lead, role=StaffRole.SIGNER, starts=LONG_AGO)
    accounts.enrol_assessor(person=assessor, institution=body, starts=LONG_AGO)
    experts = [make_person(f"expert-{n}") for n in range(9)]
    for expert in experts:
        accounts.enrol_expert(person=expert, disciplines=["law"])
    return Regime(
        rulebook, clock, version, offices[OfficerRole.CASE], offices[OfficerRole.SIGNING],
        lead, signer, [assessor, *experts], language,
    )  # fmt: skip


def _firm(rulebook: Rulebook, number: int) -> Institution:
    intake = rulebook.intake
    first = f"TEST00REGIME{number:06d}"
    named = (
        {"lei": first + lei_check_digits(first)}
        if intake and intake.identifier == "lei"
        else {"uscc": uscc(number)}
    )
    kind = intake.lead[0] if intake else "firm"
    return accounts.register_institution(name=f"测试机构{number}", kind=kind, **named)


@dataclass
class Walk:
    """One case. `way`: what to answer instead of the first choice, by field name or its prefix;
    `seen`: stages that it has been in; `done`: verbs, in order."""

    regime: Regime
    case: Case
    way: dict[str, str] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    done: list[Verb] = field(default_factory=list)

    @property
    def url(self) -> str:
        return reverse("cases:case", args=[self.case.reference])

    def tasks(self) -> list[Task]:
        found = Task.objects.filter(case=self.case, closed_at__isnull=True)
        return list(found.select_related("case").order_by("pk"))

    def fill(self) -> None:
        """Every section by its page, then the documents."""
        regime, signer = self.regime, self.regime.signer
        solved = solve(
            regime.rulebook, partners=0, lead_kind=self.case.lead.kind, seed=len(self.done)
        )
        for _round in range(2):  # the second, where a later answer brought up an earlier question
            if _round and not filled_form(self.case).incomplete():
                break
            for section in solved.sections:
                address = reverse("cases:section", args=[self.case.reference, section.id])
                form = regime.get(signer, address).posting[0]
                data: dict[str, Any] = {
                    name: form.fields[name].given for name in ("base_version", "asked")
                }
                for question in solved.questions(section):
                    if question.id in form.fields and form.fields[question.id].kind == "file":
                        data[question.id] = pdf()
                        continue
                    answer = solved.answers.get(section.id, {}).get(question.id)
                    if question.computed is None:
                        data |= posted(question, answer)
                strange = {n for n in set(data) - set(form.fields) if "-measure-" not in n}
                if strange and _round:
                    raise RefusedError(f"{address}: not on the page: {strange}")
                regime.post(signer, address, {k: v for k, v in data.items() if k in form.fields})
        self.hand_in()

    def hand_in(self) -> None:
        """Every document that can be handed in now."""
        address = reverse("cases:materials", args=[self.case.reference])
        if not self.regime.rulebook.materials:
            return
        forms = self.regime.get(self.regime.signer, address).posting
        files = {one.name: pdf() for form in forms for one in form.fields.values()
                 if one.kind == "file"}  # fmt: skip
        if files:
            self.regime.post(self.regime.signer, address, files)

    def submit(self) -> None:
        """By the page that checks the answers."""
        self.send(self.regime.signer, reverse("cases:check", args=[self.case.reference]))
        self.done.append(Verb.SUBMIT)

    def send(self, person: Person, address: str, **answers: Any) -> None:
        """Fill in the form of a page as it stands, and send it."""
        forms = [one for one in self.regime.get(person, address).posting if one.fields]
        if not forms:
            raise RefusedError(f"{address}: no form")
        form = forms[0]
        data: dict[str, Any] = {name: list(given) for name, given in form.data().items()}
        for one in form.fields.values():
            data |= self._answer(one, data.get(one.name, []), answers)
        self.regime.post(person, address, data)
        self.regime.wait(hours=1)
        self.case.refresh_from_db()

    def _answer(  # noqa: PLR0911 - one a kind
        self, one: Any, given: list[str], answers: dict[str, Any]
    ) -> dict[str, Any]:
        wanted = answers.get(one.name, self._wanted(one.name))
        if one.kind == "hidden":
            return {}
        if wanted is not None:
            return {one.name: wanted}
        if one.kind == "file":
            return {one.name: pdf()}
        if one.kind in ("radio", "select"):
            return {} if any(given) else {one.name: one.choices[0]}
        if one.kind == "checkbox":
            return {one.name: one.choices[: self._panel() if one.name == "experts" else 1]}
        if any(given):
            return {}
        if one.kind == "number":
            return {one.name: str(min(int(one.high or 80), max(int(one.low or 0), 80)))}
        if one.kind == "date":
            return {one.name: (self.regime.now() + timedelta(days=30)).date().isoformat()}
        return {one.name: "测试 test" if not one.name.startswith("score") else "8"}

    def _wanted(self, name: str) -> str | None:
        for key, value in self.way.items():
            if name == key or (key.endswith("-") and name.startswith(key)):
                return value
        return None

    def _panel(self) -> int:
        panel = self.case.stage_rule.panel
        size = panel.min if panel else 1
        return size + (1 if panel and panel.odd and size % 2 == 0 else 0)

    def owner(self, task: Task) -> Person:
        """The one whose desk shows the task as theirs."""
        for person in self.regime.people:
            if viewer_of(person).has(task):
                return person
        raise RefusedError(f"nobody's task: {task.key} {task.kind}")

    def act(self, person: Person, verb: Verb, **answers: Any) -> None:
        """Follow the case page's own link to the act's page, and do it."""
        if verb in (Verb.DECLARE_CONFLICT, Verb.SUBMIT_REVIEW):
            self._review(person, verb, answers)
        else:
            self.send(person, self.link(person, verb), **answers)
        self.done.append(verb)

    def _review(self, person: Person, verb: Verb, answers: dict[str, Any]) -> None:
        sheet = reverse("review:sheet", args=[self.case.reference])
        if verb is Verb.DECLARE_CONFLICT:
            self.send(person, sheet, **{"conflict": "no", **answers})
            return
        form = self.regime.get(person, sheet).posting[0]
        data: dict[str, Any] = {"then": "submit"}
        for one in form.fields.values():
            data |= self._answer(one, one.given, answers)
        self.regime.post(person, sheet, data)

    def link(self, person: Person, verb: Verb) -> str:
        """Address of the act's page, as the case page links to it for this person."""
        address = OWN_PAGES.get(verb)
        name = verb.value.replace("_", "-")
        args = [self.case.reference]
        wanted = (
            reverse(address, args=args) if address else reverse("cases:act", args=[*args, name])
        )
        links = self.regime.get(person, self.url).links
        if wanted not in links:
            raise RefusedError(
                f"{person}: the case page has no link to {wanted}: {self.case.stage}"
            )
        return wanted

    def step(self) -> Task:
        """Do one open task; where all have to wait, wait for the first."""
        self.case.refresh_from_db()
        if self.case.stage not in self.seen[-1:]:
            self.look()
        tasks = [task for task in self.tasks() if task.kind not in ("public", "system")]
        filed = Verb.FILE_REPORT in self.done  # reports come round as long as the pilot runs
        tasks = [one for one in tasks if not (filed and one.verb == Verb.FILE_REPORT)]
        working = [task for task in tasks if Verb(task.verb) not in LAST] or tasks
        ready = [task for task in working if not task.not_before or task.not_before <= self.day]
        if not ready:
            self.until(min(task.not_before for task in working if task.not_before))
            ready = [task for task in working if not task.not_before or task.not_before <= self.day]
        task = ready[0]
        self._do(task)
        return task

    def _do(self, task: Task) -> None:
        person, verb = self.owner(task), Verb(task.verb)
        asked = (
            self.case.stage_rule.by != "assessor-body" or Verb.COMMISSION_ASSESSMENT in self.done
        )
        if verb is Verb.FILE_ASSESSMENT and not asked:
            self.act(self.lead_officer, Verb.COMMISSION_ASSESSMENT)
            return
        desk = self.regime.get(person, reverse("cases:desk"))
        assert self.case.reference in " ".join(desk.links), (str(person), task.key)
        if verb is Verb.OPEN_NOTICE:
            self.publish(person)
        elif verb is Verb.ANSWER_COMMENT:
            self.answer_comment(person)
        elif verb is Verb.FILE_REPORT and (drawn := way_of(self.case, verb)):
            assert drawn in self.regime.get(person, self.url).links
            self.regime.get(person, drawn)
            self.done.append(verb)
        else:
            if verb is Verb.SIGN_OFF:
                self.drill_exit()
            which = self._which(task)
            self.act(person, verb, **which)

    def drill_exit(self) -> None:
        """Where the case page asks for it: the firm writes its exit plan and passes a drill of it."""
        signer, page = self.regime.signer, reverse("supervision:exit", args=[self.case.reference])
        due = exits.drill_due(self.case, self.regime.now())
        if due is None or due.passed is not None:
            return
        assert page in self.regime.get(signer, self.url).links, "the case page leads to the drill"
        self.send(
            signer,
            reverse("supervision:exit-plan", args=[self.case.reference]),
            **self._sound_plan(signer),
        )
        self.regime.post(signer, reverse("supervision:exit-run", args=[self.case.reference]), {})

    def _sound_plan(self, signer: Person) -> dict[str, str]:
        """Answers under which every position of the drill is settled in time."""
        address = reverse("supervision:exit-plan", args=[self.case.reference])
        fields = self.regime.get(signer, address).posting[0].fields
        told = {name: "desk@example.org" for name in fields if name.startswith("told-")}
        days = {name: "10" for name in fields if name.endswith("-days")}
        paces = {name: "5000" for name in fields if name.endswith("-per_day")}
        return {"payers": "Lead 100", "fallback": "post", **told, **days, **paces}

    def _which(self, task: Task) -> dict[str, Any]:
        """What the task's key says of which one is meant."""
        last = task.key.rpartition("/")[2]
        names = {
            Verb.CONSULT: "consultation",
            Verb.GIVE_OPINION: "consultation",
            Verb.JUDGE_PROMISE: "promise",
            Verb.ANSWER_INFORMATION: "request",
            Verb.FILE_REPORT: "report",
        }
        name = names.get(Verb(task.verb))
        if name is None or Verb(task.verb) is Verb.FILE_REPORT:
            return {}
        return {name: last}

    def publish(self, person: Person) -> None:
        """Write, look at the preview, publish."""
        address = self.link(person, Verb.OPEN_NOTICE)
        data = self.regime.get(person, address).posting[0].data()
        for name in ("title", "body"):
            data[name] = data[name] if any(data[name]) else ["公示正文"]
        preview = self.regime.client(person).post(address, {**data, "then": "preview"})
        assert preview.status_code == 200
        self.regime.post(person, address, {**data, "then": "publish"})
        self.done.append(Verb.OPEN_NOTICE)
        self.case.refresh_from_db()

    def answer_comment(self, person: Person) -> None:
        """Answer the first comment that has no answer, from the list of comments."""
        listed = self.regime.get(person, self.link(person, Verb.ANSWER_COMMENT))
        for address in (one for one in listed.links if "/comments/C-" in one):
            forms = self.regime.get(person, address).posting
            answering = next((one for one in forms if "answer" in one.fields), None)
            if answering is not None:
                data = {**answering.data(), "answer": ["已知悉，谢谢。"]}
                self.regime.post(person, address, data)
        self.done.append(Verb.ANSWER_COMMENT)
        self.case.refresh_from_db()

    @property
    def day(self) -> Any:
        return self.regime.now().date()

    def until(self, day: Any) -> None:
        """Go on to ten o'clock of that day, legal time."""
        moment = datetime.combine(day, time(10), ZoneInfo(self.regime.rulebook.zone))
        self.regime.clock.move_to(max(moment, self.regime.now() + timedelta(minutes=1)))

    def look(self) -> None:
        """Everyone who may see the case is told whose turn it is, in a stage that has a name."""
        self.case.refresh_from_db()
        stage = self.case.stage_rule
        self.seen += [stage.id] if stage.id not in self.seen[-1:] else []
        english = self.regime.language == "en"
        for person, names in ((self.regime.signer, stage.names.applicant),
                              (self.lead_officer, stage.names.staff)):  # fmt: skip
            if not Case.objects.visible_to(person).filter(pk=self.case.pk).exists():
                continue
            page = self.regime.get(person, self.url)
            assert (names.en if english else names.zh) in page.text, (
                stage.id,
                names.zh,
                str(person),
                page.text[:700],
            )
            ended = bool(self.case.outcome)
            waiting = [task.what_en if english else task.what_zh for task in self.tasks()]
            assert ended or any(one in page.text for one in waiting), (stage.id, waiting)

    @property
    def lead_officer(self) -> Person:
        return next(
            self.regime.officers[one.id]
            for one in self.regime.rulebook.authorities
            if one.role.value == "lead"
        )

    def follow(self, *, to: str = "") -> Walk:
        """Do what is open until the case is closed, or in the stage `to`."""
        for _ in range(TASKS_MAX):
            self.case.refresh_from_db()
            if self.case.outcome or self.case.stage == to:
                self.look()
                return self
            self.step()
        raise RefusedError(f"never ends: {self.case.stage} {self.done[-8:]}")

    def deliver(self) -> None:
        """Let the outbox's consumers work."""
        while deliver_pending(limit=200):
            pass


OWN_PAGES = {
    Verb.OPEN_ROUND: "review:open-round",
    Verb.INVITE_EXPERTS: "review:invite-experts",
    Verb.CLOSE_ROUND: "review:close-round",
    Verb.COMMISSION_ASSESSMENT: "review:commission",
    Verb.FILE_ASSESSMENT: "review:assessment",
    Verb.OPEN_NOTICE: "notices:open",
    Verb.ANSWER_COMMENT: "notices:comments",
}


def pdf() -> SimpleUploadedFile:
    """A document that any question for a file takes."""
    return SimpleUploadedFile("document.pdf", PDF, content_type="application/pdf")
