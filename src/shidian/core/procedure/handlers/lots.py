"""Who sits on a panel: the disciplines it must cover, and a pool from which it is drawn by lot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.procedure.drawing import PoolError, fingerprint, in_lot_order, seal, seat
from shidian.core.procedure.reading import refuse
from shidian.core.procedure.seating import POOL_MAX, missing_among
from shidian.core.procedure.types import EventKind, RefusalCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from shidian.core.procedure.situation import Situation
    from shidian.core.procedure.types import Json, NewEvent, PoolState, Round

SEED_SOURCE_MAX = 300


def commit_pool(case: Situation) -> tuple[NewEvent, ...]:
    """Fixes the pool for the next round, and the seed that is to draw from it. A later pool takes

    its place as long as nothing was drawn, and needs a reason once the first seed is known; both
    fingerprints stay on record.
    """
    data, panel = case.data, case.stage.panel
    if panel is None or panel.drawn != "random":
        refuse(
            RefusalCode.NOT_BY_LOT,
            "按制度文本，本阶段专家由经办人员选定，不抽签。",
            "By the rulebook officers choose this panel; it is not drawn.",
        )
        raise AssertionError
    current = case.state.round
    if current is not None and not current.closed:
        refuse(
            RefusalCode.ROUND_OPEN,
            "已有评审正在进行：请按抽签次序增邀专家，或先结束该轮。",
            "A round is open: invite the next by lot, or close it first.",
        )
    before = case.state.pool
    if before is not None and case.today >= before.known_from:
        data.reason()  # else a draw that does not please could be put off for another
    data.sha256("sha256")
    data.text("seed_source", max_length=SEED_SOURCE_MAX)
    seats = data.integer("seats", panel.min, panel.max or 99)
    if data.integer("size", 1, POOL_MAX) < seats:
        refuse(
            RefusalCode.BAD_DATA,
            f"名单人数少于席位数（{seats}）：请补充专家。",
            f"The pool has fewer people than seats ({seats}): add experts.",
            "size",
        )
    if panel.odd and seats % 2 == 0:
        refuse(
            RefusalCode.EVEN_PANEL,
            "专家人数应为单数，请调整席位数。",
            "The panel must have an odd number of seats.",
            "seats",
        )
    if data.day("known_from") <= case.today:
        refuse(
            RefusalCode.BAD_DATA,
            "种子须在今天之后才可知晓：请选择以后公布的数值。",
            "The seed must not be known before tomorrow: name a figure that is published later.",
            "known_from",
        )
    return (case.event(EventKind.POOL_COMMITTED, round=case.state.rounds + 1),)


def who_sits(case: Situation) -> dict[str, Json]:
    """What opening the round adds to its event: the draw. Refuses a panel that was not drawn, or

    lacks a discipline.
    """
    panel = case.stage.panel
    if panel is not None and panel.drawn == "random":
        return {"draw": _drawn(case)}
    if case.data.has("draw"):
        refuse(
            RefusalCode.NOT_BY_LOT,
            "按制度文本，本阶段专家由经办人员选定，不抽签。",
            "By the rulebook officers choose this panel; it is not drawn.",
            "draw",
        )
    given = case.data.table("disciplines")
    masters = {expert: given.names(expert) for expert in given.fields()}
    must_cover(case, case.data.names("experts"), masters)
    return {}


def _drawn(case: Situation) -> Json:
    pool = case.state.pool
    if pool is None:
        refuse(
            RefusalCode.NO_POOL,
            "本阶段专家应抽签产生：请先固定名单并公布种子来源。",
            "This panel is drawn by lot: first fix the pool and name the seed.",
        )
        raise AssertionError
    if case.today < pool.known_from:
        refuse(
            RefusalCode.SEED_UNKNOWN,
            f"种子自 {pool.known_from} 起方可知晓，届时再抽签。",
            f"The seed is known from {pool.known_from} only; draw then.",
        )
    draw = case.data.table("draw")
    seed, people = draw.text("seed"), draw.table("people")
    try:
        order, masters = _computed(pool, draw.table("document").values(), people, seed)
    except (PoolError, KeyError, TypeError) as error:
        refuse(
            RefusalCode.NOT_AS_DRAWN,
            "名单与固定时公布的指纹不符，不能据以抽签。",
            f"The pool is not the one whose fingerprint was put on record: {error}",
            "draw",
        )
        raise AssertionError from None
    wanted = [one.id for one in case.stage.panel.disciplines] if case.stage.panel else []
    drawn = seat(order, masters, pool.seats, wanted)
    if list(case.data.names("experts")) != drawn:
        refuse(
            RefusalCode.NOT_AS_DRAWN,
            "所列专家与抽签结果不符。",
            "These are not the experts whom the seed draws.",
            "experts",
        )
    must_cover(case, drawn, masters)
    return {
        "sha256": pool.sha256,
        "seed": seed,
        "order": order,
        "disciplines": {one: list(names) for one, names in masters.items()},
    }


def _computed(
    pool: PoolState, document: Mapping[str, Any], people: Any, seed: str
) -> tuple[list[str], dict[str, tuple[str, ...]]]:
    """(people in lot order, their disciplines). Raises PoolError for another pool or people."""
    if fingerprint(document) != pool.sha256 or document["seats"] != pool.seats:
        raise PoolError("another fingerprint")
    named = {one["lot"]: people.name(one["lot"]) for one in document["pool"]}
    for one in document["pool"]:
        if one["who"] != seal(document["salt"], one["lot"], named[one["lot"]]):
            raise PoolError(f"lot {one['lot']} is somebody else's")
    masters = {named[one["lot"]]: tuple(one["disciplines"]) for one in document["pool"]}
    return [named[lot] for lot in in_lot_order(document, seed)], masters


def must_be_next(case: Situation, current: Round) -> None:
    """Of a drawn panel: refuses anybody but who comes next by lot, as after a conflict."""
    if not current.order:
        return
    wanted = [one.id for one in case.stage.panel.disciplines] if case.stage.panel else []
    gone = [one for one in current.experts if current.conflicts.get(one)]
    sitting = [one for one in current.experts if one not in gone]
    asked = case.data.names("experts")
    following = seat(
        current.order,
        current.masters,
        max(current.seats, len(sitting) + len(asked)),
        wanted,
        sitting=sitting,
        gone=gone,
    )
    if list(asked) != following[: len(asked)]:
        refuse(
            RefusalCode.NOT_AS_DRAWN,
            "增邀专家应按抽签次序递补。",
            "Those who follow by lot are invited, in their order.",
            "experts",
        )


def must_cover(
    case: Situation, members: Iterable[str], masters: Mapping[str, Iterable[str]]
) -> None:
    """Refuses members among whom a discipline that the panel needs is missing."""
    panel = case.stage.panel
    names = {one.id: one.name for one in panel.disciplines} if panel else {}
    missing = missing_among(members, masters, names)
    if missing:
        zh, en = (
            "、".join(names[one].zh for one in missing),
            ", ".join(names[one].en for one in missing),
        )
        refuse(
            RefusalCode.DISCIPLINE_MISSING,
            f"专家组尚缺以下专业：{zh}。请邀请相应专家。",
            f"The panel lacks: {en}. Invite experts in these disciplines.",
            "experts",
        )
