"""The past of one source on a fixed grid: one row per series, one column per window, gaps explicit."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from vk_alerts.windows import STEP

Floats = npt.NDArray[np.float64]

_STEP_SECONDS = int(STEP.total_seconds())


@dataclass(frozen=True, slots=True)
class SeriesGrid:
    """Numerators and denominators of all series of a source.

    Attributes:
        starts: int64 (n_windows,): the windows' starts, ascending, seconds since 1970 UTC. They are adjacent
            within each range that was asked for.
        metrics: metric of each row, length n_series.
        slices: canonical slice of each row, length n_series.
        numerators: float64 (n_series, n_windows), events, distinct values, what was measured; NaN = no row.
        denominators: float64 (n_series, n_windows); 1 for counts, events for what was measured; NaN = no row.
        is_committed: bool (n_windows,), the window has a snapshot.
        has_events: bool (n_windows,), it has one and its source had events.
    """

    starts: npt.NDArray[np.int64]
    metrics: tuple[str, ...]
    slices: tuple[str, ...]
    numerators: Floats
    denominators: Floats
    is_committed: npt.NDArray[np.bool_]
    has_events: npt.NDArray[np.bool_]

    @property
    def windows(self) -> int:
        """Number of columns."""
        return int(self.starts.size)

    @property
    def start(self) -> datetime:
        """The window of column 0."""
        return self.start_of(0)

    def column_of(self, window: datetime) -> int:
        """The column of a window, or where it would stand."""
        return int(np.searchsorted(self.starts, int(window.timestamp())))

    def start_of(self, column: int) -> datetime:
        """The window of a column."""
        return datetime.fromtimestamp(int(self.starts[column]), UTC)

    def before(self, window: datetime) -> "SeriesGrid":
        """The windows before one."""
        return self._columns(slice(0, self.column_of(window)))

    def within(self, ranges: Sequence[tuple[datetime, datetime]]) -> "SeriesGrid":
        """The windows in some half-open ranges."""
        edges = [(int(low.timestamp()), int(high.timestamp())) for low, high in ranges]
        inside = np.any([(self.starts >= low) & (self.starts < high) for low, high in edges], axis=0)
        return self._columns(np.flatnonzero(inside))

    def with_series(self, more: Sequence[tuple[str, str]]) -> "SeriesGrid":
        """With further series, which have no rows."""
        nothing = np.full((len(more), self.windows), np.nan)
        return replace(
            self,
            metrics=(*self.metrics, *(metric for metric, _ in more)),
            slices=(*self.slices, *(key for _, key in more)),
            numerators=np.vstack([self.numerators, nothing]),
            denominators=np.vstack([self.denominators, nothing]),
        )

    def _columns(self, some: slice | npt.NDArray[np.int64]) -> "SeriesGrid":
        return replace(
            self,
            starts=self.starts[some],
            numerators=self.numerators[:, some],
            denominators=self.denominators[:, some],
            is_committed=self.is_committed[some],
            has_events=self.has_events[some],
        )

    def counts(self, rows: Sequence[int]) -> Floats:
        """Values of count metrics, (len(rows), n_windows).

        A slice without a row in a window whose source had events was counted to 0; a window without events of
        its source tells nothing: NaN.
        """
        values: Floats = self.numerators[list(rows)]
        values[np.isnan(values) & self.has_events] = 0.0
        return values

    def ratios(self, rows: Sequence[int]) -> tuple[Floats, Floats]:
        """Values and trials of ratio metrics, each (len(rows), n_windows); NaN = nothing to divide by."""
        trials = self.denominators[list(rows)]
        with np.errstate(divide="ignore", invalid="ignore"):
            values = np.where(trials > 0, self.numerators[list(rows)] / trials, np.nan)
        return values, trials

    def measures(self, rows: Sequence[int]) -> tuple[Floats, Floats]:
        """Values of quantiles or gauges, and the events they come from, each (len(rows), n_windows).

        A value is NaN where there were no events, or nothing that can be told as a number.
        """
        events = self.denominators[list(rows)]
        return np.where(events > 0, self.numerators[list(rows)], np.nan), events


@dataclass(frozen=True, slots=True)
class Points:
    """Values of all series, one after the other.

    Attributes:
        lengths: how many each series has, int64 (n_series,).
        steps: window of each, in steps from the grid's first, integers (n_points,).
        values: floats (n_points,).
    """

    lengths: npt.NDArray[np.int64]
    steps: npt.NDArray[np.generic]
    values: npt.NDArray[np.generic]

    def put_into(self, grid: Floats, columns: npt.NDArray[np.int64]) -> None:
        """Writes them into (n_series, n_windows); ``columns`` tells the column of each step."""
        end = 0
        for row, length in zip(grid, self.lengths.tolist(), strict=True):
            start, end = end, end + length
            row[columns[self.steps[start:end]]] = self.values[start:end]


def assemble_grid(
    ranges: Sequence[tuple[datetime, datetime]],
    *,
    series: Sequence[tuple[str, str]],
    numerators: Points,
    denominators: Points,
    committed: npt.NDArray[np.int64],
    empty: npt.NDArray[np.int64],
) -> SeriesGrid:
    """The grid of some ranges of windows.

    Args:
        ranges: half-open ranges of windows, ascending and disjoint, at least one.
        series: metric and slice of each series.
        numerators: every row of each series.
        denominators: those that are not 1.
        committed: starts of the windows that have a snapshot, seconds since 1970 UTC.
        empty: those among them whose source had no events.
    """
    starts = np.concatenate(
        [np.arange(int(a.timestamp()), int(b.timestamp()), _STEP_SECONDS, dtype=np.int64) for a, b in ranges]
    )
    steps = (starts - starts[0]) // _STEP_SECONDS
    columns = np.zeros(int(steps[-1]) + 1, dtype=np.int64)
    columns[steps] = np.arange(len(starts))
    values = np.full((len(series), len(starts)), np.nan)
    numerators.put_into(values, columns)
    divisors = np.where(np.isnan(values), np.nan, 1.0)
    denominators.put_into(divisors, columns)

    is_committed = np.isin(starts, committed)
    return SeriesGrid(
        starts=starts,
        metrics=tuple(metric for metric, _ in series),
        slices=tuple(key for _, key in series),
        numerators=values,
        denominators=divisors,
        is_committed=is_committed,
        has_events=is_committed & ~np.isin(starts, empty),
    )


def grid_start(end: datetime, past: timedelta) -> datetime:
    """The first window of a grid that reaches ``past`` back from ``end``."""
    return end - past // STEP * STEP
