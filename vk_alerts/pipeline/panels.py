"""Snapshots as the arrays that detectors take: a panel is a metric's series, scored together."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from vk_alerts.clickhouse.grid import Floats, SeriesGrid
from vk_alerts.detection import SHARE_DETECTORS, Scores, Shares, count_shares, rate_shares
from vk_alerts.metrics.calendar import holidays_between
from vk_alerts.metrics.model import Metric, MetricKind, SourceFile
from vk_alerts.metrics.slices import ALL_KEY

GRAINS = 2.0**40
"""A quantity in units so small that, told as a count of them, it has no noise of counting.

Detectors take a count's noise to be at least Poisson's, which in 10⁴ grains is 1 %: what is seconds or
milliseconds, roubles or millions of them, is judged alike from 10⁻⁸ of its unit on. A power of two: no value
is rounded on the way there and back.
"""

_NEWCOMER = "+"
_DIMENSION = re.compile(r"([a-z][a-z0-9_]*)=")
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Panel:
    """Series of one metric.

    Attributes:
        metric: the metric.
        slices: canonical slice of each series, length n_series.
        measured: float64 (n_series, n_windows), metric units; NaN = missing.
        trials: denominators of a ratio, likewise; None for what is none.
        name: tells it from the others: the metric's, unless its series are shares.
        events: what the values of a quantile or gauge come from, likewise; None for other kinds.
    """

    metric: Metric
    slices: tuple[str, ...]
    measured: Floats
    trials: Floats | None
    name: str
    events: Floats | None = None

    @property
    def comparable(self) -> Floats:
        """What detectors are given: ``measured``, a ratio above 1 as 1, what has a unit in ``GRAINS``.

        In a small slice a window can have more likes than views, when the views fell into the one before: one
        such window in weeks must not keep all others from being judged. Nor must a gauge below zero, which
        gets no verdict.
        """
        if self.events is not None:
            return np.where(self.measured >= 0, self.measured * GRAINS, np.nan)
        return self.measured if self.trials is None else np.minimum(self.measured, 1.0)

    def in_metric_units(self, scores: Scores) -> Scores:
        """What detectors say of ``comparable``, in the units of ``measured``."""
        if self.events is None:
            return scores
        expected, lower, upper = (array / GRAINS for array in (scores.expected, scores.lower, scores.upper))
        return Scores(scores.score, expected, lower, upper)


def newcomers(file: SourceFile) -> list[tuple[str, str]]:
    """Metric and slice of a series that never had a row, one for each kind of slice of each metric.

    What is true of their past is true of the past of every slice that turns up today for the first time.
    """
    return [
        (metric.name, newcomer_like(dimensions))
        for metric in file.metrics
        for dimensions in file.source.groupings
    ]


def newcomer_like(dimensions: Sequence[str]) -> str:
    """The slice of a series that never had a row, of the kind with these dimensions."""
    return _NEWCOMER + ",".join(dimensions)


def dimensions_of(slice_key: str) -> tuple[str, ...]:
    """The dimensions of a slice, or of a newcomer."""
    if slice_key.startswith(_NEWCOMER):
        return tuple(filter(None, slice_key.removeprefix(_NEWCOMER).split(",")))
    # Before the = of a value stands a backslash.
    return tuple(_DIMENSION.findall(slice_key))


def panels_of(file: SourceFile, grid: SeriesGrid) -> Iterator[Panel]:
    """The panels of a source's metrics.

    Args:
        file: the source and its metrics; a series whose slice is not watched any more is left out.
        grid: the source's committed snapshots.
    """
    dimensions = [dimensions_of(key) for key in grid.slices]
    for metric in file.metrics:
        rows = [
            row
            for row, name in enumerate(grid.metrics)
            if name == metric.name and dimensions[row] in file.source.groupings
        ]
        if not rows:
            continue
        slices = tuple(grid.slices[row] for row in rows)
        if metric.kind is MetricKind.RATIO:
            yield Panel(metric, slices, *grid.ratios(rows), metric.name)
        elif metric.kind.is_measured:
            values, events = grid.measures(rows)
            yield Panel(metric, slices, values, None, metric.name, events)
        else:
            values = _counts(grid, rows, [dimensions[row] for row in rows])
            yield Panel(metric, slices, values, None, metric.name)


def share_rows(panel: Panel) -> Sequence[int]:
    """The series of a panel that are judged by their share of the total, too: its slices.

    A slice's quantile or gauge is no part of the total's.
    """
    if (
        panel.events is not None
        or panel.metric.detector not in SHARE_DETECTORS
        or _total_of(panel) not in panel.slices
    ):
        return ()
    return [row for row, key in enumerate(panel.slices) if dimensions_of(key)]


def shares_of(panel: Panel, rows: Sequence[int], windows: slice = slice(None)) -> Shares:
    """The shares of some slices of a panel, in some of its windows.

    Args:
        panel: the panel.
        rows: from :func:`share_rows`, not empty.
        windows: columns.
    """
    total = panel.slices.index(_total_of(panel))
    values, whole = panel.measured[:, windows][rows], panel.measured[total, windows]
    if panel.trials is None:
        return count_shares(values, whole)
    return rate_shares(values, panel.trials[:, windows][rows], whole, panel.trials[total, windows])


def _total_of(panel: Panel) -> str:
    return ALL_KEY if ALL_KEY in panel.slices else newcomer_like(())


def share_panel(panel: Panel, rows: Sequence[int]) -> Panel:
    """The panel of those shares."""
    shares = shares_of(panel, rows)
    slices = tuple(panel.slices[row] for row in rows)
    return Panel(panel.metric, slices, shares.values, shares.trials, f"{panel.metric.name}/share")


def special_days(file: SourceFile, start: datetime, end: datetime, *, zone: str) -> tuple[date, ...]:
    """The local days between two moments that a source's calendar calls special."""
    first, last = (moment.astimezone(ZoneInfo(zone)).date() for moment in (start, end))
    return holidays_between(file.calendar, first - _DAY, last + _DAY)


def is_special(file: SourceFile, window: datetime, zone: str) -> bool:
    """Whether a window lies in a local day that a source's calendar calls special."""
    return window.astimezone(ZoneInfo(zone)).date() in special_days(file, window, window, zone=zone)


def _counts(grid: SeriesGrid, rows: Sequence[int], dimensions: Sequence[tuple[str, ...]]) -> Floats:
    """Values of one count metric: a slice without a row is 0 only where the catalog had slices of its kind.

    A metric or slice that is new in the catalog has no past, rather than a past of zeros, which would make
    its first window an anomaly.
    """
    values = grid.counts(rows)
    is_missing = np.isnan(grid.numerators[list(rows)])
    for kind in set(dimensions):
        alike = np.array([other == kind for other in dimensions])
        not_measured = is_missing[alike].all(axis=0)
        values[np.ix_(alike, not_measured)] = np.nan
    return values
