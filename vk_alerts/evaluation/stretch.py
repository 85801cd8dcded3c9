"""Verdicts on all series of a stretch of windows, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from vk_alerts.metrics.model import Metric
from vk_alerts.pipeline.judging import MetricScores
from vk_alerts.windows import STEP

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


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
        threshold: the score from which on it is called anomalous; never NaN.
    """

    start: datetime
    series: tuple[Series, ...]
    value: Floats
    expected: Floats
    lower: Floats
    upper: Floats
    score: Floats
    evidence: Floats
    threshold: Floats

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


class StretchBuilder:
    """Puts a stretch together, metric by metric.

    Args:
        start: its first window.
        windows: how many it has.
    """

    def __init__(self, start: datetime, windows: int) -> None:
        self._start = start
        self._windows = windows
        self._series: list[Series] = []
        self._parts: dict[str, list[Floats]] = {name: [] for name in (*_ARRAYS, "threshold")}

    def add(
        self,
        source: str,
        scored: MetricScores,
        *,
        rows: Sequence[int],
        threshold: Floats,
        is_present: Mask,
    ) -> None:
        """Adds some series of a metric.

        Args:
            source: the metric's source.
            scored: verdicts, the last windows of which are the stretch's.
            rows: the series to add.
            threshold: float64 (len(rows), n_windows).
            is_present: bool (len(rows), n_windows): whether there was such a series at all.
        """
        self._series += [Series(source, scored.metric, scored.slices[row]) for row in rows]
        scores = scored.scores
        arrays = (scored.measured, scores.expected, scores.lower, scores.upper, scores.score, scored.evidence)
        for name, array in zip(_ARRAYS, arrays, strict=True):
            # A copy: the grid's past is let go of.
            part = array[rows, array.shape[1] - self._windows :]
            if name == "score":
                part[~is_present] = np.nan
            self._parts[name].append(part)
        self._parts["threshold"].append(threshold)

    def stretch(self) -> Stretch:
        """What was added."""
        nothing = [np.empty((0, self._windows))]
        arrays = {name: np.concatenate(parts or nothing) for name, parts in self._parts.items()}
        return Stretch(self._start, tuple(self._series), **arrays)


_ARRAYS = ("value", "expected", "lower", "upper", "score", "evidence")
