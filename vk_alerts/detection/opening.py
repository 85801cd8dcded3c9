"""The threshold at which an incident would just have opened, window by window: what a budget counts."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vk_alerts.detection.scores import Floats

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Exceedances:
    """Windows whose score may matter: bad ones, were the threshold low enough. Sorted by series, then window.

    Attributes:
        series: int64 (n,): number of the series.
        window: int64 (n,): number of the window, counted from any.
        score: float64 (n,): robust standard deviations, negative where the value is below the expected one.
    """

    series: Ints
    window: Ints
    score: Floats

    def __len__(self) -> int:
        return len(self.series)

    def only(self, chosen: NDArray[np.bool_]) -> "Exceedances":
        """Some of the windows."""
        return replace(self, series=self.series[chosen], window=self.window[chosen], score=self.score[chosen])


def opening_scores(
    found: Exceedances,
    *,
    hard_ratio: Floats | float = 1.4,
    for_windows: Ints | int = 2,
    bad_of_recent: int = 3,
    recent: int = 6,
) -> Floats:
    """The highest threshold at which an incident would open in each window, had none been open.

    An incident opens after ``for_windows`` adjacent bad windows in one direction, ``bad_of_recent`` among
    ``recent``, or at once beyond the hard threshold (``alerting/lifecycle.py``; a test holds the two against
    each other). A window without a verdict breaks a row here, while there it is passed over.

    Args:
        found: the windows.
        hard_ratio: hard threshold over threshold; one, or one per window of ``found``.
        for_windows: adjacent bad windows that open an incident; one, or one per window of ``found``.
        bad_of_recent: or this many bad ones …
        recent: … among this many windows.

    Returns:
        float64 (n,): at most the window's own score.
    """
    height = np.abs(found.score)
    needed = np.broadcast_to(for_windows, len(found))
    reach = max(int(needed.max(initial=1)), recent)
    at_distance = np.zeros((reach, len(found)))
    at_distance[0] = height
    is_down = found.score < 0
    # Rows are sorted, so what lies within `reach` windows is among the `reach - 1` rows before.
    for back in range(1, min(reach, len(found))):
        distance = found.window[back:] - found.window[:-back]
        near = (found.series[back:] == found.series[:-back]) & (distance < reach)
        near &= is_down[back:] == is_down[:-back]
        rows = np.flatnonzero(near) + back
        at_distance[distance[near], rows] = height[rows - back]
    in_a_row = np.minimum.accumulate(at_distance, axis=0)[needed - 1, np.arange(len(found))]
    often = np.minimum(height, np.sort(at_distance[:recent], axis=0)[-bad_of_recent])
    opening: Floats = np.maximum(np.maximum(in_a_row, often), height / hard_ratio)
    return opening


def run_starts(owner: Ints, window: Ints, *, gap: int) -> Ints:
    """Where runs begin in windows that are sorted by owner, then window.

    Args:
        owner: int64 (n,): a run has one owner.
        window: int64 (n,).
        gap: the most windows from one of a run to the next.

    Returns:
        int64 (n_runs,): positions of their first windows, as ``np.ufunc.reduceat`` takes them.
    """
    if not len(owner):
        return np.zeros(0, dtype=np.int64)
    fresh = np.ones(len(owner), dtype=np.bool_)
    fresh[1:] = (owner[1:] != owner[:-1]) | (np.diff(window) > gap)
    return np.flatnonzero(fresh)
