"""What holds for thresholds whatever the past."""

from dataclasses import fields, replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from vk_alerts.alerting.lifecycle import Rules, Transition, step
from vk_alerts.alerting.verdicts import Direction, judge
from vk_alerts.detection.calibration import HIGHEST, LOWEST, Budget, calibrate
from vk_alerts.detection.opening import Exceedances, opening_scores
from vk_alerts.metrics.model import Policy
from vk_alerts_tests.unit.alerting.series import at, row
from vk_alerts_tests.unit.detection.chance import PER_WEEK, alike, chance, joined

SERIES, WEEKS = 120, 6
seeds = st.integers(0, 10_000)
budgets = st.floats(0.1, 20)
RULES = st.builds(
    Rules, for_windows=st.integers(1, 4), bad_of_recent=st.integers(2, 4), recent=st.integers(4, 8)
)
# Multiples of a quarter, so that a threshold may be met exactly.
SCORES = st.lists(st.integers(-40, 40).map(lambda quarters: quarters / 4), min_size=1, max_size=40)


def thresholds(found: Exceedances, population, budget: float = 1.0) -> np.ndarray:
    done = calibrate(found, population, windows=WEEKS * PER_WEEK, budget=Budget(budget, budget))
    return done.threshold


@given(SCORES, RULES, st.integers(1, 40).map(lambda quarters: quarters / 4), st.sampled_from([1.0, 1.5, 2.0]))
def test_the_opening_score_is_the_highest_threshold_at_which_the_lifecycle_opens(
    scores, rules, threshold, ratio
):
    series = np.zeros(len(scores), dtype=np.int64)
    found = Exceedances(series, np.arange(len(scores)), np.array(scores))
    opening = opening_scores(
        found,
        hard_ratio=ratio,
        for_windows=rules.for_windows,
        bad_of_recent=rules.bad_of_recent,
        recent=rules.recent,
    )
    policy = Policy(threshold=threshold, hard_threshold=threshold * ratio, min_deviation=0, min_evidence=0)
    for direction in Direction:
        mine = opening * (found.score < 0 if direction is Direction.DOWN else found.score >= 0)
        reached = np.flatnonzero(mine >= threshold)
        assert first_opening(scores, policy, direction, rules) == (reached[0] if len(reached) else None)


def first_opening(scores: list[float], policy: Policy, direction: Direction, rules: Rules) -> int | None:
    """The window in which the real fold opens an incident."""
    incident = None
    for number, score in enumerate(scores):
        value = 100.0 + (score if score else 0.1)
        scored = row(at(number), value=value, score=abs(score), threshold=policy.threshold)
        result = step(incident, judge(scored, policy), direction, rules)
        incident = result.incident
        if result.transition is Transition.OPENED:
            return number
    return None


@settings(max_examples=25, deadline=None)
@given(seeds, budgets, budgets)
def test_a_larger_budget_never_raises_a_threshold(seed, one, other):
    found, population = chance(seed, SERIES, weeks=WEEKS), alike(SERIES, weeks=WEEKS, totals=40)
    small, large = sorted((one, other))
    assert (thresholds(found, population, small) >= thresholds(found, population, large) - 1e-9).all()


@settings(max_examples=25, deadline=None)
@given(seeds)
def test_the_order_of_series_does_not_matter(seed):
    found = chance(seed, SERIES, weeks=WEEKS)
    volume = np.where(np.arange(SERIES) % 3 == 0, 500.0, 5000.0)
    population = alike(SERIES, weeks=WEEKS, totals=30, volume=volume)
    place = np.random.default_rng(seed).permutation(SERIES)
    moved = joined(Exceedances(place[found.series], found.window, found.score))
    back = np.argsort(place)
    arrays = {field.name: getattr(population, field.name)[back] for field in fields(population)}
    np.testing.assert_allclose(
        thresholds(moved, replace(population, **arrays))[place], thresholds(found, population), rtol=1e-9
    )


@settings(max_examples=25, deadline=None)
@given(seeds)
def test_twice_as_many_alike_series_share_the_budget_at_a_higher_threshold(seed):
    found = chance(seed, SERIES, weeks=WEEKS)
    other = chance(seed + 1, SERIES, weeks=WEEKS)
    both = joined(found, Exceedances(other.series + SERIES, other.window, other.score))
    doubled = thresholds(both, alike(2 * SERIES, weeks=WEEKS))
    assert np.median(doubled) > np.median(thresholds(found, alike(SERIES, weeks=WEEKS))) - 0.15


@settings(max_examples=25, deadline=None)
@given(seeds)
def test_silent_series_of_the_same_class_leave_thresholds_about_where_they_are(seed):
    found = chance(seed, SERIES, weeks=WEEKS)
    alone = thresholds(found, alike(SERIES, weeks=WEEKS))
    among = thresholds(found, alike(SERIES + 60, weeks=WEEKS))[:SERIES]
    assert abs(np.median(among) - np.median(alone)) < 0.3


@settings(max_examples=25, deadline=None)
@given(seeds, st.floats(0.2, 30), st.floats(0.3, 10))
def test_thresholds_are_finite_and_within_their_bounds(seed, slope, rate):
    found = chance(seed, SERIES, weeks=WEEKS, slope=slope, rate=rate)
    given_thresholds = thresholds(found, alike(SERIES, weeks=WEEKS, totals=10))
    assert ((given_thresholds >= LOWEST) & (given_thresholds <= HIGHEST)).all()
