"""Metric-level worlds: counts and ratios with habits, restless levels and planted incidents, from a seed."""

from datetime import timedelta

import numpy as np

from vk_alerts_tests.benchmarks.detection.habits import PER_DAY, draw_calendar, habit, restless, shifts
from vk_alerts_tests.benchmarks.detection.incidents import plant
from vk_alerts_tests.benchmarks.detection.world import World, past

FIRST = past(timedelta(minutes=15))
FEWEST, MOST = 5, 100_000
"""Events a window, on average."""

_HIGHEST_RATE = 0.95


def simulate_counts(*, series: int, weeks: int, seed: int) -> World:
    """Counts from 5 to 100,000 a window; ``weeks`` are judged, the history comes before."""
    rng = np.random.default_rng(seed)
    windows = FIRST + weeks * 7 * PER_DAY
    calendar = draw_calendar(rng, windows)
    level = np.exp(rng.uniform(np.log(FEWEST), np.log(MOST), (series, 1)))
    normal = level * habit(rng, series, windows, calendar) * _moving(rng, series, windows)
    planted = plant(rng, series, windows, per_day=PER_DAY)
    white = rng.uniform(0.005, 0.03, (series, 1))
    noise = np.exp(white * rng.standard_normal((series, windows)))
    return World(
        rng.poisson(normal * planted.factor * noise).astype(float),
        planted.incidents,
        FIRST,
        holidays=calendar.holidays,
        normal=normal * planted.settled,
        white=white,
    )


def simulate_ratios(*, series: int, weeks: int, seed: int) -> World:
    """Shares of 3 to 40 % among 300 to 100,000 trials a window."""
    rng = np.random.default_rng(seed)
    windows = FIRST + weeks * 7 * PER_DAY
    calendar = draw_calendar(rng, windows)
    level = np.exp(rng.uniform(np.log(300), np.log(MOST), (series, 1)))
    trials = rng.poisson(
        level * habit(rng, series, windows, calendar) * _moving(rng, series, windows)
    ).astype(float)
    rate = rng.uniform(0.03, 0.4, (series, 1)) * habit(rng, series, windows, calendar) ** 0.15
    rate *= _moving(rng, series, windows) ** 0.4
    planted = plant(rng, series, windows, per_day=PER_DAY)
    hits = rng.binomial(trials.astype(int), np.clip(rate * planted.factor, 0.0, _HIGHEST_RATE))
    with np.errstate(invalid="ignore"):
        values = np.where(trials > 0, hits / trials, np.nan)
    normal = np.clip(rate * planted.settled, 0.0, _HIGHEST_RATE)
    return World(
        values, planted.incidents, FIRST, trials=trials, holidays=calendar.holidays, normal=normal, white=0.0
    )


def _moving(rng: np.random.Generator, series: int, windows: int) -> np.ndarray:
    return restless(rng, series, windows) * shifts(rng, series, windows)
