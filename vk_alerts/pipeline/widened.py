"""Which series people have widened the band of, and how far: thresholds and their explanation use it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from vk_alerts.alerting.tolerance import Tolerance, widening
from vk_alerts.clickhouse.grid import Floats
from vk_alerts.pipeline.stores import Stores

Series = tuple[str, str]
"""A metric and the key of a slice."""


@dataclass(frozen=True, slots=True)
class Widened:
    """A series that is judged less strictly.

    Attributes:
        metric: its metric.
        slice_key: its slice.
        factor: what its threshold is multiplied by.
        until: when the last of it ends, aware UTC.
        by: who called alerts on it false.
    """

    metric: str
    slice_key: str
    factor: float
    until: datetime
    by: tuple[str, ...]

    def __str__(self) -> str:
        until = f"{self.until:%Y-%m-%d %H:%M} UTC"
        return f"{self.metric} · {self.slice_key}: ×{self.factor:.2f} until {until}, by {', '.join(self.by)}"


def widened_in(stores: Stores, window: datetime) -> list[Widened]:
    """What is widened in a window, by metric and slice.

    Raises:
        StateError: the state database cannot be used.
    """
    start = window.timestamp()
    return [
        Widened(
            metric=metric,
            slice_key=slice_key,
            factor=widening(found, start),
            until=datetime.fromtimestamp(max(one.ends for one in found), UTC),
            by=tuple(dict.fromkeys(one.by for one in found)),
        )
        for (metric, slice_key), found in sorted(_by_series(stores, start, start).items())
    ]


def factors_of(stores: Stores, windows: Sequence[datetime]) -> dict[Series, Floats]:
    """What thresholds are multiplied by, float64 (n_windows,) for each series that is widened in any.

    Raises:
        StateError: the state database cannot be used.
    """
    if not windows:
        return {}
    starts = [window.timestamp() for window in windows]
    found = _by_series(stores, min(starts), max(starts))
    return {series: np.array([widening(of, start) for start in starts]) for series, of in found.items()}


def _by_series(stores: Stores, first: float, last: float) -> dict[Series, list[Tolerance]]:
    by_series: dict[Series, list[Tolerance]] = defaultdict(list)
    for one in stores.tolerances.between(first, np.nextafter(last, np.inf)):
        by_series[one.metric, one.slice_key].append(one)
    return by_series
