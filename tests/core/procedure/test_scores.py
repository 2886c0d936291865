"""The score of a round, and the spread behind it: properties that hold for any panel."""

from dataclasses import replace
from fractions import Fraction
from statistics import median

from hypothesis import given
from hypothesis import strategies as st

from shidian.core.procedure.agreement import FAR_OFF_MIN, spread_of
from shidian.core.procedure.handlers.review import weighted_score
from shidian.core.procedure.types import ExpertReview
from tests.core.procedure import rulebooks

SCALE = 100
points = st.integers(0, SCALE)


@st.composite
def rounds(draw):
    """Criteria with any weights, or none, and sheets of up to nine experts."""
    like = next(one for one in rulebooks.demo_city().criteria if one.stage == "review")
    weights = draw(st.lists(st.none() | st.integers(1, 100), min_size=1, max_size=5))
    criteria = [
        like.model_copy(update={"id": f"c{n}", "weight": weight})
        for n, weight in enumerate(weights)
    ]
    sheets = [
        ExpertReview(f"e{n}", {one.id: draw(points) for one in criteria}, {})
        for n in range(draw(st.integers(1, 9)))
    ]
    return criteria, sheets


@given(rounds(), st.randoms())
def test_score_does_not_depend_on_the_order_of_experts_or_criteria(made, random):
    criteria, sheets = made
    shuffled = random.sample(criteria, len(criteria)), random.sample(sheets, len(sheets))
    assert weighted_score(*shuffled) == weighted_score(criteria, sheets)


@given(rounds())
def test_score_lies_between_the_lowest_and_the_highest_given(made):
    criteria, sheets = made
    given_points = [one for sheet in sheets for one in sheet.scores.values()]
    assert min(given_points) <= weighted_score(criteria, sheets) <= max(given_points)


@given(rounds(), st.data())
def test_raising_one_score_never_lowers_the_result(made, data):
    criteria, sheets = made
    at = data.draw(st.integers(0, len(sheets) - 1))
    name = data.draw(st.sampled_from(sorted(sheets[at].scores)))
    raised = dict(sheets[at].scores)
    raised[name] = data.draw(st.integers(raised[name], SCALE))
    after = [*sheets[:at], replace(sheets[at], scores=raised), *sheets[at + 1 :]]
    assert weighted_score(criteria, after) >= weighted_score(criteria, sheets)


@given(rounds())
def test_score_is_the_mean_of_what_each_sheet_alone_would_give(made):
    criteria, sheets = made
    alone = [weighted_score(criteria, [sheet]) for sheet in sheets]
    assert weighted_score(criteria, sheets) == sum(alone, Fraction(0)) / len(alone)


@given(st.dictionaries(st.text(min_size=1, max_size=3), points, min_size=1, max_size=12))
def test_spread_is_ordered_and_its_median_is_the_median(scores):
    found = spread_of(scores, SCALE)
    assert found.low == min(scores.values())
    assert found.high == max(scores.values())
    assert found.median == median(Fraction(one) for one in scores.values())
    assert found.low <= found.median <= found.high


@given(st.dictionaries(st.text(min_size=1, max_size=3), points, min_size=1, max_size=12))
def test_who_is_far_off_is_at_an_end_and_never_the_half_in_the_middle(scores):
    found = spread_of(scores, SCALE)
    assert len(found.far_off) * 2 <= len(scores)
    assert not found.far_off or len(scores) >= FAR_OFF_MIN
    within = [scores[one] for one in scores if one not in found.far_off]
    for one in found.far_off:
        assert scores[one] < min(within) or scores[one] > max(within)


def test_one_who_scores_against_all_others_is_far_off():
    assert spread_of({"a": 80, "b": 82, "c": 78, "d": 81, "e": 20}, SCALE).far_off == ("e",)
    assert spread_of({"a": 80, "b": 20, "c": 50}, SCALE).far_off == ()
    assert spread_of({"a": 80, "b": 80, "c": 80, "d": 80, "e": 79}, SCALE).far_off == ()
