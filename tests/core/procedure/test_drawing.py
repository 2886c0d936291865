"""A panel drawn by lot: fixed before the seed is known, the same for everyone, and fair."""

import hashlib
import json
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shidian.core.procedure import drawing

SALT = "5a" * 32
NAMES = ("law", "finance", "technology")
CHI_SQUARE_999 = {3: 16.27, 9: 27.88}
"""By degrees of freedom, what chance stays below in 999 of 1,000 samples."""


def lot(number):
    return f"{number:016x}"


def pool_of(masters, seats=3, disciplines=()):
    lots = {lot(n): (f"person-{n}", one) for n, one in enumerate(masters)}
    return drawing.document_of(
        salt=SALT,
        lots=lots,
        seats=seats,
        disciplines=disciplines,
        seed_source="上证综指收盘点位",
        known_from=date(2025, 3, 10),
    )


people = st.lists(st.frozensets(st.sampled_from(NAMES)), min_size=1, max_size=9)
wants = st.lists(st.sampled_from(NAMES), unique=True)
seeds = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=20)


@given(people, st.integers(1, 6), wants, seeds)
def test_draw_is_what_its_document_says_computed_by_hand(masters, seats, disciplines, seed):
    document = pool_of(masters, seats, disciplines)

    # Read again from its text, as a stranger would, with nothing but a hash function.
    text = json.dumps(document, ensure_ascii=False)
    again = json.loads(text)
    name = hashlib.sha256(
        json.dumps(again, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    ).hexdigest()
    assert name == drawing.fingerprint(document)
    said = drawing.normal(seed)
    left = sorted(
        again["pool"],
        key=lambda one: hashlib.sha256(f"{name}\n{said}\n{one['lot']}".encode()).hexdigest(),
    )
    drawn = []
    for discipline in again["disciplines"]:
        held = [one for one in drawn if discipline in one["disciplines"]]
        able = [one for one in left if discipline in one["disciplines"]]
        if able and not held and len(drawn) < again["seats"]:
            drawn.append(able[0])
            left.remove(able[0])
    while left and len(drawn) < again["seats"]:
        drawn.append(left.pop(0))
    assert drawing.drawn_lots(again, seed) == [one["lot"] for one in drawn]


@given(people, st.integers(1, 6), wants, seeds, st.data())
def test_who_is_gone_is_never_drawn_again(masters, seats, disciplines, seed, data):
    document = pool_of(masters, seats, disciplines)
    of = {one["lot"]: one["disciplines"] for one in document["pool"]}
    order = drawing.in_lot_order(document, seed)
    first = drawing.seat(order, of, seats, disciplines)
    gone = data.draw(st.lists(st.sampled_from(first), unique=True))
    sitting = [one for one in first if one not in gone]

    more = drawing.seat(order, of, seats, disciplines, sitting=sitting, gone=gone)

    assert not {*more} & {*first}
    assert len(more) == min(seats - len(sitting), len(order) - len(first))


@pytest.mark.parametrize("disciplines", [(), ("law",)])
def test_every_one_has_the_same_chance(disciplines):
    """Chi-square on 4,000 seeds. With a discipline required, among those who master it."""
    masters = [("law",) if n < 4 else () for n in range(10)]
    document = pool_of(masters, 1 if disciplines else 3, disciplines)
    counts = dict.fromkeys((one["lot"] for one in document["pool"]), 0)
    for seed in range(4000):
        for one in drawing.drawn_lots(document, f"2025-{seed}"):
            counts[one] += 1
    able = [lot(n) for n in range(4 if disciplines else 10)]
    assert sum(counts[one] for one in able) == 4000 * document["seats"]
    each = 4000 * document["seats"] / len(able)
    statistic = sum((counts[one] - each) ** 2 / each for one in able)
    assert statistic < CHI_SQUARE_999[len(able) - 1]


def test_fingerprint_binds_everything_and_shows_no_name():
    document = pool_of([("law",), ("finance",)])
    assert "person" not in json.dumps(document)
    sealed = document["pool"][0]
    assert sealed["who"] == drawing.seal(SALT, sealed["lot"], "person-0")
    name = drawing.fingerprint(document)
    for changed in (
        {"seats": 2},
        {"disciplines": ["law"]},
        {"seed_source": "别的"},
        {"known_from": "2025-03-11"},
        {"salt": "00" * 32},
        {"pool": document["pool"][:1]},
    ):
        assert drawing.fingerprint({**document, **changed}) != name


@pytest.mark.parametrize(
    "changed",
    [
        {"algorithm": "dice"},
        {"pool": []},
        {"pool": [{"lot": "zz", "who": "", "disciplines": []}]},
        {"seats": 0},
        {"seats": True},
        {"salt": "short"},
        {"more": 1},
    ],
)
def test_what_is_no_pool_is_refused(changed):
    with pytest.raises(drawing.PoolError):
        drawing.fingerprint({**pool_of([("law",)]), **changed})


@pytest.mark.parametrize("seed", ["", "  ", "x" * 201])
def test_a_seed_has_a_length(seed):
    with pytest.raises(drawing.PoolError):
        drawing.in_lot_order(pool_of([("law",)]), seed)


@settings(max_examples=20)
@given(seeds)
def test_blanks_and_width_of_a_seed_do_not_count(seed):
    document = pool_of([("law",)] * 5)
    full = seed.translate({n: n + 0xFEE0 for n in range(0x30, 0x3A)})  # digits in full width
    assert drawing.in_lot_order(document, f" {full}\n") == drawing.in_lot_order(document, seed)
