"""The past of one source on a fixed grid: one row per series, one column per window, gaps explicit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from vk_alerts.windows import STEP

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SeriesGrid:
    """Numerators and denominators of all series of a source.

    Attributes:
        start: aware UTC start of column 0.
        metrics: metric of each row, length n_series.
        slices: canonical slice of each row, length n_series.
        numerators: float64 (n_series, n_windows), events or distinct values; NaN = no row.
        denominators: float64 (n_series, n_windows); 1 for counts; NaN = no row.
        is_committed: bool (n_windows,), the window has a snapshot.
        has_events: bool (n_windows,), it has one and its source had events.
    """

    start: datetime
    metrics: tuple[str, ...]
    slices: tuple[str, ...]
    numerators: Floats
    denominators: Floats
    is_committed: npt.NDArray[np.bool_]
    has_events: npt.NDArray[np.bool_]

    @property
    def windows(self) -> int:
        """Number of columns."""
        return int(self.has_events.size)

    def column_of(self, window: datetime) -> int:
        """The column of a window."""
        return (window - self.start) // STEP

    def start_of(self, column: int) -> datetime:
        """The window of a column."""
        return self.start + column * STEP

    def counts(self, rows: Sequence[int]) -> Floats:
        """Values of count metrics, (len(rows), n_windows).

        A slice without a row in a window whose source had events was counted to 0; a window without events of
        its source tells nothing: NaN.
        """
        values = self.numerators[list(rows)]
        return np.where(np.isnan(values) & self.has_events, 0.0, values)

    def ratios(self, rows: Sequence[int]) -> tuple[Floats, Floats]:
        """Values and trials of ratio metrics, each (len(rows), n_windows); NaN = nothing to divide by."""
        trials = self.denominators[list(rows)]
        with np.errstate(divide="ignore", invalid="ignore"):
            values = np.where(trials > 0, self.numerators[list(rows)] / trials, np.nan)
        return values, trials


def assemble_grid(
    *,
    start: datetime,
    end: datetime,
    series: Sequence[tuple[str, str]],
    numerators: Sequence[npt.ArrayLike],
    denominators: Sequence[npt.ArrayLike],
    committed: Sequence[datetime],
    empty: Sequence[datetime],
) -> SeriesGrid:
    """The grid of [start, end) from one array per series.

    Args:
        start: first window.
        end: end of the last window.
        series: metric and slice of each series.
        numerators: of each series, (n_windows,), NaN = no row.
        denominators: of each series, (n_windows,), or (0,) where they are all 1.
        committed: windows that have a snapshot.
        empty: those among them whose source had no events.
    """
    width = (end - start) // STEP
    values = np.array(numerators, dtype=np.float64).reshape(len(series), width)
    divisors = np.where(np.isnan(values), np.nan, 1.0)
    for row, given in enumerate(denominators):
        if np.size(given):
            divisors[row] = given
    is_committed = np.zeros(width, dtype=np.bool_)
    is_committed[[(window - start) // STEP for window in committed]] = True
    has_events = is_committed.copy()
    has_events[[(window - start) // STEP for window in empty]] = False
    return SeriesGrid(
        start=start,
        metrics=tuple(metric for metric, _ in series),
        slices=tuple(key for _, key in series),
        numerators=values,
        denominators=divisors,
        is_committed=is_committed,
        has_events=has_events,
    )


def grid_start(end: datetime, past: timedelta) -> datetime:
    """The first window of a grid that reaches ``past`` back from ``end``."""
    return end - past // STEP * STEP
