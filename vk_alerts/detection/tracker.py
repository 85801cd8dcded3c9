"""A Kalman filter that follows the slow part of the residual, so that only the surprise is left.

Its memory is finite by construction: every local day begins afresh two days earlier, and the days run side by
side. So a window scored alone and the same window scored within a range see the same numbers.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vk_alerts.detection.scores import Floats

WARM_UP_DAYS = 2
_SURPRISE = 3.0
"""Beyond so many deviations a window teaches nothing: the state fades to the long-run mean.

It is never pulled to where an incident is: the end of the incident would be the next one. A new level comes
in by the baseline's level ratio, within a day.
"""


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
        self._renewed = slow * (1.0 - keep**2)
        self._keep = keep
        self._state = np.zeros_like(slow)
        self._doubt = slow.copy()

    @classmethod
    def resumed(cls, slow: Floats, *, state: Floats, doubt: Floats, keep: float) -> "Tracker":
        """One that has seen windows already and left off with this state and its variance."""
        tracker = cls(slow, keep=keep)
        tracker._state, tracker._doubt = state, doubt
        return tracker

    @property
    def left_off(self) -> tuple[Floats, Floats]:
        """The slow part as it is now, and its variance."""
        return self._state, self._doubt

    def step(self, residual: Floats, white: Floats, reset: NDArray[np.bool_]) -> Tracked:
        """Predict a window, then learn from it.

        Args:
            residual: the window's residual; NaN = missing: only time passes.
            white: the variance of its white part.
            reset: where habits change (a holiday begins or ends): what was followed is dropped.
        """
        state = self._state * self._keep
        doubt = self._doubt * self._keep**2
        doubt += self._renewed
        if reset.any():
            state, doubt = np.where(reset, 0.0, state), np.where(reset, self._slow, doubt)
        total = doubt + white
        spread = np.sqrt(total)
        surprise = residual - state
        # NaN compares as unusual: a missing window teaches as little as an incident.
        unusual = ~(np.abs(surprise) <= _SURPRISE * spread)
        gain = np.divide(doubt, total, out=total)
        np.copyto(gain, 0.0, where=unusual)
        np.copyto(surprise, 0.0, where=unusual)
        surprise *= gain
        self._state = np.add(state, surprise, out=surprise)
        self._doubt = np.multiply(doubt, np.subtract(1.0, gain, out=gain), out=doubt)
        return Tracked(predicted=state, spread=spread)
