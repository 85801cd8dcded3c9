"""Twelve kinds of incident, and where they are planted."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vk_alerts_tests.benchmarks.detection.world import Incident

SMALLEST_FALL, LARGEST_FALL = 0.10, 0.70
SMALLEST_RISE, LARGEST_RISE = 0.12, 1.50
LONGEST_HOURS = 6.0
"""Of incidents that are constant while they last."""

_DAYS_BETWEEN = (2.0, 6.0)


class Shape:
    """Draws of one incident's profile: factors on the normal mean, in windows.

    Each kind is a method; lengths in hours come out in windows.
    """

    def __init__(self, rng: np.random.Generator, per_day: int) -> None:
        self._rng = rng
        self._per_day = per_day

    def drop(self) -> np.ndarray:
        """A sudden fall."""
        return np.full(self._windows(None, LONGEST_HOURS), 1 - self._fall())

    def rise(self) -> np.ndarray:
        """A sudden rise."""
        return np.full(self._windows(None, LONGEST_HOURS), 1 + self._rise())

    def dip(self) -> np.ndarray:
        """A fall in one window only."""
        return np.array([1 - self._fall()])

    def spike(self) -> np.ndarray:
        """A rise in one window or two."""
        return np.full(int(self._rng.integers(1, 3)), 1 + self._rise())

    def outage(self) -> np.ndarray:
        """Nothing, or next to nothing."""
        left = self._rng.choice([0.0, self._rng.uniform(0.0, 0.1)])
        return np.full(self._windows(None, LONGEST_HOURS), left)

    def slow_fall(self) -> np.ndarray:
        """A fall that takes hours to come."""
        return 1 - self._fall() * self._climb(self._windows(2.0, 8.0))

    def slow_rise(self) -> np.ndarray:
        """A rise that takes hours to come."""
        return 1 + self._rise() * self._climb(self._windows(2.0, 8.0))

    def partial_recovery(self) -> np.ndarray:
        """A fall of which half is made good after a third of its time."""
        windows = self._windows(1.5, 8.0)
        left = np.where(np.arange(windows) < windows / 3, 1.0, 0.5)
        return 1 - self._fall() * left

    def flapping(self) -> np.ndarray:
        """Half an hour down, half an hour as usual."""
        half_hour = max(1, self._per_day // 48)
        windows = self._windows(2.0, LONGEST_HOURS)
        down = (np.arange(windows) // half_hour) % 2 == 0
        return 1 - self._fall() * down

    def lost_share(self) -> np.ndarray:
        """A platform is missing: a share that itself changes with the hours."""
        windows = self._windows(1.0, 12.0)
        hours = np.arange(windows) / self._per_day * 24
        share = self._log_uniform(SMALLEST_FALL, 0.5)
        tide = 1 + 0.25 * np.sin(2 * np.pi * hours / 24 + self._rng.uniform(0, 2 * np.pi))
        return 1 - share * tide

    def noise_burst(self) -> np.ndarray:
        """The mean as usual, each window far from it on either side."""
        windows = self._windows(1.0, 4.0)
        return np.exp(self._log_uniform(0.15, 0.6) * self._rng.standard_normal(windows))

    def level_shift(self) -> float:
        """A factor that stays."""
        return (
            1 - self._log_uniform(0.10, 0.5) if self._rng.random() < 0.5 else 1 + self._log_uniform(0.12, 1)
        )

    def _fall(self) -> float:
        return self._log_uniform(SMALLEST_FALL, LARGEST_FALL)

    def _rise(self) -> float:
        return self._log_uniform(SMALLEST_RISE, LARGEST_RISE)

    def _windows(self, least_hours: float | None, most_hours: float) -> int:
        """A length between so many hours, from one window on by default, short ones as often as long ones."""
        most = most_hours * self._per_day / 24
        least = 1.0 if least_hours is None else max(1.0, least_hours * self._per_day / 24)
        return max(1, round(self._log_uniform(least, most)))

    def _climb(self, windows: int) -> np.ndarray:
        return np.linspace(0.0, 1.0, windows + 1)[1:]

    def _log_uniform(self, low: float, high: float) -> float:
        return float(np.exp(self._rng.uniform(np.log(low), np.log(high))))


PASSING: dict[str, Callable[[Shape], np.ndarray]] = {
    "drop": Shape.drop,
    "rise": Shape.rise,
    "dip": Shape.dip,
    "spike": Shape.spike,
    "outage": Shape.outage,
    "slow fall": Shape.slow_fall,
    "slow rise": Shape.slow_rise,
    "partial recovery": Shape.partial_recovery,
    "flapping": Shape.flapping,
    "lost share": Shape.lost_share,
    "noise burst": Shape.noise_burst,
}
LASTING = "level shift"
KINDS = (*PASSING, LASTING)


@dataclass(frozen=True, slots=True)
class Planted:
    """What was done to the normal mean.

    Attributes:
        factor: on the mean, (n_series, n_windows).
        settled: its part that has become normal: level shifts after their first day, same shape.
        incidents: what lies behind them.
    """

    factor: np.ndarray
    settled: np.ndarray
    incidents: list[Incident]


def plant(rng: np.random.Generator, series: int, windows: int, *, per_day: int) -> Planted:
    """Incidents of all kinds, about one in four days.

    A level shift stays; it is to be told within ``LONGEST_HOURS``, and whoever alerts within its first day
    is not wrong.
    """
    factor, settled = np.ones((series, windows)), np.ones((series, windows))
    incidents = []
    shape = Shape(rng, per_day)
    for row in range(series):
        at = int(rng.integers(per_day, 4 * per_day))
        while at < windows - per_day:
            kind = str(rng.choice(KINDS))
            if kind == LASTING:
                size = shape.level_shift()
                end, calm = at + round(LONGEST_HOURS * per_day / 24), at + per_day
                factor[row, at:] *= size
                settled[row, calm:] *= size
            else:
                profile = PASSING[kind](shape)
                end = calm = at + len(profile)
                factor[row, at:end] *= profile
            incidents.append(Incident(row, at, end, kind, calm))
            at = calm + int(rng.integers(*(round(days * per_day) for days in _DAYS_BETWEEN)))
    return Planted(factor, settled, incidents)
