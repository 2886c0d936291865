"""Parts on disk: written once, brought to a folder, fetched from one; each step can be done again.

A file lies under its name only when it is whole: it is written beside and renamed. A bundle's
manifest is brought after its parts.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING, Any, Self

from shidian.core.bundle.errors import BundleError, BundleRefusal
from shidian.core.bundle.manifest import PART_BYTES_MAX, Part, manifest_name
from shidian_kit.wire import canonical

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from shidian.core.bundle.manifest import Manifest, Route

PART_BYTES = 4 * 2**20
ITEM_BYTES_MAX = 256 * 2**20


def part_name(stem: str, index: int) -> str:
    """The file of a part, from 0."""
    return f"{stem}.{index + 1:04d}"


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that is there whole or not at all, and on the disk when this returns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class PartWriter:
    """Writes items, a line of canonical JSON each, into the parts of a bundle."""

    def __init__(self, folder: Path, stem: str, part_bytes: int = PART_BYTES) -> None:
        self._folder, self._stem = folder, stem
        self._part_bytes = min(part_bytes, PART_BYTES_MAX)
        self._waiting = bytearray()
        self._parts: list[Part] = []
        self.items = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._waiting.clear()

    def put(self, item: Mapping[str, Any]) -> None:
        """One more item."""
        self._waiting += canonical.dumps(item) + b"\n"
        self.items += 1
        while len(self._waiting) >= self._part_bytes:
            self._write(self._part_bytes)

    def close(self) -> tuple[Part, ...]:
        """All parts, once nothing more comes."""
        if self._waiting:
            self._write(len(self._waiting))
        return tuple(self._parts)

    def _write(self, size: int) -> None:
        data = bytes(self._waiting[:size])
        del self._waiting[:size]
        write_whole(self._folder / part_name(self._stem, len(self._parts)), data)
        self._parts.append(Part(size=len(data), sha256=hashlib.sha256(data).hexdigest()))


def carry(spool: Path, folder: Path, manifest: Manifest) -> Iterator[str]:
    """Bring a bundle from the spool to the folder, where it is not there: names, one by one.

    Interrupted anywhere, it goes on where it stopped. Raises OSError.
    """
    stem = manifest.stem
    for index, part in enumerate(manifest.parts):
        name = part_name(stem, index)
        if not _is(folder / name, part):
            write_whole(folder / name, (spool / name).read_bytes())
        yield name
    name = manifest_name(stem)
    data = (spool / name).read_bytes()
    if not (folder / name).exists() or (folder / name).read_bytes() != data:
        write_whole(folder / name, data)
    yield name


def fetch(folder: Path, spool: Path, manifest: Manifest) -> Iterator[str]:
    """Take a bundle's parts from the folder into our spool, where we have them not yet: names.

    Interrupted or refused at one, the others need not come again. Raises BundleError
    (`part-missing`, `part-truncated`, `part-changed`), OSError.
    """
    for index, part in enumerate(manifest.parts):
        name = part_name(manifest.stem, index)
        if not _is(spool / name, part):
            write_whole(spool / name, _checked(folder / name, part))
        yield name


def read_items(spool: Path, manifest: Manifest) -> Iterator[dict[str, Any]]:
    """The items of a bundle that was fetched. Raises BundleError `content-unreadable`."""
    rest, count = b"", 0
    for index, _ in enumerate(manifest.parts):
        rest += (spool / part_name(manifest.stem, index)).read_bytes()
        *lines, rest = rest.split(b"\n")
        if len(rest) > ITEM_BYTES_MAX:
            raise BundleError(BundleRefusal.CONTENT, f"an item of {manifest.stem} has no end")
        for line in lines:
            count += 1
            yield _item(line, manifest, count)
    if rest or count != manifest.items:
        raise BundleError(
            BundleRefusal.CONTENT, f"{manifest.stem} has {count} items of {manifest.items}"
        )


def numbers_in(folder: Path, route: Route) -> list[int]:
    """Numbers of the bundles of this route whose manifests lie in the folder, ascending."""
    if not folder.is_dir():
        return []
    numbers = (route.number_of(path.name) for path in folder.iterdir())
    return sorted(number for number in numbers if number is not None)


def discard(folder: Path, stem: str) -> None:
    """Remove a bundle's files, the manifest first: what it names is then no bundle any more."""
    (folder / manifest_name(stem)).unlink(missing_ok=True)
    for path in sorted(folder.glob(f"{stem}.[0-9][0-9][0-9][0-9]")):
        path.unlink(missing_ok=True)


def _is(path: Path, part: Part) -> bool:
    try:
        if path.stat().st_size != part.size:
            return False
        return hashlib.sha256(path.read_bytes()).hexdigest() == part.sha256
    except FileNotFoundError:
        return False


def _checked(path: Path, part: Part) -> bytes:
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size == part.size else b""
    except FileNotFoundError:
        raise BundleError(
            BundleRefusal.PART_MISSING, f"{path.name} has not come yet; bring it"
        ) from None
    if size != part.size:
        raise BundleError(
            BundleRefusal.PART_TRUNCATED,
            f"{path.name} has {size} of {part.size} bytes; bring it again",
        )
    if hashlib.sha256(data).hexdigest() != part.sha256:
        raise BundleError(
            BundleRefusal.PART_CHANGED, f"{path.name} was changed on the way; bring it again"
        )
    return data


def _item(line: bytes, manifest: Manifest, count: int) -> dict[str, Any]:
    try:
        item = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BundleError(
            BundleRefusal.CONTENT, f"item {count} of {manifest.stem} is not JSON"
        ) from error
    if not isinstance(item, dict):
        raise BundleError(BundleRefusal.CONTENT, f"item {count} of {manifest.stem} is no object")
    return item
