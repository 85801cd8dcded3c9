from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from vk_alerts.detection import HISTORY, Scores, score_history
from vk_alerts.detection.bands import narrowed
from vk_alerts.detection.sums import WIDTHS

HOUR = timedelta(hours=1)
LONG = HISTORY // HOUR + 1
KNOWN = {"start": datetime(2026, 1, 4, 21, tzinfo=UTC), "step": HOUR, "first": LONG - 1}
VALUES = 60


def last(values: np.ndarray, trials: np.ndarray | None = None) -> Scores:
    return score_history(values, trials=trials, **KNOWN).columns(slice(-1, None))


def history(level: float) -> np.ndarray:
    hours = np.arange(LONG)
    rate = level * (1 + 0.5 * np.sin(2 * np.pi * hours / 24))
    return np.tile(np.random.default_rng(int(level)).poisson(rate), (VALUES, 1)).astype(float)


@pytest.mark.parametrize("threshold", [2.0, 3.9])
@pytest.mark.parametrize("level", [2, 300, 50_000])
@pytest.mark.parametrize("is_ratio", [False, True])
def test_no_window_on_its_own_alerts_inside_the_band_of_its_threshold(
    is_ratio, level, threshold, monkeypatch
) -> None:
    # Sums over windows may alert inside of any band.
    monkeypatch.setattr("vk_alerts.detection.judging.lasting_means", without_sums)
    values, trials = history(level), None
    if is_ratio:
        trials = np.maximum(values, 1.0)
        values = np.tile(
            np.random.default_rng(1).binomial(trials[0].astype(int), 0.3) / trials[0], (VALUES, 1)
        )
    before = last(values, trials)
    values[:, -1] = np.linspace(before.lower.item(0), before.upper.item(0), VALUES)
    scores = last(values, trials)
    band = narrowed(scores, np.full((VALUES, 1), threshold))
    inside = (values[:, -1:] > band.lower) & (values[:, -1:] < band.upper)
    assert inside.any()
    assert (scores.score[inside] < threshold + 1e-9).all()
    assert (band.lower <= scores.expected).all()
    assert (scores.expected <= band.upper).all()


def without_sums(_residuals: np.ndarray, sigma: np.ndarray) -> list[np.ndarray]:
    return [np.full(sigma.shape, np.nan) for _ in WIDTHS]


def cell(number: float) -> np.ndarray:
    return np.full((1, 1), number)


@pytest.mark.parametrize("threshold", [4.0, 7.0])
def test_bands_of_thresholds_that_are_no_lower_than_their_own_stay_to_the_last_bit(threshold) -> None:
    scores = Scores(cell(1.0), cell(100.3), cell(61.7), cell(149.1))
    for one, two in zip(scores.arrays, narrowed(scores, cell(threshold)).arrays, strict=True):
        np.testing.assert_array_equal(one, two)


def test_a_band_around_nothing_gets_narrower_too_and_no_band_stays_none() -> None:
    assert narrowed(Scores(cell(0.0), cell(0.0), cell(0.0), cell(4.0)), cell(2.0)).upper.item() == 1.0
    nothing = narrowed(Scores.blank((1, 1)), cell(2.0))
    assert all(np.isnan(array).all() for array in nothing.arrays)
