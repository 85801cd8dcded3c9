"""The two classic detectors, kept by name: quartiles of the last windows, and the same window a day ago."""

import numpy as np

from vk_alerts.detection.clock import Clock, adjacent, take
from vk_alerts.detection.rows import strips
from vk_alerts.detection.scores import BAND_SIGMAS, Floats, Scores

IQR_WINDOWS = 5
IQR_REACH = 4.0
"""The band ends so many interquartile ranges beyond the quartiles."""

DAY_AGO_DEVIATION = 0.05
"""A relative deviation of so much scores 1; the band's edge is thus ±20 %."""


def score_iqr(
    values: Floats,
    trials: Floats | None,
    clock: Clock,  # noqa: ARG001
    *,
    first: int,
    into: Scores,
) -> None:
    """How far a window lies from the median of the five before it, the band's edge scoring ``BAND_SIGMAS``.

    The band reaches four interquartile ranges beyond the quartiles, and at least one standard deviation of
    pure chance beyond the median: five equal windows are no proof that the sixth must equal them. All five
    must be known.

    Args:
        values: float64 (n_series, n_windows), metric units; NaN = missing.
        trials: denominators of ratios, NaN = none; None for counts.
        clock: unused: this detector knows no habits.
        first: windows before it are history only.
        into: where the verdicts go.
    """
    windows = values.shape[1]
    for some in strips(len(values), width=IQR_WINDOWS * (windows - first)):
        tried = None if trials is None else trials[some]
        into.put(some, _iqr(values[some], tried, first))


def _iqr(values: Floats, trials: Floats | None, first: int) -> Scores:
    windows = values.shape[1]
    scores = Scores.blank((len(values), windows - first))
    begin = max(first, IQR_WINDOWS)
    if begin >= windows:
        return scores
    before = np.sort(
        np.lib.stride_tricks.sliding_window_view(values[:, begin - IQR_WINDOWS : -1], IQR_WINDOWS, axis=1),
        axis=-1,
    )
    low, middle, high = before[..., 1], before[..., 2], before[..., 3]
    middle = np.where(np.isnan(before[..., -1]), np.nan, middle)
    chance = np.sqrt(middle + 1.0)
    if trials is not None:
        chance = np.sqrt(middle * (1.0 - middle) / trials[:, begin:]) + 1.0 / trials[:, begin:]
    reach = IQR_REACH * (high - low)
    lower = np.minimum(low - reach, middle - chance)
    upper = np.maximum(high + reach, middle + chance)
    deviation = values[:, begin:] - middle
    width = np.where(deviation < 0, middle - lower, upper - middle)
    judged = slice(begin - first, None)
    scores.score[:, judged] = BAND_SIGMAS * np.abs(deviation) / width
    scores.expected[:, judged] = middle
    scores.lower[:, judged] = np.maximum(lower, 0.0)
    scores.upper[:, judged] = upper if trials is None else np.minimum(upper, 1.0)
    return scores


def score_day_ago(values: Floats, trials: Floats | None, clock: Clock, *, first: int, into: Scores) -> None:
    """The relative deviation from the same local window a day ago, in units of ``DAY_AGO_DEVIATION``.

    No verdict where yesterday's window is missing or zero: nothing is relative to zero.

    Args:
        values: float64 (n_series, n_windows), metric units; NaN = missing.
        trials: denominators of ratios; None for counts.
        clock: local time of the windows.
        first: windows before it are history only.
        into: where the verdicts go.
    """
    day_ago = adjacent(clock.find(clock.wall[first:] - clock.per_day))
    for some in strips(len(values), width=values.shape[1] - first):
        yesterday = take(values[some], day_ago)
        yesterday = np.where(yesterday > 0, yesterday, np.nan)
        band = BAND_SIGMAS * DAY_AGO_DEVIATION * yesterday
        verdicts = Scores(
            score=np.abs(values[some, first:] / yesterday - 1.0) / DAY_AGO_DEVIATION,
            expected=yesterday,
            lower=yesterday - band,
            upper=yesterday + band if trials is None else np.minimum(yesterday + band, 1.0),
        )
        into.put(some, verdicts)
