"""The alerts a detector would have sent, as values."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from vk_alerts.alerting.verdicts import Direction
from vk_alerts.windows import STEP, WINDOWS_PER_DAY

Floats = npt.NDArray[np.float64]

BEFORE = WINDOWS_PER_DAY
"""Windows that a picture shows before the alert, itself left out …"""
AFTER = WINDOWS_PER_DAY // 4
"""… and from it on."""


@dataclass(frozen=True, slots=True)
class Picture:
    """The series of an alert around it; arrays are float64 (n,), metric units, NaN = none.

    Attributes:
        start: first window.
        told: column of the window that was told.
        value: what was measured.
        expected: what was expected.
        lower: the band's lower edge.
        upper: its upper edge.
        is_bad: bool (n,): the score crossed its threshold while the alert lasted.
    """

    start: datetime
    told: int
    value: Floats
    expected: Floats
    lower: Floats
    upper: Floats
    is_bad: npt.NDArray[np.bool_]

    @property
    def windows(self) -> int:
        """How many windows it shows."""
        return self.value.size

    def around(self, before: int) -> "Picture":
        """The same with at most ``before`` windows before the alert."""
        first = max(0, self.told - before)
        return Picture(
            self.start + first * STEP,
            self.told - first,
            self.value[first:],
            self.expected[first:],
            self.lower[first:],
            self.upper[first:],
            self.is_bad[first:],
        )


@dataclass(frozen=True, slots=True)
class Alert:
    """One cause that people would have been told of.

    Attributes:
        group: id of the group that was told.
        source: source of the metric it is about.
        metric: metric of its headline.
        slice_key: slice of its headline.
        direction: the side of the expected value.
        window: start of the window it was told with.
        first_bad: start of the headline's first bad window.
        value: in that window, metric units.
        expected: likewise; None = nothing is known.
        score: robust standard deviations.
        series: different series that joined it, itself included.
        repeats: how often it came back within the hour; told as a silent reply, no alert of its own.
        ended: end of the headline's last bad window; None = it lasted longer than the backtest.
        picture: the headline around the alert.
    """

    group: str
    source: str
    metric: str
    slice_key: str
    direction: Direction
    window: datetime
    first_bad: datetime
    value: float | None
    expected: float | None
    score: float | None
    series: int
    repeats: int
    ended: datetime | None
    picture: Picture

    @property
    def told_at(self) -> datetime:
        """The end of the window it was told with: nobody can know earlier."""
        return self.window + STEP

    @property
    def deviation(self) -> float | None:
        """(value − expected) / expected, signed; None when either is missing or nothing was expected."""
        if self.value is None or not self.expected:
            return None
        return (self.value - self.expected) / self.expected

    @property
    def lasted(self) -> timedelta | None:
        """From the start of the first bad window to the end of the last; None = it went on."""
        return None if self.ended is None else self.ended - self.first_bad
