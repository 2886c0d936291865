"""The judge: alerts of a project from its log, in plain Python, slow and meant to be obviously right.

For each entry it looks at all records so far, computes every window of every instant from the
events themselves, walks the state machine instant by instant, and states the difference. Of the
monitor it uses the compiled rules alone. docs/developer/architecture/monitoring.md says the same in words.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

from shidian.core.monitor.compiling import compile_rules
from shidian.core.rulebook.expression import evaluate
from shidian.core.rulebook.load import from_document

if TYPE_CHECKING:
    from shidian.core.monitor.program import Program, Rule

FOREVER = 2**62


@dataclass(frozen=True)
class Seen:
    """An episode: path of (instant, rung, early)."""

    since: int
    path: tuple[tuple[int, int, bool], ...]
    end: int | None

    @property
    def start(self) -> int:
        return self.path[0][0]


_OF_A_PROJECT = ("data", "activation", "plan")
_CLOCKS_DIFFER = 60_000_000


# --- what is known ---------------------------------------------------------------------------


def relevant(entries, project):
    """Entries that the project's alerts depend on."""
    return [
        e for e in entries if e.kind == "tick" or (e.kind in _OF_A_PROJECT and e.project == project)
    ]


def believed_events(entries):
    """Highest revision of each identity, voids left out."""
    best = {}
    for entry in entries:
        if entry.kind == "data":
            for row in entry.rows:
                name = (entry.source, entry.epoch, row["seqno"])
                if name not in best or row["rev"] > best[name]["rev"]:
                    best[name] = row
    return [row for row in best.values() if row["op"] != "void"]


def marked(entries, project):
    """The entries with `$unpermitted` in each row, by the leases that stand before its entry."""
    found, leases = [], []
    for entry in entries:
        if entry.kind == "lease" and entry.project == project:
            leases.append((entry.source, entry.record))
        if entry.kind == "data" and entry.project == project:
            own = [record for source, record in leases if source == entry.source]
            found.append(
                replace(entry, rows=[judged(row, entry.source, own) for row in entry.rows])
            )
        else:
            found.append(entry)
    return found


def judged(row, source, leases):
    """The row with its `$unpermitted`: 1, or nothing."""
    permitted = source == "returns" or covered(row["time_us"], leases)
    return row | {f"{row['type']}/$unpermitted": None if permitted else 1}


def covered(at, leases):
    """Whether a time lies between the issue of a lease and its end, give or take a clock."""
    for place, lease in enumerate(leases):
        ends = lease["issued_us"] + lease["ttl_ms"] * 1000
        if lease["on_outage"] == "keep-last":
            ends += lease["grace_ms"] * 1000
        told = [later["issued_us"] for later in leases[place:] if later["state"] != "running"]
        ends = min([ends, *told]) + _CLOCKS_DIFFER
        if lease["state"] == "running" and lease["issued_us"] - _CLOCKS_DIFFER <= at <= ends:
            return True
    return False


def segments(entries):
    """(start, end, entry, program): in force at T is the last record with effective_us <= T."""
    controls = [
        (entry.record["effective_us"], entry.entry, entry.record)
        for entry in entries
        if entry.kind in ("activation", "plan")
    ]
    controls.sort(key=lambda control: control[:2])
    found, document, digest, tier, calendars, stage = [], None, "", None, None, None
    for place, (start, number, record) in enumerate(controls):
        if "document" in record:
            document, digest = record["document"], record["rules_digest"]
            tier, calendars = record.get("tier"), record.get("calendars")
            stage = record.get("stage")
        stage = record.get("stage", stage)
        end = controls[place + 1][0] if place + 1 < len(controls) else FOREVER
        if document is not None and end > start:
            governing = json.dumps([document, record["plan"], digest, tier, stage, calendars])
            found.append((start, end, number, compiled(governing)))
    return found


@lru_cache(maxsize=256)
def compiled(text) -> Program:
    """Rules compiled once: a history asks for them at every entry."""
    document, plan, digest, tier, stage, calendars = json.loads(text)
    rulebook = from_document(document).rulebook
    return compile_rules(
        rulebook, plan, rules_digest=digest, tier=tier, stage=stage, calendars=calendars
    )


def newest_program(entries) -> Program | None:
    """What governs lateness and idle time: the program that came last into the log."""
    found = segments(entries)
    return max(found, key=lambda segment: segment[2])[3] if found else None


def watermark_and_newest(entries):
    """Replayed from the first entry: sources, who is idle, never back."""
    newest, last_ingest, idle = {}, {}, set()
    mark = None
    for k, entry in enumerate(entries, 1):
        program = newest_program(entries[:k])
        if entry.kind == "data" and entry.rows:
            top = max(row["time_us"] for row in entry.rows)
            newest[entry.source] = max(newest.get(entry.source, top), top)
            last_ingest[entry.source] = entry.ingest_us
            idle.discard(entry.source)
        if entry.kind == "tick" and program is not None:
            for source, at in last_ingest.items():
                if entry.ingest_us - at >= program.idle_us:
                    idle.add(source)
        active = [newest[source] for source in newest if source not in idle]
        if program is not None and active:
            reached = min(active) - program.lateness_us
            mark = reached if mark is None else max(mark, reached)
    return mark, max(newest.values(), default=None)


# --- windows ---------------------------------------------------------------------------------


def counted(measure, events):
    """{group: [row]}: events of the stream that the filter is true of and that have a group."""
    found = {}
    for row in events:
        if row["type"] == measure.stream and passes(measure, row):
            key = {name: row.get(f"{measure.stream}/{name}") for name in measure.by}
            if None not in key.values():
                found.setdefault(group_text(key), []).append(row)
    return found


def group_text(key):
    """A combination of values as it is called in items; "" where there are no dimensions."""
    if not key:
        return ""
    return json.dumps(key, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def passes(measure, row):
    if measure.where is None:
        return True
    values = {}
    for name, kind, scale in measure.where.fields:
        value = row.get(f"{measure.stream}/{name}")
        exact = value is not None and kind in ("money", "decimal")
        values[name] = Fraction(value, 10**scale) if exact else value
    return evaluate(measure.where.expr, values) is True


def tile_of(row, measure):
    return row["time_us"] // measure.tile_us * measure.tile_us


def value_at(measure, instant, group, known):
    """The measure over its window at an instant, on the tile grid: a Fraction, or None."""
    if measure.sampling is not None:
        return last_look(measure, instant, group, known)
    value = taken(measure, instant, known.rows(measure, group))
    if measure.ratio_to is None or value is None:
        return value
    under_group = group if measure.ratio_to.by else ""
    under = value_at(measure.ratio_to, instant, under_group, known)
    return value / under if under else None


def last_look(measure, instant, group, known):
    """What a limit that is not measured all the time found when it last looked, or None."""
    plain, step = replace(measure, sampling=None), measure.step_us
    looks = {}
    if measure.sampling.admissions is not None:
        for row in known.rows(measure.sampling.admissions, ""):
            covered = tile_of(row, measure) + measure.tile_us
            looks[-(-covered // step) * step] = [-(-covered // step) * step]
    for opens, ends in measure.sampling.months:
        looks[-(-opens // step) * step] = ends
    passed = [at for at in looks if at <= instant]
    if not passed:
        return None
    values = [
        value_at(plain, at // measure.tile_us * measure.tile_us, group, known)
        for at in looks[max(passed)]
    ]
    return values[0] if len(values) == 1 else sum(values) / len(values)


def window_start(measure, instant):
    if measure.window_us is not None:
        return instant - measure.window_us
    if measure.opens_us is not None:
        return max((at for at in measure.opens_us if at < instant), default=instant)
    return -FOREVER


def taken(measure, instant, rows):  # noqa: PLR0911 - one a take
    low = window_start(measure, instant)
    inside = [row for row in rows if low <= tile_of(row, measure) < instant]
    take = measure.take.value
    if take == "count":
        return Fraction(len(inside))
    given = [row for row in inside if row.get(f"{measure.stream}/{measure.field}") is not None]
    values = [row[f"{measure.stream}/{measure.field}"] for row in given]
    if take == "distinct":
        return Fraction(len(set(values)))
    if take == "sum":
        return Fraction(sum(values))
    if not values:
        return None
    if take == "avg":
        return Fraction(sum(values), len(values))
    if take == "quantile":
        ranked = sorted(bucket_of(value) for value in values)
        return Fraction(ranked[math.ceil(measure.quantile * len(values)) - 1])
    if take in ("first", "last"):
        ordered = sorted(
            (row["time_us"], row["seqno"], value) for row, value in zip(given, values, strict=True)
        )
        return Fraction(ordered[0 if take == "first" else -1][2])
    return Fraction(min(values) if take == "min" else max(values))


def bucket_of(value):
    """The number by which a histogram knows a value: upwards to six significant binary digits."""
    width = 2 ** max(0, abs(value).bit_length() - 6)
    return value // width * width + width - 1


def met_rungs(rule: Rule, value):
    """Rungs whose comparison holds, in exact arithmetic."""
    return {level.rung for level in rule.levels if holds(level, value)}


def holds(level, value):
    return {
        ">": value > level.bound,
        ">=": value >= level.bound,
        "<": value < level.bound,
        "<=": value <= level.bound,
    }[level.comparison.value]


class Known:
    """What is counted of the events known, by measure and group."""

    def __init__(self, events):
        self.events = events
        self.counted = {}

    def groups(self, measure):
        """{group: start of its first event's tile}; with `ratio_to` of either measure's events."""
        found = {}
        parts = [measure]
        if measure.ratio_to is not None and measure.by == measure.ratio_to.by:
            parts.append(measure.ratio_to)
        for part in parts:
            for group, rows in self._by_group(part).items():
                first = min(tile_of(row, part) for row in rows)
                found[group] = min(found.get(group, first), first)
        if not measure.by:
            found[""] = -FOREVER
        return found

    def rows(self, measure, group):
        return self._by_group(measure).get(group, [])

    def _by_group(self, measure):
        if measure not in self.counted:
            self.counted[measure] = counted(measure, self.events)
        return self.counted[measure]


# --- episodes --------------------------------------------------------------------------------


def instants(  # noqa: PLR0917 - plain
    rule_id, group, found_segments, known, low, high
):
    """(T, rule or None, first of its rules) for every instant in [low, high].

    None where a rule, or this group of it, has ceased to be. A group is from the first instant
    after the beginning of its first event's tile on.
    """
    for start, end, _, program in found_segments:
        rule = program.rule(rule_id)
        first = None if rule is None else known.groups(rule.measure).get(group)
        step = 1 if rule is None else rule.measure.step_us
        opening = -(-start // step) * step
        if first is None or first >= opening:
            if low <= start <= high:
                yield start, None, True
            if first is None:
                continue
        opening = max(opening, (first // step + 1) * step)
        at = max(opening, -(-low // step) * step)
        while at <= min(high, end - 1):
            yield at, rule, at == opening
            at += step


def episodes(  # noqa: PLR0917 - plain
    rule_id, group, found_segments, known, mark, newest
):
    """Episodes at instants <= mark, and what open instants already add, early."""
    found, walk = [], Walk()
    for at, rule, opening in instants(rule_id, group, found_segments, known, -FOREVER, mark):
        if rule is None:
            if walk.path:
                found.append(Seen(walk.since, tuple(walk.path), at))
            walk = Walk()
            continue
        met, clear = walk.conditions(
            rule, value_at(rule.measure, at, group, known), opening=opening
        )
        if walk.goes_on(rule, at, met, clear=clear):
            continue
        found.append(Seen(walk.since, tuple(walk.path), at))
        walk.path = []
    path, since = walk.path, walk.since
    furthest = newest + 10**9
    for at, rule, _ in instants(rule_id, group, found_segments, known, mark + 1, furthest):
        if rule is None or not may_be_early(rule) or at > first_after(newest, rule.measure):
            continue
        value = value_at(rule.measure, at, group, known)
        met = set() if value is None else met_rungs(rule, value)
        if met and not path:
            since = at
        if met and (not path or max(met) > path[-1][1]):
            path.append((at, max(met), True))
    if path:
        found.append(Seen(since, tuple(path), None))
    return found


class Walk:
    """The state machine, instant by instant."""

    def __init__(self):
        self.path, self.since = [], None
        self.met_since, self.clear_since, self.unmet_since = {}, None, None
        self.before, self.lately = (set(), True), []

    def conditions(self, rule, value, *, opening):
        """(rungs met, whether it is clear) at an instant."""
        ladder = {level.rung for level in rule.levels}
        if value is not None:
            raw = met_rungs(rule, value), rule.clear is None or holds(rule.clear, value)
        elif rule.no_data == "hold":
            raw = self.before[0] & ladder, rule.clear is None or self.before[1]
        elif rule.no_data == "clear":
            raw = set(), True
        else:
            raw = {min(ladder)}, rule.clear is None
        self.before = raw[0], raw[1] and not raw[0]
        met = raw[0]
        if rule.k_of_n is not None:
            k, n = rule.k_of_n
            self.lately = ([] if opening else self.lately)[-(n - 1) :] if n > 1 else []
            self.lately.append(raw[0])
            met = {rung for rung in ladder if sum(rung in one for one in self.lately) >= k}
        return met, (rule.clear is None or self.before[1]) and not met

    def goes_on(self, rule, at, met, *, clear):
        """Take in an instant; False if the episode ends there."""
        if met and not self.met_since and not self.path:
            self.since = at
        self.met_since = {rung: self.met_since.get(rung, at) for rung in met}
        self.unmet_since = None if met else at if self.unmet_since is None else self.unmet_since
        self.clear_since = (
            None if not clear else at if self.clear_since is None else self.clear_since
        )
        ripe = [rung for rung in met if at - self.met_since[rung] >= rule.for_us]
        if ripe and (not self.path or max(ripe) > self.path[-1][1]):
            self.path.append((at, max(ripe), False))
        return (
            not self.path
            or not clear
            or at - self.clear_since < rule.clear_for_us
            or at - self.unmet_since < rule.keep_firing_for_us
        )


def may_be_early(rule):
    """Monotone, for 0, compared upwards, and each instant by itself."""
    upwards = all(level.comparison.value in (">", ">=") for level in rule.levels)
    return rule.measure.monotone and rule.for_us == 0 and upwards and rule.k_of_n is None


def first_after(newest, measure):
    """First instant that covers the newest event's tile."""
    end = (newest // measure.tile_us + 1) * measure.tile_us
    return -(-end // measure.step_us) * measure.step_us


# --- differences -----------------------------------------------------------------------------


def overlap(a: Seen, b: Seen):
    a_end = FOREVER if a.end is None else a.end
    b_end = FOREVER if b.end is None else b.end
    return a.start < b_end and b.start < a_end


def differences(  # noqa: PLR0917
    project, rule_id, group, entry, before, after, warming
):
    """`before`: [(id, Seen)], `after`: [Seen] → rows of the stream, and after with its ids."""
    free = list(before)
    named, later = [], []
    for seen in after:
        partner = next((pair for pair in free if overlap(pair[1], seen)), None)
        if partner is None:
            text = json.dumps([project, rule_id, group, entry, seen.start], ensure_ascii=False)
            name = hashlib.sha256(text.encode()).hexdigest()[:32]
            changes = new_episode(seen)
        else:
            # Matching is in order: what starts before a match is out of the question afterwards.
            free = free[free.index(partner) + 1 :]
            name = partner[0]
            changes = same_episode(partner[1], seen)
        named.append((name, seen))
        later.extend((name, *change) for change in changes)
    kept = {name for name, _ in named}
    gone = [
        (name, "withdrawn", seen.path[0][2], seen.start, seen)
        for name, seen in before
        if name not in kept
    ]
    rows = []
    for name, change, early, at, seen in gone + later:
        path = [list(step) for step in seen.path]
        rows.append(
            [
                *(entry, project, rule_id, group, change, early, warming(rule_id, at), name, at),
                *(seen.since, seen.start, seen.end, path),
            ]
        )
    return rows, named


def new_episode(seen):
    """Told from its beginning: opened, each further rung, the end."""
    yield "opened", seen.path[0][2], seen.start, Seen(seen.since, seen.path[:1], None)
    yield from further(seen, 1, None)


def further(seen, told, told_end):
    for count in range(told + 1, len(seen.path) + 1):
        path = seen.path[:count]
        yield "escalated", path[-1][2], path[-1][0], Seen(seen.since, path, None)
    if seen.end is not None and told_end is None:
        yield "resolved", False, seen.end, seen


def same_episode(old, new):
    """Nothing, a confirmation, an amendment, or what has been added."""
    if old == new:
        return
    last = new.path[-1]
    if old.path[0][2] and not new.path[0][2]:
        yield "confirmed", last[2], last[0], Seen(new.since, new.path, None)
        yield from further(new, len(new.path), None)
        return
    bare_old = [step[:2] for step in old.path]
    bare_new = [step[:2] for step in new.path[: len(old.path)]]
    if old.end is not None or old.since != new.since or bare_old != bare_new:
        yield "amended", last[2], last[0], new
        return
    told = new.path[: len(old.path)]
    if told != old.path:
        yield "confirmed", told[-1][2], told[-1][0], Seen(new.since, told, None)
    yield from further(new, len(old.path), old.end)


# --- the whole -------------------------------------------------------------------------------


def as_known_and_final(entries, project):
    """Rows of the as-known stream of one project, and {(rule, group): [Seen]}, the final view."""
    entries = relevant(marked(entries, project), project)
    stated, stream, final = {}, [], {}
    for k, entry in enumerate(entries, 1):
        known = entries[:k]
        mark, newest = watermark_and_newest(known)
        found_segments = segments(known)
        if mark is None or not found_segments:
            continue
        facts = Known(believed_events(known))

        def warming(rule_id, at, known=known, found_segments=found_segments):
            start = next(e.record["start_us"] for e in known if e.kind == "activation")
            inside = [s for s in found_segments if s[0] <= at]
            rule = inside[-1][3].rule(rule_id) if inside else None
            return rule is not None and begins_before(rule.measure, at, start)

        rules = {(rule.id, rule.measure) for s in found_segments for rule in s[3].rules}
        names = {(rule_id, group) for rule_id, m in rules for group in facts.groups(m)}
        final = {}
        for rule_id, group in sorted(names | stated.keys()):
            after = episodes(rule_id, group, found_segments, facts, mark, newest)
            rows, stated[rule_id, group] = differences(
                project,
                rule_id,
                group,
                entry.entry,
                stated.get((rule_id, group), []),
                after,
                warming,
            )
            stream.extend(rows)
            settled = [Seen(s.since, tuple(p for p in s.path if not p[2]), s.end) for s in after]
            final[rule_id, group] = [seen for seen in settled if seen.path]
    return stream, final


def begins_before(measure, at, start):
    """Whether the window at an instant, or that of what it is divided by, reaches back so far."""
    low = window_start(measure, at)
    own = low != -FOREVER and low < start
    return own or (measure.ratio_to is not None and begins_before(measure.ratio_to, at, start))


def final_rows(final, project):
    """The final view as rows without entries and ids."""
    return [
        [project, *key, seen.since, seen.start, seen.end, [list(p[:2]) for p in seen.path]]
        for key in sorted(final)
        for seen in final[key]
    ]


def digest(rows):
    """`sha256:…` over one line of JSON a row."""
    lines = "".join(json.dumps(r, ensure_ascii=False, separators=(",", ":")) + "\n" for r in rows)
    return f"sha256:{hashlib.sha256(lines.encode()).hexdigest()}"


@dataclass(frozen=True)
class PlainEntry:
    """An entry as the oracle reads it."""

    entry: int
    kind: str
    project: str
    source: str
    epoch: int
    ingest_us: int
    rows: list
    record: dict


def plain(entry):
    """A journal entry, read without the monitor's code."""
    kind = entry.kind.value
    return PlainEntry(
        entry=entry.entry,
        kind=kind,
        project=entry.project,
        source=entry.source,
        epoch=entry.epoch,
        ingest_us=entry.ingest_us,
        rows=entry.table().to_pylist() if kind == "data" else [],
        record=json.loads(entry.payload) if kind != "data" else {},
    )
