"""What part of the values an axis shows, and how its ticks are written."""

import numpy as np
from matplotlib.ticker import MaxNLocator

from vk_alerts.alerting import numbers
from vk_alerts.alerting.story import Language
from vk_alerts.charts.model import ChartInput, Floats

_HEADROOM = 1.08
# Yesterday's or last week's own incident must not flatten today's line.
_MOST_OF_THE_PAST = 1.3
# Nor may a window that was judged by few events, and whose band was wide as a house.
_MOST_OF_THE_BAND = 2.0
_FROM_WHERE_DIGITS_ARE_TOO_MANY = 1e6


def value_limits(chart: ChartInput) -> tuple[float, float]:
    """Lowest and highest value on the main axis, metric units.

    Counts start at 0. Ratios show the band and half its height above and below, and always the line itself.
    The past is cut off where it would take more than a third on top, and a ratio's band where it is more
    than twice as high as usual, but for the current window's.
    """
    upper = _usual(chart.upper) if chart.is_ratio else chart.upper
    low, high = _extent(chart.value, chart.expected, chart.lower, upper)
    past_low, past_high = _extent(chart.yesterday, chart.week_ago)
    if not chart.is_ratio:
        top = max(high, min(past_high, high * _MOST_OF_THE_PAST)) if np.isfinite(high) else past_high
        return 0.0, top * _HEADROOM if np.isfinite(top) and top > 0 else 1.0
    if not np.isfinite(high):
        low, high = past_low, past_high
    if not np.isfinite(high):
        return 0.0, 1.0
    band_low, band_high = _extent(chart.lower, upper)
    spare = (band_high - band_low) / 2 if np.isfinite(band_high) else 0.0
    value_low, value_high = _extent(chart.value, chart.expected)
    bottom = np.fmin(value_low - 0.1 * (high - low), band_low - spare)
    top = np.fmax(value_high + 0.1 * (high - low), band_high + spare)
    if top - bottom < 1e-9:
        bottom, top = bottom - 0.01, top + 0.01
    return max(0.0, float(bottom)), float(top)


def _usual(upper: Floats) -> Floats:
    """The band's upper edge without what stands out of it."""
    known = upper[np.isfinite(upper)]
    if not known.size:
        return upper
    most = float(np.fmax(_MOST_OF_THE_BAND * float(np.median(known)), upper[-1]))
    cut: Floats = np.minimum(upper, most)
    return cut


def _extent(*arrays: Floats) -> tuple[float, float]:
    known = np.concatenate(arrays)
    known = known[np.isfinite(known)]
    return (float(known.min()), float(known.max())) if known.size else (np.nan, np.nan)


def value_ticks(
    limits: tuple[float, float], *, is_ratio: bool, language: Language
) -> tuple[list[float], list[str]]:
    """About five round values from below ``limits`` to above them, metric units, and how they are written."""
    ticks = [float(tick) for tick in MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]).tick_values(*limits)]
    step, top = ticks[1] - ticks[0], ticks[-1]
    return ticks, [tick_text(tick, step, top, is_ratio=is_ratio, language=language) for tick in ticks]


def tick_text(value: float, step: float, top: float, *, is_ratio: bool, language: Language) -> str:
    """A tick's label on an axis up to ``top``, with the decimals that ticks ``step`` apart need."""
    if is_ratio:
        return numbers.percent(value, language, decimals=_decimals(step * 100))
    factor = numbers.unit_factor(top) if top >= _FROM_WHERE_DIGITS_ARE_TOO_MANY else 1.0
    return numbers.in_unit(value, language, factor=factor, decimals=_decimals(step / factor))


def _decimals(step: float) -> int:
    for decimals in range(6):
        if abs(step * 10**decimals - round(step * 10**decimals)) < 1e-6:
            return decimals
    return 6


def score_limit(chart: ChartInput) -> float:
    """The top of the score strip: above the threshold, and no giant score flattens the others."""
    _, highest = _extent(chart.score)
    if not np.isfinite(chart.threshold) or chart.threshold <= 0:
        return highest * _HEADROOM if np.isfinite(highest) and highest > 0 else 1.0
    lowest_top = chart.threshold * 1.5
    if not np.isfinite(highest):
        return lowest_top
    return float(min(max(highest * _HEADROOM, lowest_top), chart.threshold * 4))
