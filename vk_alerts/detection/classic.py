"""The two classic detectors, kept by name: quartiles of the last windows, and the same window a day ago."""

import numpy as np

from vk_alerts.detection.clock import Clock, take
from vk_alerts.detection.scores import BAND_SIGMAS, Floats, Scores

IQR_WINDOWS = 5
IQR_REACH = 4.0
"""The band ends so many interquartile ranges beyond the quartiles."""

DAY_AGO_DEVIATION = 0.05
"""A relative deviation of so much scores 1; the band's edge is thus ±20 %."""


def score_iqr(values: Floats, trials: Floats | None, clock: Clock, *, first: int) -> Scores:  # noqa: ARG001
    """How far a window lies from the median of the five before it, the band's edge scoring ``BAND_SIGMAS``.

    The band reaches four interquartile ranges beyond the quartiles, and at least one standard deviation of
    pure chance beyond the median: five equal windows are no proof that the sixth must equal them. All five
    must be known.

    Args:
        values: float64 (n_series, n_windows), metric units; NaN = missing.
        trials: denominators of ratios, NaN = none; None for counts.
        clock: unused: this detector knows no habits.
        first: windows before it are history only.
    """
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


def score_day_ago(values: Floats, trials: Floats | None, clock: Clock, *, first: int) -> Scores:
    """The relative deviation from the same local window a day ago, in units of ``DAY_AGO_DEVIATION``.

    No verdict where yesterday's window is missing or zero: nothing is relative to zero.

    Args:
        values: float64 (n_series, n_windows), metric units; NaN = missing.
        trials: denominators of ratios; None for counts.
        clock: local time of the windows.
        first: windows before it are history only.
    """
    yesterday = take(values, clock.find(clock.wall[first:] - clock.per_day))
    yesterday = np.where(yesterday > 0, yesterday, np.nan)
    band = BAND_SIGMAS * DAY_AGO_DEVIATION * yesterday
    return Scores(
        score=np.abs(values[:, first:] / yesterday - 1.0) / DAY_AGO_DEVIATION,
        expected=yesterday,
        lower=yesterday - band,
        upper=yesterday + band if trials is None else np.minimum(yesterday + band, 1.0),
    )
