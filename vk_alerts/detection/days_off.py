"""Holidays and the morning after: less is known of their level than of that of other days.

Some holidays are like no Sunday, and then the whole app is off for a day, each series at its own depth. So
the slow part of the noise is wider then: the tracker finds the day's own level within its first hours instead
of reading an incident into it. After a holiday the level that the weeks before promise is days old.

Chance is what it always is, so small series, whose noise is chance, keep their bands.
"""

from dataclasses import dataclass

import numpy as np

from vk_alerts.detection.clock import Clock
from vk_alerts.detection.residual import Counts, Scale
from vk_alerts.detection.scores import Floats


@dataclass(frozen=True, slots=True)
class DaysOff:
    """By how much noise is larger.

    Attributes:
        level: how far a holiday's level may be off, as a part of it.
        after: likewise, in the first half of the day after it.
        single: what scores of single windows are divided by on a holiday.
        sums: what those of sums are.
    """

    level: float
    after: float
    single: float
    sums: float

    def levels(self, clock: Clock) -> Floats:
        """How far the level of each window may be off, float64 (n_windows,), as a part of it."""
        return np.where(clock.is_holiday, self.level, np.where(clock.follows_holiday, self.after, 0.0))

    def doubt(self, levels: Floats, scale: Scale, expected: Floats) -> Floats:
        """The variance of the residual that this makes, float64 (n_series, n_windows).

        What was expected must not depend on the value: further out would score lower where it does.

        Args:
            levels: of :meth:`levels`, (n_windows,).
            scale: of the residuals.
            expected: (n_series, n_windows), metric units.
        """
        if not isinstance(scale, Counts):
            return np.zeros_like(expected)
        doubt: Floats = (levels / scale.relative_chance(expected)) ** 2
        return doubt


# Chosen on the design seeds. What both sides of a ratio do does not show in it.
COUNTS = DaysOff(level=0.12, after=0.04, single=1.5, sums=1.5)
RATIOS = DaysOff(level=0.0, after=0.0, single=1.15, sums=1.5)


def days_off_of(trials: Floats | None) -> DaysOff:
    """What holds for counts (None), or for ratios with these trials."""
    return COUNTS if trials is None else RATIOS
