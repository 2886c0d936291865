"""What is sealed is opened by one key, unchanged, and tells nothing, not even how long it is."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from shidian.core.bundle import BundleError, BundleRefusal
from shidian.core.bundle.sealing import (
    load_private,
    load_public,
    opened,
    private_pem,
    public_text,
    seal,
)

KEY = X25519PrivateKey.generate()


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=200), max_size=4))
def test_what_was_sealed_is_opened(content: dict[str, str]) -> None:
    assert opened(seal(content, KEY.public_key()), KEY) == content


def test_length_tells_nothing_and_the_same_text_looks_different() -> None:
    short, long = ({"body": "赔" * size} for size in (1, 5_000))
    sealed = [seal(one, KEY.public_key()) for one in (short, short, long)]

    assert len({len(one) for one in sealed}) == 1
    assert len(set(sealed)) == 3


def test_it_cannot_be_opened_by_another_key_nor_where_it_was_changed() -> None:
    sealed = seal({"body": "x"}, KEY.public_key())
    scheme, name, text = sealed.split(":")
    raw = bytearray(base64.b64decode(text))
    raw[40] ^= 1
    changed = f"{scheme}:{name}:{base64.b64encode(raw).decode()}"

    for wrong, key in (
        (sealed, X25519PrivateKey.generate()),
        (changed, KEY),
        (f"{scheme}:{name}:{text[:-8]}", KEY),
        (f"{scheme}:{name}:***", KEY),
        ("", KEY),
        ("rot13:x:y", KEY),
    ):
        with pytest.raises(BundleError) as refused:
            opened(wrong, key)
        assert refused.value.name is BundleRefusal.NOT_SEALED_TO_US


def test_keys_survive_their_files() -> None:
    assert public_text(load_public(public_text(KEY.public_key()))) == public_text(KEY.public_key())
    again = load_private(private_pem(KEY))
    assert again.private_bytes_raw() == KEY.private_bytes_raw()
    with pytest.raises(ValueError, match="x25519"):
        load_public("ed25519:AAAA")
