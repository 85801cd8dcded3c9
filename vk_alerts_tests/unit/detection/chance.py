"""Scores as chance makes them, drawn with an exponential tail, for the tests of calibration."""

from dataclasses import replace

import numpy as np

from vk_alerts.detection.calibration import FLOOR
from vk_alerts.detection.opening import Exceedances
from vk_alerts.detection.series_classes import Population

PER_DAY = 96
PER_WEEK = 7 * PER_DAY
SLOPE = 3.0
"""By e³ rarer for each unit of score."""


def alike(series: int, *, weeks: int = 8, totals: int = 0, sources: int = 2, **changes: object) -> Population:
    """A population of counts of middling size; ``totals`` of them are totals."""
    population = Population(
        source=np.arange(series) % sources,
        is_total=np.arange(series) < totals,
        kind=np.full(series, "count"),
        detector=np.full(series, "seasonal"),
        volume=np.full(series, 500.0),
        daily_peak=np.full(series, 3.0),
        judged=np.full(series, weeks * PER_WEEK),
        hard_ratio=np.full(series, 1.4),
        start=np.full(series, 5.0),
        for_windows=np.full(series, 2),
    )
    return replace(population, **changes)


def chance(seed: int, series: int, *, weeks: int = 8, rate: float = 1.0, slope: float = SLOPE) -> Exceedances:
    """Pairs of equal scores, so that each pair is one opening; ``rate`` a week and series over the floor."""
    rng = np.random.default_rng(seed)
    count = rng.poisson(rate * series * weeks)
    owner = rng.integers(0, series, count)
    window = rng.integers(0, weeks * PER_WEEK // 2 - 1, count) * 2
    score = (FLOOR + rng.exponential(1 / slope, count)) * rng.choice([-1, 1], count)
    return merged(np.repeat(owner, 2), np.stack([window, window + 1], axis=1).ravel(), np.repeat(score, 2))


def merged(series: np.ndarray, window: np.ndarray, score: np.ndarray) -> Exceedances:
    """Windows in any order; of several in one place the first stays."""
    order = np.lexsort((window, series))
    series, window, score = series[order], window[order], score[order]
    fresh = np.ones(len(series), dtype=bool)
    fresh[1:] = (np.diff(series) != 0) | (np.diff(window) != 0)
    return Exceedances(series[fresh], window[fresh], score[fresh])


def joined(*parts: Exceedances) -> Exceedances:
    """What several have found; the first wins where they meet."""
    return merged(
        *(np.concatenate([getattr(part, name) for part in parts]) for name in ("series", "window", "score"))
    )


def outage(
    members: np.ndarray, *, begin: int, windows: int, score: float | np.ndarray = -20.0
) -> Exceedances:
    """Some series down at once."""
    series = np.repeat(members, windows)
    window = np.tile(begin + np.arange(windows), len(members))
    return merged(series, window, np.broadcast_to(score, len(members)).repeat(windows).astype(float))


def messages(found: Exceedances, population: Population, threshold: np.ndarray) -> int:
    """Messages that thresholds lead to, counted pair by pair."""
    over = np.abs(found.score) >= threshold[found.series]
    places = sorted(set(zip(population.source[found.series[over]], found.window[over], strict=True)))
    return sum(
        first[0] != then[0] or then[1] - first[1] > 4
        for first, then in zip([(-1, 0), *places], places, strict=False)
    )
