"""Orders: how many officers each takes, which lapse, and which contradict what stands.

Pure: it knows the rulebook's words and the state of a pilot, and neither people nor a database.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Literal, get_args

from shidian.core.rulebook.model import OrderKind, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shidian.core.rulebook.model import Orders

KINDS: tuple[OrderKind, ...] = get_args(OrderKind)
STOPPING: frozenset[OrderKind] = frozenset({"restrict", "suspend"})
"""What one officer may do at once, since waiting costs investors; another agrees within a day."""
ALWAYS_TWO: frozenset[str] = frozenset({"resume", "terminate", "loosen"})
"""What gives protection up, or cannot be taken back: always two officers."""
COUNTERSIGN_WITHIN = timedelta(hours=24)
ANNOUNCE_BEFORE = timedelta(hours=4)

NONCE_BYTES = 32
_CHALLENGE_DOMAIN = b"shidian/order-approval/1\n"
PLAN_DOMAIN = b"shidian/plan-approval/1\n"
"""In front of what approves or signs a change of a plan."""
REPORT_DOMAIN = b"shidian/report-signature/1\n"
"""In front of what signs a report."""

PilotCondition = Literal["pending", "running", "suspended", "terminated", "closed"]
_SENSE: Mapping[OrderKind, int] = {"restrict": -1, "suspend": -1, "terminate": -1, "resume": 1}


@dataclass(frozen=True, slots=True)
class Standing:
    """What holds for a pilot when somebody orders something.

    `proposed`: orders that wait for officers, id → kind. `lapsed`: it stands still only because a
    suspension lapsed without being countersigned. `restricted`: a restriction can be lifted.
    """

    condition: PilotCondition
    proposed: Mapping[str, OrderKind] = field(default_factory=dict)
    lapsed: bool = False
    restricted: bool = False


def approval_challenge(canonical: bytes, nonce: bytes, domain: bytes = _CHALLENGE_DOMAIN) -> bytes:
    """What a passkey signs to approve an order: the hash of its canonical text and a fresh nonce.

    The domain in front keeps it from being the hash of anything else that is ever signed.
    """
    if len(nonce) != NONCE_BYTES:
        raise ValueError(f"a nonce has {NONCE_BYTES} bytes")
    return sha256(domain + nonce + canonical).digest()


def officers_needed(rules: Orders, kind: OrderKind, *, again: bool = False) -> int:
    """How many different officers must approve before an order of this kind is issued.

    `again`: it repeats one that lapsed. Then it takes two, or a single officer could go on for
    ever by repeating it day by day.
    """
    two = kind in ALWAYS_TWO or kind in rules.two_officers or (again and kind in STOPPING)
    return 2 if two else 1


def lapses(kind: OrderKind, officers: int) -> bool:
    """Whether an order that this many officers issue ends unless another one countersigns it."""
    return kind in STOPPING and officers == 1


def contradiction(  # noqa: PLR0911 - one a reason
    rules: Orders | None, kind: OrderKind, standing: Standing
) -> Text | None:
    """Why an order of this kind cannot be given as things stand; None where it can."""
    if rules is None or kind not in rules.kinds:
        return Text(zh="制度文本未设此类指令。", en="The rulebook knows no order of this kind.")
    if standing.condition == "closed":
        return Text(
            zh="该试点已退出，不能再发出指令。",
            en="This pilot has exited: no order can be given to it.",
        )
    if standing.condition == "pending":
        return Text(
            zh="该试点尚未开始运行，不能发出指令。",
            en="This pilot does not run yet: there is nothing to order.",
        )
    if standing.condition == "terminated" and kind in _SENSE:
        return Text(
            zh="该试点已被终止，只能发出提示或预警。",
            en="This pilot has been terminated: it can only be reminded or warned.",
        )
    if kind == "suspend" and standing.condition == "suspended" and not standing.lapsed:
        return Text(zh="该试点已处于暂停状态。", en="This pilot is suspended already.")
    if kind == "resume" and standing.condition == "running" and not standing.restricted:
        return Text(
            zh="该试点正在运行，也没有可以解除的限制。",
            en="This pilot is running, and there is no restriction to lift.",
        )
    return _open_against(kind, standing)


def _open_against(kind: OrderKind, standing: Standing) -> Text | None:
    """Whether a proposal stands in the way: the same once more, or of the opposite sense."""
    sense = _SENSE.get(kind)
    if sense is None:
        return None
    for order_id, other in standing.proposed.items():
        if other == kind:
            return Text(
                zh=f"指令 {order_id} 已作同样建议：请先批准、不予采纳或撤回该建议。",
                en=f"{order_id} proposes the same: approve, decline or withdraw it first.",
            )
        if _SENSE.get(other, sense) != sense:
            return Text(
                zh=f"方向相反的指令 {order_id} 尚未处理：请先批准、不予采纳或撤回。",
                en=f"{order_id}, of the opposite sense, is still open:"
                " approve, decline or withdraw it first.",
            )
    return None
