"""A small picture of a series, for the metadata of a materialization."""

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from vk_alerts.charts import look
from vk_alerts.charts.model import Floats

WIDTH, HEIGHT = 480, 160


def sparkline(values: Floats, expected: Floats, bad: npt.NDArray[np.bool_]) -> bytes:
    """A PNG, 480×160 px and under 15 kB: values, expectation (dashed), bad windows (marked).

    Args:
        values: float64 (n,), metric units, oldest first; NaN = unknown.
        expected: float64 (n,), likewise.
        bad: bool (n,).
    """
    with look.style():
        figure = Figure(figsize=(WIDTH / look.DPI, HEIGHT / look.DPI), dpi=look.DPI, facecolor="white")
        axes = figure.add_axes((0.02, 0.06, 0.96, 0.88))
        axes.set_axis_off()
        x = np.arange(values.size)
        axes.plot(x, expected, color=look.QUIET, linewidth=1.6, linestyle=(0, (4, 2)), marker=_dot(expected))
        axes.plot(x, values, color=look.ACTUAL, linewidth=2.4, marker=_dot(values))
        marked = bad & np.isfinite(values)
        axes.scatter(
            x[marked],
            values[marked],
            s=46,
            marker="D",
            color=look.BAD,
            edgecolors="white",
            linewidths=1,
            zorder=3,
        )
        axes.margins(x=0.02, y=0.12)
        return look.png(figure)


def _dot(line: Floats) -> str | None:
    """A marker where so little is known that a line could not be seen."""
    return "o" if np.isfinite(line).sum() < 3 else None
