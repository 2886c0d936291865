"""What of a case can be searched: its names, its institutions and the form as submitted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shidian.apps.cases.models import CaseText, FormSection
from shidian.apps.cases.search import strings_in, tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shidian.apps.cases.models import Case


def index_case(case: Case, *, with_form: bool) -> None:
    """Write the case's words anew. `with_form`: with the newest version of every section."""
    institutions = [case.lead, *(one.institution for one in _parties(case))]
    texts = [case.title_zh, case.title_en, case.reference]
    texts += [name for one in institutions for name in (one.name_zh, one.name_en, one.code)]
    if with_form:
        texts += strings_in(_newest_answers(case))
    CaseText.objects.update_or_create(case=case, defaults={"tokens": " ".join(tokens_of(texts))})


def _parties(case: Case) -> Iterable[Any]:
    return case.parties.select_related("institution")


def _newest_answers(case: Case) -> list[Any]:
    rows = FormSection.objects.filter(case=case).order_by("version")
    return list(dict(rows.values_list("section", "answers")).values())
