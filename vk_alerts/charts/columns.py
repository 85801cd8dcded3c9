"""Columns over time, as one artist: a patch for each of them takes a third of the time of a whole chart."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection

from vk_alerts.charts.model import Floats


def draw_columns(
    axes: Axes, x: Floats, heights: Floats, *, width: float, colours: str | Sequence[str], label: str = ""
) -> None:
    """Columns from 0 upwards; the limits of the axes stay as they are.

    Args:
        axes: where.
        x: float64 (n,), their middles on the x axis.
        heights: float64 (n,), in units of the y axis, none of them NaN.
        width: of each, in units of the x axis.
        colours: one for all, or one for each.
        label: what the legend calls them; empty = they are not in it.
    """
    left, right, foot = x - width / 2, x + width / 2, np.zeros_like(heights)
    corners = np.stack(
        [
            np.stack(corner, axis=-1)
            for corner in ((left, foot), (left, heights), (right, heights), (right, foot))
        ],
        axis=1,
    )
    columns = PolyCollection(
        list(corners), facecolors=colours, linewidths=0, label=label or "_columns", zorder=3
    )
    axes.add_collection(columns, autolim=False)
