"""How far the strange windows of a series' ordinary days lie beyond those of chance.

Noise is measured by medians, which say nothing of tails: one false alert a week took a threshold of about 4
on calm series and of 13 on bursty ones. So scores are divided by what the tail of two weeks amounts to. A day
tells its tail by its second strangest window, or the third with windows of five minutes; the two weeks tell
theirs by a day that is more restless than most: an incident of some hours spoils a day or two, and those are
not looked at.

The power, the window and the day were chosen on the design seeds of ``vk_alerts_tests/benchmarks/detection``
and on its Twitter series, so the gain on these is no fresh evidence; on simulated and taxi series the part
must not cost anything, and that was checked on other seeds.
"""

from math import ceil
from statistics import NormalDist

import numpy as np

from vk_alerts.detection.scores import Floats, Floats32

_POWER = 0.5  # half of the way on a logarithmic scale: a bursty series has more incidents, too
_DAYS_BELOW = 0.7
_WINDOWS_A_RANK = 200
_KNOWN_SHARE = 0.5  # a day tells its tail when at least this share of its windows is there
_MOST = 400.0


def day_tails(residuals: Floats32) -> Floats32:
    """What the second strangest window of each day amounts to, the third in a day of many windows.

    Args:
        residuals: with or without sign, float32 (n_series, n_days, m), adjacent in memory; overwritten.

    Returns:
        float32 (n_series, n_days), residual units; NaN = too little is known.
    """
    per_day = residuals.shape[-1]
    np.abs(residuals, out=residuals)
    missing = np.isnan(residuals)
    known = per_day - missing.sum(axis=-1)
    np.copyto(residuals, -1.0, where=missing)
    place = per_day - _rank(per_day)
    residuals.partition(place, axis=-1)
    return np.where(known >= _KNOWN_SHARE * per_day, residuals[..., place], np.float32(np.nan))


def burst_factor(tails: Floats32, sigma: Floats, *, per_day: int) -> Floats:
    """What scores are to be divided by.

    Args:
        tails: of the days of each fortnight, float32 (n_series, n_lanes, NOISE_DAYS); NaN = unknown.
        sigma: the standard deviation of the residuals, float64 (n_series, n_lanes); NaN = unknown.
        per_day: windows a day, m.

    Returns:
        float64 (n_series, n_lanes), >= 1; 1 where nothing is known.
    """
    ordered = np.sort(tails, axis=-1)
    days = np.sum(~np.isnan(tails), axis=-1, keepdims=True)
    place = np.maximum(np.floor(_DAYS_BELOW * (days - 1)), 0).astype(np.int64)
    restless = np.take_along_axis(ordered, place, axis=-1)[..., 0].astype(np.float64)
    beyond = restless / (sigma * _normal_tail(per_day))
    factor: Floats = np.clip(np.where(np.isnan(beyond), 1.0, beyond), 1.0, _MOST) ** _POWER
    return factor


def _rank(per_day: int) -> int:
    return min(1 + ceil(per_day / _WINDOWS_A_RANK), per_day)


def _normal_tail(per_day: int) -> float:
    """What that window of a day amounts to where all is chance, in standard deviations."""
    share = (_rank(per_day) - 0.5) / per_day
    return NormalDist().inv_cdf(1.0 - 0.5 * share)
