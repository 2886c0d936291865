"""The procedure's part in a draw by lot, and in the disciplines of a panel."""

from datetime import timedelta

import pytest

from shidian.core.procedure import drawing
from shidian.core.procedure.calendars import by_id
from shidian.core.procedure.types import ActorKind, RefusalCode, Verb
from shidian.core.rulebook.model import Area, StageKind, Text
from tests.core.procedure import rulebooks
from tests.core.procedure.player import Player, play_to

SALT = "5a" * 32
SEED = "3288.41"
PEOPLE = {f"{n:016x}": f"expert-{n}" for n in range(1, 10)}
MASTERS = {lot: ["law"] if n < 3 else ["finance"] for n, lot in enumerate(PEOPLE)}


def words(name):
    return Text(zh=name, en=name)


def panelled(**changes):
    """The city's rules with another panel."""
    rules = rulebooks.demo_city()
    stages = []
    for stage in rules.stages:
        panel = stage.panel and stage.panel.model_copy(
            update={"min": 3, "max": 5, "odd": True, **changes}
        )
        stages.append(stage.model_copy(update={"panel": panel}))
    return rules.model_copy(update={"stages": tuple(stages)})


AREAS = (Area(id="law", name=words("law")), Area(id="finance", name=words("finance")))


def in_review(**changes):
    player = Player(panelled(**changes))
    play_to(player, StageKind.REVIEW)
    return player


def pool(player, disciplines=()):
    return drawing.document_of(
        salt=SALT,
        lots={lot: (who, MASTERS[lot]) for lot, who in PEOPLE.items()},
        seats=3,
        disciplines=disciplines,
        seed_source="上证综指收盘点位",
        known_from=player.now.date() + timedelta(3),
    )


def commit(player, document):
    return player.do(
        Verb.COMMIT_POOL,
        sha256=drawing.fingerprint(document),
        size=len(document["pool"]),
        seats=document["seats"],
        seed_source=document["seed_source"],
        known_from=document["known_from"],
    )


def opening(player, document, **changes):
    drawn = [PEOPLE[lot] for lot in drawing.drawn_lots(document, SEED)]
    draw = {"document": document, "people": PEOPLE, "seed": SEED}
    today = player.now.date()
    return {
        "experts": drawn,
        "starts": str(today),
        "ends": str(today + timedelta(10)),
        "draw": draw,
        **changes,
    }


def test_nobody_sits_on_a_drawn_panel_but_who_was_drawn():
    player = in_review(drawn="random", disciplines=AREAS)
    document = pool(player, ("law", "finance"))
    assert player.state.tasks[-1].verb is Verb.COMMIT_POOL
    assert player.refused(Verb.OPEN_ROUND, **opening(player, document)).code is RefusalCode.NO_POOL

    effects = commit(player, document)
    (leaf,) = [one.payload for one in effects.outbox if one.topic == "record.leaf"]
    assert leaf["sha256"] == drawing.fingerprint(document)
    assert "case" not in leaf  # that a pool was fixed is public, in which case is not
    early = player.refused(Verb.OPEN_ROUND, **opening(player, document))
    assert early.code is RefusalCode.SEED_UNKNOWN

    player.wait(days=3)
    good = opening(player, document)
    others = [one for one in PEOPLE.values() if one not in good["experts"]]
    swapped = {**PEOPLE, "1".zfill(16): PEOPLE["2".zfill(16)], "2".zfill(16): PEOPLE["1".zfill(16)]}
    for wrong in (
        {"experts": others[:3]},
        {"experts": good["experts"][::-1]},
        {"draw": {**good["draw"], "document": {**document, "seats": 5}}},
        {"draw": {**good["draw"], "people": swapped}},
        {"draw": {**good["draw"], "seed": "3288.42x"}, "experts": others[:3]},
    ):
        refused = player.refused(Verb.OPEN_ROUND, **{**good, **wrong})
        assert refused.code is RefusalCode.NOT_AS_DRAWN, wrong
    player.do(Verb.OPEN_ROUND, **good)
    assert player.state.round.experts == tuple(good["experts"])
    assert player.state.pool is None


def test_after_a_conflict_the_next_by_lot_follows_and_brings_the_discipline():
    player = in_review(drawn="random", disciplines=AREAS)
    document = pool(player, ("law", "finance"))
    commit(player, document)
    player.wait(days=3)
    player.do(Verb.OPEN_ROUND, **opening(player, document))
    of = {PEOPLE[lot]: MASTERS[lot] for lot in PEOPLE}
    lawyers = [one for one in player.state.round.experts if "law" in of[one]]
    for lawyer in lawyers:
        player.do(
            Verb.DECLARE_CONFLICT,
            player.actor(ActorKind.EXPERT, person=lawyer),
            conflict=True,
            reason="持股",
        )
    order = player.state.round.order
    free = [one for one in order if one not in player.state.round.experts]
    following = next(one for one in free if "law" in of[one])
    skipped = next(one for one in free if one != following)

    assert player.refused(Verb.INVITE_EXPERTS, experts=[skipped]).code is RefusalCode.NOT_AS_DRAWN
    player.do(Verb.INVITE_EXPERTS, experts=[following])


def test_another_pool_once_the_seed_is_known_needs_a_reason():
    player = in_review(drawn="random")
    commit(player, pool(player))
    commit(player, pool(player))
    player.wait(days=3)
    document = pool(player)
    data = {
        "sha256": drawing.fingerprint(document),
        "size": 9,
        "seats": 3,
        "seed_source": "x",
        "known_from": document["known_from"],
    }
    assert player.refused(Verb.COMMIT_POOL, **data).code is RefusalCode.REASON_MISSING
    player.do(Verb.COMMIT_POOL, **data, reason="交易所当日休市，无收盘点位")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"known_from": "today"}, RefusalCode.BAD_DATA),
        ({"size": 2}, RefusalCode.BAD_DATA),
        ({"seats": 4}, RefusalCode.EVEN_PANEL),
        ({"seats": 7}, RefusalCode.BAD_DATA),
        ({"seed_source": " "}, RefusalCode.BAD_DATA),
    ],
)
def test_a_pool_that_cannot_be_is_refused(changes, code):
    player = in_review(drawn="random")
    changes = {k: str(player.now.date()) if v == "today" else v for k, v in changes.items()}
    later = str(player.now.date() + timedelta(1))
    good = {"sha256": "ab" * 32, "size": 9, "seats": 3, "seed_source": "x", "known_from": later}
    assert player.refused(Verb.COMMIT_POOL, **{**good, **changes}).code is code


def test_where_officers_choose_nothing_is_drawn():
    player = in_review()
    document = pool(player)
    data = {"sha256": "ab" * 32, "size": 9, "seats": 3, "seed_source": "x"}
    refused = player.refused(Verb.COMMIT_POOL, **data, known_from="2030-01-01")
    assert refused.code is RefusalCode.NOT_BY_LOT
    assert player.refused(Verb.OPEN_ROUND, **opening(player, document)).code is (
        RefusalCode.NOT_BY_LOT
    )


def test_a_chosen_panel_covers_its_disciplines_when_it_opens_and_when_it_closes():
    player = in_review(disciplines=AREAS)
    today = player.now.date()
    masters = {"a": ["law"], "b": ["finance"], "c": ["finance"], "d": ["law"]}
    dates = {"starts": str(today), "ends": str(today + timedelta(2))}
    without = player.refused(
        Verb.OPEN_ROUND,
        experts=["b", "c"],
        disciplines={one: masters[one] for one in "bc"},
        **dates,
    )
    assert (without.code, without.field) == (RefusalCode.DISCIPLINE_MISSING, "experts")
    player.do(Verb.OPEN_ROUND, experts=[*"abcd"], disciplines=masters, **dates)
    scores = player.willing(Verb.SUBMIT_REVIEW)
    for one in "abcd":
        who = player.actor(ActorKind.EXPERT, person=one)
        lawyer = masters[one] == ["law"]
        player.do(Verb.DECLARE_CONFLICT, who, conflict=lawyer, reason="持股" if lawyer else "")
    player.do(Verb.INVITE_EXPERTS, experts=["e"], disciplines={"e": ["finance"]})
    player.do(
        Verb.DECLARE_CONFLICT, player.actor(ActorKind.EXPERT, person="e"), conflict=False, reason=""
    )
    for one in "bce":
        player.do(Verb.SUBMIT_REVIEW, player.actor(ActorKind.EXPERT, person=one), **scores)
    assert player.refused(Verb.CLOSE_ROUND).code is RefusalCode.DISCIPLINE_MISSING


def test_simulated_cases_pass_a_drawn_panel():
    from shidian.core.procedure.simulation import simulate

    rules = panelled(drawn="random", disciplines=AREAS)
    report = simulate(rules, by_id("cn-working-day"), cases=12, seed=1)
    assert report.cases == 12
