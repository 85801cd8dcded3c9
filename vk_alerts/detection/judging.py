"""Scores and bands, once everything is known that they are made of."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vk_alerts.detection.baseline import Baseline
from vk_alerts.detection.days_off import DaysOff
from vk_alerts.detection.residual import Scale
from vk_alerts.detection.scores import BAND_SIGMAS, Floats, Scores
from vk_alerts.detection.sums import WIDTHS, lasting_means, strangeness


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of some windows; float64 (n_series, n) unless said otherwise.

    Attributes:
        residuals: (n_series, TAIL + n): of the windows and those before them; NaN = missing.
        slow: variance of the slow part, that of a holiday or the morning after included.
        white: of the white part.
        predicted: residuals that the tracker expected.
        spread: standard deviations of residual - predicted.
        usual: what the sums of each width usually amount to, (n_series, n, len(WIDTHS)).
        divisor: what scores are divided by, for bursts and for a restless day.
        is_holiday: bool (n,).
        days_off: what holds on these.
        scale: on which the residuals are.
        baseline: what habit expected, metric units.
        nearest: of its expectations, the one that the value was compared with.
    """

    residuals: Floats
    slow: Floats
    white: Floats
    predicted: Floats
    spread: Floats
    usual: Floats
    divisor: Floats
    is_holiday: NDArray[np.bool_]
    days_off: DaysOff
    scale: Scale
    baseline: Baseline
    nearest: Floats


def judge(evidence: Evidence) -> Scores:
    """Verdicts on the windows, (n_series, n)."""
    predicted, spread = evidence.predicted, evidence.spread
    if evidence.is_holiday.any():
        spread = spread * np.where(evidence.is_holiday, evidence.days_off.single, 1.0)
    residual = evidence.residuals[:, evidence.residuals.shape[1] - spread.shape[1] :]
    score = residual - predicted
    np.abs(score, out=score)
    score /= spread
    sigma = np.sqrt(evidence.slow + evidence.white)
    for place, (width, means) in enumerate(
        zip(WIDTHS, lasting_means(evidence.residuals, sigma), strict=True)
    ):
        lasting = strangeness(means, evidence.slow, evidence.white, width)
        lasting /= evidence.usual[:, :, place]
        if evidence.is_holiday.any():
            lasting /= np.where(evidence.is_holiday, evidence.days_off.sums, 1.0)
        np.fmax(score, lasting, out=score)
    score /= evidence.divisor
    np.copyto(score, np.nan, where=np.isnan(residual))
    reach = BAND_SIGMAS * spread * evidence.divisor
    scale, baseline = evidence.scale, evidence.baseline
    return Scores(
        score=score,
        expected=scale.metric(evidence.nearest, predicted),
        lower=scale.metric(baseline.low, predicted - reach),
        upper=scale.metric(baseline.high, predicted + reach),
    )
