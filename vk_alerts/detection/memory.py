"""What of the far past a verdict needs, and what does not change while a local day lasts."""

from dataclasses import dataclass

import numpy as np

from vk_alerts.detection.levels import WEEKS, LastRatio
from vk_alerts.detection.noise import SLOT_GROUPS, Noise, slot_groups
from vk_alerts.detection.scores import Floats
from vk_alerts.detection.sums import WIDTHS

TAIL = max(WIDTHS) - 1
"""Residuals of the day before that the sums of the first windows look back at."""

STATE_WIDTH = 6 + SLOT_GROUPS + len(WIDTHS) + TAIL + 2 * WEEKS

STATE_REVISION = 5
"""To be raised with every change of what the numbers mean or how they are found."""


@dataclass(frozen=True, slots=True)
class DayMemory:
    """The past of every series as known at the midnight that begins a local day.

    Attributes:
        noise: how restless the series was in the two weeks before; its one lane is the day.
        state: the slow part that the tracker followed, residual units, float64 (n_series,).
        doubt: its variance.
        unrest: the mean squared surprise of the last day.
        tail: the last residuals before midnight, oldest first, float64 (n_series, TAIL).
        levels: the last level ratio known, for one week ago, two, …
    """

    noise: Noise
    state: Floats
    doubt: Floats
    unrest: Floats
    tail: Floats
    levels: tuple[LastRatio, ...]

    def packed(self) -> Floats:
        """One row per series, float64 (n_series, STATE_WIDTH); NaN = unknown."""
        noise = self.noise
        groups = noise.groups[:, 0]
        unused = np.full((len(groups), SLOT_GROUPS - groups.shape[1]), np.nan)
        return np.hstack(
            [
                np.column_stack([noise.slow[:, 0], noise.white[:, 0], noise.bursts[:, 0]]),
                np.column_stack([self.state, self.doubt, self.unrest]),
                groups,
                unused,
                noise.usual[:, 0],
                self.tail,
                np.column_stack([level.ratio for level in self.levels]),
                np.column_stack([level.age for level in self.levels]),
            ]
        )

    @classmethod
    def unpacked(cls, rows: Floats, *, per_day: int) -> "DayMemory":
        """From :meth:`packed`, for days of ``per_day`` windows."""
        ends = np.cumsum([6, SLOT_GROUPS, len(WIDTHS), TAIL, WEEKS])
        first, factors, usual, tail, ratios, ages = np.split(rows, ends, axis=1)
        slow, white, bursts, state, doubt, unrest = first.T
        noise = Noise(
            slow=slow[:, None],
            white=white[:, None],
            groups=factors[:, None, : slot_groups(per_day)],
            usual=usual[:, None],
            bursts=bursts[:, None],
            per_day=per_day,
        )
        return cls(
            noise=noise,
            state=state,
            doubt=doubt,
            unrest=unrest,
            tail=tail,
            levels=tuple(LastRatio(ratios[:, k], ages[:, k]) for k in range(WEEKS)),
        )
