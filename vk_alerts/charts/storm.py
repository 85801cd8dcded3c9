"""The chart of a storm: how many series of each metric are off, and since when."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from vk_alerts.alerting import numbers
from vk_alerts.alerting.story import Event, Language
from vk_alerts.charts import look
from vk_alerts.charts.axis import draw_y_axis
from vk_alerts.charts.bars import Bar, draw_bars
from vk_alerts.charts.columns import draw_columns
from vk_alerts.charts.events import draw_events
from vk_alerts.charts.frame import LEFT, WIDTH, beside, head, new_figure, panel, window_text
from vk_alerts.charts.model import Floats, moment_of
from vk_alerts.charts.time_axis import STEP_DAYS, position, positions, show_time
from vk_alerts.charts.wording import chart_wording

MOST_METRICS = 6
_TOP, _ROW, _BOTTOM = 614, 54, 62
_BETWEEN = 74


@dataclass(frozen=True, slots=True)
class StormChart:
    """Series that are off, by metric now and altogether over the last day.

    Attributes:
        series: how many are off now.
        of: out of how many that have a verdict.
        metrics: title and number of series of each metric, most first.
        times: datetime64[s] (n,), UTC starts of adjacent windows, oldest first, n >= 1.
        crossed: float64 (n,), how many series lay outside their own range; NaN = unknown. Fewer than
            ``series``: small slices that move with a larger one are counted there, too.
        start: start of the first window of the storm, aware.
        noted: what people did.
        language: of the fixed words and the numbers.
        zone: IANA name of the zone of the time axis.
    """

    series: int
    of: int
    metrics: tuple[tuple[str, int], ...]
    times: npt.NDArray[np.datetime64]
    crossed: Floats
    start: datetime
    noted: tuple[Event, ...] = ()
    language: Language = Language.RUSSIAN
    zone: str = "Europe/Moscow"


def compose_storm(chart: StormChart) -> Figure:
    """The figure of a storm; to be composed within `look.style`."""
    words = chart_wording(chart.language)
    moment = moment_of(chart.times)
    figure = new_figure()
    off, of = (numbers.decimal(amount, chart.language) for amount in (chart.series, chart.of))
    window = window_text(moment, chart.zone, chart.language)
    head(figure, words.storm, f"{words.storm_size.format(off, of)} · {window}")
    edge = _draw_metrics(figure, chart)
    axes = panel(figure, _BOTTOM, edge - _BETWEEN)
    x = positions(chart)
    colours = np.where(x >= position(chart.start) - STEP_DAYS / 4, look.BAD, look.FAINT)
    draw_columns(axes, x, np.nan_to_num(chart.crossed), width=STEP_DAYS * 0.8, colours=list(colours))
    top = max(float(np.nanmax(np.concatenate((chart.crossed, [1.0])))), 1.0)
    axes.set_ylim(0, top * 1.1)
    # How high the bars are is told above, of all series; here only when they rose.
    draw_y_axis(axes, [0], ["0"])
    show_time(axes, chart, with_labels=True)
    draw_events(axes, chart.noted[:1], zone=chart.zone)
    axes.text(
        -80 / axes.get_window_extent().width,
        1.08,
        words.crossed,
        transform=axes.transAxes,
        fontsize=look.TICK_POINTS + 2,
        fontweight="bold",
        va="bottom",
    )
    zone = numbers.zone_name(moment, chart.zone, chart.language)
    beside(
        axes,
        words.time.format(zone),
        height=0,
        shift=-8,
        colour=look.QUIET,
        va="top",
        points=look.TICK_POINTS,
    )
    return figure


def _draw_metrics(figure: Figure, chart: StormChart) -> float:
    """Draws a bar for each metric, and returns how far down they reach, in pixels."""
    bars = [
        Bar(name=title, size=size, value=numbers.decimal(size, chart.language))
        for title, size in chart.metrics[:MOST_METRICS]
    ]
    left_out = sum(size for _, size in chart.metrics[MOST_METRICS:])
    if left_out:
        rest = Bar(
            name=chart_wording(chart.language).other_metrics,
            size=left_out,
            value=numbers.decimal(left_out, chart.language),
        )
        bars = [*bars[: MOST_METRICS - 1], rest]
    rows = max(len(bars), 2)
    edge = _TOP - rows * _ROW
    axes = panel(figure, edge, _TOP, left=LEFT - 80, right=WIDTH - 32)
    draw_bars(axes, bars, rows=rows, points=20)
    return edge
