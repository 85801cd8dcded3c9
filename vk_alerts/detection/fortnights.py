"""The two weeks before each of some local days, by day and slot."""

from dataclasses import dataclass

import numpy as np

from vk_alerts.detection.clock import Clock, Columns, Positions, adjacent
from vk_alerts.detection.scores import Floats32

NOISE_DAYS = 14


@dataclass(frozen=True, slots=True)
class Fortnights:
    """Which windows make up the two weeks before each lane, a local day.

    Attributes:
        columns: the windows of all days in order of day and slot, -1 = there is none.
        lanes: how many.
        per_day: windows a day, m.
    """

    columns: Columns
    lanes: int
    per_day: int

    @classmethod
    def before(cls, lanes: Positions, clock: Clock, *, first: int) -> "Fortnights":
        """Those before adjacent local days, in arrays that begin with the window ``first`` of the clock."""
        days = np.arange(lanes[0] - NOISE_DAYS, lanes[-1])
        found = clock.find((days[:, None] * clock.per_day + np.arange(clock.per_day)).reshape(-1))
        columns = adjacent(np.where(found >= first, found - first, -1))
        return cls(columns=columns, lanes=len(lanes), per_day=clock.per_day)

    @property
    def values(self) -> int:
        """Values of one series in the fortnights of all lanes."""
        return self.lanes * NOISE_DAYS * self.per_day

    def of(self, series: Floats32, *, thin: int = 1) -> Floats32:
        """A series by lane, day and slot, every ``thin``-th slot only; a copy.

        Args:
            series: float32 (n_series, n_windows).
            thin: 1, 2, …

        Returns:
            float32 (n_series, n_lanes, NOISE_DAYS, slots); NaN = missing.
        """
        return self.windows_of(self.days_of(series, thin=thin))

    def days_of(self, series: Floats32, *, thin: int = 1) -> Floats32:
        """A series by day and slot, every ``thin``-th slot only, float32 (n_series, n_days, slots)."""
        if isinstance(self.columns, slice):
            found = series[:, self.columns]
        else:
            found = np.take(series, np.maximum(self.columns, 0), axis=1)
            found[:, self.columns < 0] = np.nan
        return found.reshape(len(series), -1, self.per_day)[:, :, ::thin]

    def windows_of(self, by_day: Floats32) -> Floats32:
        """What is known by day, float32 (n_series, n_days, …), by lane and day; a copy."""
        return np.take(by_day, np.arange(self.lanes)[:, None] + np.arange(NOISE_DAYS), axis=1)
