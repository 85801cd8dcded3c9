"""Which series there are at a window: those that had a row in the past that counts."""

import numpy as np
from numpy.typing import NDArray

from vk_alerts.clickhouse.grid import SeriesGrid
from vk_alerts.detection import day_start
from vk_alerts.pipeline.ticking import past_of
from vk_alerts.windows import STEP


def is_present(grid: SeriesGrid, first: int, *, zone: str) -> NDArray[np.bool_]:
    """Whether each series had a row in a window or in the past of its local day, as a tick would find.

    Without this a range of windows would have verdicts on slices that turn up at its end, or were gone at its
    beginning, in windows in which a tick knew nothing of them.

    Args:
        grid: a contiguous history that reaches back as far as the first window needs.
        first: the column of the first window to tell it of.
        zone: the zone of the local days.

    Returns:
        bool (n_series, n_windows - first).
    """
    has_row = ~np.isnan(grid.numerators)
    backwards = has_row[:, :first][:, ::-1]
    before = np.where(backwards.any(axis=1), first - 1 - backwards.argmax(axis=1), -1) if first else -1
    columns = np.arange(first, grid.windows)
    last = np.maximum.accumulate(np.where(has_row[:, first:], columns, -1), axis=1)
    last = np.maximum(last, np.reshape(before, (-1, 1)))
    oldest = [
        grid.column_of(past_of(day_start(grid.start_of(column), step=STEP, timezone=zone))[0])
        for column in columns.tolist()
    ]
    present: NDArray[np.bool_] = last >= np.array(oldest)
    return present
