"""The chart of a message: one PNG, 1280×720, readable on a phone."""

from zoneinfo import ZoneInfo

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from vk_alerts.alerting import numbers
from vk_alerts.charts import look
from vk_alerts.charts.model import ChartInput
from vk_alerts.charts.panels import TICK_POINTS, draw_score, draw_values
from vk_alerts.charts.wording import chart_wording
from vk_alerts.windows import window_end

WIDTH, HEIGHT = 1280, 720

# Pixels from the left and the bottom. Fixed places: constrained layout doubles the time.
_LEFT, _RIGHT = 112, 1064
_VALUES = (212, 594)
_SCORE = (62, 150)
_LABEL_GAP = 18
_VALUE_POINTS, _DEVIATION_POINTS, _EXPECTED_POINTS = 25.0, 21.0, 15.0


def draw(chart: ChartInput) -> bytes:
    """A PNG, 1280×720 px and under 100 kB, of the last day of a series with its score below."""
    with look.style():
        return look.png(compose(chart))


def compose(chart: ChartInput) -> Figure:
    """The figure that `draw` turns into pixels; to be called within `look.style`."""
    figure = Figure(figsize=(WIDTH / look.DPI, HEIGHT / look.DPI), dpi=look.DPI, facecolor="white")
    # Texts are measured on the way, which needs a canvas.
    FigureCanvasAgg(figure)
    values = _panel(figure, *_VALUES)
    draw_values(values, chart)
    score = _panel(figure, *_SCORE)
    draw_score(score, chart)
    _head(figure, chart)
    _legend(values, chart)
    _label_current(values, chart)
    _name_axes(score, chart)
    return figure


def _panel(figure: Figure, bottom: int, top: int) -> Axes:
    return figure.add_axes(
        (_LEFT / WIDTH, bottom / HEIGHT, (_RIGHT - _LEFT) / WIDTH, (top - bottom) / HEIGHT)
    )


def _head(figure: Figure, chart: ChartInput) -> None:
    room = WIDTH - 64
    title = figure.text(
        32 / WIDTH, 664 / HEIGHT, look.drawable(chart.title), fontsize=25, fontweight="bold", va="baseline"
    )
    _fit(title, room * 0.6)
    after = title.get_window_extent().x1
    subtitle = figure.text(
        (after + 20) / WIDTH,
        664 / HEIGHT,
        look.drawable(f"{chart.subtitle} · {_window(chart)}" if chart.subtitle.strip() else _window(chart)),
        fontsize=18,
        color=look.QUIET,
        va="baseline",
    )
    _fit(subtitle, WIDTH - 32 - after - 20)


def _window(chart: ChartInput) -> str:
    """``31.01 14:15–14:30 МСК``: a picture is passed on without its message."""
    start, end = chart.moment, window_end(chart.moment)
    local = start.astimezone(ZoneInfo(chart.zone))
    span = f"{numbers.clock(start, chart.zone)}{numbers.DASH}{numbers.clock(end, chart.zone)}"
    return f"{local:%d.%m} {span} {numbers.zone_name(start, chart.zone, chart.language)}"


def _fit(text: Text, room: float) -> None:
    """Cut ``text`` with an ellipsis until it is at most ``room`` pixels wide."""
    whole = text.get_text()
    kept = len(whole)
    while kept and (width := text.get_window_extent().width) > room:
        kept = min(kept - 1, int(kept * room / width))
        text.set_text(whole[:kept].rstrip() + "…")


def _legend(axes: Axes, chart: ChartInput) -> None:
    words = chart_wording(chart.language)
    handles, labels = axes.get_legend_handles_labels()
    shown = dict(zip(labels, handles, strict=True))
    order = (
        words.actual,
        words.expected,
        words.band,
        words.yesterday,
        words.week_ago,
        words.bad,
        words.gap,
    )
    labels = [label for label in order if label in shown]
    axes.legend(
        [shown[label] for label in labels],
        labels,
        loc="lower left",
        bbox_to_anchor=(-80 / (_RIGHT - _LEFT), 1.035),
        ncols=max(1, len(labels)),
        frameon=False,
        fontsize=TICK_POINTS,
        handlelength=1.6,
        handletextpad=0.5,
        columnspacing=1.2,
        borderpad=0,
        borderaxespad=0,
    )


def _label_current(axes: Axes, chart: ChartInput) -> None:
    """The current value and its deviation right of the point, what was expected at its own height."""
    words = chart_wording(chart.language)
    value, expected = float(chart.value[-1]), float(chart.expected[-1])
    low, high = axes.get_ylim()
    colour = look.BAD if chart.bad[-1] else look.ACTUAL

    def height_of(number: float) -> float:
        """Pixels above the panel's lower edge."""
        return (number - low) / (high - low) * (_VALUES[1] - _VALUES[0])

    told = np.isfinite(value)
    at = height_of(value if told else (expected if np.isfinite(expected) else (low + high) / 2))
    at = float(np.clip(at, 32, _VALUES[1] - _VALUES[0] - 32))
    if told:
        text = numbers.quantity(value, chart.language, is_ratio=chart.is_ratio)
        _side_text(axes, text, at, points=_VALUE_POINTS, colour=colour, va="bottom", bold=True)
        deviation = chart.deviation
        if deviation is not None:
            text = numbers.signed_percent(deviation, chart.language)
            _side_text(axes, text, at - 2, points=_DEVIATION_POINTS, colour=colour, va="top", bold=True)
    else:
        _side_text(
            axes, words.no_value, at, points=_EXPECTED_POINTS, colour=look.QUIET, va="bottom", bold=True
        )
    if np.isfinite(expected):
        _label_expected(axes, chart, expected, height_of(expected), at)


def _label_expected(axes: Axes, chart: ChartInput, expected: float, height: float, taken: float) -> None:
    apart = 78.0
    is_above = height >= taken
    place = max(height, taken + apart) if is_above else min(height, taken - apart)
    top = float(_VALUES[1] - _VALUES[0])
    # Where there is no room on that side, the other side is free.
    if place > top - 20:
        place = min(top - 20, place) if top - 20 >= taken + apart else taken - apart
    elif place < 20:
        place = 20.0 if taken - apart >= 20 else taken + apart
    text = numbers.quantity(expected, chart.language, is_ratio=chart.is_ratio)
    name = chart_wording(chart.language).expected_short
    _side_text(
        axes, f"{name}\n{text}", place, points=_EXPECTED_POINTS, colour=look.INK, va="center", bold=False
    )


def _side_text(
    axes: Axes, text: str, height: float, *, points: float, colour: str, va: str, bold: bool
) -> None:
    label = axes.annotate(
        text,
        xy=(1, height / (_VALUES[1] - _VALUES[0])),
        xycoords="axes fraction",
        xytext=(_LABEL_GAP, 0),
        textcoords="offset pixels",
        fontsize=points,
        fontweight="bold" if bold else "normal",
        color=colour,
        va=va,
        ha="left",
        linespacing=1.15,
        annotation_clip=False,
    )
    room = WIDTH - _RIGHT - _LABEL_GAP - 8
    width = label.get_window_extent().width
    if width > room:
        label.set_fontsize(max(11.0, points * room / width))


def _name_axes(axes: Axes, chart: ChartInput) -> None:
    words = chart_wording(chart.language)
    axes.text(
        0, 1.12, words.score, transform=axes.transAxes, fontsize=TICK_POINTS, color=look.QUIET, va="bottom"
    )
    if np.isfinite(chart.threshold):
        height = chart.threshold / axes.get_ylim()[1]
        _beside(axes, words.threshold, height=height, colour=look.INK, va="center")
    zone = numbers.zone_name(chart.moment, chart.zone, chart.language)
    _beside(axes, words.time.format(zone), height=0, shift=-8, colour=look.QUIET, va="top")


def _beside(axes: Axes, text: str, *, height: float, colour: str, va: str, shift: float = 0) -> None:
    axes.annotate(
        text,
        xy=(1, height),
        xycoords="axes fraction",
        xytext=(_LABEL_GAP, shift),
        textcoords="offset pixels",
        fontsize=TICK_POINTS,
        color=colour,
        va=va,
    )
