"""What each keyword means, in one sentence: for the published schema and the language's page.

Keyed by model and keyword as an author writes it; `COMMON` serves keywords that mean the same
wherever they stand.
"""

from __future__ import annotations

from shidian.core.rulebook.meanings.case import CASE
from shidian.core.rulebook.meanings.running import RUNNING

COMMON = {
    "id": "Names the item; other values, paths and a child rulebook refer to it by this.",
    "name": "What readers see.",
    "title": "What readers see.",
    "guidance": "Help shown beside it.",
    "source": "Entry of `sources` that it comes from.",
    "article": "Where in the source.",
    "length": "How many of `unit`.",
    "unit": "Unit of `length`.",
    "note": "What the figure or word does not say by itself.",
    "stage": "Stage it belongs to.",
    "kind": "What it is; decides what else it may hold.",
    "required": "Whether it must be there.",
    "indicator": "Indicator that is watched.",
    "on_breach": "What follows a breach; an order is proposed to an officer, never given.",
    "for": "How long the condition must last before it counts.",
    "accept": "File name endings taken, without the dot.",
    "size_max_mib": "Largest file taken, in MiB.",
    "public": "Whether the public sees it.",
    "minimum": "Least value allowed.",
    "maximum": "Greatest value allowed.",
    "clock": "Clock that runs with it.",
    "zh": "The text in Chinese.",
    "en": "The text in English.",
}


MEANINGS: dict[str, dict[str, str]] = {
    **CASE,
    **RUNNING,
    "Because": {
        "basis": "How far the evidence goes: verified, reported, assumed.",
        "source": "Entry of `sources`; needed unless assumed.",
        "date": "When the source was read or made.",
        "borrowed_from": "Source in another regime that the value was taken from.",
    },
}


def meaning(model: str, keyword: str) -> str:
    """What a keyword of a model means. Raises KeyError where nobody has said."""
    return MEANINGS[model].get(keyword) or COMMON[keyword]
