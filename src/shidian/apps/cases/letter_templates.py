"""What a letter begins with: texts drawn from the case, edited by an officer before they go out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, override

from shidian.apps.cases.letter_texts import LetterText
from shidian.apps.cases.words import localized
from shidian.core.procedure.consulting import due_of
from shidian.core.rulebook.model import AuthorityRole, ConsultationKind, Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.utils.functional import _StrPromise

    from shidian.apps.cases.letter_texts import Language
    from shidian.apps.cases.models import Case
    from shidian.core.procedure.types import CaseState
    from shidian.core.rulebook.model import Consultation

PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Draft:
    """Title, body and recipients to begin with. `consultation`: which one it asks."""

    title: str
    body: str
    recipients: tuple[str, ...]
    consultation: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """`draw`: the draft for a case as it stands; None where there is nothing of the kind."""

    id: str
    name: _StrPromise
    draw: Callable[[Case, CaseState], Draft | None]


def drafts_for(case: Case, state: CaseState) -> list[tuple[Template, Draft]]:
    """The templates that the case gives occasion for, with their drafts in the active language."""
    drawn = ((one, one.draw(case, state)) for one in TEMPLATES)
    return [(one, draft) for one, draft in drawn if draft is not None]


def draft_of(
    case: Case, state: CaseState, template: str, issuer: str, language: Language
) -> tuple[LetterText, str] | None:
    """The text to begin with, in the letter's language, and the consultation that it asks."""
    with override("zh-hans" if language == "zh" else "en"):
        found = next((one for one in drafts_for(case, state) if one[0].id == template), None)
        if found is None:
            return None
        draft = found[1]
        text = LetterText(
            language=language,
            title=draft.title,
            body=draft.body,
            issuers=(issuer,),
            recipients=draft.recipients,
        )
        return text, draft.consultation


def _title(case: Case) -> str:
    return localized(Text(zh=case.title_zh, en=case.title_en or case.title_zh))


def _applicant(case: Case) -> tuple[str, ...]:
    return (f"institution-{case.lead_id}",)


def _known_as(case: Case) -> dict[str, str]:
    return {"title": _title(case), "reference": case.number or case.reference}


def _plain(case: Case, _state: CaseState) -> Draft:
    return Draft(_("Letter concerning “%(title)s”") % {"title": _title(case)}, "", _applicant(case))


def _request(case: Case, state: CaseState) -> Draft | None:
    if not state.open_requests:
        return None
    asked = state.open_requests[-1]
    words = {**_known_as(case), "question": asked.question.strip()}
    body = _(
        "We have received your application “%(title)s” (%(reference)s). To go on with it we need"
        " the following:\n\n%(question)s"
    )
    end = ngettext(
        "Please answer on the page of the case within %(n)d working day.",
        "Please answer on the page of the case within %(n)d working days.",
        asked.due_working_days,
    ) % {"n": asked.due_working_days}
    title = _("Request for information on “%(title)s”") % words
    return Draft(title, f"{body % words}\n\n{end}", _applicant(case))


def _to_consult(case: Case, state: CaseState) -> Consultation | None:
    """The newest consultation that waits for a word."""
    waiting = [
        one
        for one in case.rulebook.consultations
        if one.kind is not ConsultationKind.FILING
        and one.id in state.consultations
        and state.consultations[one.id].given is None
    ]
    return waiting[-1] if waiting else None


def _consultation(case: Case, state: CaseState) -> Draft | None:
    asked = _to_consult(case, state)
    if asked is None:
        return None
    words = {**_known_as(case), "lead": case.lead.name, "on": localized(asked.name)}
    body = _(
        "“%(title)s” (%(reference)s) was applied for by %(lead)s. The application is enclosed.\n\n"
        "In the matter of “%(on)s” we ask for your opinion: whether you support the project, have"
        " no objection, or object, with your reasons."
    )
    due = due_of(case.rulebook, asked, state.clocks)
    end = _("Please answer by letter and name the number of this one.")
    if due is not None:
        end = _("Please answer by letter by %(day)s and name the number of this one.") % {
            "day": date_format(due, "DATE_FORMAT")
        }
    title = _("Request for an opinion on “%(title)s”") % words
    recipients = (f"authority-{asked.authority}",)
    return Draft(title, f"{body % words}\n\n{end}", recipients, asked.id)


def _admission(case: Case, state: CaseState) -> Draft | None:
    if not (state.admitted and not state.is_closed):
        return None
    words = {"title": _title(case), "number": case.number or case.reference}
    body = _(
        "“%(title)s” is admitted to the pilot under the number %(number)s. It runs within the plan"
        " and the conditions that were agreed, and in these alone.\n\n"
        "The admission is no administrative licence and takes the place of none."
    )
    title = _("Notice of admission of “%(title)s”") % words
    return Draft(title, body % words, _applicant(case))


def _closing(case: Case, state: CaseState) -> Draft | None:
    if not state.is_closed:
        return None
    outcomes = {one.id: one.name for stage in case.rulebook.stages for one in stage.outcomes}
    outcome = outcomes.get(case.outcome)
    words = {**_known_as(case), "outcome": localized(outcome) if outcome else case.outcome}
    body = _(
        "“%(title)s” (%(reference)s) is closed. Outcome: %(outcome)s. The reasons stand on the"
        " page of the case, which you can read at any time."
    )
    paragraphs = [body % words]
    for rule in case.rulebook.objections:
        if case.outcome in rule.against:
            office = localized(case.rulebook.authority(rule.body).name)
            paragraphs.append(
                _("If you do not agree you can object on the page of the case; %(office)s decides.")
                % {"office": office}
            )
            if rule.guidance is not None:
                paragraphs.append(localized(rule.guidance))
    title = _("Notice on the closing of “%(title)s”") % words
    return Draft(title, "\n\n".join(paragraphs), _applicant(case))


def _upwards(case: Case, _state: CaseState) -> Draft | None:
    national = [
        f"authority-{part.local_id}"
        for part in case.scheme.parts.all()
        if part.role == AuthorityRole.NATIONAL.value
    ]
    if not national:
        return None
    words = _known_as(case)
    body = _("We report on “%(title)s” (%(reference)s) as follows:") % words
    title = _("Report on “%(title)s”") % words
    return Draft(title, body, tuple(national))


TEMPLATES = (
    Template("request", gettext_lazy("Request for information"), _request),
    Template("consultation", gettext_lazy("Request for an opinion"), _consultation),
    Template("admission", gettext_lazy("Notice of admission"), _admission),
    Template("closing", gettext_lazy("Notice on the closing"), _closing),
    Template("report", gettext_lazy("Report to the national level"), _upwards),
    Template(PLAIN, gettext_lazy("Letter without a template"), _plain),
)
"""The nearest to the case first."""

TEMPLATE_NAMES = {one.id: one.name for one in TEMPLATES}
