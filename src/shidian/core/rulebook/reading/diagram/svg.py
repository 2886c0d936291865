"""The layout as SVG: classes for the page's design tokens, or colours of its own for a PDF."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from shidian.core.rulebook.model import ConsultationKind, Rulebook, Stage, Text
from shidian.core.rulebook.reading import numbers, words
from shidian.core.rulebook.reading.diagram.layout import (
    BOX_WIDTH,
    LINE_HEIGHT,
    PADDING,
    Box,
    Layout,
    Move,
    lay_out,
)
from shidian.core.rulebook.reading.structure import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shidian.core.rulebook.reading.structure import Lang

_PLAIN = {
    "d-box": 'fill="#ffffff" stroke="#555555"',
    "d-box d-running": 'fill="#f0f0f0" stroke="#000000" stroke-width="2"',
    "d-box d-end": 'fill="#ffffff" stroke="#555555" stroke-dasharray="4 3"',
    "d-step": 'fill="none" stroke="#000000" stroke-width="1.5"',
    "d-branch": 'fill="none" stroke="#555555"',
    "d-return": 'fill="none" stroke="#555555" stroke-dasharray="4 3"',
    "d-arrow": 'fill="#000000"',
    "d-name": 'fill="#000000" font-weight="bold"',
    "d-note": 'fill="#333333"',
}
"""What the page's style sheet says of each class, for a picture that has none."""

_SILENCE = {
    "approved": Text(zh="逾期视为同意", en="silence is approval"),
    "may-start": Text(zh="逾期可以启动", en="silence: may start"),
}


def diagram_svg(
    rulebook: Rulebook, lang: Lang, *, plain: bool = False, prefix: str = "stages"
) -> str:
    """The stages and every move between them as one accessible `<svg>`; empty without stages.

    `plain`: with presentation attributes for a PDF, not classes. `prefix` keeps ids unique in a
    page. No style attributes and no scripts, so that a strict content policy lets it be.
    """
    if not rulebook.stages:
        return ""
    layout = lay_out(
        [(one.id, one.kind.value, list(_labels(rulebook, one, lang))) for one in rulebook.stages],
        [(one.id, target) for one in rulebook.stages for target in one.next],
    )
    names = {one.id: say(one.names.staff, lang) for one in rulebook.stages}
    title = say(
        Text(zh="案件的阶段与流转", en="The stages of a case and the moves between them"), lang
    )
    draw = _Drawing(plain)
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="diagram" role="img"'
            f' width="{layout.width}" height="{layout.height}"'
            f' viewBox="0 0 {layout.width} {layout.height}"'
            f' aria-labelledby="{prefix}-title {prefix}-desc">'
        ),
        f'<title id="{prefix}-title">{escape(title)}</title>',
        f'<desc id="{prefix}-desc">{escape(_described(layout, names, lang))}</desc>',
        *(draw.move(move, names) for move in layout.moves),
        *(draw.box(box) for box in layout.boxes),
        "</svg>",
    ]
    return "".join(parts)


def _labels(rulebook: Rulebook, stage: Stage, lang: Lang) -> Iterator[tuple[str, str]]:
    """What stands in a stage's box: its name, clock, silence, conditions and who is consulted."""
    yield "name", say(stage.names.staff, lang)
    clock = next((one for one in rulebook.clocks if one.id == stage.clock), None)
    if clock is not None:
        yield "note", say(numbers.length(clock.length, clock.unit.value), lang)
        if clock.on_silence in _SILENCE:
            yield "note", say(_SILENCE[clock.on_silence], lang)
    for threshold in stage.thresholds:
        condition = Text(zh=f"条件：{threshold.name.zh}", en=f"if: {threshold.name.en}")
        if threshold.minimum is not None:
            least = numbers.period(threshold.minimum)
            condition = Text(zh=f"条件：满{least.zh}", en=f"after: {least.en} at least")
        yield "note", say(condition, lang)
    authorities = {one.id: one.name for one in rulebook.authorities}
    for asked in rulebook.consultations:
        if asked.stage == stage.id:
            name = authorities.get(asked.authority) or numbers.both(asked.authority)
            kind = words.CONSULTATION[ConsultationKind(asked.kind)]
            yield "note", say(Text(zh=f"{kind.zh}：{name.zh}", en=f"{kind.en}: {name.en}"), lang)


def _described(layout: Layout, names: dict[str, str], lang: Lang) -> str:
    """The same in words: each stage with where it leads."""
    onward: dict[str, list[str]] = {box.id: [] for box in layout.boxes}
    for move in layout.moves:
        onward[move.source].append(names[move.target])
    said = []
    for box in layout.boxes:
        if onward[box.id]:
            joint, arrow = ("、", "可转入") if lang == "zh" else (", ", " leads to ")
            said.append(f"{names[box.id]}{arrow}{joint.join(onward[box.id])}")
        else:
            end = "为终点" if lang == "zh" else " is the end"
            said.append(f"{names[box.id]}{end}")
    return "；".join(said) + "。" if lang == "zh" else "; ".join(said) + "."


class _Drawing:
    def __init__(self, plain: bool) -> None:
        self._plain = plain

    def _look(self, name: str) -> str:
        return _PLAIN[name] if self._plain else f'class="{name}"'

    def box(self, box: Box) -> str:
        kind = {"running": "d-box d-running", "closed": "d-box d-end", "draft": "d-box d-end"}
        rect = (
            f'<rect x="{box.x}" y="{box.y}" width="{BOX_WIDTH}" height="{box.height}" rx="3"'
            f" {self._look(kind.get(box.kind, 'd-box'))}/>"
        )
        texts = []
        for index, line in enumerate(box.lines):
            look = self._look("d-name" if line.role == "name" else "d-note")
            baseline = box.y + PADDING + index * LINE_HEIGHT + 14
            texts.append(
                f'<text x="{box.x + PADDING}" y="{baseline}" font-size="{line.size}"{self._face()}'
                f" {look}>{escape(line.text)}</text>"
            )
        return f'<g data-stage="{escape(box.id)}">{rect}{"".join(texts)}</g>'

    def _face(self) -> str:
        return ' font-family="Noto Sans CJK SC, sans-serif"' if self._plain else ""

    def move(self, move: Move, names: dict[str, str]) -> str:
        look = "d-step" if move.towards == (0, 1) else "d-return" if move.back else "d-branch"
        x, y = move.tip
        dx, dy = move.towards
        arrow = (
            f"M{x} {y}L{x - 7 * dx - 4 * dy} {y - 7 * dy - 4 * dx}"
            f"L{x - 7 * dx + 4 * dy} {y - 7 * dy + 4 * dx}Z"
        )
        words_ = f"{names[move.source]} → {names[move.target]}"
        return (
            f'<g data-move="{escape(move.source)} {escape(move.target)}">'
            f"<title>{escape(words_)}</title>"
            f'<path d="{move.path}" {self._look(look)}/>'
            f'<path d="{arrow}" {self._look("d-arrow")}/></g>'
        )
