"""The chart of a series: the last day, and below it where the change lies or the score."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vk_alerts.alerting import numbers
from vk_alerts.charts import look
from vk_alerts.charts.bars import Bar, draw_bars
from vk_alerts.charts.frame import (
    LEFT,
    MARGIN,
    WIDTH,
    beside,
    head,
    new_figure,
    panel,
    side_text,
    window_text,
)
from vk_alerts.charts.legend import draw_legend
from vk_alerts.charts.model import ChartInput
from vk_alerts.charts.panels import draw_score, draw_values
from vk_alerts.charts.wording import chart_wording

# Pixels from the bottom.
_VALUES_ABOVE_SCORE = (212, 594)
_SCORE = (62, 150)
_VALUES_ABOVE_CAUSES = (266, 594)
_CAUSES = (14, 158)
_MOST_CAUSES = 3
_CAUSE_POINTS = 20.0
_VALUE_POINTS, _DEVIATION_POINTS, _EXPECTED_POINTS = 29.0, 25.0, 17.0
_LEGEND_POINTS, _LEGEND_BASELINE = 16.0, 612.0


def compose_series(chart: ChartInput) -> Figure:
    """The figure of a series; to be composed within `look.style`."""
    figure = new_figure()
    has_strip = bool(chart.causes) or chart.explained_by is not None
    bottom, top = _VALUES_ABOVE_CAUSES if has_strip else _VALUES_ABOVE_SCORE
    values = panel(figure, bottom, top)
    draw_values(values, chart, height=top - bottom, with_time=has_strip)
    window = window_text(chart.moment, chart.zone, chart.language)
    title = f"{chart.title}, {chart.unit}" if chart.unit else chart.title
    head(figure, title, f"{chart.subtitle} · {window}" if chart.subtitle.strip() else window)
    _legend(values, chart)
    _label_current(values, chart, top - bottom)
    if has_strip:
        _name_time(values, chart)
        _draw_causes(figure, chart)
    else:
        score = panel(figure, *_SCORE)
        draw_score(score, chart)
        _name_score(score, chart)
    return figure


def _draw_causes(figure: Figure, chart: ChartInput) -> None:
    words = chart_wording(chart.language)
    strip = panel(figure, *_CAUSES, left=LEFT - 80, right=WIDTH - 32)
    if chart.explained_by is not None:
        title, deviation = chart.explained_by
        heading = words.fell if deviation < 0 else words.rose
        bars = [Bar(title, deviation, numbers.signed_percent(deviation, chart.language))]
    else:
        heading, bars = words.causes, _bars(chart)
    draw_bars(strip, bars, rows=_MOST_CAUSES, points=_CAUSE_POINTS)
    strip.text(
        0,
        1.04,
        heading,
        transform=strip.transAxes,
        fontsize=look.TICK_POINTS + 2,
        fontweight="bold",
        va="bottom",
    )


def _bars(chart: ChartInput) -> list[Bar]:
    told = -1.0 if (chart.deviation or 0.0) < 0 else 1.0
    return [
        Bar(
            name=cause.label,
            size=cause.change,
            value=_size(chart, cause.change, cause.share),
            is_with=cause.change * told > 0,
        )
        for cause in chart.causes[:_MOST_CAUSES]
        if np.isfinite(cause.change)
    ]


def _size(chart: ChartInput, change: float, share: float | None) -> str:
    """``−2 900 · 77 %``."""
    if chart.is_ratio:
        decimals = numbers.decimals_of_ratio(float(chart.expected[-1]) or change)
        size = numbers.decimal(change * 100, chart.language, decimals=decimals)
        text = chart_wording(chart.language).points.format(size)
    else:
        sign = numbers.MINUS if change < 0 else "+"
        text = f"{sign}{numbers.rounded(change, chart.language)}"
    if share is None or not np.isfinite(share):
        return text
    return f"{text} · {numbers.percent(min(share, 1.0), chart.language)}"


def _legend(axes: Axes, chart: ChartInput) -> None:
    words = chart_wording(chart.language)
    order = (
        words.actual,
        words.expected,
        words.band,
        words.yesterday,
        words.week_ago,
        words.bad,
        words.gap,
    )
    draw_legend(axes, order, left=MARGIN, baseline=_LEGEND_BASELINE, points=_LEGEND_POINTS)


def _label_current(axes: Axes, chart: ChartInput, height: float) -> None:
    """The current value and its deviation right of the point, what was expected at its own height."""
    words = chart_wording(chart.language)
    value, expected = float(chart.value[-1]), float(chart.expected[-1])
    low, high = axes.get_ylim()
    colour = look.BAD if chart.bad[-1] else look.ACTUAL

    def height_of(number: float) -> float:
        """Pixels above the panel's lower edge."""
        return (number - low) / (high - low) * height

    told = np.isfinite(value)
    at = height_of(value if told else (expected if np.isfinite(expected) else (low + high) / 2))
    at = float(np.clip(at, 38, height - 38))
    if told:
        text = _number(chart, value)
        side_text(axes, text, at / height, points=_VALUE_POINTS, colour=colour, va="bottom", bold=True)
        deviation = chart.deviation
        if deviation is not None:
            text = numbers.signed_percent(deviation, chart.language)
            side_text(
                axes, text, (at - 2) / height, points=_DEVIATION_POINTS, colour=colour, va="top", bold=True
            )
    else:
        side_text(
            axes,
            words.no_value,
            at / height,
            points=_EXPECTED_POINTS,
            colour=look.QUIET,
            va="bottom",
            bold=True,
        )
    if np.isfinite(expected):
        _label_expected(axes, chart, height_of(expected), at, height)


def _label_expected(axes: Axes, chart: ChartInput, at: float, taken: float, top: float) -> None:
    apart = 90.0
    is_above = at >= taken
    place = max(at, taken + apart) if is_above else min(at, taken - apart)
    # Where there is no room on that side, the other side is free.
    if place > top - 20:
        place = min(top - 20, place) if top - 20 >= taken + apart else taken - apart
    elif place < 20:
        place = 20.0 if taken - apart >= 20 else taken + apart
    text = _number(chart, float(chart.expected[-1]))
    name = chart_wording(chart.language).expected_short
    side_text(
        axes,
        f"{name}\n{text}",
        place / top,
        points=_EXPECTED_POINTS,
        colour=look.INK,
        va="center",
        bold=False,
    )


def _number(chart: ChartInput, value: float) -> str:
    """A value beside the panel, where there is no room for its unit: that stands in the title."""
    if chart.unit:
        return numbers.measured(value, chart.language)
    return numbers.quantity(value, chart.language, is_ratio=chart.is_ratio)


def _name_score(axes: Axes, chart: ChartInput) -> None:
    words = chart_wording(chart.language)
    axes.text(
        0,
        1.12,
        words.score,
        transform=axes.transAxes,
        fontsize=look.TICK_POINTS,
        color=look.QUIET,
        va="bottom",
    )
    if np.isfinite(chart.threshold):
        height = chart.threshold / axes.get_ylim()[1]
        beside(axes, words.threshold, height=height, colour=look.INK, va="center", points=look.TICK_POINTS)
    _name_time(axes, chart)


def _name_time(axes: Axes, chart: ChartInput) -> None:
    words = chart_wording(chart.language)
    zone = numbers.zone_name(chart.moment, chart.zone, chart.language)
    beside(
        axes,
        words.time.format(zone),
        height=0,
        shift=-8,
        colour=look.QUIET,
        va="top",
        points=look.TICK_POINTS,
    )
