"""Rulebooks that differ in everything the procedure may not depend on, stage ids above all."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from shidian.core.rulebook.load import load_file
from shidian.core.rulebook.model import Rulebook, Status

ROOT = Path(__file__).parents[3] / "rulebooks"


def _text(word: str) -> dict[str, str]:
    return {"zh": f"{word}（测试）", "en": word}


def _stage(stage_id: str, kind: str, *onward: str, **more: object) -> dict[str, object]:
    names = {"staff": _text(stage_id), "applicant": _text(stage_id), "public": None}
    return {"id": stage_id, "kind": kind, "names": names, "next": onward, **more}


def _outcomes() -> list[dict[str, object]]:
    return [
        {"id": "graduated", "name": _text("graduated"), "needs_pilot": True},
        {"id": "withdrawn", "name": _text("withdrawn")},
        {"id": "terminated", "name": _text("terminated"), "needs_pilot": True},
        {"id": "rejected", "name": _text("rejected"), "needs_pilot": False},
    ]


def _authorities(*names: str) -> list[dict[str, object]]:
    return [{"id": name, "name": _text(name), "role": "lead"} for name in names]


@cache
def demo_city() -> Rulebook:
    """The demonstration scheme as it is shipped."""
    return load_file(ROOT / "demo-city.yaml").rulebook


@cache
def notification() -> Rulebook:
    """A regime of three stages: notify, run, over. No screening, no sign-off, no evaluation."""
    return Rulebook.model_validate(
        {
            "rulebook": "notification",
            "version": "1",
            "status": Status.RUNNABLE,
            "title": _text("Notification"),
            "authorities": _authorities("office"),
            "stages": [
                _stage("notified", "draft", "live", "over"),
                _stage("live", "running", "over", clock="term", signoff={"all_of": ["office"]}),
                _stage("over", "closed", outcomes=_outcomes()),
            ],
            "clocks": [
                {
                    "id": "term",
                    "name": _text("term"),
                    "starts": "pilot.started",
                    "length": 2,
                    "unit": "month",
                },
                {
                    "id": "whole",
                    "name": _text("whole"),
                    "starts": "case.submitted",
                    "length": 90,
                    "unit": "calendar-day",
                },
            ],
            "plan": [],
        }
    )


@cache
def crossed() -> Rulebook:
    """A regime whose ids mean something else: two reviews, two runs, notice before review."""
    return Rulebook.model_validate(
        {
            "rulebook": "crossed",
            "version": "7",
            "status": Status.RUNNABLE,
            "title": _text("Crossed"),
            "authorities": [
                *_authorities("north", "south", "west"),
                {"id": "watcher", "name": _text("watcher"), "role": "guide"},
            ],
            "criteria": [
                {
                    "id": "fit",
                    "stage": "closed",
                    "name": _text("fit"),
                    "question": _text("fit?"),
                    "mandatory": True,
                },
                {
                    "id": "new",
                    "stage": "running",
                    "name": _text("new"),
                    "question": _text("new?"),
                    "weight": 70,
                },
                {
                    "id": "safe",
                    "stage": "running",
                    "name": _text("safe"),
                    "question": _text("safe?"),
                    "weight": 30,
                },
                {
                    "id": "last",
                    "stage": "second-look",
                    "name": _text("last"),
                    "question": _text("last?"),
                },
            ],
            "stages": [
                _stage("review", "draft", "draft", "end"),
                _stage("draft", "notice", "closed", "review", "end", comments=True, clock="window"),
                _stage("closed", "screening", "running", "draft", "review", "end", clock="check"),
                _stage(
                    "running",
                    "review",
                    "second-look",
                    "closed",
                    "end",
                    panel={"min": 2, "score_max": 10},
                ),
                _stage(
                    "second-look",
                    "review",
                    "admission",
                    "running",
                    "end",
                    panel={"min": 1, "odd": True, "score_max": 5, "pass_mark": 3},
                    signoff={"all_of": ["west"]},
                ),
                _stage(
                    "admission",
                    "admission",
                    "pilot",
                    "second-look",
                    "end",
                    signoff={"all_of": ["north", "south", "west"]},
                    number="P-{seq:03}",
                ),
                _stage("pilot", "running", "scaled", "judged", "end"),
                _stage("scaled", "running", "judged", "end", clock="term"),
                _stage(
                    "judged",
                    "evaluation",
                    "scaled",
                    "end",
                    dimensions=[{"id": "worth", "name": _text("worth")}],
                ),
                _stage("end", "closed", outcomes=_outcomes()),
            ],
            "clocks": [
                {
                    "id": "window",
                    "name": _text("window"),
                    "starts": "stage.entered",
                    "length": 3,
                    "unit": "calendar-day",
                },
                {
                    "id": "check",
                    "name": _text("check"),
                    "starts": "stage.entered",
                    "length": 10,
                    "unit": "working-day",
                    "pauses_on": ["information-request"],
                },
                {
                    "id": "term",
                    "name": _text("term"),
                    "starts": "pilot.started",
                    "length": 6,
                    "unit": "month",
                },
            ],
            "plan": [
                {"id": "people", "type": "int", "title": _text("people"), "unit": _text("people")},
                {
                    "id": "money",
                    "type": "money",
                    "title": _text("money"),
                    "unit": _text("yuan"),
                    "default": "100.50",
                },
            ],
            "reports": [
                {
                    "id": "monthly",
                    "title": _text("monthly"),
                    "kind": "periodic",
                    "every_months": 1,
                    "due": 5,
                    "due_unit": "working-day",
                },
            ],
        }
    )


def every() -> tuple[Rulebook, ...]:
    return (demo_city(), notification(), crossed())
