"""Verdicts on all series of a stretch of windows, side by side."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from vk_alerts.metrics.model import Metric
from vk_alerts.pipeline.judging import MetricScores
from vk_alerts.windows import STEP

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Series:
    """What the rows of a stretch are about."""

    source: str
    metric: Metric
    slice_key: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """What ``anomaly_scores`` would hold; arrays are float64 (n_series, n_windows), NaN = none.

    Attributes:
        start: first window.
        series: of each row.
        value: metric units.
        expected: likewise.
        lower: likewise.
        upper: likewise.
        score: robust standard deviations.
        evidence: events.
    """

    start: datetime
    series: tuple[Series, ...]
    value: Floats
    expected: Floats
    lower: Floats
    upper: Floats
    score: Floats
    evidence: Floats

    @property
    def windows(self) -> int:
        """Number of columns."""
        return int(self.score.shape[1])

    def start_of(self, column: int) -> datetime:
        """The window of a column."""
        return self.start + column * STEP

    def column_of(self, window: datetime) -> int:
        """The column of a window, outside 0..windows for one that is not in the stretch."""
        return (window - self.start) // STEP


def stacked(start: datetime, scored: Iterable[tuple[str, MetricScores]], *, windows: int) -> Stretch:
    """The stretch of several metrics.

    Args:
        start: its first window.
        scored: source and verdicts of each metric.
        windows: how many it has, the last ones of those that were scored.
    """
    series: list[Series] = []
    columns: dict[str, list[Floats]] = {name: [] for name in _ARRAYS}
    for source, one in scored:
        series += [Series(source, one.metric, key) for key in one.slices]
        scores = one.scores
        arrays = (one.measured, scores.expected, scores.lower, scores.upper, scores.score, one.evidence)
        for name, array in zip(_ARRAYS, arrays, strict=True):
            # A copy: the grid's past is let go of.
            columns[name].append(array[:, array.shape[1] - windows :].copy())
    if not series:
        return Stretch(start, (), *(np.empty((0, 0)) for _ in _ARRAYS))
    return Stretch(start, tuple(series), **{name: np.concatenate(parts) for name, parts in columns.items()})


_ARRAYS = ("value", "expected", "lower", "upper", "score", "evidence")
