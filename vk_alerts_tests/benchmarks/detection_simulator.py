"""Metric-level series with habits, restless levels and planted incidents; everything from a seed."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from vk_alerts.detection import HISTORY

STEP = timedelta(minutes=15)
PER_DAY = 96
PAST = HISTORY // STEP
START = datetime(2026, 1, 5, tzinfo=UTC)
TIMEZONE = "Europe/Moscow"


@dataclass(frozen=True)
class Incident:
    """A planted deviation of series ``row`` in the windows [begin, end)."""

    row: int
    begin: int
    end: int
    kind: str


@dataclass(frozen=True)
class World:
    """Series to score, and the truth about them.

    ``normal`` is the mean that an oracle knows: habit and level without the incident.
    """

    values: np.ndarray
    trials: np.ndarray | None
    normal: np.ndarray
    incidents: list[Incident]


def simulate_counts(*, series: int, windows: int, seed: int) -> World:
    """Counts from 5 to 40,000 a window."""
    rng = np.random.default_rng(seed)
    level = np.exp(rng.uniform(np.log(5), np.log(40_000), (series, 1)))
    normal = level * habit(rng, series, windows) * restless(rng, series, windows)
    factor, incidents = plant(rng, series, windows)
    white = np.exp(rng.uniform(0.005, 0.03, (series, 1)) * rng.standard_normal((series, windows)))
    return World(rng.poisson(normal * factor * white).astype(float), None, normal, incidents)


def simulate_ratios(*, series: int, windows: int, seed: int) -> World:
    """Shares of 3 to 40 % among 300 to 40,000 trials a window."""
    rng = np.random.default_rng(seed)
    level = np.exp(rng.uniform(np.log(300), np.log(40_000), (series, 1)))
    trials = rng.poisson(level * habit(rng, series, windows) * restless(rng, series, windows)).astype(float)
    rate = rng.uniform(0.03, 0.4, (series, 1)) * habit(rng, series, windows) ** 0.15
    rate *= restless(rng, series, windows) ** 0.4
    factor, incidents = plant(rng, series, windows)
    hits = rng.binomial(trials.astype(int), np.clip(rate * factor, 0.0, 0.95))
    with np.errstate(invalid="ignore"):
        return World(np.where(trials > 0, hits / trials, np.nan), trials, np.clip(rate, 0, 0.95), incidents)


def habit(rng: np.random.Generator, series: int, windows: int) -> np.ndarray:
    """A daily and weekly rhythm with the mean 1, quiet at night, later at weekends."""
    time = np.arange(windows)
    hour = (time % PER_DAY) / PER_DAY * 2 * np.pi
    weekend = ((time // PER_DAY) % 7 >= 5).astype(float)
    depth = rng.uniform(0.5, 1.2, (series, 1))
    peak = rng.uniform(-0.4, 0.4, (series, 1)) + np.pi * 1.4
    second = rng.uniform(0.0, 0.4, (series, 1))
    shape = depth * np.cos(hour - peak - 0.25 * weekend) + second * np.cos(2 * (hour - peak))
    shape += rng.uniform(-0.25, 0.15, (series, 1)) * weekend
    rhythm = np.exp(shape)
    return rhythm / rhythm.mean(axis=1, keepdims=True)


def restless(rng: np.random.Generator, series: int, windows: int) -> np.ndarray:
    """A level that wanders over hours (1-6 %), days (1-4 %) and weeks (growth and drift)."""
    wander = autocorrelated(rng, series, windows, hours=5.0) * rng.uniform(0.01, 0.06, (series, 1))
    wander += autocorrelated(rng, series, windows, hours=40.0) * rng.uniform(0.01, 0.04, (series, 1))
    wander += autocorrelated(rng, series, windows, hours=500.0) * rng.uniform(0.0, 0.10, (series, 1))
    wander += rng.uniform(-0.01, 0.03, (series, 1)) * np.arange(windows) / (7 * PER_DAY)
    return np.exp(wander)


def autocorrelated(rng: np.random.Generator, series: int, windows: int, *, hours: float) -> np.ndarray:
    """First-order noise of variance 1 that forgets itself with the time constant ``hours``."""
    keep = np.exp(-24.0 / (hours * PER_DAY))
    shocks = rng.standard_normal((windows, series)) * np.sqrt(1 - keep**2)
    level = rng.standard_normal(series)
    path = np.empty((windows, series))
    for i in range(windows):
        level = keep * level + shocks[i]
        path[i] = level
    return path.T


def plant(
    rng: np.random.Generator, series: int, windows: int, *, per_day: int = PER_DAY
) -> tuple[np.ndarray, list[Incident]]:
    """Factors on the normal mean, and the incidents behind them: about one in four days."""
    factor = np.ones((series, windows))
    incidents = []
    for row in range(series):
        at = int(rng.integers(per_day, 4 * per_day))
        while at < windows - per_day:
            kind = str(rng.choice(["drop", "drop", "spike", "ramp", "outage", "fading"]))
            longest = per_day // 4
            length = max(1, round(float(np.exp(rng.uniform(0.0, np.log(longest))))))
            fall = float(np.exp(rng.uniform(np.log(0.10), np.log(0.7))))
            rise = float(np.exp(rng.uniform(np.log(0.12), np.log(1.5))))
            length = max(length, 4) if kind in ("ramp", "fading") else length
            path = np.linspace(0.0, 1.0, length + 1)[1:]
            profile = {
                "drop": np.full(length, 1 - fall),
                "spike": np.full(length, 1 + rise),
                "ramp": 1 - fall * path,
                "outage": np.full(length, rng.uniform(0.0, 0.2)),
                "fading": 1 - fall * path[::-1],
            }[kind]
            factor[row, at : at + length] = profile
            incidents.append(Incident(row, at, at + length, kind))
            at += length + int(rng.integers(2 * per_day, 6 * per_day))
    return factor, incidents
