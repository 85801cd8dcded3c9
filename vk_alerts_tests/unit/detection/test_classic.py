import numpy as np
import pytest

from vk_alerts.detection import BAND_SIGMAS, score_history
from vk_alerts_tests.unit.detection.habits import HOUR, MONDAY


def iqr(*values: float):
    return score_history(np.array([values]), start=MONDAY, step=HOUR, detector="iqr", timezone="UTC")


def test_iqr_bounds_lie_four_ranges_beyond_the_quartiles_of_five_windows() -> None:
    scores = iqr(100, 110, 120, 130, 140, 125)
    assert scores.expected[0, 5] == 120
    assert scores.lower[0, 5] == 110 - 4 * 20
    assert scores.upper[0, 5] == 130 + 4 * 20


@pytest.mark.parametrize(("value", "score"), [(120, 0), (210, BAND_SIGMAS), (30, BAND_SIGMAS), (300, 8)])
def test_iqr_scores_the_edge_of_the_band_like_every_detector(value, score) -> None:
    assert iqr(100, 110, 120, 130, 140, value).score[0, 5] == pytest.approx(score)


def test_iqr_needs_all_five_windows() -> None:
    assert np.isnan(iqr(100, np.nan, 120, 130, 140, 125).score).all()
    assert np.isnan(iqr(1, 2, 3, 4, 5).score).all()


def test_five_equal_windows_do_not_make_the_next_one_infinitely_strange() -> None:
    scores = iqr(99, 99, 99, 99, 99, 109)
    assert scores.score[0, 5] == pytest.approx(BAND_SIGMAS)
    assert iqr(0, 0, 0, 0, 0, 0).score[0, 5] == 0


def day_ago(yesterday: float, today: float, **known):
    values = np.full((1, 25), np.nan)
    values[0, 0], values[0, 24] = yesterday, today
    return score_history(values, start=MONDAY, step=HOUR, detector="day_ago", timezone="UTC", **known)


@pytest.mark.parametrize(
    ("today", "score"), [(100, 0), (80, BAND_SIGMAS), (120, BAND_SIGMAS), (50, 10), (0, 20)]
)
def test_day_ago_scores_the_relative_deviation(today, score) -> None:
    assert day_ago(100, today).score[0, 24] == pytest.approx(score)


def test_day_ago_is_relative_to_nothing_when_yesterday_was_zero_or_missing() -> None:
    assert np.isnan(day_ago(0, 100).score[0, 24])
    assert np.isnan(day_ago(np.nan, 100).score[0, 24])


@pytest.mark.parametrize("detector", ["iqr", "day_ago"])
def test_bands_of_ratios_stay_within_zero_and_one(detector) -> None:
    rng = np.random.default_rng(0)
    trials = rng.integers(0, 30, (4, 200)).astype(float)
    ratios = rng.binomial(trials.astype(int), 0.9) / np.where(trials > 0, trials, np.nan)
    scores = score_history(ratios, start=MONDAY, step=HOUR, trials=trials, detector=detector)
    assert np.nanmin(scores.lower) >= 0
    assert np.nanmax(scores.upper) <= 1
    assert np.isnan(scores.score[trials == 0]).all()
    assert not np.isnan(scores.score[:, 100:][trials[:, 100:] > 0]).all()
