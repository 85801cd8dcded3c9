"""Laws of scoring that hold for every history."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vk_alerts.detection import BAND_SIGMAS, DETECTORS, HISTORY, Scores, score_history

HOUR = timedelta(hours=1)
START = datetime(2025, 11, 3, 7, tzinfo=UTC)
NEW_YEAR = [date(2025, 12, 31), *(date(2026, 1, day) for day in range(1, 9))]
DAY = 24


def habits(series: int, windows: int, *, seed: int, level: float = 300.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    hours = np.arange(windows)
    daily = 1 + 0.6 * np.sin(2 * np.pi * hours / DAY)
    weekly = 1 + 0.2 * np.sin(2 * np.pi * hours / (7 * DAY))
    levels = level * np.exp(rng.normal(0, 1, (series, 1)))
    return rng.poisson(levels * daily * weekly).astype(np.float64)


def holes(values: np.ndarray, *, seed: int, share: float = 0.02) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.where(rng.random(values.shape) < share, np.nan, values)


def arrays(scores: Scores) -> tuple[np.ndarray, ...]:
    return scores.score, scores.expected, scores.lower, scores.upper


def assert_same(one: Scores, two: Scores, *, rtol: float = 1e-9) -> None:
    for a, b in zip(arrays(one), arrays(two), strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=1e-9)


def columns(scores: Scores, where: slice) -> Scores:
    return Scores(*(array[:, where] for array in arrays(scores)))


def ratio_history(series: int, windows: int, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    trials = habits(series, windows, seed=seed)
    trials[:, 500:503] = 0
    with np.errstate(invalid="ignore"):
        return rng.binomial(trials.astype(int), 0.2) / np.where(trials > 0, trials, np.nan), trials


@pytest.mark.parametrize("detector", DETECTORS)
@pytest.mark.parametrize("timezone", ["Europe/Moscow", "Europe/Berlin", "America/New_York"])
@pytest.mark.parametrize("late", [0, 30 * DAY])
def test_a_window_scored_alone_equals_the_same_window_in_a_range(detector, timezone, late) -> None:
    back = HISTORY // HOUR
    windows = back + 12 * DAY
    values = holes(habits(3, windows, seed=1), seed=2)
    values[:, :late] = np.nan
    values[1, 900:950] *= 0.3
    known = {"holidays": NEW_YEAR, "timezone": timezone, "detector": detector, "step": HOUR}
    start = datetime(2026, 3, 31, 12, tzinfo=UTC) - HISTORY if timezone != "Europe/Moscow" else START
    whole = score_history(values, start=start, first=back, **known)
    for window in [back, back + 1, back + 13, back + 100, windows - 1]:
        cut = slice(window - back, window + 1)
        alone = score_history(values[:, cut], start=start + HOUR * (window - back), first=back, **known)
        assert_same(columns(alone, slice(back, None)), columns(whole, slice(window, window + 1)))
    whole_history = score_history(values, start=start, **known)
    assert_same(columns(whole_history, slice(back, None)), columns(whole, slice(back, None)))
