"""A signature over a file: one spelling, one key, one file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from shidian_kit.cli import main
from shidian_kit.wire import keys
from shidian_kit.wire.signed_file import is_signed_by, sha256_of, sign_file

if TYPE_CHECKING:
    import pytest

KEY = keys.generate()
LINE = sign_file(KEY, sha256_of(b"figures"))


def test_a_file_is_signed_and_checked(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "figures.csv").write_bytes(b"figures")
    keys.save_private(tmp_path / "key", KEY)

    assert main(["sign", str(tmp_path / "figures.csv"), "--key", str(tmp_path / "key")]) == 0

    line = capsys.readouterr().out
    assert is_signed_by(KEY.public_key(), sha256_of(b"figures"), line)
    assert not is_signed_by(KEY.public_key(), sha256_of(b"other"), line)
    assert not is_signed_by(keys.generate().public_key(), sha256_of(b"figures"), line)


@given(st.integers(0, len(LINE) - 1), st.characters())
def test_a_line_that_differs_in_one_place_is_refused(place: int, letter: str) -> None:
    changed = LINE[:place] + letter + LINE[place + 1 :]
    if changed.strip() != LINE:
        assert not is_signed_by(KEY.public_key(), sha256_of(b"figures"), changed)
