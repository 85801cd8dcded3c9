"""What series do when nothing is wrong: a rhythm, holidays, a restless level, small shifts that stay."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from vk_alerts_tests.benchmarks.detection.world import MONDAY

PER_DAY = 96
_HOLIDAY_EVERY_DAYS = 16
_FEASTS = 0.25  # of the holidays: days like no Sunday
_SHIFT_EVERY_DAYS = 25
_LOCAL_MONDAY = (MONDAY + timedelta(hours=3)).date()


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days from ``MONDAY`` on.

    Attributes:
        holidays: local dates that the detectors are told.
        restful: how much a day is like a day of the weekend, (n_days,); a holiday is something between.
        feast: how much quieter a feast is than that, on a logarithmic scale, (n_days,); 0 on other days.
    """

    holidays: list[date]
    restful: np.ndarray
    feast: np.ndarray


def draw_calendar(rng: np.random.Generator, windows: int) -> Calendar:
    """Holidays about every sixteen days, now and then two in a row, kept by more people or by fewer.

    One in four is a feast: quieter by 10 to 50 % than Sundays are.
    """
    days = -(-windows // PER_DAY)
    restful = (np.arange(days) % 7 >= 5).astype(float)
    feast = np.zeros(days)
    holidays = []
    day = int(rng.integers(3, _HOLIDAY_EVERY_DAYS))
    while day < days:
        for off in range(day, min(day + int(rng.choice([1, 1, 2])), days)):
            restful[off] = max(restful[off], rng.uniform(0.3, 1.1))
            feast[off] = rng.uniform(0.1, 0.7) * (rng.random() < _FEASTS)
            holidays.append(_LOCAL_MONDAY + timedelta(days=off))
        day += int(rng.integers(_HOLIDAY_EVERY_DAYS // 2, 3 * _HOLIDAY_EVERY_DAYS // 2))
    return Calendar(holidays, restful, feast)


def habit(
    rng: np.random.Generator, series: int, windows: int, calendar: Calendar | None = None
) -> np.ndarray:
    """A daily and weekly rhythm with the mean 1, quiet at night, later at weekends; (series, windows).

    Without a calendar there are no holidays.
    """
    time = np.arange(windows)
    hour = (time % PER_DAY) / PER_DAY * 2 * np.pi
    day = time // PER_DAY
    weekend = (day % 7 >= 5).astype(float) if calendar is None else calendar.restful[day]
    depth = rng.uniform(0.5, 1.2, (series, 1))
    peak = rng.uniform(-0.4, 0.4, (series, 1)) + np.pi * 1.4
    second = rng.uniform(0.0, 0.4, (series, 1))
    shape = depth * np.cos(hour - peak - 0.25 * weekend) + second * np.cos(2 * (hour - peak))
    shape += rng.uniform(-0.25, 0.15, (series, 1)) * weekend
    if calendar is not None:
        shape -= rng.uniform(0.0, 1.0, (series, 1)) * calendar.feast[day]
    rhythm = np.exp(shape)
    return rhythm / rhythm.mean(axis=1, keepdims=True)


def restless(rng: np.random.Generator, series: int, windows: int) -> np.ndarray:
    """A level that wanders over hours (1-6 %), days (1-4 %) and weeks; (series, windows)."""
    wander = autocorrelated(rng, series, windows, hours=5.0) * rng.uniform(0.01, 0.06, (series, 1))
    wander += autocorrelated(rng, series, windows, hours=40.0) * rng.uniform(0.01, 0.04, (series, 1))
    wander += autocorrelated(rng, series, windows, hours=500.0) * rng.uniform(0.0, 0.10, (series, 1))
    wander += rng.uniform(-0.01, 0.03, (series, 1)) * np.arange(windows) / (7 * PER_DAY)
    return np.exp(wander)


def shifts(rng: np.random.Generator, series: int, windows: int) -> np.ndarray:
    """Levels that change by 2 to 8 % for good, within some hours, as releases do; (series, windows).

    Nothing is wrong: who alerts then is.
    """
    level = np.zeros((series, windows))
    for row in range(series):
        at = int(rng.integers(0, _SHIFT_EVERY_DAYS * PER_DAY))
        while at < windows:
            size = rng.choice([-1, 1]) * rng.uniform(0.02, 0.08)
            takes = int(rng.integers(PER_DAY // 12, PER_DAY))
            level[row, at:] += size * np.minimum(np.arange(1, windows - at + 1) / takes, 1.0)
            at += int(rng.integers(PER_DAY, 2 * _SHIFT_EVERY_DAYS * PER_DAY))
    return np.exp(level)


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
