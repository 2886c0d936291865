"""Random valid rulebooks, built from stage kinds: whatever a regime may be made of."""

from __future__ import annotations

from hypothesis import strategies as st

from shidian.core.rulebook.model import Rulebook, StageKind

AUTHORITIES = ("north", "south", "west")
MIDDLE = (
    StageKind.SCREENING,
    StageKind.REVIEW,
    StageKind.ASSESSMENT,
    StageKind.NOTICE,
    StageKind.ADMISSION,
)
OUTCOMES = [
    {"id": "graduated", "name": {"zh": "推广", "en": "graduated"}, "needs_pilot": True},
    {"id": "withdrawn", "name": {"zh": "退出", "en": "withdrawn"}},
    {"id": "terminated", "name": {"zh": "终止", "en": "terminated"}, "needs_pilot": True},
    {"id": "rejected", "name": {"zh": "不予入选", "en": "rejected"}, "needs_pilot": False},
]


def words(text: str) -> dict[str, str]:
    return {"zh": f"{text}（测试）", "en": text}


@st.composite
def rulebooks(draw: st.DrawFn) -> Rulebook:
    """A regime whose every stage can be left ahead and to the end."""
    kinds = [
        StageKind.DRAFT,
        *draw(st.lists(st.sampled_from(MIDDLE), max_size=4)),
        *[StageKind.RUNNING] * draw(st.integers(1, 2)),
        *[StageKind.EVALUATION] * draw(st.integers(0, 1)),
        StageKind.CLOSED,
    ]
    ids = [f"s{n}" for n in range(len(kinds))]
    middle = [n for n, kind in enumerate(kinds) if kind in MIDDLE]
    stages = [draw(_stage(kinds, ids, n)) for n in range(len(kinds))]
    clocks = [draw(_clock(ids[n], kinds[n])) for n in range(1, len(kinds) - 1)]
    for stage, clock in zip(stages[1:-1], clocks, strict=True):
        stage["clock"] = clock["id"] if clock else None
    clocks.append(_consulting_clock(draw(st.sampled_from(["nothing", "may-proceed"]))))
    document = {
        "rulebook": "made",
        "version": "1",
        "status": "runnable",
        "title": words("made"),
        "place": {"zone": "UTC", "currency": "EUR"},
        "authorities": [
            *({"id": name, "name": words(name), "role": "lead"} for name in AUTHORITIES),
            {"id": "afar", "name": words("afar"), "role": "consulted"},
        ],
        "stages": stages,
        "clocks": [clock for clock in clocks if clock],
        "consultations": draw(_consultations([ids[n] for n in middle])),
        "plan": [
            {"id": "people", "type": "int", "title": words("people"), "unit": words("people"),
             "required": True}
        ],
        "notice": {"answers": draw(st.sampled_from(["each", "summary"]))},
    }  # fmt: skip
    if middle and draw(st.booleans()):
        document["tiers"] = _tiers(stages, draw(st.sampled_from(middle)), ids)
    return Rulebook.model_validate(document)


@st.composite
def _stage(draw: st.DrawFn, kinds: list[StageKind], ids: list[str], n: int) -> dict[str, object]:
    kind, last = kinds[n], len(kinds) - 1
    stage: dict[str, object] = {
        "id": ids[n],
        "kind": kind.value,
        "names": {"staff": words(ids[n]), "applicant": words(ids[n])},
        "next": [],
    }
    if kind is StageKind.CLOSED:
        return {**stage, "outcomes": OUTCOMES}
    onward = [ids[n + 1]]
    if kind in MIDDLE and draw(st.booleans()):
        onward.append(ids[0])
    if kind is StageKind.EVALUATION and draw(st.booleans()):
        onward.append(ids[n - 1])
    stage["next"] = [*onward, *([ids[last]] if ids[last] not in onward else [])]
    if kind is StageKind.REVIEW:
        odd, low = draw(st.booleans()), draw(st.integers(1, 3))
        stage["panel"] = {"min": low, "odd": odd, "score_max": 10, "max": draw(
            st.none() | st.integers(3, 7))}  # fmt: skip
    if kind is StageKind.ASSESSMENT:
        stage["by"] = draw(st.sampled_from(["assessor-body", "authority"]))
        stage["areas"] = [{"id": "a", "name": words("a")}]
    if kind is StageKind.NOTICE:
        stage["comments"] = draw(st.booleans())
    if kind is StageKind.ADMISSION or (kind in MIDDLE and draw(st.booleans())):
        stage["signoff"] = draw(
            st.sampled_from(
                [
                    {"all_of": ["north"]},
                    {"all_of": ["north", "south"], "lead": "north"},
                    {"k": 2, "of": list(AUTHORITIES)},
                    {"k": 1, "of": ["north", "south"], "lead": "west"},
                    {"all_of": ["west"], "k": 1, "of": ["north", "south"]},
                ]
            )
        )
    if kind is StageKind.EVALUATION:
        stage["dimensions"] = [{"id": "worth", "name": words("worth")}]
    if n > 1 and draw(st.booleans()):
        stage["thresholds"] = draw(
            st.sampled_from(
                [
                    [{"id": "t1", "name": words("t1")}],
                    [{"id": "t2", "name": words("t2"), "since": ids[n - 1],
                      "minimum": {"length": 30, "unit": "calendar-day"}}],
                ]
            )
        )  # fmt: skip
    return stage


@st.composite
def _clock(draw: st.DrawFn, stage: str, kind: StageKind) -> dict[str, object] | None:
    if draw(st.integers(0, 3)) == 0:
        return None
    starts = {StageKind.RUNNING: "pilot.started", StageKind.NOTICE: "notice.opened"}
    return {
        "id": f"c-{stage}",
        "name": words(f"c-{stage}"),
        "starts": starts.get(kind, "stage.entered"),
        "length": draw(st.integers(1, 40)),
        "unit": draw(st.sampled_from(["working-day", "calendar-day", "month"])),
        "extension": draw(st.none() | st.just({"length": 5, "times_max": 1})),
        "on_silence": draw(st.sampled_from(["nothing", "nothing", "approved", "may-start"]))
        if kind in (StageKind.SCREENING, StageKind.ADMISSION)
        else "nothing",
    }


def _consulting_clock(on_expiry: str) -> dict[str, object]:
    return {"id": "answer", "name": words("answer"), "starts": "consultation.opened",
            "after": "c0", "length": 10, "unit": "calendar-day", "on_expiry": on_expiry}  # fmt: skip


@st.composite
def _consultations(draw: st.DrawFn, stages: list[str]) -> list[dict[str, object]]:
    if not stages:
        return []
    return [
        {"id": f"c{n}", "name": words(f"c{n}"), "stage": draw(st.sampled_from(stages)),
         "authority": "afar", "kind": draw(st.sampled_from(["filing", "opinion", "no-objection"])),
         "clock": "answer" if n == 0 else None, "required": draw(st.booleans()),
         "binding": draw(st.booleans())}
        for n in range(draw(st.integers(0, 2)))
    ]  # fmt: skip


def _tiers(stages: list[dict], graded_in: int, ids: list[str]) -> dict[str, object]:
    """Two tiers; the light one goes past the stage after the one in which cases are graded."""
    passed = graded_in + 1
    skips: list[str] = []
    if stages[passed]["kind"] in {kind.value for kind in MIDDLE}:
        stages[graded_in]["next"].insert(1, ids[passed + 1])
        skips = [ids[passed]]
    return {
        "graded_in": ids[graded_in],
        "levels": [
            {"id": "light", "name": words("light"), "skips": skips, "caps": {"people": 50}},
            {"id": "heavy", "name": words("heavy")},
        ],
    }
