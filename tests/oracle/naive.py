"""The judge: alerts of a project from its log, in plain Python, slow and meant to be obviously right.

For each entry it looks at all records so far, computes every window of every instant from the
events themselves, walks the state machine instant by instant, and states the difference. Of the
monitor it uses the compiled rules alone. docs/developer/architecture/monitoring.md says the same in words.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

from shidian.core.monitor.compiling import compile_rules
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


# --- what is known ---------------------------------------------------------------------------


def relevant(entries, project):
    """Entries that the project's alerts depend on."""
    return [e for e in entries if e.kind == "tick" or (e.kind != "key" and e.project == project)]


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


def segments(entries):
    """(start, end, entry, program): in force at T is the last record with effective_us <= T."""
    controls = [
        (entry.record["effective_us"], entry.entry, entry.record)
        for entry in entries
        if entry.kind in ("activation", "plan")
    ]
    controls.sort(key=lambda control: control[:2])
    found, document, digest, tier = [], None, "", None
    for place, (start, number, record) in enumerate(controls):
        if "document" in record:
            document, digest = record["document"], record["rules_digest"]
            tier = record.get("tier")
        end = controls[place + 1][0] if place + 1 < len(controls) else FOREVER
        if document is not None and end > start:
            found.append(
                (start, end, number, compiled(json.dumps([document, record["plan"], digest, tier])))
            )
    return found


@lru_cache(maxsize=256)
def compiled(text) -> Program:
    """Rules compiled once: a history asks for them at every entry."""
    document, plan, digest, tier = json.loads(text)
    rulebook = from_document(document).rulebook
    return compile_rules(rulebook, plan, rules_digest=digest, tier=tier)


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


def value_at(measure, instant, events):
    """The measure over [instant - window, instant), on the tile grid."""
    found = []
    for row in events:
        tile = row["time_us"] // measure.tile_us * measure.tile_us
        inside = tile < instant and (
            measure.window_us is None or tile >= instant - measure.window_us
        )
        if row["type"] == measure.stream and inside:
            found.append(1 if measure.field is None else row[f"{measure.stream}/{measure.field}"])
    found = [value for value in found if value is not None]
    if measure.take == "distinct":
        return len(set(found))
    return sum(found)


def met_rungs(rule: Rule, value):
    """Rungs whose comparison holds, in exact arithmetic."""
    holds = {
        ">": lambda bound: Fraction(value) > bound,
        ">=": lambda bound: Fraction(value) >= bound,
        "<": lambda bound: Fraction(value) < bound,
        "<=": lambda bound: Fraction(value) <= bound,
    }
    return {level.rung for level in rule.levels if holds[level.comparison.value](level.bound)}


# --- episodes --------------------------------------------------------------------------------


def instants(rule_id, found_segments, low, high):
    """(T, rule or None) for every instant in [low, high]; None where the rule has ceased to be."""
    for start, end, _, program in found_segments:
        rule = program.rule(rule_id)
        if rule is None:
            if low <= start <= high:
                yield start, None
            continue
        step = rule.measure.step_us
        at = -(-max(low, start) // step) * step
        while at <= min(high, end - 1):
            yield at, rule
            at += step


def episodes(  # noqa: C901 - one walk, kept in one piece
    rule_id, found_segments, events, mark, newest
):
    """Episodes at instants <= mark, and what open instants already add, early."""
    found, path, since, met_since = [], [], None, {}
    for at, rule in instants(rule_id, found_segments, -FOREVER, mark):
        met = met_rungs(rule, value_at(rule.measure, at, events)) if rule else set()
        if not met:
            if path:
                found.append(Seen(since, tuple(path), at))
            path, met_since = [], {}
            continue
        if not met_since:
            since = at
        met_since = {rung: met_since.get(rung, at) for rung in met}
        ripe = [rung for rung in met if at - met_since[rung] >= rule.for_us]
        if ripe and (not path or max(ripe) > path[-1][1]):
            path.append((at, max(ripe), False))
    furthest = newest + 10**9
    for at, rule in instants(rule_id, found_segments, mark + 1, furthest):
        if rule is None or not may_be_early(rule) or at > first_after(newest, rule.measure):
            continue
        met = met_rungs(rule, value_at(rule.measure, at, events))
        if met and not path:
            since = at
        if met and (not path or max(met) > path[-1][1]):
            path.append((at, max(met), True))
    if path:
        found.append(Seen(since, tuple(path), None))
    return found


def may_be_early(rule):
    """Monotone, for 0, compared upwards."""
    upwards = all(level.comparison.value in (">", ">=") for level in rule.levels)
    return rule.measure.monotone and rule.for_us == 0 and upwards


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
    project, rule_id, entry, before, after, warming
):
    """`before`: [(id, Seen)], `after`: [Seen] → rows of the stream, and after with its ids."""
    free = list(before)
    named, later = [], []
    for seen in after:
        partner = next((pair for pair in free if overlap(pair[1], seen)), None)
        if partner is None:
            text = json.dumps([project, rule_id, "", entry, seen.start], ensure_ascii=False)
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
                *(entry, project, rule_id, "", change, early, warming(rule_id, at), name, at),
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
    """Rows of the as-known stream of one project, and {rule: [Seen]} of the final view."""
    entries = relevant(entries, project)
    stated, stream, final = {}, [], {}
    for k, entry in enumerate(entries, 1):
        known = entries[:k]
        mark, newest = watermark_and_newest(known)
        found_segments = segments(known)
        if mark is None or not found_segments:
            continue
        events = believed_events(known)

        def warming(rule_id, at, known=known, found_segments=found_segments):
            start = next(e.record["start_us"] for e in known if e.kind == "activation")
            inside = [s for s in found_segments if s[0] <= at]
            rule = inside[-1][3].rule(rule_id) if inside else None
            window = rule.measure.window_us if rule else None
            return window is not None and at < start + window

        ids = sorted({rule.id for s in found_segments for rule in s[3].rules})
        for rule_id in ids:
            after = episodes(rule_id, found_segments, events, mark, newest)
            rows, stated[rule_id] = differences(
                project, rule_id, entry.entry, stated.get(rule_id, []), after, warming
            )
            stream.extend(rows)
            settled = [Seen(s.since, tuple(p for p in s.path if not p[2]), s.end) for s in after]
            final[rule_id] = [seen for seen in settled if seen.path]
    return stream, final


def final_rows(final, project):
    """The final view as rows without entries and ids."""
    return [
        [project, rule_id, "", seen.since, seen.start, seen.end, [list(p[:2]) for p in seen.path]]
        for rule_id in sorted(final)
        for seen in final[rule_id]
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
