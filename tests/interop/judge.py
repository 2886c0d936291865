"""Go's checksum-database packages as a judge of our logs: one process, one line a log."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

SOURCE = Path(__file__).parent / "verifylog"
GOPATH = Path("/usr/share/gocode")


def build(folder: Path) -> Path:
    """Compile the driver with what Debian has installed. Raises where Go is missing."""
    go = shutil.which("go")
    if go is None or not (GOPATH / "src/golang.org/x/mod/sumdb/tlog").is_dir():
        raise RuntimeError("apt-get install golang-go golang-golang-x-mod-dev (make setup asks)")
    program = folder / "verifylog"
    subprocess.run(
        [go, "build", "-o", str(program), "."],
        cwd=SOURCE,
        env={
            **os.environ,
            "GO111MODULE": "off",
            "GOPATH": str(GOPATH),
            "GOCACHE": str(folder / "cache"),
            "GOFLAGS": "",
        },
        check=True,
    )
    return program


class Judge:
    """Asks the compiled driver."""

    def __init__(self, program: Path) -> None:
        self._process = subprocess.Popen(
            [str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()

    def __call__(
        self, folder: Path, key: str, *, since: bytes = b"", prove: Sequence[int] = ()
    ) -> str:
        """`ok SIZE`, or `refused …`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked = {
            "Dir": str(folder),
            "Key": key,
            "Since": base64.b64encode(since).decode(),
            "Prove": list(prove),
        }
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().rstrip("\n")
