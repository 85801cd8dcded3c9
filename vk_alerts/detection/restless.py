"""Series that are restless by themselves: what their own past asks for, whatever their class."""

import numpy as np

from vk_alerts.detection.opening import Exceedances, run_starts
from vk_alerts.detection.scores import Floats

NOMINAL_DAILY_PEAK = 3.0
"""The median over days of a day's highest score for series that the seasonal detector understands: 2.7 to
3.3, for counts from 5 to 40,000 a window and for ratios."""

_MOST_FACTOR = 2.0
_WINDOWS_A_DAY = 96
# A series that would have alerted more often than this by itself is known well enough to be judged alone.
_OWN_DAYS_A_WEEK, _OWN_LEAST_DAYS = 0.5, 3


def own_factors(daily_peak: Floats, *, nominal: float = NOMINAL_DAILY_PEAK) -> Floats:
    """By how much the scores of series are to be divided, in [1, 2].

    Half-power correction: (own high quantile / nominal)^½. The median over days of a day's highest score is
    the 99.3 % quantile of scores at 96 windows a day, and incidents on fewer than half of the days do not
    move it. Causal as long as the days lie before the windows that are judged.

    Args:
        daily_peak: float64, the median over days of the day's highest score; NaN = unknown.
        nominal: what it is for a series that the detector understands.
    """
    factors = np.sqrt(np.nan_to_num(daily_peak, nan=nominal) / nominal)
    return np.clip(factors, 1.0, _MOST_FACTOR)


def own_levels(found: Exceedances, height: Floats, *, weeks: Floats) -> Floats:
    """The heights that series reached on as many days as one of them may alert: half as many as weeks, or 3.

    Args:
        found: the windows in which a height is known.
        height: float64 (n,): opening scores.
        weeks: float64 (n_series,): how long each series was judged.

    Returns:
        float64 (n_series,); NaN for a series that reached no height so often.
    """
    levels = np.full(len(weeks), np.nan)
    day = found.window // _WINDOWS_A_DAY
    starts = run_starts(found.series, day, gap=0)
    if not len(starts):
        return levels
    peaks = np.maximum.reduceat(height, starts)
    owner = found.series[starts]
    order = np.lexsort((-peaks, owner))
    owner, peaks = owner[order], peaks[order]
    first = np.searchsorted(owner, np.arange(len(weeks)))
    allowed = np.maximum(_OWN_LEAST_DAYS, np.ceil(_OWN_DAYS_A_WEEK * weeks)).astype(np.int64)
    # The next peak below those allowed: at a threshold just above it, it does not count.
    place = first + allowed
    known = place < np.append(first[1:], len(owner))
    levels[known] = peaks[place[known]]
    return levels
