"""A Kalman filter that follows the slow part of the residual, so that only the surprise is left.

Its memory is finite by construction: every local day begins afresh two days earlier, and the days run side by
side. So a window scored alone and the same window scored within a range see the same numbers.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vk_alerts.detection.scores import Floats

WARM_UP_DAYS = 2
_SURPRISE = 3.0  # beyond this many deviations a window teaches nothing
_HOLD_WINDOWS = 8  # so long a deviation counts as an incident, then as the new level
_CATCH_UP = 0.5


@dataclass(frozen=True, slots=True)
class Tracked:
    """One-step predictions of the residual, float64 (lanes, n_series) for each step.

    Attributes:
        predicted: the slow part expected before the window was seen.
        spread: the standard deviation of residual - predicted.
    """

    predicted: Floats
    spread: Floats


class Tracker:
    """The state of the filter over an array of lanes and series."""

    def __init__(self, slow: Floats, *, keep: float) -> None:
        """Begin at the long-run mean.

        Args:
            slow: variance of the slow part, any shape.
            keep: what is left of the slow part after one window, φ.
        """
        self._slow = slow
        self._keep = keep
        self._state = np.zeros_like(slow)
        self._doubt = slow.copy()
        self._held = np.zeros(slow.shape, dtype=np.int64)

    def step(self, residual: Floats, white: Floats, reset: NDArray[np.bool_]) -> Tracked:
        """Predict a window, then learn from it.

        Args:
            residual: the window's residual; NaN = missing: only time passes.
            white: the variance of its white part.
            reset: where habits change (a holiday begins or ends): what was followed is dropped.
        """
        keep = self._keep
        state = np.where(reset, 0.0, self._state * keep)
        doubt = np.where(reset, self._slow, self._doubt * keep**2 + self._slow * (1.0 - keep**2))
        total = doubt + white
        spread = np.sqrt(total)
        surprise = residual - state
        known = ~np.isnan(surprise)
        usual = np.abs(surprise) <= _SURPRISE * spread
        self._held = np.where(known, np.where(usual | reset, 0, self._held + 1), self._held)
        late = known & ~usual & (self._held > _HOLD_WINDOWS)
        gain = np.where(usual, doubt / total, np.where(late, _CATCH_UP, 0.0))
        self._state = state + gain * np.where(known, surprise, 0.0)
        self._doubt = np.where(usual, doubt * (1.0 - gain), doubt)
        return Tracked(predicted=state, spread=spread)
