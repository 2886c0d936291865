"""An application as its answers make it: what is asked, what follows, what is missing or amiss.

    filled = filled_form(case)
    filled.answers["scale"]           # without hidden questions, with computed ones
    filled.missing(section)           # ids of required questions without an answer
    filled.failed_in("scale")         # checks that do not hold

The semantics are `core.rulebook.form`'s; here they meet what was saved.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shidian.apps.cases.answers import (
    MATERIALS,
    Answers,
    form_sha256,
    newest_sections,
)
from shidian.apps.cases.waiver_field import is_complete
from shidian.core.rulebook import form as rules
from shidian.core.rulebook.model import QuestionKind

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from shidian.apps.cases.models import Case
    from shidian.core.rulebook.expression import Value
    from shidian.core.rulebook.model import Check, Material, Question, Rulebook, Section, Tier


@dataclass(frozen=True, slots=True)
class Filled:
    """The form of one case. `answers`: what counts, by section; `saved`: what was typed.

    `shown`: (section, question) of the questions that apply, computed ones among them.
    """

    rulebook: Rulebook
    saved: Mapping[str, Answers]
    answers: Mapping[str, Answers]
    values: Mapping[str, Value]
    shown: frozenset[tuple[str, str]]
    failed: tuple[tuple[str, Check], ...]

    @property
    def sections(self) -> tuple[Section, ...]:
        """The sections of which at least one question applies."""
        return tuple(one for one in self.rulebook.form if self.questions(one))

    def questions(self, section: Section) -> tuple[Question, ...]:
        """The questions of a section that apply, in order."""
        return tuple(one for one in section.questions if (section.id, one.id) in self.shown)

    def asked(self, section: Section) -> tuple[str, ...]:
        """Ids of the questions that the applicant answers: shown, and not computed."""
        return tuple(one.id for one in self.questions(section) if one.computed is None)

    def missing(self, section: Section) -> list[str]:
        """Ids of the required questions without an answer, or with half of one."""
        answers = self.answers.get(section.id, {})
        return [
            question.id
            for question in self.questions(section)
            if question.computed is None and self._is_wanting(question, answers.get(question.id))
        ]

    def _is_wanting(self, question: Question, answer: Any) -> bool:
        if answer is None:
            return question.required
        if question.kind is QuestionKind.WAIVERS:
            return not is_complete(self.rulebook.waivers, answer)
        return False

    def failed_in(self, section_id: str) -> tuple[Check, ...]:
        """The section's checks that do not hold."""
        return tuple(check for section, check in self.failed if section == section_id)

    def incomplete(self) -> list[str]:
        """Ids of the sections that are not complete, in the rulebook's order."""
        return [
            section.id
            for section in self.sections
            if self.missing(section) or (section.hard_gate and not self.answers.get(section.id))
        ]

    def materials(self, stage: str | None = None) -> tuple[Material, ...]:
        """The documents that apply: at submission, or before the case enters `stage`."""
        return rules.needed_materials(self.rulebook, self.values, stage)

    def missing_materials(
        self, stage: str | None = None, *, on_paper: Container[str] = ()
    ) -> tuple[Material, ...]:
        """The required documents among them that were handed in neither here nor on paper."""
        kept = self.handed_in
        return tuple(
            one
            for one in self.materials(stage)
            if one.required and one.id not in kept and one.id not in on_paper
        )

    @property
    def handed_in(self) -> Answers:
        """The documents that are in, by the material's id."""
        return self.saved.get(MATERIALS, {})

    @property
    def sha256(self) -> str:
        """Names this version of the form, and of the documents handed in with it.

        A document for a later stage is no part of what was submitted.
        """
        kept = self.handed_in
        documents = {
            one.id: kept[one.id]
            for one in self.rulebook.materials
            if one.stage is None and one.id in kept
        }
        return form_sha256({**self.answers, MATERIALS: documents} if documents else self.answers)

    @property
    def tier(self) -> Tier | None:
        """The risk tier that the answers suggest; an officer grades."""
        return rules.suggested_tier(self.rulebook, self.values)


def filled_form(case: Case) -> Filled:
    """The case's form from the newest version of each section. Three queries at most."""
    saved = {section: row.answers for section, row in newest_sections(case).items()}
    return fill_form(case.rulebook, saved, partners=case.parties.count(), lead_kind=case.lead.kind)


def fill_form(
    rulebook: Rulebook,
    saved: Mapping[str, Answers],
    *,
    partners: int | None = None,
    lead_kind: str | None = None,
    tier: str | None = None,
) -> Filled:
    """What saved answers amount to under a rulebook. Pure."""
    typed = {section.id: saved.get(section.id, {}) for section in rulebook.form}
    values = rules.form_values(rulebook, typed, partners, lead_kind, tier)
    shown = rules.shown(rulebook, values)
    found = rules.computed(rulebook, values)
    answers: dict[str, Answers] = {}
    for section in rulebook.form:
        counting = {}
        for question in section.questions:
            if (section.id, question.id) not in shown:
                continue
            if question.computed is None:
                value = typed[section.id].get(question.id)
            else:
                value = found.get((section.id, question.id))
            if value is not None:
                counting[question.id] = value
        if counting:
            answers[section.id] = counting
    return Filled(
        rulebook=rulebook,
        saved=saved,
        answers=answers,
        values=values,
        shown=shown,
        failed=rules.failed_checks(rulebook, values),
    )
