"""Which thresholds hold for a window: written by hand, calibrated two days before, or the start value.

Where people called an alert false, the series' threshold is a bounded factor higher for a while.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from vk_alerts.clickhouse.grid import Floats
from vk_alerts.metrics.model import Metric
from vk_alerts.pipeline.stores import Stores
from vk_alerts.pipeline.widened import factors_of

# A day's calibration is computed in the night after it, and holds from the next midnight on: at whatever hour
# a window is scored, or scored again, it finds the same one.
LAG = timedelta(days=2)
# Habits change; older ones are worth no more than a start value.
KEPT_FOR = timedelta(days=28)

_DAY = timedelta(days=1)


def midnight(day: date, zone: str) -> datetime:
    """The moment at which a local day begins, aware UTC."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The thresholds of some adjacent windows.

    Attributes:
        day_of: int64 (n_windows,): number of each window's local day.
        days: what was calibrated for each of these days, by metric and slice.
        factors: float64 (n_windows,) by metric and slice: what people have widened.
    """

    day_of: np.ndarray
    days: tuple[Mapping[tuple[str, str], float], ...]
    factors: Mapping[tuple[str, str], Floats] = field(default_factory=dict)

    def of(self, metric: Metric, slices: Sequence[str]) -> Floats:
        """The thresholds of a metric's slices, float64 (n_slices, n_windows)."""
        thresholds = self._unwidened(metric, slices)
        for row, key in enumerate(slices if self.factors else ()):
            factors = self.factors.get((metric.name, key))
            if factors is not None:
                thresholds[row] *= factors
        return thresholds

    def _unwidened(self, metric: Metric, slices: Sequence[str]) -> Floats:
        if not metric.is_calibrated:
            return np.full((len(slices), len(self.day_of)), metric.threshold)
        by_day = [[day.get((metric.name, key), metric.threshold) for key in slices] for day in self.days]
        return np.array(by_day, dtype=np.float64).reshape(len(self.days), len(slices)).T[:, self.day_of]


def read_thresholds(stores: Stores, windows: Sequence[datetime]) -> Thresholds:
    """The thresholds that hold in some windows, one small query for each of their local days.

    Raises:
        ClickHouseError: they cannot be read.
        StateError: what people have widened cannot be read.
    """
    zone = stores.settings.zone
    dates = [window.astimezone(ZoneInfo(zone)).date() for window in windows]
    distinct = sorted(set(dates))
    number = {day: index for index, day in enumerate(distinct)}
    is_needed = any(metric.is_calibrated for metric in stores.catalog.metrics)
    days = tuple(
        stores.results.thresholds(midnight(day - LAG - KEPT_FOR + _DAY, zone), midnight(day - LAG, zone))
        if is_needed
        else {}
        for day in distinct
    )
    day_of = np.array([number[day] for day in dates], dtype=np.int64)
    return Thresholds(day_of, days, factors_of(stores, windows))
