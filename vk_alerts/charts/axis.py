"""The lines and words of axes, as few artists: matplotlib's five for each tick took a third of the time."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.transforms import Transform

from vk_alerts.charts import look

_PAD_POINTS = 6.0
_GRID_WIDTH, _EDGE_WIDTH = 1.2, 0.8
# Behind everything, and the edge above the columns that stand on it.
_GRID_ORDER, _EDGE_ORDER = 0.5, 2.5
# A tick at the very end of the axes belongs to them, whatever the last binary digit says.
_SLACK = 1e-9


def draw_x_axis(axes: Axes, places: Sequence[float], words: Sequence[str]) -> None:
    """The lower edge, a line upwards at each place, and a word below it.

    Args:
        axes: where; matplotlib's own axis is hidden, their limits are final.
        places: in units of the x axis; those outside the axes are left out.
        words: one for each place, or none at all.
    """
    axes.set_axis_off()
    axes.add_artist(
        Line2D(
            [0, 1],
            [0, 0],
            transform=axes.transAxes,
            color=look.FAINT,
            linewidth=_EDGE_WIDTH,
            solid_capstyle="projecting",
            clip_on=False,
            zorder=_EDGE_ORDER,
        )
    )
    shown = _within(places, axes.get_xlim())
    _draw_lines(axes, [[(places[k], 0), (places[k], 1)] for k in shown], axes.get_xaxis_transform())
    where, vertical, horizontal = axes.get_xaxis_text1_transform(_PAD_POINTS)
    for k in shown if words else ():
        axes.text(
            places[k],
            0,
            words[k],
            transform=where,
            va=vertical,
            ha=horizontal,
            fontsize=look.TICK_POINTS,
            color=look.INK,
        )


def draw_y_axis(axes: Axes, places: Sequence[float], words: Sequence[str]) -> None:
    """A line across at each place, and a word left of it.

    Args:
        axes: where; matplotlib's own axis is hidden, their limits are final.
        places: in units of the y axis; those outside the axes are left out.
        words: one for each place.
    """
    axes.set_axis_off()
    shown = _within(places, axes.get_ylim())
    _draw_lines(axes, [[(0, places[k]), (1, places[k])] for k in shown], axes.get_yaxis_transform())
    where, vertical, horizontal = axes.get_yaxis_text1_transform(_PAD_POINTS)
    for k in shown:
        axes.text(
            0,
            places[k],
            words[k],
            transform=where,
            va=vertical,
            ha=horizontal,
            fontsize=look.TICK_POINTS,
            color=look.INK,
        )


def _within(places: Sequence[float], limits: tuple[float, float]) -> list[int]:
    low, high = limits
    slack = (high - low) * _SLACK
    return np.flatnonzero([low - slack <= place <= high + slack for place in places]).tolist()


def _draw_lines(axes: Axes, lines: list[list[tuple[float, float]]], where: Transform) -> None:
    grid = LineCollection(
        lines, colors=look.GRID, linewidths=_GRID_WIDTH, transform=where, zorder=_GRID_ORDER
    )
    axes.add_collection(grid, autolim=False)
