"""Power loss: a recorded trace of writes and syncs, cut at every point, unsynced writes gone.

What is certain to be on disk at a point: the content of each file as of its last sync, and of new
names and removals those whose folder was synced. What was written since may be there, wholly, in
part or not at all: the worst is that nothing is, and seeded coins decide about some of it too.
"""

from __future__ import annotations

import random
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from tests.core.journal.faults.child import stored


@dataclass
class Op:
    letter: str
    path: str
    other: str
    number: int
    data: bytes


def read_trace(path):
    content = path.read_bytes()
    at = 0
    while at < len(content):
        end = content.index(b"\n", at)
        letter, one, other, number, size = content[at:end].decode().split("\t")
        data = content[end + 1 : end + 1 + int(size)]
        at = end + 1 + int(size)
        yield Op(letter, one, other, int(number), data)


@dataclass
class Disk:
    """`now`: as the process sees it. `sure`: as the disk has it whatever happens. By path."""

    now: dict[str, bytearray]
    sure: dict[str, bytes]
    since: dict[str, list[Op]] = field(default_factory=dict)
    synced: dict[str, bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, before, folder):
        files = {
            str(folder / file.relative_to(before)): file.read_bytes()
            for file in before.rglob("*")
            if file.is_file() and not file.name.endswith(("-shm", ".lock"))
        }
        return cls({path: bytearray(data) for path, data in files.items()}, dict(files))

    def apply(self, op):
        if op.letter in "WT":
            content = self.now.setdefault(op.path, bytearray())
            write(content, op)
            self.since.setdefault(op.path, []).append(op)
            if op.path not in self.sure and op.path.endswith("-wal"):
                self.sure[op.path] = b""  # SQLite makes it once, and syncs its folder
        elif op.letter == "R":
            self.now[op.other] = self.now.pop(op.path, bytearray())
            if op.path in self.synced:
                self.synced[op.other] = self.synced.pop(op.path)
            self.since.pop(op.path, None)
        elif op.letter == "U":
            self.now.pop(op.path, None)
            self.since.pop(op.path, None)
        elif op.letter == "S":
            self.sync(op.path)

    def sync(self, path):
        if path in self.now:
            self.synced[path] = bytes(self.now[path])
            self.since.pop(path, None)
            if path in self.sure:
                self.sure[path] = self.synced[path]
            return
        # A folder: its names are now as they are seen, each file as it was last synced.
        inside = {name for name in self.now if str(Path(name).parent) == path}
        for name in inside:
            self.sure[name] = self.synced.get(name, b"")
        for name in [name for name in self.sure if str(Path(name).parent) == path]:
            if name not in inside:
                del self.sure[name]

    def survivors(self, rng):
        """Files after the loss: nothing unsynced, or, with `rng`, some of it."""
        files = {path: bytearray(data) for path, data in self.sure.items()}
        if rng is not None:
            for path, ops in self.since.items():
                for op in ops:
                    if path in files and rng.random() < 0.5:
                        write(files[path], op)
        return files


def write(content, op):
    if op.letter == "T":
        del content[op.number :]
        content.extend(b"\0" * (op.number - len(content)))
        return
    end = op.number + len(op.data)
    content.extend(b"\0" * (end - len(content)))
    content[op.number : end] = op.data


def losses(folder, before, trace, scratch, *, step=1, seed=None):
    """Cut the power after every `step`-th operation; (points, points at which something was lost).

    Lost is an event whose acknowledgement came before the point and that is not read back.
    """
    disk = Disk.of(before, folder)
    rng = None if seed is None else random.Random(seed)
    acknowledged = points = lost = 0
    for number, op in enumerate(read_trace(trace)):
        if op.letter == "M":
            acknowledged = int(op.path)
        else:
            disk.apply(op)
        if number % step:
            continue
        points += 1
        held = read_back(disk.survivors(rng), folder, scratch)
        wanted = [(seqno, seqno * 100) for seqno in range(1, acknowledged + 1)]
        lost += held is None or [pair for pair in held if pair[0] <= acknowledged] != wanted
    return points, lost


def read_back(files, folder, scratch):
    """Events of a journal put together from these files; None if it cannot be read."""
    shutil.rmtree(scratch, ignore_errors=True)
    for path, data in files.items():
        copy = scratch / Path(path).relative_to(folder)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(data)
    try:
        return stored(scratch / "journal.sqlite3")
    except Exception:  # noqa: BLE001 - whatever it is, the journal cannot be read
        return None
