"""Series with daily and weekly habits, for tests; hourly, so that they take milliseconds."""

from datetime import UTC, datetime, timedelta

import numpy as np

HOUR = timedelta(hours=1)
DAY = 24
WEEK = 7 * DAY
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


def rhythm(windows: int) -> np.ndarray:
    """A daily rhythm with quieter weekends, mean about 1, by hours in UTC from a Monday on."""
    hours = np.arange(windows)
    weekend = (hours // DAY) % 7 >= 5
    return (1 + 0.6 * np.sin(2 * np.pi * (hours % DAY - 9) / DAY)) * np.where(weekend, 0.7, 1.0)


def counts(series: int, windows: int, *, seed: int = 0, level: float = 500.0) -> np.ndarray:
    """Poisson counts (series, windows) around the rhythm."""
    rng = np.random.default_rng(seed)
    return rng.poisson(level * np.tile(rhythm(windows), (series, 1))).astype(np.float64)
