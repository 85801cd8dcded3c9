"""A band that people have widened for a while, because they called an alert on the series false."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from math import prod

FACTOR = 1.25
"""One false alert multiplies the threshold of its series by this."""
MOST = 2.0
"""However many there were: beyond twice the threshold nobody would be told of what is really broken."""
LASTS = timedelta(days=7)
"""Habits that a baseline has not learned by then are not habits."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """One press of «false».

    Attributes:
        metric: of the series.
        slice_key: of the series.
        factor: what the threshold is multiplied by.
        starts: windows that start at or after this moment are judged so, seconds since the epoch …
        ends: … and before this one.
        by: who pressed.
        group: the group that was called false.
    """

    metric: str
    slice_key: str
    factor: float
    starts: float
    ends: float
    by: str
    group: str

    def holds_for(self, window_start: float) -> bool:
        """Whether a window that starts then is judged with it, in seconds since the epoch.

        Only the window decides, so that a window that is computed again has the threshold it had.
        """
        return self.starts <= window_start < self.ends


def widening(tolerances: Iterable[Tolerance], window_start: float) -> float:
    """What a series' threshold is multiplied by in a window: 1 without tolerances, never more than `MOST`.

    Args:
        tolerances: of the series.
        window_start: seconds since the epoch.
    """
    return min(MOST, prod(one.factor for one in tolerances if one.holds_for(window_start)))
