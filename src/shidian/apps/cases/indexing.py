"""What of a case can be searched: its names, its institutions and the form as submitted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shidian.apps.cases.filed import filed_form
from shidian.apps.cases.models import CaseText
from shidian.apps.cases.search import strings_in, tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shidian.apps.accounts.models import Institution
    from shidian.apps.cases.models import Case


def index_case(case: Case, *, with_form: bool) -> None:
    """Write the case's words anew. `with_form`: with the form as it was last filed."""
    institutions = [case.lead, *(one.institution for one in _parties(case))]
    texts = [case.title_zh, case.title_en, case.reference]
    texts += [name for one in institutions for name in (one.name_zh, one.name_en, one.code)]
    if with_form:
        texts += strings_in(list(filed_form(case).saved.values()))
    CaseText.objects.update_or_create(case=case, defaults={"tokens": " ".join(tokens_of(texts))})


def add_institution(case: Case, institution: Institution) -> None:
    """Make the case findable by an institution that joined; the rest stays as it was indexed."""
    names = [institution.name_zh, institution.name_en, institution.code]
    row = CaseText.objects.get(case=case)
    known = row.tokens.split()
    row.tokens = " ".join([*known, *(set(tokens_of(names)) - set(known))])
    row.save(update_fields=["tokens"])


def _parties(case: Case) -> Iterable[Any]:
    return case.parties.select_related("institution")
