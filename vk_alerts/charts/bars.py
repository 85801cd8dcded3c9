"""Horizontal bars with their names and values: where a change lies, which metrics are off."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from vk_alerts.charts import look
from vk_alerts.charts.frame import fit

_LEAST_NAME_ROOM, _MOST_NAME_ROOM, _GAP = 300.0, 470.0, 14.0
_THICKNESS = 0.62
_VALUE_ROOM = 300.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar.

    Attributes:
        name: what it stands for.
        size: its length, any unit, all bars alike.
        value: its size in words, told at its end.
        is_with: whether it goes with what is told; what goes against it is drawn pale.
    """

    name: str
    size: float
    value: str
    is_with: bool = True


def draw_bars(axes: Axes, bars: Sequence[Bar], *, rows: int, points: float) -> None:
    """Bars from above, the names left of them, the values at their ends.

    Args:
        axes: where; their frame is hidden.
        bars: at most ``rows`` of them.
        rows: how many there is room for, so that one bar alone is not as thick as the panel.
        points: size of the texts.
    """
    axes.set_axis_off()
    axes.set_xticks([])
    axes.set_yticks([])
    box = axes.get_window_extent()
    names = [
        axes.text(0, place, look.drawable(bar.name), fontsize=points, ha="right", va="center_baseline")
        for place, bar in enumerate(bars)
    ]
    widest = max((name.get_window_extent().width for name in names), default=0.0)
    start = float(np.clip(widest, _LEAST_NAME_ROOM, _MOST_NAME_ROOM))
    room = box.width - start - _GAP - _VALUE_ROOM
    longest = max((abs(bar.size) for bar in bars if np.isfinite(bar.size)), default=0.0) or 1.0
    axes.set_xlim(0, box.width)
    axes.set_ylim(rows - 0.5, -0.5)
    for place, (bar, name) in enumerate(zip(bars, names, strict=True)):
        name.set_x(start)
        fit(name, start)
        length = max(abs(bar.size) / longest * room, 3.0) if np.isfinite(bar.size) else 3.0
        colour = look.BAD if bar.is_with else look.FAINT
        axes.barh([place], [length], left=start + _GAP, height=_THICKNESS, color=colour, linewidth=0)
        value = axes.text(
            start + _GAP + length + 12,
            place,
            look.drawable(bar.value),
            fontsize=points,
            fontweight="bold",
            color=look.BAD if bar.is_with else look.QUIET,
            va="center_baseline",
        )
        fit(value, _VALUE_ROOM - 20)
