"""The monitor's store, asked over a line: what may be asked, and answers that are the same values.

Where the monitor runs in another zone than the worker, its gate answers the worker's signed
questions; nothing else of the store can be asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from shidian.core.monitor.evaluator import Fault
from shidian.core.monitor.items import Current, Item, Reading
from shidian.core.monitor.nearest import Grouped
from shidian.core.monitor.quality import SourceQuality

if TYPE_CHECKING:
    from shidian.core.monitor.store import StoreReader

ROWS_MAX = 1_000
Asked = Literal[
    "version",
    "cursor",
    "last_seq",
    "items_after",
    "readings_after",
    "current",
    "quality",
    "grouped",
    "faults",
]
ANSWERS: dict[str, Any] = {
    "version": int,
    "cursor": int,
    "last_seq": int,
    "items_after": list[Item],
    "readings_after": list[Reading],
    "current": list[Current],
    "quality": list[SourceQuality],
    "grouped": list[Grouped],
    "faults": list[Fault],
}
"""What may be asked, and what the answer is made of."""


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`after` and `limit` of the two streams; `project` of `current`."""

    ask: Asked
    after: int = 0
    limit: Annotated[int, msgspec.Meta(ge=1, le=ROWS_MAX)] = 1
    project: str = ""


def answered(store: StoreReader, question: Question) -> Any:
    """The answer as JSON has it. Raises sqlite3.Error."""
    match question.ask:
        case "items_after":
            found: Any = store.items_after(question.after, question.limit)
        case "readings_after":
            found = store.readings_after(question.after, question.limit)
        case "current":
            found = store.current(question.project)
        case other:
            found = getattr(store, other)()
    return msgspec.to_builtins(found)


def read(ask: str, answer: Any) -> Any:
    """The values of an answer. Raises msgspec.ValidationError."""
    return msgspec.convert(answer, type=ANSWERS[ask])
