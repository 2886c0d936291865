"""The text of the readers' guides (`docs/<reader>/README.md`): their steps, and the labels they quote."""

from __future__ import annotations

import re
from collections import defaultdict

READERS = ("applicant", "expert", "officer")
LABEL = re.compile(r"\*+([^*]+?)\*+ \(([^)]*[\u4e00-\u9fff][^)]*)\)")
HEADING = re.compile(r"^#+ (.+)$")
STEP = re.compile(r"^(\d+)\. ")
ROW = re.compile(r"^\| ([^\s|-]+) \|")

Place = tuple[str, str]
"""A heading and the number of the step or the first cell of the row under it; "" for its other text."""


def labels_in(text: str) -> dict[str, str]:
    """English → Chinese of every label that the text quotes."""
    return dict(LABEL.findall(text))


def places_of(text: str) -> dict[Place, str]:
    """The guide by heading and step; lines that go on after a step belong to it."""
    found: dict[Place, str] = defaultdict(str)
    heading, number = "", ""
    for line in text.splitlines():
        if title := HEADING.match(line):
            heading, number = title[1], ""
        elif begins := STEP.match(line) or ROW.match(line):
            number = begins[1]
        elif not line.startswith(" "):
            number = ""
        found[heading, number] += f"{line}\n"
    return dict(found)
