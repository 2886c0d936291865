"""Random small rulebooks and random logs: duplicates, disorder, corrections, idle sources, changes."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pyarrow as pa

from shidian.core.journal.entry import (
    ColumnType,
    Entry,
    EntryKind,
    base_fields,
    encode_control,
    encode_table,
    payload_sha256,
    typed_field,
)
from shidian.core.rulebook.load import load_text
from shidian_kit.wire.permit import OnOutage, OrderState, Permit, PermitMode
from shidian_kit.wire.permit import encode as encode_permit

MINUTE = 60_000_000
T0 = 1_700_000_000_000_000 // (60 * MINUTE) * 60 * MINUTE
FIELDS = [
    ("trade.done", "amount", ColumnType.MONEY, 2),
    ("trade.done", "change", ColumnType.MONEY, 2),
    ("trade.done", "investor", ColumnType.PSEUDONYM, 0),
    ("trade.done", "venue", ColumnType.CODE, 0),
    ("order.failed", "investor", ColumnType.PSEUDONYM, 0),
    ("order.failed", "delay", ColumnType.DURATION, 0),
]

HEAD = """
rulebook: tiny
version: "{version}"
status: sketch
title: {{zh: 小, en: Tiny}}
because: {{basis: assumed}}
streams:
  - id: trade.done
    title: {{zh: 成交, en: Trade}}
    fields: {{amount: {{type: money, non_negative: true}}, change: {{type: money, required: false}}, investor: {{type: pseudonym}}, venue: {{type: code, required: false}}}}
  - id: order.failed
    title: {{zh: 失败, en: Failed}}
    fields: {{investor: {{type: pseudonym}}, delay: {{type: duration, non_negative: true}}}}
plan:
  - {{id: cap, type: int, title: {{zh: 上限, en: Cap}}, unit: {{zh: 笔, en: n}}, required: true}}
  - {{id: money, type: money, title: {{zh: 金额, en: Money}}, unit: {{zh: 元, en: CNY}}, required: false}}
monitoring: {{tile: {tile}, lateness: {lateness}, idle: {idle}, tick: 5s}}
"""

TIERS = """stages:
  - {id: check, kind: screening, names: {staff: {zh: 审, en: c}, applicant: {zh: 审, en: c}}}
tiers:
  graded_in: check
  levels:
    - {id: light, name: {zh: 低, en: l}, warn_at: [40]}
    - {id: heavy, name: {zh: 高, en: h}}
"""

RUN = """  - {id: one, kind: running, names: {staff: {zh: 一, en: 1}, applicant: {zh: 一, en: 1}}}
  - {id: two, kind: running, names: {staff: {zh: 二, en: 2}, applicant: {zh: 二, en: 2}}}
"""

TAKES = [
    ("trade.done", "count", None),
    ("order.failed", "count", None),
    ("trade.done", "sum", "amount"),
    ("trade.done", "sum", "change"),
    ("trade.done", "distinct", "investor"),
    ("trade.done", "distinct", "venue"),
    ("order.failed", "sum", "delay"),
    ("order.failed", "distinct", "investor"),
]


WHERES = {
    "trade.done": [
        "amount > 10",
        "change IS NOT NULL AND change < 5",
        "venue IN ('甲', '乙')",
        "NOT venue = '甲'",
        "coalesce(change, 0) + amount >= 7.5",
    ],
    "order.failed": ["delay > '30s'", "delay / 2 <= '10s'"],
}
BYS = {
    "trade.done": [["venue"], ["investor"], ["investor", "venue"]],
    "order.failed": [["investor"]],
}
ORDINARY = ("min", "max", "avg", "quantile", "first", "last")
SCALES = {"amount": 30, "change": 5, "delay": 40_000_000}


@dataclass
class Watched:
    """An indicator drawn: what its rules may be."""

    name: str
    take: str
    field: str | None
    by: tuple[str, ...]
    ratio: bool = False

    @property
    def scale(self):
        """How big its values are, more or less."""
        return 1 if self.ratio or self.take in ("count", "distinct") else SCALES[self.field]

    @property
    def agreed(self):
        """Plan parameter, or number, that may be its maximum."""
        if self.ratio:
            return "0.5"
        if self.take in ("count", "distinct"):
            return "plan.cap"
        return "plan.money" if self.field != "delay" else "3000000"


def random_indicator(rng, number, earlier):
    """YAML of one indicator, and what it is; it may be a ratio to an earlier one."""
    stream, take, field_ = rng.choice(TAKES)
    if field_ in SCALES and rng.random() < 0.4:
        take = rng.choice(ORDINARY)
    by = tuple(rng.choice(BYS[stream])) if rng.random() < 0.35 else ()
    window = rng.choice(["1m", "2m", "3m", "5m", "10m", "since-start", "since-start", "month"])
    step = rng.choice(["1m", "1m", "2m", "3m"])
    text = f"  - {{id: i{number}, title: {{zh: 标, en: i}}, of: {stream}, take: {take}"
    text += f", field: {field_}" if field_ else ""
    text += f", quantile: '{rng.choice(['0.5', '0.9', '0.99'])}'" if take == "quantile" else ""
    text += f', where: "{rng.choice(WHERES[stream])}"' if rng.random() < 0.3 else ""
    text += f", by: [{', '.join(by)}]" if by else ""
    under = [one for one in earlier if not one.ratio and one.by in (by, ())]
    ratio = bool(under) and rng.random() < 0.3
    text += f", ratio_to: {rng.choice(under).name}" if ratio else ""
    text += f", window: {window}, step: {step}}}\n"
    return text, Watched(f"i{number}", take, field_, by, ratio)


def random_limit(rng, number, watched, held, further=None):
    """YAML of one limit; with `further` it may be in force, or looked at, now and then only."""
    maximum = rng.choice([watched.agreed, str(rng.randint(1, 8) * watched.scale)])
    warn = rng.choice(["[]", "[50]", "[50, 80]", "[30, 60, 90]"])
    below = str(number % 2 == 1).lower()
    text = f"  - {{id: r{number}, title: {{zh: 限, en: l}}, indicator: {watched.name}, max: {maximum}, below: {below}, warn_at: {warn}"
    more = now_and_then(further, watched)
    return text + more + ("" if "at-admission" in more else f", for: {held}") + "}\n"


def now_and_then(rng, watched):
    """Words of a limit that is not in force, or not measured, all the time."""
    if rng is None:
        return ""
    text = rng.choice(["", ", stages: [one]", ", stages: [one, two]"])
    adding = watched.take in ("count", "sum", "distinct") and not watched.ratio
    how = rng.choice(["continuous", "monthly-average", "at-admission", "at-admission"])
    if how == "at-admission" and not watched.by:
        text += f", measured: {how}"
        text += rng.choice(["", ", admissions: order.failed", ", admissions: trade.done"])
    elif how == "monthly-average" and adding:
        text += f", measured: {how}"
    return text


def written(number):
    """A number as a threshold says it."""
    return f"{number:.2f}"


def random_alert(rng, number, watched, held):
    """YAML of one alert."""
    sign = rng.choice([">", ">", ">=", "<", "<="])
    rising = sign[0] == ">"
    bounds = sorted(rng.sample(range(1, 9), 3), reverse=not rising)
    share = 4 if watched.ratio else 1
    chosen = sorted(rng.sample(range(4), rng.randint(1, 3)))
    levels = ["info", "warning", "breach", "critical"]
    ladder = [
        f'{levels[level]}: "{sign}{written(bound * watched.scale / share)}"'
        for level, bound in zip(chosen, bounds, strict=False)
    ]
    text = f"  - {{id: r{number}, title: {{zh: 警, en: a}}, indicator: {watched.name}, levels: {{{', '.join(ladder)}}}, for: {held}"
    if rng.random() < 0.35:
        clear = (bounds[0] + (-1 if rising else 1)) * watched.scale / share
        text += f', clear: "{"<" if rising else ">"}{written(clear)}"'
    if rng.random() < 0.25:
        text += f", clear_for: {rng.choice(['1m', '2m', '4m'])}"
    if rng.random() < 0.25:
        text += f", keep_firing_for: {rng.choice(['1m', '2m', '5m'])}"
    if rng.random() < 0.25:
        text += f", k_of_n: {rng.choice(['[1, 2]', '[2, 2]', '[2, 3]', '[1, 3]', '[3, 5]'])}"
    text += f", no_data: {rng.choice(['hold', 'hold', 'clear', 'fire'])}"
    return text + "}\n"


def random_rulebook(
    rng: random.Random,
    version: int,
    tile: str | None = None,
    further: random.Random | None = None,
    permits: random.Random | None = None,
):
    """A rulebook of one to four measures with one to four rules, loaded."""
    tile = tile or rng.choice(["30s", "1m", "1m", "1m"])
    text = HEAD.format(
        version=version,
        tile=tile,
        lateness=rng.choice(["0s", "30s", "1m", "2m", "90s"]),
        idle=rng.choice(["1m", "3m", "10m"]),
    )
    text += "indicators:\n"
    chosen = []
    for number in range(rng.randint(1, 4)):
        line, watched = random_indicator(rng, number, chosen)
        text += line
        chosen.append(watched)
    limits, alerts = "", ""
    for number in range(rng.randint(1, 4)):
        watched = rng.choice(chosen)
        held = rng.choice(["0s", "0s", "0s", "1m", "2m", "3m"])
        if rng.random() < 0.4 and watched.take != "quantile":
            limits += random_limit(rng, number, watched, held, further)
        else:
            alerts += random_alert(rng, number, watched, held)
    text += TIERS if further is None else TIERS.replace("tiers:\n", RUN + "tiers:\n")
    text += f"limits:\n{limits}" if limits else ""
    text += f"alerts:\n{alerts}" if alerts else ""
    if permits is not None:
        business = permits.choice(["trade.done", "trade.done, order.failed", "order.failed", ""])
        mode = permits.choice(["no-new-business", "full-stop", "no-new-business", "advisory"])
        text += f"orders: {{kinds: [], permit: {{ttl: 60s, mode: {mode}, new_business: [{business}]}}}}\n"
    return load_text(text, name="tiny.yaml", resolve=lambda name: "")


def data_table(rows):
    """Rows (dicts of base columns and `<stream>/<field>`) as a data payload's table."""
    streams = {row["type"] for row in rows}
    fields = base_fields() + [typed_field(*f) for f in FIELDS if f[0] in streams]
    return pa.Table.from_pylist(rows, schema=pa.schema(fields))


@dataclass
class Log:
    """A log in memory, appended to."""

    entries: list = field(default_factory=list)
    now_us: int = T0

    def data(self, project, source, rows, epoch=1):
        self._add(
            EntryKind.DATA,
            project,
            encode_table(data_table(rows)),
            source=source,
            epoch=epoch,
            n=len(rows),
        )

    def tick(self):
        self._add(EntryKind.TICK, "", encode_control({}))

    def control(self, kind, project, record):
        self._add(kind, project, encode_control({"project": project, **record}))

    def activate(  # noqa: PLR0917 - as a record has it
        self, project, loaded, effective_us, plan, start_us=T0, stage=None
    ):
        """Rules in force for a project; those with tiers now and then for a graded pilot."""
        record = {
            "start_us": start_us,
            "effective_us": effective_us,
            "rules_digest": loaded.rules_digest,
            "document": loaded.document,
            "plan": plan,
            "calendars": {
                "month": [T0 + at * MINUTE for at in (-20_000, 1, 4, 9, 30)],
                "day": [T0 + at * MINUTE for at in (1, 2, 3, 5, 7, 8, 9, 14, 30, 31)],
            },
        }
        if stage is not None:
            record["stage"] = stage
        tier = (None, "light", "heavy")[len(self.entries) % 3]
        if tier is not None and loaded.rulebook.tiers is not None:
            record["tier"] = tier
        self.control(EntryKind.ACTIVATION, project, record)

    def lease(self, project, source, *, state="running", ttl_ms=60_000, grace_ms=0):
        """A permit of a source as of now."""
        permit = Permit(
            project=project,
            source=source,
            nonce=f"n{len(self.entries)}",
            mode=PermitMode.NO_NEW_BUSINESS,
            state=OrderState(state),
            order=None if state == "running" else "o-1",
            limits="sha256:" + 64 * "0",
            entry=len(self.entries) + 1,
            issued_us=self.now_us,
            ttl_ms=ttl_ms,
            grace_ms=grace_ms,
            on_outage=OnOutage.KEEP_LAST if grace_ms % 2 == 0 else OnOutage.NO_NEW_BUSINESS,
        )
        self._add(EntryKind.LEASE, project, encode_permit(permit), source=source)

    def _add(self, kind, project, payload, *, source="", epoch=0, n=1):
        number = len(self.entries) + 1
        self.entries.append(
            Entry(
                number,
                kind,
                project,
                number,
                n,
                self.now_us,
                source,
                epoch,
                payload_sha256(payload),
                payload,
            )
        )


def random_event(rng, at_us, seqno):
    """An original."""
    row = {"seqno": seqno, "rev": 0, "op": "new", "time_us": at_us}
    if rng.random() < 0.7:
        row |= {
            "type": "trade.done",
            "trade.done/amount": rng.choice([0, 100, 2_500, rng.randint(0, 9_000)]),
            "trade.done/change": rng.choice([None, -300, 250, 700]),
            "trade.done/investor": rng.randint(1, 5),
            "trade.done/venue": rng.choice([None, "甲", "乙", "丙"]),
        }
    else:
        row |= {
            "type": "order.failed",
            "order.failed/investor": rng.randint(1, 5),
            "order.failed/delay": rng.choice([0, 20_000_000, 90_000_000]),
        }
    return row


def random_plan(rng):
    plan = {"cap": str(rng.randint(1, 12))}
    if rng.random() < 0.7:
        plan["money"] = rng.choice(["10", "55.5", "120"])
    return plan


@dataclass
class Sender:
    """A source that numbers, withholds, corrects and repeats."""

    name: str
    project: str
    skew_us: int
    seqno: int = 0
    epoch: int = 1
    sent: list = field(default_factory=list)
    withheld: list = field(default_factory=list)

    def batch(self, rng, now_us):
        rows = []
        for _ in range(rng.randint(1, 5)):
            self.seqno += 1
            late = rng.choice([0, 0, 0, 0, rng.randint(0, 3 * MINUTE), rng.randint(0, 12 * MINUTE)])
            at_us = max(T0 - MINUTE, now_us - self.skew_us - late - rng.randint(0, MINUTE))
            row = random_event(rng, at_us, self.seqno)
            (self.withheld if rng.random() < 0.15 else rows).append(row)
        if self.withheld and rng.random() < 0.4:
            rows.append(self.withheld.pop(rng.randrange(len(self.withheld))))
        originals = self.sent + rows + self.withheld
        if originals and rng.random() < 0.35:
            rows.append(self._revision(rng, rng.choice(originals)))
        if self.sent and rng.random() < 0.2:
            rows.append(rng.choice(self.sent))
        rng.shuffle(rows)
        self.sent.extend(rows)
        return rows

    def _revision(self, rng, original):
        known = [r["rev"] for r in self.sent if r["seqno"] == original["seqno"]]
        rev = max([0, *known]) + rng.choice([1, 1, 2])
        if rng.random() < 0.4:
            return {k: original[k] for k in ("seqno", "type", "time_us")} | {
                "rev": rev,
                "op": "void",
            }
        at_us = original["time_us"] + rng.choice(
            [0, 0, -MINUTE, MINUTE, rng.randint(-5, 5) * MINUTE]
        )
        fresh = random_event(rng, max(T0 - MINUTE, at_us), original["seqno"])
        return fresh | {"rev": rev, "op": "correct"}


def random_lease(rng, log, senders):
    """Now and then a permit for one of the senders, long, short or saying that it is stopped."""
    if rng is not None and rng.random() < 0.45:
        sender = rng.choice(senders)
        state = rng.choice(["running", "running", "running", "suspended"])
        ttl_ms, grace_ms = rng.choice([1_000, 60_000, 240_000]), rng.choice([0, 1, 120_000])
        log.lease(sender.project, sender.name, state=state, ttl_ms=ttl_ms, grace_ms=grace_ms)


def random_log(
    seed: int, *, control: bool = True, further: bool = False, permits: bool = False
) -> Log:
    """A history of one or two projects; `control`: with ticks and changes of rules in between;

    `further`: with limits of one stage of a case, at admission, and of monthly averages;
    `permits`: with leases, and rules that name new business.
    """
    rng = random.Random(seed)
    other = random.Random(f"{seed} further") if further else None
    leased = random.Random(f"{seed} permits") if permits else None
    log = Log()
    projects = ["p-one", "p-two"][: rng.choice([1, 1, 2])]
    senders = []
    for project in projects:
        rules = random_rulebook(rng, 1, further=other, permits=leased)
        log.activate(project, rules, T0, random_plan(rng), stage="one" if other else None)
        senders += [
            Sender(f"s{number}", project, rng.choice([0, 0, MINUTE, 4 * MINUTE]))
            for number in range(rng.randint(1, 3))
        ]
    silent = {sender.name for sender in senders if rng.random() < 0.2}
    log.now_us += 2 * MINUTE
    for number in range(rng.randint(8, 28)):
        log.now_us += rng.choice([0, 20_000_000, MINUTE, MINUTE, 2 * MINUTE])
        random_lease(leased, log, senders)
        dice = rng.random()
        if control and dice < 0.12:
            log.tick()
        elif control and dice < 0.2:
            effective = log.now_us + rng.choice([MINUTE, 2 * MINUTE, 70_000_000, -3 * MINUTE])
            project = rng.choice(projects)
            record = {"effective_us": effective, "plan": random_plan(rng)}
            if other and (stage := other.choice([None, "one", "two", "three"])):
                record["stage"] = stage
            log.control(EntryKind.PLAN, project, record)
        elif control and dice < 0.26:
            effective = log.now_us + rng.choice([MINUTE, 3 * MINUTE, 95_000_000])
            project = rng.choice(projects)
            rules = random_rulebook(rng, number + 2, further=other, permits=leased)
            stage = other.choice([None, "one", "two"]) if other else None
            log.activate(project, rules, effective, random_plan(rng), stage=stage)
        else:
            sender = rng.choice(senders)
            if sender.name in silent and rng.random() < 0.8:
                continue
            if rng.random() < 0.03:
                sender.epoch, sender.seqno, sender.sent, sender.withheld = (
                    sender.epoch + 1,
                    0,
                    [],
                    [],
                )
            rows = sender.batch(rng, log.now_us)
            if rows:
                log.data(sender.project, sender.name, rows, sender.epoch)
    return log
