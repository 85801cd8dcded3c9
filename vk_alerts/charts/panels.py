"""The two panels of a chart: the values with their band, and the score with its threshold."""

import numpy as np
from matplotlib.axes import Axes

from vk_alerts.alerting import numbers
from vk_alerts.charts import look
from vk_alerts.charts.axis import draw_y_axis
from vk_alerts.charts.columns import draw_columns
from vk_alerts.charts.events import ROW_PIXELS, draw_events, shown_events
from vk_alerts.charts.model import ChartInput, Floats
from vk_alerts.charts.scale import score_limit, value_limits, value_ticks
from vk_alerts.charts.time_axis import STEP_DAYS, position, positions, show_time
from vk_alerts.charts.wording import chart_wording


def draw_values(axes: Axes, chart: ChartInput, *, height: float, with_time: bool) -> None:
    """The main panel: what was measured and expected, the band, the past, and what was beyond the threshold.

    Args:
        axes: where.
        chart: what.
        height: of the axes, pixels.
        with_time: whether the hours stand below.
    """
    words = chart_wording(chart.language)
    x = positions(chart)
    _shade_incident(axes, chart, x)
    _hatch_gaps(axes, chart, x)
    if np.isfinite(chart.lower + chart.upper).any():
        axes.fill_between(
            x, chart.lower, chart.upper, color=look.BAND, alpha=0.28, linewidth=0, label=words.band, zorder=2
        )
    _line(
        axes,
        x,
        chart.week_ago,
        color=look.WEEK_AGO,
        linewidth=3.2,
        linestyle=(0, (0.1, 1.9)),
        label=words.week_ago,
    )
    _line(axes, x, chart.yesterday, color=look.YESTERDAY, linewidth=2.0, linestyle="-", label=words.yesterday)
    _line(
        axes, x, chart.expected, color=look.INK, linewidth=2.2, linestyle=(0, (5, 2.5)), label=words.expected
    )
    _line(axes, x, chart.value, color=look.ACTUAL, linewidth=3.6, linestyle="-", label=words.actual)
    is_bad = chart.bad & np.isfinite(chart.value)
    if is_bad.any():
        axes.scatter(
            x[is_bad],
            chart.value[is_bad],
            s=95,
            marker="D",
            color=look.BAD,
            edgecolors="white",
            linewidths=1.4,
            label=words.bad,
            zorder=6,
            clip_on=False,
        )
    _point_at_current(axes, chart, x)
    low, high = value_limits(chart)
    # The names of events have rows of their own above the lines.
    rows = len(shown_events(chart.events))
    axes.set_ylim(low, low + (high - low) / (1 - rows * ROW_PIXELS / height))
    draw_y_axis(axes, *value_ticks(axes.get_ylim(), is_ratio=chart.is_ratio, language=chart.language))
    show_time(axes, chart, with_labels=with_time)
    draw_events(axes, chart.events, zone=chart.zone)


def draw_score(axes: Axes, chart: ChartInput) -> None:
    """The strip: the score of each window as a bar, and the threshold."""
    words = chart_wording(chart.language)
    x = positions(chart)
    _shade_incident(axes, chart, x)
    limit = score_limit(chart)
    known = np.isfinite(chart.score)
    colours = np.where(chart.bad[known], look.BAD, look.FAINT)
    heights = np.minimum(chart.score[known], limit)
    draw_columns(axes, x[known], heights, width=STEP_DAYS * 0.78, colours=list(colours))
    is_cut = chart.score[known] > limit
    # The arrow says that the bar goes on: how far does not matter any more.
    axes.scatter(
        x[known][is_cut],
        np.full(int(is_cut.sum()), limit),
        s=70,
        marker="^",
        color=look.BAD,
        edgecolors="white",
        clip_on=False,
        zorder=5,
    )
    if not known.any():
        axes.text(
            0.5,
            0.3,
            words.no_value,
            transform=axes.transAxes,
            ha="center",
            va="center",
            fontsize=look.TICK_POINTS,
            color=look.QUIET,
        )
    axes.set_ylim(0, limit)
    if np.isfinite(chart.threshold):
        axes.axhline(chart.threshold, color=look.INK, linewidth=2, linestyle=(0, (5, 2.5)), zorder=4)
        threshold = numbers.quantity(chart.threshold, chart.language, is_ratio=False)
        draw_y_axis(axes, [0, chart.threshold], ["0", threshold])
    else:
        draw_y_axis(axes, [0], ["0"])
    show_time(axes, chart, with_labels=True)


def _line(
    axes: Axes,
    x: Floats,
    y: Floats,
    *,
    color: str,
    linewidth: float,
    linestyle: str | tuple[float, tuple[float, ...]],
    label: str,
) -> None:
    known = np.isfinite(y)
    if not known.any():
        return
    axes.plot(
        x,
        y,
        color=color,
        linewidth=linewidth,
        linestyle=linestyle,
        label=label,
        zorder=4,
        dash_capstyle="round",
    )
    padded = np.concatenate(([False], known, [False]))
    # A value between two gaps has no line to either side: a dot keeps it visible.
    alone = known & ~padded[:-2] & ~padded[2:]
    axes.plot(x[alone], y[alone], "o", color=color, markersize=linewidth + 3, zorder=4)


def _shade_incident(axes: Axes, chart: ChartInput, x: Floats) -> None:
    if chart.incident_start is None:
        return
    start = max(position(chart.incident_start), float(x[0]))
    last = float(x[-1]) if chart.incident_end is None else position(chart.incident_end) - STEP_DAYS
    if last >= start:
        axes.axvspan(
            start - STEP_DAYS / 2, last + STEP_DAYS / 2, color=look.BAD, alpha=0.12, linewidth=0, zorder=1
        )


def _hatch_gaps(axes: Axes, chart: ChartInput, x: Floats) -> None:
    padded = np.concatenate(([False], ~np.isfinite(chart.value), [False])).astype(np.int8)
    starts, ends = np.flatnonzero(np.diff(padded) == 1), np.flatnonzero(np.diff(padded) == -1)
    label: str | None = chart_wording(chart.language).gap
    for start, end in zip(starts, ends, strict=True):
        axes.axvspan(
            x[start] - STEP_DAYS / 2,
            x[end - 1] + STEP_DAYS / 2,
            facecolor="#f3f5f7",
            edgecolor=look.FAINT,
            hatch="//",
            linewidth=0,
            label=label,
            zorder=1.5,
        )
        label = None


def _point_at_current(axes: Axes, chart: ChartInput, x: Floats) -> None:
    if not np.isfinite(chart.value[-1]):
        return
    colour = look.BAD if chart.bad[-1] else look.ACTUAL
    axes.scatter(
        x[-1:],
        chart.value[-1:],
        s=240,
        marker="D" if chart.bad[-1] else "o",
        color=colour,
        edgecolors="white",
        linewidths=2.2,
        zorder=7,
        clip_on=False,
    )
