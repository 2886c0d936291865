"""Strategies for texts that are nearly rulebooks, and for texts that are nothing of the kind."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st

from tests.core.rulebook.texts import SMALL

LIBRARY = {
    path.stem: path.read_text(encoding="utf-8") for path in sorted(Path("rulebooks").glob("*.yaml"))
}
_SEEDS = [SMALL, SMALL, SMALL, *(text for text in LIBRARY.values() if len(text) < 12_000)]
"""Mostly the small one: it holds a little of everything, and a mutation of it is read quickly."""

SIGNS = "[]{}:,#&*!|>'\"%@`-? \n\tnull0no<=.～：，"
WORDS = [
    *("null", "~", "no", "yes", "on", "true", "1:30", "0x10", "1e3", "1_000", ".inf", "2026-01-01"),
    *("<<: *a", "&a [x]", "*a", "!!python/object:os.system", "!!int 5", "--- ", "...", "? [a]"),
    *("'", '"', "{}", "[]", "[[[[[[[[[[", "- - - - - -", "because: {of: {/x: {basis: assumed}}}"),
    *("extends: small", "extends: ../../etc/passwd", "remove: [/clocks]", "id: draft", "\u202e"),
    *('where: "amount > 1 AND"', 'show_if: "scale.most.x"', "9" * 40, "-5", "5.5", "5m", ">3%"),
    *("because:", "length:", "unit:", "{zh: 一, en: One}", "plan.people_max", "\ufeff", "\x00"),
]


@st.composite
def edited(draw: st.DrawFn) -> str:
    """A rulebook with a few stretches replaced by signs or words."""
    text: str = draw(st.sampled_from(_SEEDS))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        length = draw(st.integers(0, 12))
        put = draw(st.sampled_from(WORDS) | st.text(alphabet=SIGNS, max_size=8))
        text = text[:start] + put + text[start + length :]
    return text


@st.composite
def rearranged(draw: st.DrawFn) -> str:
    """A rulebook whose lines are left out, repeated, moved, indented or given another's value."""
    lines = draw(st.sampled_from(_SEEDS)).split("\n")
    for _ in range(draw(st.integers(1, 4))):
        one, other = (draw(st.integers(0, len(lines) - 1)) for _ in range(2))
        match draw(st.integers(0, 4)):
            case 0:
                del lines[one]
            case 1:
                lines.insert(other, lines[one])
            case 2:
                lines[one], lines[other] = lines[other], lines[one]
            case 3:
                lines[one] = " " * draw(st.integers(1, 4)) + lines[one].lstrip()
            case _:
                key, colon, _ = lines[one].partition(":")
                lines[one] = key + colon + lines[other].partition(":")[2]
        if not lines:
            break
    return "\n".join(lines)


_SCALARS = st.sampled_from([*WORDS, "a", "draft", "5", "x: y", "名"]) | st.text(max_size=6)


def _flow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    keys = st.sampled_from(
        ["id", "zh", "en", "because", "of", "stages", "clocks", "form", "kind", "next", "fields"]
    )
    return st.one_of(
        st.lists(inner, max_size=4).map(lambda items: f"[{', '.join(items)}]"),
        st.lists(st.tuples(keys, inner), max_size=4).map(
            lambda pairs: "{" + ", ".join(f"{key}: {value}" for key, value in pairs) + "}"
        ),
    )


YAMLISH = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "rulebook",
                "version",
                "status",
                "title",
                "extends",
                "remove",
                "because",
                "sources",
                "stages",
                "clocks",
                "form",
                "streams",
                "tiers",
                "register",
                "acts",
                "intake",
                "exit",
            ]
        ),
        st.recursive(_SCALARS, _flow, max_leaves=8),
    ),
    max_size=8,
).map(lambda pairs: "".join(f"{key}: {value}\n" for key, value in pairs))
"""The language's keywords with anything behind them."""

TEXTS = st.one_of(edited(), rearranged(), YAMLISH, st.text(max_size=200))
BYTES = st.one_of(
    st.binary(max_size=200),
    st.tuples(st.sampled_from(_SEEDS), st.integers(0, 4000), st.binary(min_size=1, max_size=6)).map(
        lambda drawn: _spliced(drawn[0].encode(), drawn[1], drawn[2])
    ),
)


def _spliced(data: bytes, at: int, put: bytes) -> bytes:
    return data[:at] + put + data[at + len(put) :]
