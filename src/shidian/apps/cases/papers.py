"""Documents that came on paper: read beside the form, without the whole history."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from shidian.apps.cases.models import CaseEvent
from shidian.apps.cases.scans import scan_question
from shidian.core.procedure.types import EventKind, PaperDocument

if TYPE_CHECKING:
    from shidian.apps.cases.models import Case

SECTION = "paper-documents"
"""Where scans of them lie; `question` is the document's id, whose marking says who may read it."""
SCAN = scan_question(zh="纸质材料扫描件", en="Scan of the paper")
_KINDS = (EventKind.PAPER_NOTED.value, EventKind.PAPER_STRUCK.value)


def papers_of(case: Case) -> dict[str, PaperDocument]:
    """Document → how it came, of those whose note stands. One query, none without documents."""
    if not case.rulebook.materials:
        return {}
    found: dict[str, PaperDocument] = {}
    for row in CaseEvent.objects.filter(case=case, kind__in=_KINDS).order_by("seq"):
        data = row.data
        if row.kind == EventKind.PAPER_STRUCK:
            found.pop(data["material"], None)
            continue
        found[data["material"]] = PaperDocument(
            date.fromisoformat(data["received"]),
            data["handed_by"],
            data["kept_at"],
            data.get("sha256", ""),
        )
    return found
