"""Tails fitted to moderate peaks."""

import numpy as np
import pytest

from vk_alerts.detection.tails import Belief, Tail, fit_tail


def peaks(count: int, *, slope: float = 2.0, base: float = 3.0, seed: int = 0) -> np.ndarray:
    return base + np.random.default_rng(seed).exponential(1 / slope, count)


def test_rate_and_slope_are_found():
    tail = fit_tail(peaks(4000), base=3.0, weeks=100.0)
    assert tail.slope == pytest.approx(2.0, rel=0.1)
    assert tail.rate == pytest.approx(40.0, rel=0.05)
    assert tail.rate_at(4.0) == pytest.approx(40 * np.exp(-2), rel=0.15)


def test_height_and_rate_are_each_others_inverse():
    tail = Tail(base=3.0, rate=40.0, slope=2.0, peaks=100)
    assert tail.height_at(40.0) == 3.0
    assert tail.rate_at(tail.height_at(0.3)) == pytest.approx(0.3)


def test_incidents_far_out_change_nothing():
    clean = peaks(400)
    assert fit_tail(clean, base=3.0, weeks=10.0, reach=2.0) == fit_tail(
        np.append(clean, np.full(200, 50.0)), base=3.0, weeks=10.0, reach=2.0
    )


def test_incidents_far_out_hardly_move_a_reach_that_is_found():
    clean = fit_tail(peaks(400), base=3.0, weeks=10.0)
    spoilt = fit_tail(np.append(peaks(400), np.full(60, 50.0)), base=3.0, weeks=10.0)
    assert spoilt.slope == pytest.approx(clean.slope, rel=0.05)
    assert spoilt.rate == pytest.approx(clean.rate, rel=0.05)


def test_what_is_cut_off_above_is_not_missed():
    all_of_them = peaks(4000)
    tail = fit_tail(all_of_them[all_of_them < 4.0], base=3.0, weeks=100.0, reach=1.0)
    assert tail.slope == pytest.approx(2.0, rel=0.1)
    assert tail.rate == pytest.approx(40.0, rel=0.1)


def test_few_peaks_follow_the_belief_and_many_do_not():
    belief = Belief(slope=6.0, peaks=50.0)
    few = fit_tail(peaks(5), base=3.0, weeks=1.0, belief=belief)
    many = fit_tail(peaks(5000), base=3.0, weeks=1.0, belief=belief)
    assert few.slope > 4.0
    assert many.slope == pytest.approx(2.0, rel=0.1)


@pytest.mark.parametrize(
    ("heights", "how"),
    [
        pytest.param([], {}, id="no peaks"),
        pytest.param([3.0, 3.0, 3.0], {}, id="no spread"),
        pytest.param([4.0], {"reach": 0.5}, id="nothing within reach"),
        pytest.param([4.0], {"reach": 0.0}, id="no reach"),
        pytest.param([4.0], {"weeks": 0.0}, id="never watched"),
    ],
)
def test_of_nothing_there_is_no_tail(heights, how):
    assert fit_tail(np.array(heights), **{"base": 3.0, "weeks": 1.0} | how) is None


def test_the_order_of_peaks_does_not_matter():
    heights = peaks(100)
    assert fit_tail(heights, base=3.0, weeks=1.0) == fit_tail(heights[::-1], base=3.0, weeks=1.0)
