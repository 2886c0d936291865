"""Documents that came on paper: an officer notes them, and strikes a note that was wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.procedure.reading import refuse
from shidian.core.procedure.types import EventKind, RefusalCode

if TYPE_CHECKING:
    from shidian.core.procedure.situation import Situation
    from shidian.core.procedure.types import NewEvent


def note_paper(case: Situation) -> tuple[NewEvent, ...]:
    """Notes that a document of the rulebook was handed in on paper. It counts as handed in."""
    data = case.data
    wanted = data.choice("material", [one.id for one in case.rulebook.materials])
    if wanted in case.state.papers:
        refuse(
            RefusalCode.ALREADY_DONE,
            "该材料已登记为纸质收讫；登记有误的，请先撤销。",
            "This document is noted as received already; strike that note first if it is wrong.",
            "material",
        )
    if data.day("received") > case.today:
        refuse(
            RefusalCode.BAD_DATA,
            "收到日期不得晚于今天。",
            "The day of receipt cannot lie ahead.",
            "received",
        )
    data.name("handed_by")
    data.name("kept_at")
    if data.has("sha256"):
        data.sha256("sha256")
    return (case.event(EventKind.PAPER_NOTED),)


def strike_paper(case: Situation) -> tuple[NewEvent, ...]:
    """Takes a note back, with the reason: the document counts as not handed in. Both stay."""
    case.data.choice("material", list(case.state.papers))
    case.data.reason()
    return (case.event(EventKind.PAPER_STRUCK),)
